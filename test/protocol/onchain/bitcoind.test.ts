/** The same endings where Bitcoin itself is the judge: its mempool and its miner. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { Bitcoind } from '../../../src/infra/chain/bitcoind.ts';
import { BitcoindProcess, bitcoindMissing } from '../../support/bitcoind.ts';
import {
  type ChannelMoment,
  channelOf,
  claimOf,
  FUNDING_SAT,
  type Name,
  peerOf,
  signedCommitment,
  type TestHtlc,
  viewOf,
} from './channel.ts';
import { World, type WorldChain } from './world.ts';

const HTLCS: readonly TestHtlc[] = [
  { id: 0n, from: 'alice', amount_sat: 200_000, cltv_expiry: 130, secret: 1 },
  { id: 1n, from: 'alice', amount_sat: 300_000, cltv_expiry: 130, secret: 2 },
  { id: 0n, from: 'bob', amount_sat: 400_000, cltv_expiry: 131, secret: 3 },
  { id: 1n, from: 'bob', amount_sat: 500_000, cltv_expiry: 132, secret: 4 },
];
/** Each side knows one of the preimages that it needs. The fee is the least that is relayed at all. */
const KNOWN = [HTLCS[0], HTLCS[2]] as TestHtlc[];
const MOMENT: ChannelMoment = { number: 2, alice_sat: 5_000_000, htlcs: HTLCS, feerate_per_kw: 253 };

async function inWorld(run: (world: World) => Promise<void>): Promise<void> {
  const process = await BitcoindProcess.start();
  const node = new Bitcoind({
    network: 'regtest',
    'bitcoin-rpcconnect': '127.0.0.1',
    'bitcoin-rpcport': process.rpcport,
    login: `${process.user}:${process.password}`,
    timeout_ms: 10_000,
  });
  try {
    await node.open();
    const chain: WorldChain = {
      mine: (count, script_pubkey) => process.mine(count, script_pubkey),
      tip: () => node.tip(),
      blockHash: (height) => node.blockHash(height),
      block: (hash) => node.block(hash),
      broadcast: (transactions) => node.broadcast(transactions),
    };
    await run(await World.open(chain));
  } finally {
    await node.close();
    await process.stop();
  }
}

describe('endings on bitcoind', { skip: bitcoindMissing }, () => {
  for (const publisher of ['alice', 'bob'] as const) {
    it(`every transaction is taken when ${publisher} publishes the latest commitment, with a child that pays`, () =>
      inWorld(async (world) => {
        const start = { height: world.height, total: world.balance('alice') + world.balance('bob') };
        const sides = {
          alice: await world.join('alice', channelOf('alice', world.funding_txid, MOMENT)),
          bob: await world.join('bob', channelOf('bob', world.funding_txid, MOMENT)),
        };
        for (const htlc of KNOWN) {
          await sides[peerOf(htlc.from)].say(claimOf(htlc));
        }
        const transaction = signedCommitment(sides[publisher].channel);
        await sides[publisher].say({ kind: 'force_close', transaction, is_urgent: false });
        await world.mine(70);
        const refused = [...sides.alice.refused, ...sides.bob.refused];
        assert.deepEqual(refused, []);
        for (const name of ['alice', 'bob'] as const satisfies readonly Name[]) {
          assert.deepEqual(
            sides[name].told('htlc_claimed').map(({ htlc }) => htlc.id),
            [0n],
          );
          assert.deepEqual(
            sides[name].told('htlc_failed').map(({ htlc }) => htlc.id),
            [1n],
          );
          assert.deepEqual(sides[name].state.pending, []);
        }
        const anchors = [...world.unspent().values()].filter((coin) => coin.amount_sat === 330n);
        const total = world.balance('alice') + world.balance('bob');
        const fees = world.feesSince(start.height);
        assert.equal(total - start.total + fees + 330n * BigInt(anchors.length), FUNDING_SAT);
      }));
  }

  it('takes every replacement of claims that rise as their deadline nears, and mines the last', () =>
    inWorld(async (world) => {
      const hers = HTLCS.filter(({ from }) => from === 'bob');
      const moment: ChannelMoment = { ...MOMENT, htlcs: hers, feerate_per_kw: 1000 };
      const alice = await world.join('alice', channelOf('alice', world.funding_txid, moment));
      for (const htlc of hers) await alice.say(claimOf(htlc));
      assert.equal(await world.broadcast([signedCommitment(channelOf('bob', world.funding_txid, moment))]), undefined);
      await world.mine(1);
      const start = alice.told('broadcast').length;
      // Height after height, and no miner takes what waits: bitcoind judges each replacement.
      for (let height = world.height + 1; height < 131; height++) await alice.say({ kind: 'block', height });
      assert.deepEqual(alice.refused, []);
      const fees = alice.state.pending.map(({ fee_sat }) => fee_sat);
      assert.ok(alice.told('broadcast').length - start > 10);
      assert.ok(fees.filter((fee_sat) => fee_sat > 5_000n).length >= 2, `the HTLCs pay more than they did: ${fees}`);
      const before = world.balance('alice');
      await world.mine(1);
      const own = moment.alice_sat;
      const bound = BigInt(own + hers.reduce((total, { amount_sat }) => total + amount_sat, 0));
      const gain = world.balance('alice') - before;
      const paid = fees.reduce((total, fee_sat) => total + fee_sat, 0n);
      assert.ok(gain <= bound && gain >= bound - paid - 20_000n, `${gain} of ${bound}, fees ${paid}`);
    }));

  it('takes everything from who publishes a revoked commitment and hurries on with its HTLCs', () =>
    inWorld(async (world) => {
      const bob_before = world.balance('bob');
      const alice_before = world.balance('alice');
      const { height } = world;
      const later: ChannelMoment = { number: 5, alice_sat: 9_000_000, htlcs: [], feerate_per_kw: 253 };
      const records = viewOf('alice', 'bob', MOMENT).htlcs.map((htlc) => ({
        ...htlc,
        first_remote_number: 1,
        last_remote_number: 4,
      }));
      const bob = await world.join('bob', channelOf('bob', world.funding_txid, MOMENT));
      const alice = await world.join('alice', channelOf('alice', world.funding_txid, later), records);
      await bob.say(claimOf(HTLCS[0] as TestHtlc));
      await bob.say({ kind: 'force_close', transaction: signedCommitment(bob.channel), is_urgent: true });
      await world.mine(40);
      assert.equal(alice.told('ended')[0]?.ending, 'revoked');
      assert.ok(bob.told('fund').length > 1, 'he was quick with his HTLCs');
      // Whatever he moved on was taken from there, with what he paid for it.
      const bob_spent = bob_before - world.balance('bob');
      assert.ok(bob_spent >= 0n);
      const anchors = [...world.unspent().values()].filter((coin) => coin.amount_sat === 330n);
      const gain = world.balance('alice') - alice_before;
      assert.equal(gain + world.feesSince(height) + 330n * BigInt(anchors.length), FUNDING_SAT + bob_spent);
      assert.ok(gain > FUNDING_SAT - 20_000n, `${gain}`);
      assert.deepEqual(alice.state.pending, []);
      assert.deepEqual(
        alice.refused.filter((reason) => !/missingorspent|insufficient fee/.test(reason)),
        [],
      );
    }));
});
