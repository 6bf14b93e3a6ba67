import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { msat } from '../../../src/base/types/amount.ts';
import type { PaymentHash } from '../../../src/base/types/brand.ts';
import { fromHex, toHex } from '../../../src/base/types/hex.ts';
import type { ChannelKeys } from '../../../src/codec/tx/channel-keys.ts';
import { parseTransaction } from '../../../src/codec/tx/transaction.ts';
import {
  decodeRevokedHtlc,
  encodeRevokedHtlc,
  REVOKED_HTLC_BYTES,
  type RevokedHtlc,
  revokedHtlcsAt,
} from '../../../src/protocol/onchain/revoked-htlc.ts';
import { revokedNumberOf } from '../../../src/protocol/onchain/step.ts';
import {
  type ChannelMoment,
  channelOf,
  claimOf,
  FUNDING_SAT,
  KEYS,
  signedCommitment,
  type TestHtlc,
  TO_SELF_DELAY,
  viewOf,
} from './channel.ts';
import { World } from './world.ts';

const EXPIRY = 150;
const HTLCS: readonly TestHtlc[] = [
  { id: 0n, from: 'alice', amount_sat: 200_000, cltv_expiry: EXPIRY + 50, secret: 1 },
  { id: 1n, from: 'alice', amount_sat: 300_000, cltv_expiry: EXPIRY + 52, secret: 2 },
  { id: 0n, from: 'bob', amount_sat: 400_000, cltv_expiry: 110, secret: 3 },
  { id: 1n, from: 'bob', amount_sat: 500_000, cltv_expiry: 110, secret: 4 },
];
/** Bob had most of it once. */
const OLD: ChannelMoment = { number: 2, alice_sat: 1_000_000, htlcs: HTLCS, feerate_per_kw: 1000 };
const LATEST: ChannelMoment = { number: 5, alice_sat: 8_000_000, htlcs: [], feerate_per_kw: 1000 };

/** What Alice has stored of the HTLCs that are long gone; one of them was never in commitment 2. */
const RECORDS: readonly RevokedHtlc[] = [
  ...viewOf('alice', 'bob', OLD).htlcs.map((htlc) => ({ ...htlc, first_remote_number: 1, last_remote_number: 3 })),
  {
    offered_by: 'remote',
    amount_msat: msat(700_000_000),
    payment_hash: 'ab'.repeat(32) as PaymentHash,
    cltv_expiry: EXPIRY,
    first_remote_number: 3,
    last_remote_number: 4,
  },
];

async function cheat(old = OLD) {
  const world = await World.open();
  const alice = await world.join(
    'alice',
    channelOf('alice', world.funding_txid, LATEST),
    revokedHtlcsAt(RECORDS, OLD.number),
  );
  // Bob's node believes, or pretends to believe, that the old state is the latest.
  const stale = channelOf('bob', world.funding_txid, old);
  const commitment = signedCommitment(stale);
  assert.equal(revokedNumberOf(alice.channel, fromHex(commitment)), OLD.number);
  return {
    world,
    alice,
    stale,
    commitment,
    start: { height: world.height, alice: world.balance('alice'), bob: world.balance('bob') },
  };
}

/** Everything is Alice's: what is not hers went to miners, or is an anchor that nobody bothered to take. */
function assertAllTaken(
  { world, start }: Pick<Awaited<ReturnType<typeof cheat>>, 'world' | 'start'>,
  bob_spent = 0n,
): void {
  const anchors = [...world.unspent().values()].filter(
    (coin) => coin.amount_sat === 330n && coin.height > start.height,
  );
  const gain = world.balance('alice') - start.alice;
  const fees = world.feesSince(start.height);
  assert.equal(gain + fees + 330n * BigInt(anchors.length), FUNDING_SAT + bob_spent);
  assert.equal(start.bob - world.balance('bob'), bob_spent);
  assert.ok(fees - bob_spent < 15_000n, `${fees} sat of fees`);
}

describe('a revoked commitment of the peer', () => {
  it('is taken whole, in one transaction while there is time', async () => {
    const { world, alice, commitment, start } = await cheat();
    assert.equal(await world.broadcast([commitment]), undefined);
    await world.mine(2);
    assert.deepEqual(
      alice.told('ended').map(({ ending, number }) => [ending, number]),
      [['revoked', 2]],
    );
    // Our output, theirs, four HTLCs and our anchor: all in the block after the commitment's.
    const [sweep] = alice.told('broadcast');
    assert.ok(sweep);
    assert.equal(alice.told('broadcast').length, 1);
    assert.equal(parseTransaction(fromHex(sweep.transactions[0] as string)).inputs.length, 7);
    assert.deepEqual(alice.refused, []);
    assertAllTaken({ world, start });
    await world.mine(98);
    assert.equal(alice.told('channel_resolved').length, 0);
    await world.mine(1);
    assert.equal(alice.told('channel_resolved').length, 1);
    assert.equal(alice.told('output_resolved').filter(({ by_us }) => by_us).length, 6);
  });

  it('is taken in its second stages when the peer was faster, and its delays never end for it', async () => {
    const { world, alice, stale, commitment, start } = await cheat();
    alice.feerates = {};
    // Alice's node is offline while Bob's takes its HTLCs onward, two of them in one transaction.
    world.parties.length = 0;
    const bob = await world.join('bob', stale);
    await bob.say(claimOf(HTLCS[0] as TestHtlc));
    await bob.say({ kind: 'force_close', transaction: commitment, is_urgent: false });
    await world.mine(4);
    const stages = bob.told('fund').map(({ request }) => request.outpoints.length);
    // Its anchor first, so that the commitment is mined soon; one HTLC-success; two HTLC-timeouts.
    assert.deepEqual(stages, [1, 1, 2]);
    const bob_spent = start.bob - world.balance('bob');
    assert.ok(bob_spent > 0n);

    // Alice is back: the blocks come one by one.
    world.parties.splice(0, 1, alice);
    for (const block of world.blocks) if (block.height > start.height) await alice.connect(block);
    await world.mine(40);
    assert.equal(alice.told('preimage_learned').length, 1);
    const taken = alice.told('ended').length === 1 && alice.state.pending.length === 0;
    assert.ok(taken);
    assert.deepEqual(
      alice.refused.filter((reason) => !reason.startsWith('bad-txns-inputs-missingorspent')),
      [],
    );
    assertAllTaken({ world, start }, bob_spent);
  });

  it('is told as missed, each output once, when we were away until the delays of the peer were over', async () => {
    const { world, alice, stale, commitment, start } = await cheat();
    world.parties.length = 0;
    const bob = await world.join('bob', stale);
    await bob.say(claimOf(HTLCS[0] as TestHtlc));
    await bob.say({ kind: 'force_close', transaction: commitment, is_urgent: false });
    await world.mine(TO_SELF_DELAY.alice + TO_SELF_DELAY.bob);
    const delayed = bob.told('broadcast').flatMap(({ transactions }) => transactions);
    assert.ok(delayed.length > 0);
    world.parties.splice(0, 1, alice);
    for (const block of world.blocks) if (block.height > start.height) await alice.connect(block);
    const missed = () => alice.told('penalty_missed').map(({ amount_sat }) => amount_sat);
    const to_local = FUNDING_SAT - BigInt(OLD.alice_sat) - 1_400_000n;
    const expected = [200_000n, 400_000n, 500_000n, to_local];
    await world.mine(6);
    assert.deepEqual(
      missed().sort((a, b) => Number(a - b)),
      expected,
    );
    await world.mine(110);
    assert.equal(missed().length, expected.length);
    assert.equal(alice.told('channel_resolved').length, 1);
    // What was left is hers: her own output, and the HTLC of hers whose preimage he never had.
    const fees = world.feesSince(start.height);
    const gain = world.balance('alice') - start.alice;
    const own = BigInt(OLD.alice_sat) + 300_000n - 660n;
    assert.ok(gain <= own && gain > own - fees, `${gain} of ${own}`);
  });

  it('loses us no payment that we have claimed, when the peer takes its HTLC back first', async () => {
    const world = await World.open();
    const claimed = HTLCS[2] as TestHtlc;
    const alice = await world.join(
      'alice',
      channelOf('alice', world.funding_txid, { ...LATEST, htlcs: [claimed] }),
      revokedHtlcsAt(RECORDS, OLD.number),
    );
    alice.feerates = { 2: 300, 6: 300, 12: 300, 100: 300 };
    await alice.say(claimOf(claimed));
    const bob = await world.join('bob', channelOf('bob', world.funding_txid, OLD));
    bob.feerates = { 2: 20_000, 6: 20_000, 12: 20_000, 100: 20_000 };
    // The cheater is heard first in every block, and pays more.
    world.parties.reverse();
    await bob.say({ kind: 'force_close', transaction: signedCommitment(bob.channel), is_urgent: false });
    await world.mine(120);
    assert.ok(bob.told('htlc_failed').length > 0, 'he had his HTLC back for a moment');
    assert.equal(alice.told('ended')[0]?.ending, 'revoked');
    assert.deepEqual(alice.told('htlc_lost'), []);
    assert.equal(alice.told('channel_resolved').length, 1);
  });

  it('is taken in pieces when some HTLC is moved on under our hands', async () => {
    const { world, alice, stale, commitment, start } = await cheat();
    const bob = await world.join('bob', stale);
    bob.feerates = { 2: 20_000, 6: 20_000, 12: 20_000, 100: 20_000 };
    alice.feerates = { 2: 1000, 6: 800, 12: 700, 100: 300 };
    await bob.say({ kind: 'force_close', transaction: commitment, is_urgent: false });
    // The cheater is heard first in every block.
    world.parties.reverse();
    await world.mine(40);
    assert.ok(bob.told('fund').length > 0);
    const bob_spent = start.bob - world.balance('bob');
    assert.ok(bob_spent > 0n, 'Bob moved his HTLCs');
    assert.equal(world.balance('bob') + bob_spent, start.bob);
    const left = [...world.unspent().values()].filter(
      ({ height, amount_sat }) => height > start.height && amount_sat === 330n,
    );
    assert.equal(
      world.balance('alice') - start.alice + world.feesSince(start.height) + 330n * BigInt(left.length),
      FUNDING_SAT + bob_spent,
    );
    assert.deepEqual(alice.state.pending, []);
  });

  for (const [what, old] of [
    ['its own balance', OLD],
    // Then nothing is delayed to tell it by.
    ['HTLCs alone', { ...OLD, alice_sat: Number(FUNDING_SAT) - 1_400_000 }],
  ] as const) {
    it(`is taken whole from a peer that gave our key for its own, so that its outputs look like ours: ${what}`, async () => {
      const bob_keys = KEYS.bob as { -readonly [Name in keyof ChannelKeys]: ChannelKeys[Name] };
      const { payment_basepoint } = bob_keys;
      bob_keys.payment_basepoint = KEYS.alice.payment_basepoint;
      try {
        const { world, alice, commitment, start } = await cheat(old);
        assert.equal(await world.broadcast([commitment]), undefined);
        await world.mine(2);
        assert.equal(alice.told('ended')[0]?.ending, 'revoked');
        assertAllTaken({ world, start });
      } finally {
        bob_keys.payment_basepoint = payment_basepoint;
      }
    });
  }

  it('is not mistaken for one of ours with the same number', async () => {
    const world = await World.open();
    const alice = await world.join('alice', channelOf('alice', world.funding_txid, LATEST));
    // A restored backup of our own, somewhere else, has published what we revoked long ago.
    const old = signedCommitment(channelOf('alice', world.funding_txid, OLD));
    assert.equal(await world.broadcast([old]), undefined);
    await world.mine(2);
    assert.equal(alice.told('ended')[0]?.ending, 'unknown');
    assert.deepEqual(alice.refused, []);
  });
});

describe('the record of a revoked HTLC', () => {
  const record: fc.Arbitrary<RevokedHtlc> = fc.record(
    {
      offered_by: fc.constantFrom('local', 'remote'),
      amount_msat: fc.bigInt(0n, 2n ** 64n - 1n).map((amount) => msat(amount)),
      payment_hash: fc.uint8Array({ minLength: 32, maxLength: 32 }).map((hash) => toHex(hash) as PaymentHash),
      cltv_expiry: fc.integer({ min: 0, max: 0xffffffff }),
      first_remote_number: fc.integer({ min: 0, max: 2 ** 48 - 1 }),
      last_remote_number: fc.integer({ min: 0, max: 2 ** 48 - 1 }),
    },
    { noNullPrototype: true },
  );

  it('takes 57 bytes and comes back the same', () => {
    fc.assert(
      fc.property(record, (htlc) => {
        const bytes = encodeRevokedHtlc(htlc);
        assert.equal(bytes.length, REVOKED_HTLC_BYTES);
        assert.deepEqual(decodeRevokedHtlc(bytes), htlc);
      }),
    );
    assert.throws(() => decodeRevokedHtlc(new Uint8Array(56)), RangeError);
    assert.throws(() => decodeRevokedHtlc(new Uint8Array(57).fill(2)), RangeError);
  });

  it('is found by every number in its range and by no other', () => {
    const of = (number: number) => revokedHtlcsAt(RECORDS, number).length;
    assert.deepEqual([0, 1, 2, 3, 4, 5].map(of), [0, 4, 4, 5, 1, 0]);
  });
});
