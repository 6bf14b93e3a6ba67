/** Two ends that meet again after their connection was lost, message by message, and one payment between them. */
import assert from 'node:assert/strict';
import { type End, type Pair, preimage } from './pair.ts';

/** What an end has said and nobody has heard yet. */
export function types(end: End): string[] {
  return end.outbox.map(({ type }) => type);
}

/** Delivers what one end has said so far. */
export function deliver(from: End, to: End, count = from.outbox.length): void {
  for (const message of from.outbox.splice(0, count)) to.do({ kind: 'message', message });
}

/** Both ends hear where the other is; what follows stays in their outboxes. */
export function meet({ alice, bob }: Pair): void {
  deliver(alice, bob, 1);
  deliver(bob, alice, 1);
}

/** The payment of this test comes to its end, whatever happened before. */
export function finish(pair: Pair): void {
  pair.exchange();
  assert.equal(pair.bob.state.htlcs.length, 1);
  pair.bob.do({
    kind: 'remove_htlc',
    id: 0n,
    removal: { kind: 'fulfill', payment_preimage: preimage(1).payment_preimage },
  });
  pair.exchange();
  assert.equal(pair.bob.state.local_msat, 210_000_000n);
  assert.equal(pair.alice.state.local_msat, 790_000_000n);
}
