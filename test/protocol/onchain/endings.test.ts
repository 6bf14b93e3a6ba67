import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { sat } from '../../../src/base/types/amount.ts';
import { fromHex, toHex } from '../../../src/base/types/hex.ts';
import { parseTransaction, txidOf } from '../../../src/codec/tx/transaction.ts';
import { ANCHOR_SAT, minedSince, paidBy } from '../../node/endings/account.ts';
import {
  type ChannelMoment,
  channelOf,
  claimOf,
  closingOf,
  FUNDING_SAT,
  preimageOf,
  signedCommitment,
  type TestHtlc,
} from './channel.ts';
import { World, walletScript } from './world.ts';

const EXPIRY = 180;
/** One of each fate: fulfilled and timed out, in both directions, and one too small for an output. */
const HTLCS: readonly TestHtlc[] = [
  { id: 0n, from: 'alice', amount_sat: 200_000, cltv_expiry: EXPIRY, secret: 1 },
  { id: 1n, from: 'alice', amount_sat: 300_000, cltv_expiry: EXPIRY + 2, secret: 2 },
  { id: 0n, from: 'bob', amount_sat: 400_000, cltv_expiry: EXPIRY, secret: 3 },
  { id: 1n, from: 'bob', amount_sat: 500_000, cltv_expiry: EXPIRY + 2, secret: 4 },
  { id: 2n, from: 'alice', amount_sat: 200, cltv_expiry: EXPIRY, secret: 5 },
];
const [FULFILLED_BY_BOB, , FULFILLED_BY_ALICE] = HTLCS as [TestHtlc, TestHtlc, TestHtlc];
const MOMENT: ChannelMoment = { number: 3, alice_sat: 5_000_000, htlcs: HTLCS, feerate_per_kw: 1000 };

describe('a channel that ends with the latest commitment', () => {
  for (const publisher of ['alice', 'bob'] as const) {
    it(`gives everybody what is theirs, to the satoshi less fees, when ${publisher} publishes`, async () => {
      const world = await World.open();
      const start = { height: world.height, alice: world.balance('alice'), bob: world.balance('bob') };
      const alice = await world.join('alice', channelOf('alice', world.funding_txid, MOMENT));
      const bob = await world.join('bob', channelOf('bob', world.funding_txid, MOMENT));
      await alice.say(claimOf(FULFILLED_BY_ALICE));
      await bob.say(claimOf(FULFILLED_BY_BOB));
      const party = publisher === 'alice' ? alice : bob;
      const other = publisher === 'alice' ? bob : alice;
      await party.say({ kind: 'force_close', transaction: signedCommitment(party.channel), is_urgent: false });
      await world.mine(EXPIRY - world.height + 60);

      assert.deepEqual([...alice.refused, ...bob.refused], []);
      assert.equal(party.told('ended')[0]?.ending, 'local');
      assert.equal(other.told('ended')[0]?.ending, 'remote');
      assert.deepEqual(
        alice.told('preimage_learned').map(({ payment_preimage }) => payment_preimage),
        [preimageOf(FULFILLED_BY_BOB)],
      );
      assert.deepEqual(
        bob.told('preimage_learned').map(({ payment_preimage }) => payment_preimage),
        [preimageOf(FULFILLED_BY_ALICE)],
      );
      const ids = (effects: readonly { htlc: { id: bigint } }[]) => effects.map(({ htlc }) => htlc.id).sort();
      assert.deepEqual(ids(alice.told('htlc_failed')), [1n, 2n]);
      assert.deepEqual(ids(bob.told('htlc_failed')), [1n]);
      assert.deepEqual(ids(alice.told('htlc_claimed')), [0n]);
      assert.deepEqual(ids(bob.told('htlc_claimed')), [0n]);

      // Alice's HTLC of 300,000 came back, 400,000 are paid to her; she pays for the commitment, anchors included, and
      // loses what was too little for an output to its fee.
      const shares = {
        alice: 5_000_000n + 300_000n + 400_000n + 200n - 2n * ANCHOR_SAT,
        bob: FUNDING_SAT - 5_000_000n - 1_400_200n + 200_000n + 500_000n,
      };
      const mined = await minedSince(world.backend, start.height);
      for (const name of ['alice', 'bob'] as const) {
        const scripts = new Set([toHex(walletScript(name))]);
        const { fees_sat, anchors_sat } = paidBy(mined, scripts, name === 'alice', world.funding_txid);
        const gain = world.balance(name) - start[name];
        assert.equal(gain - anchors_sat + fees_sat, shares[name], `${name} gained ${gain}, paid ${fees_sat}`);
        const commitment_sat = name === 'alice' ? 1124n + 172n * 4n + 200n : 0n;
        assert.ok(fees_sat - commitment_sat < 8_000n, `${name} paid ${fees_sat} sat in fees`);
      }

      assert.equal(alice.told('channel_resolved').length, 0);
      await world.mine(100);
      for (const each of [alice, bob]) {
        assert.equal(each.told('channel_resolved').length, 1);
        assert.equal(each.state.pending.length, 0);
      }
    });
  }

  it('is as good when it is the next one, which its owner has not revoked the old one for', async () => {
    const world = await World.open();
    const next: ChannelMoment = { ...MOMENT, number: 4, htlcs: HTLCS.slice(0, 1), alice_sat: 5_500_000 };
    const alice = await world.join('alice', channelOf('alice', world.funding_txid, MOMENT, next));
    const bob = await world.join('bob', channelOf('bob', world.funding_txid, next));
    await bob.say({ kind: 'force_close', transaction: signedCommitment(bob.channel), is_urgent: false });
    await world.mine(8);
    assert.deepEqual(
      alice.told('ended').map(({ ending, number }) => [ending, number]),
      [['remote', 4]],
    );
    // HTLC 1 is only in the commitment that will never be mined; HTLC 0 still waits for its expiry.
    assert.deepEqual(
      alice.told('htlc_failed').map(({ htlc }) => htlc.id),
      [1n, 2n],
    );
    await world.mine(EXPIRY + 8 - world.height);
    assert.deepEqual(
      alice.told('htlc_failed').map(({ htlc }) => htlc.id),
      [1n, 2n, 0n],
    );
    assert.deepEqual(alice.refused, []);
  });

  for (const arrives of [true, false]) {
    it(`says that a part ${arrives ? 'arrived' : 'came back'}, though another part had shown the preimage`, async () => {
      const parts: readonly TestHtlc[] = [0n, 1n].map((id) => ({ ...FULFILLED_BY_BOB, id }));
      const moment = { ...MOMENT, htlcs: parts };
      const world = await World.open();
      const alice = await world.join('alice', channelOf('alice', world.funding_txid, moment));
      const bob = await world.join('bob', channelOf('bob', world.funding_txid, moment));
      const payment_preimage = preimageOf(FULFILLED_BY_BOB);
      await alice.say({ kind: 'preimage', htlc_id: undefined, payment_preimage });
      if (arrives) await bob.say({ kind: 'preimage', htlc_id: 0n, payment_preimage });
      await alice.say({ kind: 'force_close', transaction: signedCommitment(alice.channel), is_urgent: false });
      await world.mine(EXPIRY - world.height + 60);
      assert.equal(alice.told('preimage_learned').length, arrives ? 1 : 0);
      assert.equal(alice.told('htlc_failed').length, arrives ? 0 : 2);
    });
  }
});

describe('a payment of ours whose output is too small to be taken back', () => {
  for (const amount_sat of [400, 800]) {
    it(`has failed when nobody took its ${amount_sat} sat of our commitment for a hundred blocks`, async () => {
      const htlc: TestHtlc = { id: 7n, from: 'alice', amount_sat, cltv_expiry: EXPIRY, secret: 3 };
      const moment: ChannelMoment = { ...MOMENT, htlcs: [htlc] };
      const world = await World.open();
      const alice = await world.join('alice', channelOf('alice', world.funding_txid, moment));
      await alice.say({ kind: 'force_close', transaction: signedCommitment(alice.channel), is_urgent: false });
      // The block after the expiry is the first that could have its claim.
      await world.mine(EXPIRY + 1 - world.height + 98);
      assert.deepEqual([alice.told('htlc_failed'), alice.told('channel_resolved')], [[], []]);
      await world.mine(1);
      assert.deepEqual(
        alice.told('htlc_failed').map(({ htlc: { id } }) => id),
        [7n],
      );
      assert.equal(alice.told('channel_resolved').length, 1);
    });
  }
});

describe('a payment whose preimage is out', () => {
  for (const publisher of ['alice', 'bob'] as const) {
    it(`is lost when its output is too small to be claimed, and told once that is final, ${publisher} closing`, async () => {
      const htlc: TestHtlc = { id: 7n, from: 'bob', amount_sat: 400, cltv_expiry: EXPIRY, secret: 3 };
      const moment: ChannelMoment = { ...MOMENT, htlcs: [htlc] };
      const world = await World.open();
      const alice = await world.join('alice', channelOf('alice', world.funding_txid, moment));
      await alice.say(claimOf(htlc));
      const transaction = signedCommitment(channelOf(publisher, world.funding_txid, moment));
      assert.equal(await world.broadcast([transaction]), undefined);
      await world.mine(EXPIRY - world.height + 98);
      assert.deepEqual(alice.told('htlc_lost'), []);
      await world.mine(1);
      assert.deepEqual(
        alice.told('htlc_lost').map(({ htlc: { id }, txid }) => [id, txid]),
        [[7n, undefined]],
      );
      assert.equal(alice.told('channel_resolved').length, 1);
    });
  }

  for (const taken of [0, 1]) {
    it(`is not lost when one that looks the same, and came for nothing, goes back: output ${taken} is ours`, async () => {
      const twins: readonly TestHtlc[] = [0n, 1n].map((id) => ({ ...FULFILLED_BY_ALICE, id }));
      const moment: ChannelMoment = { ...MOMENT, htlcs: twins };
      const world = await World.open();
      const alice = await world.join('alice', channelOf('alice', world.funding_txid, moment));
      await world.join('bob', channelOf('bob', world.funding_txid, moment));
      await alice.say(claimOf(twins[1] as TestHtlc));
      const transaction = signedCommitment(channelOf('bob', world.funding_txid, moment));
      const commitment = parseTransaction(fromHex(transaction));
      const amount_sat = BigInt(FULFILLED_BY_ALICE.amount_sat);
      const vouts = [...commitment.outputs.keys()].filter(
        (vout) => commitment.outputs[vout]?.amount_sat === amount_sat,
      );
      assert.equal(vouts.length, 2);
      // Miners that are against us: what takes the other output by its preimage never comes through.
      world.refuse = (transactions) => {
        const { inputs } = parseTransaction(fromHex(transactions.at(-1) as string));
        const isRefused = inputs.some(
          ({ txid, vout, witness }) =>
            txid === txidOf(commitment) && vout === vouts[1 - taken] && witness[1]?.length === 32,
        );
        return isRefused ? 'not today' : undefined;
      };
      assert.equal(await world.broadcast([transaction]), undefined);
      await world.mine(EXPIRY - world.height + 12);
      assert.deepEqual(
        alice.told('htlc_claimed').map(({ htlc }) => htlc.id),
        [1n],
      );
      assert.deepEqual(alice.told('htlc_lost'), []);
    });
  }
});

describe('a channel that ends otherwise', () => {
  it('is resolved by a mutual close alone', async () => {
    const world = await World.open();
    const moment = { ...MOMENT, htlcs: [] };
    const alice = await world.join('alice', channelOf('alice', world.funding_txid, moment));
    const before = world.balance('alice');
    const scripts = { alice: toHex(walletScript('alice')), bob: toHex(walletScript('bob')) };
    const closing = closingOf('alice', world.funding_txid, scripts, sat(5_000_000));
    assert.equal(await world.broadcast([closing]), undefined);
    await world.mine(99);
    assert.equal(alice.told('ended')[0]?.ending, 'mutual');
    assert.equal(world.balance('alice') - before, 5_000_000n);
    assert.equal(alice.told('channel_resolved').length, 0);
    await world.mine(1);
    assert.equal(alice.told('channel_resolved').length, 1);
  });

  it('by a commitment that we have lost the record of still gives us our own output', async () => {
    const world = await World.open();
    const later: ChannelMoment = { ...MOMENT, number: 9, alice_sat: 4_000_000, htlcs: HTLCS.slice(0, 2) };
    const alice = await world.join('alice', { ...channelOf('alice', world.funding_txid, MOMENT), local: undefined });
    const bob = await world.join('bob', channelOf('bob', world.funding_txid, later));
    await bob.say(claimOf(FULFILLED_BY_BOB));
    const before = world.balance('alice');
    await bob.say({ kind: 'force_close', transaction: signedCommitment(bob.channel), is_urgent: false });
    await world.mine(10);
    assert.deepEqual(
      alice.told('ended').map(({ ending, number }) => [ending, number]),
      [['unknown', 9]],
    );
    const fees = world.feesSince(world.height - 9);
    assert.ok(world.balance('alice') - before >= 4_000_000n - 1124n - 2n * 172n - 660n - fees);
    assert.deepEqual(
      alice.told('preimage_learned').map(({ payment_preimage }) => payment_preimage),
      [preimageOf(FULFILLED_BY_BOB)],
    );
    // Its other HTLCs may be where we cannot see them: nobody says that they failed.
    assert.equal(alice.told('htlc_failed').length, 0);
    assert.deepEqual(alice.refused, []);
  });

  it('never has our own commitment broadcast when our state is lost', async () => {
    const world = await World.open();
    const old = channelOf('alice', world.funding_txid, MOMENT);
    const alice = await world.join('alice', { ...old, local: undefined });
    await alice.say({ kind: 'force_close', transaction: signedCommitment(old), is_urgent: true });
    await world.mine(3);
    assert.equal(alice.told('broadcast').length, 0);
    assert.equal(alice.told('fund').length, 0);
  });
});
