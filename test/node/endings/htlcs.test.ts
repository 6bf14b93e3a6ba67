import assert from 'node:assert/strict';
import { test } from 'node:test';
import { txidOf } from '../../../src/codec/tx/transaction.ts';
import { preimage } from '../channels/node.ts';
import { ANCHOR_SAT } from './account.ts';
import { FUNDING_SAT, Pair, POLICY, PUSH_SAT } from './pair.ts';

const PAYER_SAT = FUNDING_SAT - PUSH_SAT - 2n * ANCHOR_SAT;

/** Two HTLCs each way: of each pair the receiver claims the first. The connection is gone by then. */
async function withHtlcs(): Promise<Pair> {
  const pair = (await Pair.open()).note();
  await pair.pay('payer', 1, 50_000);
  await pair.pay('payer', 2, 60_000);
  await pair.pay('shop', 3, 70_000);
  await pair.pay('shop', 4, 80_000);
  pair.cut();
  return pair;
}

for (const closer of ['payer', 'shop'] as const) {
  test(`HTLCs in flight both ways are claimed or come back when the ${closer} closes alone`, async () => {
    const pair = await withHtlcs();
    pair.nodes[closer].channels.forceClose(pair.nodes[closer].channel.channel_id, 'the operator wants it');
    await pair.claim('shop', 1, 0n);
    await pair.claim('payer', 3, 0n);
    await pair.mine(44 + 144 + POLICY.irrevocable_depth + 3);
    await pair.assertOver('payer');
    await pair.assertOver('shop');
    await pair.assertShares({ payer: PAYER_SAT - 50_000n + 70_000n, shop: PUSH_SAT + 50_000n - 70_000n });
    assert.deepEqual(pair.payer.fulfilled, [[0n, preimage(1).payment_preimage]]);
    assert.deepEqual(pair.shop.fulfilled, [[0n, preimage(3).payment_preimage]]);
    assert.deepEqual(
      pair.payer.removed.map(({ id }) => id),
      [1n],
    );
    assert.deepEqual(
      pair.shop.removed.map(({ id }) => id),
      [1n],
    );
    for (const name of ['payer', 'shop'] as const) {
      assert.equal(pair.nodes[name].log.filter((line) => line.includes('is safely collected on chain')).length, 1);
      assert.ok(pair.nodes[name].expired.includes(1n), 'what was not accepted before is refused');
    }
  });
}

test('a payment is in flight in a channel that ends until a block holds the spend of its output', async () => {
  const pair = (await Pair.open()).note();
  await pair.pay('payer', 1, 50_000);
  const { channel_id } = pair.payer.channel;
  pair.shop.channels.forceClose(pair.shop.channel.channel_id, 'the operator says so');
  await pair.follow();
  await pair.mine(1);
  assert.equal(pair.payer.endings.view(channel_id)?.are_htlcs_over, false);
  await pair.mine(44);
  assert.equal(pair.payer.endings.view(channel_id)?.are_htlcs_over, true);
  assert.equal(pair.payer.channels.list().length, 1, 'the channel is watched a while longer');
});

test('a payment that we claimed is taken on the chain before it can be taken back', async () => {
  const pair = (await Pair.open()).note();
  await pair.pay('payer', 1, 50_000);
  pair.cut();
  await pair.claim('shop', 1, 0n);
  assert.equal(pair.shop.channel.state.phase, 'normal', 'there is time: the peer may come back');
  await pair.mine(20);
  assert.equal(pair.shop.channel.state.phase, 'normal');
  await pair.mine(2);
  assert.equal(pair.shop.channel.state.phase, 'failed');
  await pair.mine(21);
  assert.deepEqual(pair.payer.fulfilled, [[0n, preimage(1).payment_preimage]], 'the payer has its proof');
  await pair.mine(144 + POLICY.irrevocable_depth + 3);
  await pair.assertOver('shop');
  await pair.assertOver('payer');
  await pair.assertShares({ payer: PAYER_SAT - 50_000n, shop: PUSH_SAT + 50_000n });
  const [closed] = await pair.shop.endings.closed();
  assert.deepEqual([closed?.closer, closed?.close_cause], ['local', 'local']);
});

test('an HTLC of ours that the peer never had a signature for fails at once', async () => {
  const pair = (await Pair.open()).note();
  // Said in the same turn: no signature was made in between.
  const { payment_hash } = preimage(9);
  pair.payer.channels.offer(
    pair.payer.channel.channel_id,
    {
      amount_msat: 5_000_000n as never,
      payment_hash,
      cltv_expiry: pair.height + 30,
      onion_routing_packet: '00'.repeat(1366),
    },
    () => [],
  );
  pair.payer.channels.forceClose(pair.payer.channel.channel_id, 'the operator wants it');
  await pair.follow();
  assert.deepEqual(
    pair.payer.removed.map(({ id, removal }) => [id, removal.kind]),
    [[0n, 'unsent']],
  );
});

test('a payment that was given to the shop and is lost on the chain is told as that', async () => {
  const pair = (await Pair.open()).note();
  await pair.pay('payer', 1, 50_000, 30);
  // Too little for an output of its own.
  await pair.pay('payer', 2, 100, 60);
  pair.cut();
  // Without a coin for its fee the shop cannot claim.
  await pair.shop.wallet.fund(Buffer.from(`0020${'11'.repeat(32)}`, 'hex'), 'all', { feerate_per_kw: 253 });
  await pair.claim('shop', 1, 0n);
  await pair.claim('shop', 2, 1n);
  await pair.mine(60);
  const lost = pair.shop.log.filter((line) => line.includes('IS LOST'));
  assert.deepEqual(
    [50_000, 100].map((amount_sat) => lost.filter((line) => line.includes(` of ${amount_sat} sat IS LOST`)).length),
    [1, 1],
  );
  assert.ok(lost.every((line) => line.startsWith('WARN') && line.includes('the invoice stays paid')));
  const { payment_hash } = preimage(1);
  const [, txid] = lost.join().match(new RegExp(`payment ${payment_hash} .* by transaction ([0-9a-f]{64})`)) ?? [];
  const taken = (await pair.transactions()).find(({ tx }) => txidOf(tx) === txid)?.tx;
  assert.ok(taken !== undefined, 'the transaction by which the payer took it back');
  assert.deepEqual(
    pair.view('shop').status.filter((line) => line.startsWith(`ONCHAIN:Payment ${payment_hash} of 50000 sat`)).length,
    1,
  );
  assert.deepEqual(pair.payer.removed.map(({ id }) => id).sort(), [0n, 1n]);
  await pair.mine(144 + POLICY.irrevocable_depth);
  await pair.assertOver('shop');
  const [last] = pair.shop.log.filter((line) => line.includes('is closed for good'));
  assert.match(last ?? '', /^WARN.*but for the payments that were lost/);
});

test('what comes again for a payment that we have, and that we gave back or never took, is not told as lost', async () => {
  const pair = (await Pair.open()).note();
  // The first is taken, the second given back, the third never answered; then the same, too little for an output.
  for (const amount_sat of [50_000, 50_000, 50_000]) await pair.pay('payer', 1, amount_sat, 30);
  for (const amount_sat of [101, 102, 103]) await pair.pay('payer', 1, amount_sat, 60);
  pair.cut();
  await pair.shop.wallet.fund(Buffer.from(`0020${'11'.repeat(32)}`, 'hex'), 'all', { feerate_per_kw: 253 });
  const { channel_id } = pair.shop.channel;
  for (const id of [1n, 4n]) pair.shop.channels.fail(channel_id, id, { failure: 'temporary_node_failure' });
  await pair.claim('shop', 1, 0n);
  // One is fulfilled before the channel ends, and one after.
  pair.shop.channels.forceClose(channel_id, 'the operator wants it');
  await pair.claim('shop', 1, 3n);
  // As an older version has written it.
  await pair.restart('shop', async () => {
    const disk = pair.disk('shop');
    const [row] = await disk.read('SELECT state FROM endings');
    const state = JSON.parse(row?.state as string) as Record<string, unknown>;
    assert.ok('accepted_ids' in state);
    delete state.accepted_ids;
    await disk.commit([{ sql: 'UPDATE endings SET state = ?', params: [JSON.stringify(state)] }]);
  });
  await pair.mine(60);
  const lost = pair.shop.log.filter((line) => line.includes('IS LOST'));
  assert.deepEqual(lost.map((line) => / of (\d+) sat IS LOST/.exec(line)?.[1]).sort(), ['101', '50000']);
  assert.equal(pair.view('shop').status.filter((line) => line.includes(' is lost')).length, 2);
  assert.equal(pair.payer.removed.length, 6, 'all of them came back to the payer');
});

for (const closer of ['payer', 'shop'] as const) {
  test(`far from their end HTLCs share a transaction, and both anchors are taken along, closed by the ${closer}`, async () => {
    const pair = (await Pair.open()).note();
    await pair.pay('payer', 1, 50_000, 45);
    await pair.pay('payer', 2, 60_000, 45);
    await pair.pay('shop', 3, 70_000, 45);
    await pair.pay('shop', 4, 80_000, 45);
    pair.cut();
    pair.nodes[closer].channels.forceClose(pair.nodes[closer].channel.channel_id, 'the operator wants it');
    for (const [name, number, id] of [
      ['shop', 1, 0n],
      ['shop', 2, 1n],
      ['payer', 3, 0n],
      ['payer', 4, 1n],
    ] as const) {
      await pair.claim(name, number, id);
    }
    await pair.mine(2 + 144 + POLICY.irrevocable_depth + 3);
    await pair.assertOver('payer');
    await pair.assertOver('shop');
    const mined = await pair.transactions();
    const end = mined.find(({ tx }) => tx.inputs[0]?.txid === pair.funding_txid)?.tx;
    assert.ok(end !== undefined);
    const commitment = txidOf(end);
    // Of our own commitment, by HTLC transactions of which the peer has signed each pair of input and output.
    const stages = mined.filter(({ tx }) => tx.inputs.some(({ witness }) => witness.length === 5));
    assert.deepEqual(
      stages.map(({ tx }) => tx.inputs.filter(({ txid }) => txid === commitment).length),
      [2],
    );
    const anchors = [...end.outputs.keys()].filter((vout) => end.outputs[vout]?.amount_sat === ANCHOR_SAT);
    const taken = mined.flatMap(({ tx }) => tx.inputs).filter(({ txid }) => txid === commitment);
    assert.equal(anchors.length, 2);
    for (const vout of anchors) assert.ok(taken.some((input) => input.vout === vout));
    const moved_sat = 50_000n + 60_000n - 70_000n - 80_000n;
    await pair.assertShares({ payer: PAYER_SAT - moved_sat, shop: PUSH_SAT + moved_sat });
  });
}
