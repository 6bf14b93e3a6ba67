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

test('an HTLC of ours that was never signed costs nothing when it expires, and one that was signed does', () => {
  for (const isSigned of [false, true]) {
    const { alice } = usablePair();
    alice.do(offer(1, 10_000_000, 140));
    if (isSigned) alice.do({ kind: 'commit' });
    block(alice, 1_000);
    assert.equal(alice.state.phase, isSigned ? 'failed' : 'normal');
  }
});

test('what we failed, or never answered, is no reason to go to the chain, however late the peer takes it out', () => {
  for (const removal of [
    { kind: 'fail', reason: '' },
    { kind: 'malformed', sha256_of_onion: '00'.repeat(32), failure_code: 0x8005 },
  ] as const) {
    const pair = usablePair();
    pair.alice.do(offer(1, 10_000_000, 140));
    pair.exchange();
    pair.bob.do({ kind: 'remove_htlc', id: 0n, removal });
    block(pair.bob, 1_000);
    assert.equal(pair.bob.state.phase, 'normal');
    assert.deepEqual(pair.bob.take('htlc_expiring'), [], 'nobody needs to fail it');
  }
});

test("an HTLC that is not committed on both sides yet is nobody's to fail", () => {
  const { alice, bob } = usablePair();
  alice.do(offer(1, 10_000_000, 140));
  for (const message of alice.outbox.splice(0)) bob.do({ kind: 'message', message });
  block(bob, 130);
  assert.deepEqual(bob.take('htlc_expiring'), []);
});

test('the words name the HTLC, its expiry, and what was not done', () => {
  const pair = usablePair();
  pair.alice.do(offer(1, 10_000_000, 140));
  pair.exchange();
  pair.bob.do({ kind: 'remove_htlc', id: 0n, removal });
  block(pair.alice, 143);
  block(pair.bob, 122);
  assert.equal(pair.alice.state.failure?.reason, 'our HTLC 0 expired at block 140 and was not removed');
  assert.match(pair.bob.state.failure?.reason ?? '', /HTLC 0, which we fulfilled, .* expires at block 140$/);
  for (const end of [pair.alice, pair.bob]) {
    end.take('broadcast');
    block(end, 2_000);
    assert.deepEqual(end.take('broadcast'), [], 'a channel that is over has no deadline');
  }
});

test('a peer that was behind when the close was agreed on has nothing to come back for', () => {
  const { alice } = usablePair();
  alice.state = { ...alice.state, phase: 'closed', peer_behind_height: 100 };
  block(alice, 10_000);
  assert.equal(alice.state.phase, 'closed');
});

test('a close that nobody has begun is never overdue', () => {
  const { alice } = usablePair();
  block(alice, 10_000);
  assert.equal(alice.state.phase, 'normal');
  alice.do({ kind: 'disconnected' });
  alice.do({ kind: 'shutdown' });
  block(alice, 10_287);
  assert.equal(alice.state.phase, 'closing', 'it was begun at 10,000');
  block(alice, 10_288);
  assert.equal(alice.state.phase, 'failed');
});
