import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { txidOf } from '../../../src/codec/tx/transaction.ts';
import { type ChannelMoment, channelOf, claimOf, signedCommitment, type TestHtlc } from './channel.ts';
import { type Party, World } from './world.ts';

const HTLCS: readonly TestHtlc[] = [
  { id: 0n, from: 'alice', amount_sat: 200_000, cltv_expiry: 120, secret: 1 },
  { id: 0n, from: 'bob', amount_sat: 400_000, cltv_expiry: 200, secret: 3 },
];
const MOMENT: ChannelMoment = { number: 1, alice_sat: 5_000_000, htlcs: HTLCS, feerate_per_kw: 1500 };

/** While blocks are told one by one the chain is ahead of us already: then what we send may be spent or mined there. */
function refusals(party: Party): string[] {
  return party.refused.filter((reason) => !reason.startsWith('bad-txns-inputs-missingorspent'));
}

describe('a reorganisation', () => {
  it('takes back an ending, and another may take its place', async () => {
    const world = await World.open();
    const alice = await world.join('alice', channelOf('alice', world.funding_txid, MOMENT));
    const bob = channelOf('bob', world.funding_txid, MOMENT);
    await alice.say(claimOf(HTLCS[1] as TestHtlc));
    assert.equal(await world.broadcast([signedCommitment(bob)]), undefined);
    await world.mine(4);
    assert.equal(alice.told('ended')[0]?.ending, 'remote');
    const before = world.balance('alice');

    await world.reorganise(4, 'drop');
    assert.equal(alice.told('ending_undone').length, 1);
    assert.ok(world.balance('alice') < before, 'what was swept is undone as well');
    assert.deepEqual(alice.state.spends, []);

    await alice.say({ kind: 'force_close', transaction: signedCommitment(alice.channel), is_urgent: false });
    await world.mine(60);
    assert.deepEqual(
      alice.told('ended').map(({ ending }) => ending),
      ['remote', 'local'],
    );
    assert.deepEqual(
      alice.told('htlc_claimed').map(({ htlc }) => htlc.id),
      [0n],
    );
    assert.deepEqual(
      alice.told('htlc_failed').map(({ htlc }) => htlc.id),
      [0n],
    );
    assert.deepEqual(refusals(alice), []);
    assert.deepEqual(alice.state.pending, []);
  });

  for (const drop of ['keep', 'drop'] as const) {
    it(`postpones what is said of an HTLC until its claim is deep enough again (${drop})`, async () => {
      const world = await World.open();
      const alice = await world.join('alice', channelOf('alice', world.funding_txid, MOMENT));
      await alice.say({ kind: 'force_close', transaction: signedCommitment(alice.channel), is_urgent: false });
      await world.mine(3);
      await alice.say(claimOf(HTLCS[1] as TestHtlc));
      await world.mine(5);
      assert.deepEqual(alice.told('htlc_claimed'), [], 'five blocks are not six');
      await world.reorganise(5, drop);
      const claimed = alice.told('htlc_claimed').length;
      await world.mine(drop === 'keep' ? 5 : 6);
      assert.equal(claimed, drop === 'keep' ? 1 : 0);
      assert.equal(alice.told('htlc_claimed').length, 1);
      assert.deepEqual(refusals(alice), []);
    });
  }

  it('brings back what a sweep had taken, and the sweep follows', async () => {
    const world = await World.open();
    const moment = { ...MOMENT, htlcs: [] };
    const alice = await world.join('alice', channelOf('alice', world.funding_txid, moment));
    assert.equal(await world.broadcast([signedCommitment(channelOf('bob', world.funding_txid, moment))]), undefined);
    await world.mine(2);
    const swept = world.balance('alice');
    await world.reorganise(1, 'drop');
    assert.ok(world.balance('alice') < swept);
    await world.mine(1);
    assert.equal(world.balance('alice'), swept);
    // A restart in between changes nothing: every watch and every transaction is asked for again.
    const watches = alice.told('watch').length;
    await alice.say({ kind: 'start' });
    assert.equal(alice.told('watch').length - watches, alice.state.watched.length);
    await world.mine(100);
    assert.equal(alice.told('channel_resolved').length, 1);
    assert.equal(new Set(world.blocks.flatMap(({ transactions }) => transactions.map(txidOf))).size > 100, true);
  });
});
