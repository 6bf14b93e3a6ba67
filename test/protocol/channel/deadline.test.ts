import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type End, offer, preimage, usablePair } from './pair.ts';

function block(end: End, height: number): void {
  end.env = { ...end.env, height };
  end.do({ kind: 'block' });
}

const removal = { kind: 'fulfill', payment_preimage: preimage(1).payment_preimage } as const;

test('an HTLC of ours that is past its expiry and its grace brings the channel to the chain', () => {
  const pair = usablePair();
  pair.alice.do(offer(1, 10_000_000, 140));
  pair.exchange();
  block(pair.alice, 142);
  assert.equal(pair.alice.state.phase, 'normal');
  block(pair.alice, 143);
  assert.equal(pair.alice.state.phase, 'failed');
  assert.equal(pair.alice.take('broadcast')[0]?.purpose, 'commitment');
  assert.equal(pair.alice.outbox.at(-1)?.type, 'error');
});

test('an HTLC that we fulfilled is claimed on the chain before it can expire, even when the peer is away', () => {
  const pair = usablePair();
  pair.alice.do(offer(1, 10_000_000, 140));
  pair.exchange();
  pair.disconnect();
  pair.bob.do({ kind: 'remove_htlc', id: 0n, removal });
  block(pair.bob, 121);
  assert.equal(pair.bob.state.phase, 'normal');
  block(pair.bob, 122);
  assert.equal(pair.bob.state.phase, 'failed');
  assert.equal(pair.bob.take('broadcast').length, 1);
});

test('a fulfilment that is signed but not irrevocable still counts as open at its deadline', () => {
  const pair = usablePair();
  pair.alice.do(offer(1, 10_000_000, 140));
  pair.exchange();
  pair.bob.do({ kind: 'remove_htlc', id: 0n, removal });
  pair.bob.do({ kind: 'commit' });
  block(pair.bob, 122);
  assert.equal(pair.bob.state.phase, 'failed');
});

test('an HTLC that nobody fulfilled is reported at every block from its deadline on, and never force-closes', () => {
  const pair = usablePair();
  pair.alice.do(offer(1, 10_000_000, 140));
  pair.exchange();
  block(pair.bob, 121);
  assert.equal(pair.bob.take('htlc_expiring').length, 0);
  block(pair.bob, 122);
  block(pair.bob, 150);
  assert.equal(pair.bob.take('htlc_expiring').length, 2);
  assert.equal(pair.bob.state.phase, 'normal');
});

test('HTLCs that are gone have no deadline', () => {
  const pair = usablePair();
  pair.alice.do(offer(1, 10_000_000, 140));
  pair.exchange();
  pair.bob.do({ kind: 'remove_htlc', id: 0n, removal });
  pair.exchange();
  for (const end of [pair.alice, pair.bob]) {
    block(end, 1_000);
    assert.equal(end.state.phase, 'normal');
  }
});

test('a close in agreement has 288 blocks, counted only once the channel is empty', () => {
  const begun = 100;
  for (const hasHtlc of [false, true]) {
    const pair = usablePair();
    if (hasHtlc) {
      pair.alice.do(offer(1, 10_000_000, 10_000));
      pair.exchange();
    }
    pair.bob.do({ kind: 'shutdown' });
    block(pair.bob, begun + 287);
    assert.equal(pair.bob.state.phase, 'closing');
    block(pair.bob, begun + 288);
    assert.equal(pair.bob.state.phase, hasHtlc ? 'closing' : 'failed');
    if (!hasHtlc) assert.match(pair.bob.state.failure?.reason ?? '', /no agreement on closing within 288 blocks/);
  }
});
