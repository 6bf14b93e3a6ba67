/** What can be received now, and what to do when it is too little: read from `listpeerchannels`. */
import type { JsonObject } from '../../../rpc/json.ts';
import { msatIn, textIn } from './answers.ts';

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
  readonly text: string;
}

/** Less than this is gone with the next payment. */
const LITTLE_MSAT = 100_000_000n;

/** What stands between the shop and the next payment. */
export function nextStep(state: ReceivingState, info: JsonObject): NextStep | undefined {
  if (textIn(info, 'warning_bitcoind_sync') !== undefined || textIn(info, 'warning_lightningd_sync') !== undefined) {
    return { kind: 'warn', text: 'The node is still catching up with the chain. Payments wait until it has.' };
  }
  if (state.up > 0 && state.now_msat >= LITTLE_MSAT) return undefined;
  if (state.up > 0 && state.now_msat >= 1000n) {
    return {
      kind: 'warn',
      text: 'There is not much room left for payments. Pay something out over Lightning, or have another channel opened to you.',
    };
  }
  if (state.up > 0) {
    return {
      kind: 'bad',
      text: 'Nothing can be received: all the money in the channels is yours already. Pay something out over Lightning, or have another channel opened to you.',
    };
  }
  if (state.opening > 0) {
    return {
      kind: 'warn',
      text: 'A channel is being opened. It can be used when its funding transaction is deep enough.',
    };
  }
  if (state.away > 0) {
    return {
      kind: 'bad',
      text: 'Nothing can be received: the peers of all channels are away. Till calls them again and again.',
    };
  }
  return {
    kind: 'bad',
    text: 'Nothing can be received over Lightning yet: there is no channel. With a liquidity provider (option lsp) the next payment opens one; or have one opened to you, or open one and spend from it.',
  };
}

/** How full a channel is, in percent of what it can hold, and how much of it is ours. */
export function ourPercent(channel: JsonObject): number {
  const total_msat = msatIn(channel, 'total_msat');
  return total_msat === 0n ? 0 : Number((msatIn(channel, 'to_us_msat') * 100n) / total_msat);
}
