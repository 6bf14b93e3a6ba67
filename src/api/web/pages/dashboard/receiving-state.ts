/** What can be received now, and what to do when it is too little: read from `listpeerchannels`. */
import type { JsonObject } from '../../../rpc/json.ts';
import { filled } from '../fill.ts';
import { type Html, html } from '../html.ts';
import { msatIn, textIn } from './answers.ts';
import type { ShopTexts } from './texts/shop/english.ts';

/** How the shop can be paid over Lightning. */
export interface ReceivingState {
  /** What channels that are up can receive together. */
  readonly now_msat: bigint;
  /** What the roomiest of them can: a payer may have to send it in one part. */
  readonly largest_msat: bigint;
  /** What channels could whose peer is away. */
  readonly away_msat: bigint;
  readonly up: number;
  readonly away: number;
  /** Channels that are being opened. */
  readonly opening: number;
}

/** Whether payments can go through the channel, with its peer there or away. */
export function isNormal(channel: JsonObject): boolean {
  return textIn(channel, 'state') === 'CHANNELD_NORMAL';
}

/** Sums the channels up. */
export function receivingState(channels: readonly JsonObject[]): ReceivingState {
  const normal = channels.filter(isNormal);
  const up = normal.filter(({ peer_connected }) => peer_connected === true);
  const sum = (list: readonly JsonObject[]) =>
    list.reduce((total, each) => total + msatIn(each, 'receivable_msat'), 0n);
  const rooms = up.map((each) => msatIn(each, 'receivable_msat'));
  return {
    now_msat: sum(up),
    largest_msat: rooms.reduce((most, room) => (room > most ? room : most), 0n),
    away_msat: sum(normal) - sum(up),
    up: up.length,
    away: normal.length - up.length,
    opening: channels.filter((each) => /AWAITING_LOCKIN|OPENING/.test(textIn(each, 'state') ?? '')).length,
  };
}

/** What to do next; undefined while all is well. */
export interface NextStep {
  readonly kind: 'warn' | 'bad';
  readonly text: Html;
}

/** Less than this is gone with the next payment. */
const LITTLE_MSAT = 100_000_000n;

/** What stands between the shop and the next payment. */
export function nextStep(state: ReceivingState, info: JsonObject, texts: ShopTexts['state']): NextStep | undefined {
  const says = (kind: NextStep['kind'], text: string): NextStep => ({
    kind,
    text: filled(text, { option: html`<span class="mono">lsp</span>` }),
  });
  if (textIn(info, 'warning_bitcoind_sync') !== undefined || textIn(info, 'warning_lightningd_sync') !== undefined) {
    return says('warn', texts.catching_up);
  }
  if (state.up > 0 && state.now_msat >= LITTLE_MSAT) return undefined;
  if (state.up > 0 && state.now_msat >= 1000n) return says('warn', texts.little);
  if (state.up > 0) return says('bad', texts.full);
  if (state.opening > 0) return says('warn', texts.opening);
  return says('bad', state.away > 0 ? texts.away : texts.none);
}
