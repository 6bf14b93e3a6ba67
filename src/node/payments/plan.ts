/**
 * How the rest of a payment is sent next: what was learned of each channel in this payment, the path that fits best, and
 * how much of the rest it takes.
 */
import type { Msat } from '../../base/types/amount.ts';
import { msat } from '../../base/types/amount.ts';
import { deliverable, type Path, routeOf } from './path.ts';
import type { RouteStep } from './sendpay.ts';

/** Below this a part is not worth an HTLC: it would be dust everywhere. */
const SMALLEST_PART_MSAT = 10_000n;

/** What failures taught, for as long as one payment is tried. */
export class Lessons {
  /** The most that is still tried through a channel, by our channel's id or the name of a hint's channel. */
  readonly #bounds = new Map<string, bigint>();

  /** The channel did not carry this amount. */
  failed(channel: string, amount_msat: bigint): void {
    this.#bounds.set(channel, amount_msat / 2n);
  }

  /** The channel is of no use. */
  exclude(channel: string): void {
    this.#bounds.set(channel, 0n);
  }

  /** The most to try through a path; undefined: nothing speaks against any amount. */
  bound({ way, hops }: Path): bigint | undefined {
    const bounds = [way.channel_id, ...hops.map((hop) => hop.short_channel_id)]
      .map((channel) => this.#bounds.get(channel))
      .filter((bound) => bound !== undefined);
    return bounds.length === 0 ? undefined : bounds.reduce((least, bound) => (bound < least ? bound : least));
  }
}

/** A part of the amount, and the way that it takes. */
export interface PlannedPart {
  readonly path: Path;
  readonly amount_msat: Msat;
  readonly route: readonly RouteStep[];
}

/** What the payer allows, and what the payee can do. */
export interface PlanLimits {
  /** What may still be spent on fees. */
  readonly fee_msat: bigint;
  /** Blocks that the whole route may take. */
  readonly max_delay: number;
  readonly final_delay: number;
  /** The payee takes several parts. */
  readonly basic_mpp: boolean;
}

/** Why nothing can be sent. */
export type NoPlan = 'no_path' | 'too_little' | 'too_expensive';

/**
 * The next part for what is missing: the cheapest path that carries it whole, else as much as the largest one does. When
 * all paths together cannot carry it nothing is sent: the payee would keep what arrives for a minute, and give it back.
 */
export function planPart(
  paths: readonly Path[],
  missing_msat: Msat,
  lessons: Lessons,
  limits: PlanLimits,
): PlannedPart | NoPlan {
  let reason: NoPlan = 'no_path';
  const candidates: PlannedPart[] = [];
  for (const path of paths) {
    const bound = lessons.bound(path);
    const most = deliverable(path, path.way.spendable_msat);
    const cap = bound !== undefined && bound < most ? bound : most;
    const amount = cap < missing_msat ? cap : missing_msat;
    if (bound === 0n) continue;
    if (reason === 'no_path') reason = 'too_little';
    const isWhole = amount === missing_msat;
    if (!isWhole && (!limits.basic_mpp || amount < SMALLEST_PART_MSAT)) continue;
    const route = routeOf(path, msat(amount), limits.final_delay);
    const [first] = route;
    if (first === undefined || first.amount_msat < path.way.htlc_minimum_msat) continue;
    if (first.amount_msat - amount > limits.fee_msat || first.delay > limits.max_delay) {
      reason = 'too_expensive';
      continue;
    }
    candidates.push({ path, amount_msat: msat(amount), route });
  }
  const [best] = candidates.sort((a, b) => compare(b.amount_msat, a.amount_msat) || compare(feeOf(a), feeOf(b)));
  if (best === undefined) return reason;
  return best.amount_msat === missing_msat || together(candidates) >= missing_msat ? best : 'too_little';
}

/**
 * What these can carry in all, part by part: a channel of ours counts once, whatever lies behind it. What was learned
 * bounds a part, not the sum of them.
 */
function together(candidates: readonly PlannedPart[]): bigint {
  const most = new Map<string, bigint>();
  for (const { path } of candidates) {
    const { channel_id, spendable_msat } = path.way;
    const carried_msat = deliverable(path, spendable_msat);
    if (carried_msat > (most.get(channel_id) ?? 0n)) most.set(channel_id, carried_msat);
  }
  return [...most.values()].reduce((total, amount_msat) => total + amount_msat, 0n);
}

function feeOf({ route, amount_msat }: PlannedPart): bigint {
  return (route[0]?.amount_msat ?? 0n) - amount_msat;
}

function compare(a: bigint, b: bigint): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
