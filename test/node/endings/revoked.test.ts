import assert from 'node:assert/strict';
import { test } from 'node:test';
import { msat } from '../../../src/base/types/amount.ts';
import type { PaymentHash } from '../../../src/base/types/brand.ts';
import { MAX_READ_ROWS } from '../../../src/infra/store/store.ts';
import { signedCommitment } from '../../../src/node/endings/closing-channel.ts';
import { encodeRevokedHtlc } from '../../../src/protocol/onchain/revoked-htlc.ts';
import { preimage } from '../channels/node.ts';
import { ANCHOR_SAT } from './account.ts';
import { FUNDING_SAT, MINER, type Name, Pair, POLICY, PUSH_SAT, txidOfHex } from './pair.ts';

/** A state with an HTLC each way, which later ones have revoked; the commitment that `cheater` had then. */
async function withOldState(cheater: Name, earlier = 0): Promise<{ pair: Pair; old: string }> {
  const pair = (await Pair.open()).note();
  await fillHistory(pair, earlier);
  await pair.pay('payer', 1, 50_000);
  await pair.pay('shop', 2, 30_000);
  const old = signedCommitment(pair.over(cheater));
  assert.ok(old !== undefined);
  // One HTLC ends, and its record goes to the table; the other is still in the state when the cheat appears.
  pair.shop.channels.fulfil(pair.shop.channel.channel_id, 0n, preimage(1).payment_preimage);
  await pair.follow();
  await pair.pay('payer', 3, 20_000);
  return { pair, old };
}

/** Rows of HTLCs that came and went before. */
async function fillHistory(pair: Pair, count: number): Promise<void> {
  if (count === 0) return;
  const htlc = Buffer.from(
    encodeRevokedHtlc({
      offered_by: 'remote',
      amount_msat: msat(1_000_000),
      payment_hash: '77'.repeat(32) as PaymentHash,
      cltv_expiry: 500,
      first_remote_number: 1_000_000,
      last_remote_number: 1_000_001,
    }),
  );
  const { channel_id } = pair.shop.channel;
  await pair.disk('shop').commit([
    {
      sql: `WITH RECURSIVE counted (number) AS (SELECT 1 UNION ALL SELECT number + 1 FROM counted WHERE number < ?)
        INSERT INTO revoked_htlcs (channel_id, htlc) SELECT ?, ? FROM counted`,
      params: [count, channel_id, htlc],
    },
  ]);
}

/** A state with HTLCs both ways that `cheater` goes back to while the other is away; it knows a preimage. */
async function withOldNode(cheater: Name, count: number): Promise<Pair> {
  const honest = cheater === 'payer' ? 'shop' : 'payer';
  const pair = (await Pair.open()).note();
  // Far enough from their expiry, so that the cheater takes several at once.
  for (let number = 1; number <= count; number++) {
    await pair.pay(honest, number, 50_000, 60);
    await pair.pay(cheater, number + count, 30_000, 60);
  }
  const old = await pair.storedState(cheater);
  await pair.pay('payer', 9, 20_000);
  pair.kill(honest);
  await pair.goBack(cheater, old);
  const { channels, channel } = pair.nodes[cheater];
  channels.forceClose(channel.channel_id, 'to cheat');
  await pair.follow();
  for (let number = 1; number <= count; number++) await pair.claim(cheater, number, BigInt(number - 1));
  return pair;
}

/** What was moved on by transactions of HTLCs: how many at once. */
async function stagesOf(pair: Pair): Promise<number[]> {
  const inputs = (await pair.transactions()).map(({ tx }) => tx.inputs.filter(({ witness }) => witness.length === 5));
  return inputs.map(({ length }) => length).filter((length) => length > 0);
}

for (const cheater of ['payer', 'shop'] as const) {
  const honest = cheater === 'payer' ? 'shop' : 'payer';
  for (const count of [1, 2]) {
    test(`the ${honest} takes the second stages of the ${cheater}, which was faster with ${count} HTLCs each way`, async () => {
      const pair = await withOldNode(cheater, count);
      await pair.mine(64);
      assert.deepEqual(await stagesOf(pair), [count, count], 'its preimages at once, and what had expired at once');
      await pair.revive(honest);
      await pair.mine(POLICY.irrevocable_depth + 4);
      await pair.assertOver(honest);
      await pair.mine(100);
      const end = (await pair.transactions()).find(({ tx }) => tx.inputs[0]?.txid === pair.funding_txid);
      assert.ok(end !== undefined);
      const shares = { payer: end.fee_sat, shop: 0n };
      if (honest === 'shop') shares.shop = FUNDING_SAT - 2n * ANCHOR_SAT - end.fee_sat;
      else shares.payer = FUNDING_SAT - 2n * ANCHOR_SAT;
      await pair.assertShares(shares);
      assert.equal(pair.nodes[honest].log.filter((line) => line.includes('WITH AN OLD STATE')).length, 1);
      assert.equal(pair.nodes[honest].fulfilled.length, count, 'what it showed of payments is known');
    });
  }
}

test('a cheat that the chain tells of while the endings of the last run are still read is followed once', async () => {
  const pair = await withOldNode('payer', 1);
  await pair.mine(64);
  pair.slowReads('shop');
  await pair.revive('shop');
  await pair.mine(POLICY.irrevocable_depth + 4);
  await pair.assertOver('shop');
  assert.equal(pair.shop.log.filter((line) => line.includes('WITH AN OLD STATE')).length, 1);
  assert.equal(pair.shop.fulfilled.length, 1, 'what it showed of payments is known, once');
});

test('who was away until the delays of a cheat were over is told what that cost, once', async () => {
  const pair = await withOldNode('payer', 1);
  await pair.mine(64 + 144 + 2);
  await pair.revive('shop');
  await pair.mine(POLICY.paid_depth);
  const told = () => pair.shop.log.filter((line) => /^WARN.*TOOK \d+ sat WITH AN OLD STATE/.test(line));
  const taken = told().map((line) => Number(/TOOK (\d+) sat/.exec(line)?.[1]));
  assert.deepEqual(taken.sort((a, b) => a - b).slice(0, 2), [30_000, 50_000]);
  assert.equal(taken.length, 3);
  const status = pair.view('shop').status.filter((line) => line.startsWith('ONCHAIN:The peer took '));
  assert.equal(status.length, 3);
  for (const amount_sat of taken) assert.ok(status.some((line) => line.includes(` ${amount_sat} sat `)));
  await pair.restart('shop');
  await pair.mine(POLICY.irrevocable_depth + 2);
  await pair.assertOver('shop');
  assert.deepEqual(told(), [], 'it is not said again');
  assert.match(pair.shop.log.findLast((line) => line.includes('for good')) ?? '', /^WARN.*took with an old state/);
  const { gained_sat, fees_sat } = await pair.gained('shop');
  assert.equal(gained_sat + fees_sat, PUSH_SAT - 50_000n, 'its own output');
});

test('a process that dies while it reads the blocks that it has missed has missed nothing of them', async () => {
  const { pair, old } = await withOldState('payer');
  pair.kill('payer');
  const { chain } = pair.world;
  await pair.restart('shop', async () => {
    await chain.broadcast([Buffer.from(old, 'hex')]);
    chain.mine(40, MINER);
    // The source is slow with the last blocks.
    const block = chain.block.bind(chain);
    const { height } = await chain.tip();
    const slow = new Set<string>();
    for (let each = height - 3; each <= height; each++) slow.add((await chain.blockHash(each)) as string);
    chain.block = (hash) => (slow.has(hash) ? new Promise(() => {}) : block(hash));
    void pair.revive('shop');
    await pair.turns(50);
    pair.kill('shop');
    chain.block = block;
  });
  assert.equal(pair.view('shop').ending, 'revoked');
  await pair.mine(POLICY.irrevocable_depth + 2);
  await pair.assertOver('shop');
  const end = (await pair.transactions()).find(({ tx }) => tx.inputs[0]?.txid === pair.funding_txid);
  assert.ok(end !== undefined);
  const { gained_sat, fees_sat } = await pair.gained('shop');
  assert.equal(gained_sat + fees_sat, FUNDING_SAT - 2n * ANCHOR_SAT - end.fee_sat);
});

test('a history of more rows than one read may answer hides nothing from the penalty', async () => {
  const { pair, old } = await withOldState('payer', 2 * MAX_READ_ROWS + 5);
  pair.kill('payer');
  await pair.world.chain.broadcast([Buffer.from(old, 'hex')]);
  await pair.mine(1);
  assert.equal(pair.view('shop').sweeps.length, 4);
  await pair.mine(POLICY.irrevocable_depth + 2);
  await pair.assertOver('shop');
});

for (const cheater of ['payer', 'shop'] as const) {
  const honest = cheater === 'payer' ? 'shop' : 'payer';
  for (const restarts of [false, true]) {
    const how = restarts ? ', after a restart at the worst moment' : '';
    test(`when the ${cheater} publishes a revoked state, the ${honest} takes everything${how}`, async () => {
      const { pair, old } = await withOldState(cheater);
      pair.kill(cheater);
      await pair.world.chain.broadcast([Buffer.from(old, 'hex')]);
      if (restarts) {
        await pair.restart(honest, () => void pair.world.chain.mine(1, '51'));
        await pair.restart(honest);
      } else {
        await pair.mine(1);
      }
      assert.equal(pair.view(honest).ending, 'revoked');
      assert.deepEqual(
        pair
          .view(honest)
          .sweeps.map(({ output_type }) => output_type)
          .sort(),
        ['DELAYED_CHEAT_OUTPUT_TO_THEM', 'OUR_HTLC', 'OUTPUT_TO_US', 'THEIR_HTLC'],
      );
      await pair.mine(POLICY.irrevocable_depth + 2);
      await pair.assertOver(honest);
      const end = (await pair.transactions()).find(({ tx }) => tx.inputs[0]?.txid === pair.funding_txid);
      assert.ok(end !== undefined);
      const { gained_sat, fees_sat } = await pair.gained(honest);
      const own_sat = honest === 'payer' ? end.fee_sat : 0n;
      assert.equal(gained_sat + fees_sat - own_sat, FUNDING_SAT - 2n * ANCHOR_SAT - end.fee_sat);
      const [closed] = await pair.nodes[honest].endings.closed();
      assert.equal(closed?.closing_txid, txidOfHex(old));
      assert.equal(closed?.close_cause, 'onchain');
    });
  }
}
