/**
 * Which of our channels an invoice names, and what it warns of when they do not suffice. A payer finds announced
 * channels without us, so one hint is enough there; unannounced ones are known to nobody else, so all that are needed
 * are named, and named first.
 */

import type { RandomBytes } from '../../base/crypto/random.ts';
import { RpcError } from '../../base/errors.ts';
import { type Msat, max, min, msat } from '../../base/types/amount.ts';
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

/**
 * true: unannounced channels are named; false: never; ids: only these; absent: only when no announced channel that is up
 * can take the amount.
 */
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

/** More hints than this make an invoice that no QR code holds. */
const MOST_HINTS = 40;

interface Way {
  readonly key: string;
  readonly announced: boolean;
  readonly capacity_msat: Msat;
  readonly hint: RouteHint;
}

interface Survey {
  /** What a payer can use: announced channels that are up, and the unannounced ones that may be named. */
  readonly usable: readonly Way[];
  readonly offline_msat: bigint;
  readonly deadend_msat: bigint;
  /** Of unannounced channels that may not be named. */
  readonly private_msat: bigint;
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
    const { amount_msat, expose } = request;
    const needed_msat = amount_msat ?? msat(1);
    const found = survey(candidates, expose, amount_msat);
    const named = Array.isArray(expose) && expose.length > 0;
    if (named && found.usable.length === 0) {
      throw new RpcError('INVOICE_HINTS_GAVE_NO_ROUTES', 'None of those hints were suitable local channels');
    }
    const chosen = this.#pick(found.usable, needed_msat, amount_msat === undefined);
    for (const way of chosen) this.#hinted.set(way.key, ++this.#turn);
    return { routes: chosen.map((way) => way.hint), warnings: judge(found, needed_msat, chosen.length) };
  }

  /** Whether the channels that a payer can use suffice for the amount. */
  suffice(candidates: readonly HintCandidate[], { amount_msat, expose }: HintRequest): boolean {
    return capacityOf(survey(candidates, expose, amount_msat).usable) >= (amount_msat ?? 1n);
  }

  #pick(usable: readonly Way[], needed_msat: bigint, is_any: boolean): readonly Way[] {
    const hidden = usable.filter((way) => !way.announced);
    const announced = usable.filter((way) => way.announced);
    if (hidden.length === 0) {
      const single = this.#draw(announced, needed_msat);
      return single === undefined ? this.#gather(announced, needed_msat) : [single];
    }
    // Whoever may pay any amount may pay much: every channel that can receive counts.
    const named = this.#gather(hidden, is_any ? undefined : needed_msat);
    const missing_msat = needed_msat - capacityOf(named);
    return missing_msat > 0n ? [...named, ...this.#gather(announced, missing_msat)].slice(0, MOST_HINTS) : named;
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

  /**
   * Whole channels, the roomiest first, until they suffice; without an amount all of them. Of equal ones the least
   * recently hinted comes first, so that invoices at the same time do not count on the same one.
   */
  #gather(ways: readonly Way[], needed_msat: bigint | undefined): Way[] {
    const turn = ({ key }: Way): number => this.#hinted.get(key) ?? 0;
    const ordered = [...ways].sort((a, b) => Number(b.capacity_msat - a.capacity_msat) || turn(a) - turn(b));
    const chosen: Way[] = [];
    let gathered = 0n;
    for (const way of ordered.slice(0, MOST_HINTS)) {
      if (needed_msat !== undefined && gathered >= needed_msat) break;
      chosen.push(way);
      gathered += way.capacity_msat;
    }
    return chosen;
  }
}

function survey(
  candidates: readonly HintCandidate[],
  expose: ExposePrivateChannels,
  amount_msat: Msat | undefined,
): Survey {
  const named = typeof expose === 'object' ? expose : undefined;
  const isNamed = ({ short_channel_id, remote_alias }: HintCandidate): boolean =>
    named?.some((id) => id === short_channel_id || id === remote_alias) ?? false;
  const considered = named === undefined ? candidates : candidates.filter(isNamed);
  const open = considered.filter((candidate) => candidate.announced || named !== undefined);
  const up = waysThrough(open, isNamed, amount_msat);
  const suffices = up.some((way) => way.capacity_msat >= (amount_msat ?? 1n));
  const mayName = expose === true || (expose === undefined && !suffices);
  const hidden = considered.filter((candidate) => !open.includes(candidate));
  const shown = mayName ? [...open, ...hidden] : open;
  let offline_msat = 0n;
  let deadend_msat = 0n;
  for (const candidate of shown) {
    if (!isNamed(candidate) && candidate.peer_incoming_msat === 0n) deadend_msat += roomOf(candidate);
    else if (!candidate.online) offline_msat += roomOf(candidate);
  }
  return {
    usable: mayName ? [...up, ...waysThrough(hidden, isNamed, amount_msat)] : up,
    offline_msat,
    deadend_msat,
    private_msat: mayName ? 0n : hidden.reduce((total, candidate) => total + roomOf(candidate), 0n),
  };
}

/** Those of the channels that can be paid through. One that the caller names may be a dead end, or full at the moment. */
function waysThrough(
  candidates: readonly HintCandidate[],
  isNamed: (candidate: HintCandidate) => boolean,
  amount_msat: Msat | undefined,
): Way[] {
  return candidates.flatMap((candidate) => {
    const { short_channel_id, remote_alias, announced, online, peer_incoming_msat, htlc_minimum_msat } = candidate;
    const capacity_msat = roomOf(candidate);
    // The peer passes nothing on that is less than its minimum.
    const least_msat = max<bigint>(htlc_minimum_msat ?? 1n, 1n);
    const isOfUse = peer_incoming_msat > 0n && min(capacity_msat, amount_msat ?? capacity_msat) >= least_msat;
    const hint = hintOf(candidate);
    if (!online || hint === undefined || !(isOfUse || isNamed(candidate))) return [];
    return [{ key: short_channel_id ?? remote_alias ?? '', announced, capacity_msat, hint }];
  });
}

/** What one channel can receive in one part. */
function roomOf({ receivable_msat, htlc_maximum_msat }: HintCandidate): Msat {
  return min(receivable_msat, htlc_maximum_msat);
}

function capacityOf(ways: readonly Way[]): bigint {
  return ways.reduce((total, way) => total + way.capacity_msat, 0n);
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

/** What is true of all that a payer can use: which of it the invoice names says nothing about that. */
function judge({ usable, ...lacking }: Survey, needed_msat: bigint, hints: number): InvoiceWarnings {
  const names: (keyof typeof WARNINGS)[] = [];
  const { offline_msat, deadend_msat, private_msat } = lacking;
  const available_msat = capacityOf(usable);
  if (hints > 1 && !usable.some((way) => way.capacity_msat >= needed_msat)) names.push('warning_mpp');
  if (needed_msat > available_msat + offline_msat + deadend_msat + private_msat) names.push('warning_capacity');
  else if (needed_msat > available_msat) {
    if (available_msat + offline_msat >= needed_msat) names.push('warning_offline');
    else if (available_msat + offline_msat + deadend_msat >= needed_msat) names.push('warning_deadends');
    else names.push('warning_private_unused');
  }
  return Object.fromEntries(names.map((name) => [name, WARNINGS[name]]));
}
