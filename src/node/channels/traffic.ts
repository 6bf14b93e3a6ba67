/**
 * What went over a channel: how many HTLCs each side offered, how many of them were paid, and what they came to. The
 * figures are part of the channel's row, so they move in the unit that changes the HTLCs.
 */

import { PROPOSED } from '../../protocol/channel/stage.ts';
import type { Htlc } from '../../protocol/channel/state.ts';

/** The figures, by Core Lightning's names: `in` was offered by the peer, `out` by us. */
export interface Traffic {
  readonly in_payments_offered: number;
  readonly in_offered_msat: bigint;
  readonly in_payments_fulfilled: number;
  readonly in_fulfilled_msat: bigint;
  readonly out_payments_offered: number;
  readonly out_offered_msat: bigint;
  readonly out_payments_fulfilled: number;
  readonly out_fulfilled_msat: bigint;
}

/** The figures of a new channel. */
export const NO_TRAFFIC: Traffic = {
  in_payments_offered: 0,
  in_offered_msat: 0n,
  in_payments_fulfilled: 0,
  in_fulfilled_msat: 0n,
  out_payments_offered: 0,
  out_offered_msat: 0n,
  out_payments_fulfilled: 0,
  out_fulfilled_msat: 0n,
};

function offered(traffic: Traffic, { offered_by, amount_msat }: Htlc): Traffic {
  return offered_by === 'local'
    ? {
        ...traffic,
        out_payments_offered: traffic.out_payments_offered + 1,
        out_offered_msat: traffic.out_offered_msat + amount_msat,
      }
    : {
        ...traffic,
        in_payments_offered: traffic.in_payments_offered + 1,
        in_offered_msat: traffic.in_offered_msat + amount_msat,
      };
}

function fulfilled(traffic: Traffic, { offered_by, amount_msat }: Htlc): Traffic {
  return offered_by === 'local'
    ? {
        ...traffic,
        out_payments_fulfilled: traffic.out_payments_fulfilled + 1,
        out_fulfilled_msat: traffic.out_fulfilled_msat + amount_msat,
      }
    : {
        ...traffic,
        in_payments_fulfilled: traffic.in_payments_fulfilled + 1,
        in_fulfilled_msat: traffic.in_fulfilled_msat + amount_msat,
      };
}

/**
 * The figures after a step that made the second list of HTLCs out of the first. An HTLC counts as offered once it is in a
 * commitment: until then a lost connection may undo it, and it comes again. It counts as fulfilled when it leaves the
 * state with its preimage, which is when its amount changes owner. Steps keep the order of the HTLCs and add at the end.
 */
export function countTraffic(traffic: Traffic, before: readonly Htlc[], after: readonly Htlc[]): Traffic {
  if (before === after) return traffic;
  let counted = traffic;
  let at = 0;
  for (const old of before) {
    const now = after[at];
    if (now === undefined || now.id !== old.id || now.offered_by !== old.offered_by) {
      if (old.removal?.kind === 'fulfill') counted = fulfilled(counted, old);
      continue;
    }
    at++;
    if (old.added === PROPOSED && now.added !== PROPOSED) counted = offered(counted, now);
  }
  for (const added of after.slice(at)) if (added.added !== PROPOSED) counted = offered(counted, added);
  return counted;
}

/** The figures as text. */
export function encodeTraffic(traffic: Traffic): string {
  return JSON.stringify(traffic, (_name, value: unknown) => (typeof value === 'bigint' ? value.toString() : value));
}

/** Reads what `encodeTraffic` wrote; a channel of a version that did not count begins with nothing. */
export function decodeTraffic(text: string | null): Traffic {
  if (text === null) return NO_TRAFFIC;
  const { in_offered_msat, in_fulfilled_msat, out_offered_msat, out_fulfilled_msat, ...counts } = JSON.parse(
    text,
  ) as Traffic;
  return {
    ...counts,
    in_offered_msat: BigInt(in_offered_msat),
    in_fulfilled_msat: BigInt(in_fulfilled_msat),
    out_offered_msat: BigInt(out_offered_msat),
    out_fulfilled_msat: BigInt(out_fulfilled_msat),
  };
}
