/**
 * What the channel itself costs: payments from one end to the other in one process, with real signatures, every state
 * encoded as it would be stored; no wire, no disk. Both ends' work is counted.
 */

import { msat } from '../src/base/types/amount.ts';
import { encodeState } from '../src/protocol/channel/codec.ts';
import type { Environment } from '../src/protocol/channel/policy.ts';
import {
  environment,
  offer,
  type Pair,
  policy,
  preimage,
  realSigner,
  usablePair,
} from '../test/protocol/channel/pair.ts';
import type { Figure } from './figures.ts';

export const name = 'the channel alone: real signatures, states encoded, no wire and no disk';

/** Says and hears until nobody has more to say, encoding each state that a store would have to write. */
function exchange(pair: Pair): void {
  for (;;) {
    for (const [from, to] of [
      [pair.alice, pair.bob],
      [pair.bob, pair.alice],
    ] as const) {
      let store = false;
      for (const message of from.outbox.splice(0)) store = to.do({ kind: 'message', message }).store || store;
      store = to.do({ kind: 'commit' }).store || store;
      if (store) encodeState(to.state);
    }
    if (pair.alice.outbox.length + pair.bob.outbox.length === 0) return;
  }
}

function pay(pair: Pair, first: number, count: number, amount_msat: number): void {
  for (let number = first; number < first + count; number++) pair.alice.do(offer(number, amount_msat));
  exchange(pair);
  for (const { htlc } of pair.bob.take('htlc_committed')) {
    pair.bob.do({ kind: 'take', incoming: [htlc.id], outgoing: [] });
    const { payment_preimage } = preimage(Number(htlc.id));
    pair.bob.do({ kind: 'remove_htlc', id: htlc.id, removal: { kind: 'fulfill', payment_preimage } });
  }
  exchange(pair);
  const outgoing = pair.alice.take('htlc_removed').map(({ htlc }) => htlc.id);
  pair.alice.do({ kind: 'take', incoming: [], outgoing });
  pair.alice.events.length = 0;
  pair.bob.events.length = 0;
}

/** Payments per second, both ends' work together. */
function measure(in_flight: number, payments: number, amount_msat: number): number {
  const changes = { policy: policy({ max_dust_htlc_exposure_msat: msat(500_000_000) }) };
  const env = (of: string): Environment => environment(realSigner(of), changes);
  const pair = usablePair({ alice: env('alice'), bob: env('bob'), open: { push_msat: msat(0) } });
  const warm_up = in_flight * 10;
  for (let first = 0; first < warm_up; first += in_flight) pay(pair, first, in_flight, amount_msat);
  const start = performance.now();
  for (let first = warm_up; first < warm_up + payments; first += in_flight) pay(pair, first, in_flight, amount_msat);
  return (payments * 1_000) / (performance.now() - start);
}

/** Both ends share one process here: two daemons on two cores can do more. */
export async function run(): Promise<readonly Figure[]> {
  return [
    { what: 'payments, 30 in flight, 500 sat each', value: measure(30, 900, 500_000), unit: '/s', must_reach: 500 },
    { what: 'payments, 30 in flight, 1 sat each: no HTLC outputs', value: measure(30, 1_500, 1_000), unit: '/s' },
    { what: 'one payment alone, 500 sat', value: 1_000 / measure(1, 400, 500_000), unit: 'ms', must_reach: 10 },
  ];
}
