/**
 * Which of our channels an invoice names, and what it warns of when they do not suffice. A payer finds announced
 * channels without us, so one hint is enough there; unannounced ones are known to nobody else.
 */

import type { RandomBytes } from '../../base/crypto/random.ts';
import { RpcError } from '../../base/errors.ts';
import { type Msat, min, msat } from '../../base/types/amount.ts';
import type { ShortChannelId } from '../../base/types/short-channel-id.ts';
import type { HintCandidate, RouteHint } from './ports.ts';

/** The warnings of `invoice`, by the name under which they are answered. */
export const WARNINGS = {
  warning_capacity: 'Insufficient incoming channel capacity to pay invoice',
  warning_offline: 'Insufficient incoming capacity, once offline peers were excluded',
  warning_deadends: 'Insufficient incoming capacity, once dead-end peers were excluded',
  warning_private_unused:
    'Insufficient incoming capacity, once private channels were excluded (try exposeprivatechannels=true?)',
  warning_mpp: 'The invoice is only payable by MPP-capable payers.',
} as const;

export type InvoiceWarnings = { readonly [Name in keyof typeof WARNINGS]?: string };

/** true: unannounced channels count; false: never; ids: only these; absent: only if nothing is announced. */
export type ExposePrivateChannels = boolean | readonly ShortChannelId[] | undefined;

/** What an invoice asks of its hints. */
export interface HintRequest {
  /** Absent: the payer chooses. */
  readonly amount_msat?: Msat | undefined;
  readonly expose: ExposePrivateChannels;
}

/** What goes into the invoice, and what the operator should know. */
export interface ChosenHints {
  readonly routes: readonly RouteHint[];
  readonly warnings: InvoiceWarnings;
}

interface Way {
  readonly key: string;
  readonly capacity_msat: Msat;
  readonly hint: RouteHint;
}

interface Survey {
  readonly available: readonly Way[];
  readonly available_msat: bigint;
  readonly offline_msat: bigint;
  readonly deadend_msat: bigint;
  readonly private_msat: bigint;
  readonly none_announced: boolean;
}

/** Chooses hints, and remembers which channels it chose. */
export class HintChooser {
  readonly #randomBytes: RandomBytes;
  readonly #hinted = new Map<string, number>();
  #turn = 0;

  constructor(randomBytes: RandomBytes) {
    this.#randomBytes = randomBytes;
  }

  /** Throws RpcError INVOICE_HINTS_GAVE_NO_ROUTES when channels were named and none can be used. */
  choose(candidates: readonly HintCandidate[], request: HintRequest): ChosenHints {
    const found = survey(candidates, request.expose);
    const named = Array.isArray(request.expose) && request.expose.length > 0;
    if (named && found.available.length === 0) {
      throw new RpcError('INVOICE_HINTS_GAVE_NO_ROUTES', 'None of those hints were suitable local channels');
    }
    const needed_msat = request.amount_msat ?? msat(1);
    const single = found.none_announced ? undefined : this.#draw(found.available, needed_msat);
    const chosen = single === undefined ? this.#gather(found.available, needed_msat) : [single];
    for (const way of chosen) this.#hinted.set(way.key, ++this.#turn);
    return { routes: chosen.map((way) => way.hint), warnings: judge(found, needed_msat, chosen.length) };
  }

  /** One that suffices alone, at random, so that payers cannot read our balances; the roomier the likelier. */
  #draw(ways: readonly Way[], needed_msat: bigint): Way | undefined {
    const fit = ways.filter((way) => way.capacity_msat >= needed_msat);
    // One more than the excess: a channel that just suffices must not be left out.
    const weight = (way: Way): bigint => way.capacity_msat - needed_msat + 1n;
    const total = fit.reduce((sum, way) => sum + weight(way), 0n);
    if (total === 0n) return undefined;
    let left = BigInt(`0x${Buffer.from(this.#randomBytes(16)).toString('hex')}`) % total;
    return fit.find((way) => {
      left -= weight(way);
      return left < 0n;
    });
  }

  /** Whole channels, the least recently hinted first, so that invoices at the same time do not count on the same one. */
  #gather(ways: readonly Way[], needed_msat: bigint): Way[] {
    const turn = (way: Way): number => this.#hinted.get(way.key) ?? 0;
    const chosen: Way[] = [];
    let gathered = 0n;
    for (const way of [...ways].sort((a, b) => turn(a) - turn(b))) {
      if (gathered >= needed_msat) break;
      chosen.push(way);
      gathered += way.capacity_msat;
    }
    return chosen;
  }
}

function survey(candidates: readonly HintCandidate[], expose: ExposePrivateChannels): Survey {
  const named = typeof expose === 'object' ? expose : undefined;
  const open: Way[] = [];
  const hidden: Way[] = [];
  let offline_msat = 0n;
  let deadend_msat = 0n;
  const none_announced = !candidates.some((candidate) => candidate.announced);
  for (const candidate of candidates) {
    const capacity_msat = min(candidate.receivable_msat, candidate.htlc_maximum_msat);
    const isNamed = named?.some((id) => id === candidate.short_channel_id || id === candidate.remote_alias);
    if (named !== undefined && !isNamed) continue;
    if (!isNamed && candidate.peer_incoming_msat === 0n) deadend_msat += capacity_msat;
    else if (!candidate.online) offline_msat += capacity_msat;
    else {
      const hint = hintOf(candidate);
      if (hint === undefined) continue;
      const key = candidate.short_channel_id ?? candidate.remote_alias ?? '';
      const exposed = candidate.announced || expose === true || named !== undefined;
      (exposed ? open : hidden).push({ key, capacity_msat, hint });
    }
  }
  const showHidden = none_announced && expose !== false;
  const available = showHidden ? [...open, ...hidden] : open;
  const capacity = (ways: readonly Way[]): bigint => ways.reduce((sum, way) => sum + way.capacity_msat, 0n);
  return {
    available,
    available_msat: capacity(available),
    offline_msat,
    deadend_msat,
    private_msat: showHidden ? 0n : capacity(hidden),
    none_announced,
  };
}

/** Undefined while there is no id that may be shown. */
function hintOf(candidate: HintCandidate): RouteHint | undefined {
  const hideReal = candidate.scid_alias || !candidate.announced;
  const short_channel_id = hideReal
    ? (candidate.remote_alias ?? (candidate.scid_alias ? undefined : candidate.short_channel_id))
    : candidate.short_channel_id;
  if (short_channel_id === undefined) return undefined;
  const { pubkey, fee_base_msat, fee_proportional_millionths, cltv_expiry_delta } = candidate;
  return [{ pubkey, short_channel_id, fee_base_msat, fee_proportional_millionths, cltv_expiry_delta }];
}

function judge(found: Survey, needed_msat: bigint, hints: number): InvoiceWarnings {
  const names: (keyof typeof WARNINGS)[] = [];
  const { available_msat, offline_msat, deadend_msat, private_msat } = found;
  if (hints > 1) names.push('warning_mpp');
  if (needed_msat > available_msat + offline_msat + deadend_msat + private_msat) names.push('warning_capacity');
  else if (needed_msat > available_msat) {
    if (available_msat + offline_msat >= needed_msat) names.push('warning_offline');
    else if (available_msat + offline_msat + deadend_msat >= needed_msat) names.push('warning_deadends');
    else names.push('warning_private_unused');
  }
  return Object.fromEntries(names.map((name) => [name, WARNINGS[name]]));
}
