/** How the rest of a payment is sent next: the path that fits best, and how much of the rest it takes. */
import type { Msat } from '../../base/types/amount.ts';
import { max, min, msat } from '../../base/types/amount.ts';
import { type Lessons, SMALLEST_PART_MSAT } from './lessons.ts';
import { deliverable, type Path, type Route, routeOf } from './path.ts';
import type { RouteStep, Sendpay } from './sendpay.ts';

/** A part of the amount, and the way that it takes. */
export interface PlannedPart {
  readonly path: Path;
  readonly amount_msat: Msat;
  readonly route: Route;
}

/** What the payer allows, and what the payee can do. */
export interface PlanLimits {
  /** What may still be spent on fees. */
  readonly fee_msat: bigint;
  /** Blocks that the whole route may take. */
  readonly max_delay: number;
  /** Blocks that the payee needs. */
  readonly final_delay: number;
  /** Blocks on top for privacy, as far as `max_delay` leaves room. */
  readonly shadow_delay: number;
  /** The payee takes several parts. */
  readonly basic_mpp: boolean;
  /** Whether the payloads for the hops fit into an onion. */
  readonly fits: (route: readonly RouteStep[]) => boolean;
}

/** Why nothing can be sent, the most hopeful reason last: of several paths that one counts. */
const REASONS = ['no_path', 'excluded', 'too_long', 'too_little', 'too_expensive', 'away', 'busy'] as const;

/** Why nothing can be sent. `away` and `busy` pass with time. */
export type NoPlan = (typeof REASONS)[number];

/**
 * The next part for what is missing: the cheapest path that carries it whole, else as much as the largest one does. When
 * all paths together cannot carry it nothing is sent: the payee would keep what arrives for a minute, and give it back.
 * `open`: the parts that are out.
 */
export function planPart(
  paths: readonly Path[],
  missing_msat: Msat,
  lessons: Lessons,
  limits: PlanLimits,
  open: readonly Sendpay[],
): PlannedPart | NoPlan {
  const parts = paths.map((path) => partThrough(path, missing_msat, lessons, limits, open));
  const candidates = parts.filter((part) => typeof part !== 'string');
  const reason = REASONS.findLast((each) => parts.includes(each)) ?? 'no_path';
  const [best] = candidates.sort(
    (a, b) => Number(b.amount_msat - a.amount_msat) || Number(a.route[0].amount_msat - b.route[0].amount_msat),
  );
  if (best === undefined) return reason;
  if (together(candidates) >= missing_msat) return best;
  return reason === 'away' || reason === 'busy' ? reason : 'too_little';
}

/** The most of it that one path takes in one part, or why none of it. */
function partThrough(
  path: Path,
  missing_msat: Msat,
  lessons: Lessons,
  limits: PlanLimits,
  open: readonly Sendpay[],
): PlannedPart | NoPlan {
  const standing = lessons.standing(path, open);
  if (standing.kind !== 'free') return standing.kind;
  const { way } = path;
  const most_msat = deliverable(path, way.spendable_msat);
  const cap_msat = min(standing.bound_msat ?? most_msat, min(path.most_msat ?? most_msat, most_msat));
  const amount_msat = msat(min(cap_msat, missing_msat));
  const isWhole = amount_msat === missing_msat;
  if (!isWhole && (!limits.basic_mpp || amount_msat < SMALLEST_PART_MSAT)) return way.is_full ? 'busy' : 'too_little';
  const route = withShadow(routeOf(path, amount_msat, limits.final_delay), limits);
  const [first] = route;
  if (first.amount_msat < way.htlc_minimum_msat) return 'too_little';
  if (first.amount_msat - amount_msat > limits.fee_msat || first.delay > limits.max_delay) return 'too_expensive';
  return limits.fits(route) ? { path, amount_msat, route } : 'too_long';
}

/** The route with blocks on top, so that no hop can tell from what is left how near the payee is (BOLT 7). */
function withShadow([first, ...rest]: Route, { shadow_delay, max_delay }: PlanLimits): Route {
  const added = Math.max(0, Math.min(shadow_delay, max_delay - first.delay));
  const later = (step: RouteStep): RouteStep => ({ ...step, delay: step.delay + added });
  return [later(first), ...rest.map(later)];
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
    most.set(channel_id, max<bigint>(carried_msat, most.get(channel_id) ?? carried_msat));
  }
  return [...most.values()].reduce((total, amount_msat) => total + amount_msat, 0n);
}
