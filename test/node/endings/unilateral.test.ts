import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { ConnectedPeer } from '../../../src/node/channels/ports.ts';
import { signedCommitment } from '../../../src/node/endings/closing-channel.ts';
import { ANCHOR_SAT } from './account.ts';
import { FUNDING_SAT, MINER, Pair, POLICY, PUSH_SAT } from './pair.ts';

/** What the payer still has when nothing is in flight: it opened, so it pays for both anchors. */
const PAYER_SAT = FUNDING_SAT - PUSH_SAT - 2n * ANCHOR_SAT;

for (const closer of ['payer', 'shop'] as const) {
  const other = closer === 'payer' ? 'shop' : 'payer';
  test(`the ${closer} closes alone: both get their part to the satoshi, and the channel is history`, async () => {
    const pair = (await Pair.open()).note();
    pair.nodes[closer].channels.forceClose(pair.nodes[closer].channel.channel_id, 'the operator wants it');
    await pair.follow();
    assert.equal(pair.view(closer).state, 'AWAITING_UNILATERAL');
    await pair.mine(1);
    assert.equal(pair.view(closer).state, 'ONCHAIN');
    assert.equal(pair.view(closer).ending, 'local');
    assert.equal(pair.view(other).ending, 'remote');
    const status = pair.view(closer).status;
    assert.equal(status[0], 'ONCHAIN:Tracking our own unilateral close');
    assert.match(
      status[1] as string,
      /^ONCHAIN:2 outputs unresolved: in 143 blocks will spend DELAYED_OUTPUT_TO_US \([0-9a-f]{64}:\d\) using OUR_DELAYED_RETURN_TO_WALLET$/,
    );
    assert.deepEqual(
      pair.view(closer).sweeps.map(({ amount_sat, output_type }) => [amount_sat > 300_000n, output_type]),
      [[true, 'DELAYED_OUTPUT_TO_US']],
    );
    await pair.mine(144 + POLICY.irrevocable_depth);
    await pair.assertOver('payer');
    await pair.assertOver('shop');
    await pair.assertShares({ payer: PAYER_SAT, shop: PUSH_SAT });
    const [closed] = await pair.nodes[closer].endings.closed();
    assert.deepEqual([closed?.closer, closed?.close_cause, closed?.ending], ['local', 'user', 'local']);
    assert.equal(closed?.figures?.to_us_msat, (closer === 'payer' ? FUNDING_SAT - PUSH_SAT : PUSH_SAT) * 1000n);
    const [theirs] = await pair.nodes[other].endings.closed();
    assert.deepEqual([theirs?.closer, theirs?.close_cause, theirs?.ending], ['remote', 'remote', 'remote']);
  });
}

test('when the peer closes without a word, that is seen on the chain', async () => {
  const pair = (await Pair.open()).note();
  pair.cut();
  pair.payer.channels.forceClose(pair.payer.channel.channel_id, 'the operator wants it');
  await pair.follow();
  await pair.mine(1);
  assert.equal(pair.view('shop').ending, 'remote');
  await pair.mine(POLICY.irrevocable_depth + 1);
  const [theirs] = await pair.shop.endings.closed();
  assert.deepEqual([theirs?.closer, theirs?.close_cause, theirs?.ending], ['remote', 'onchain', 'remote']);
  await pair.assertOver('shop');
});

for (const which of ['new', 'old'] as const) {
  test(`the ${which} of two commitments that the payer holds, and has revoked neither, gives the shop its part`, async () => {
    const pair = (await Pair.open()).note();
    await pair.pay('payer', 1, 50_000);
    pair.cut();
    const { peer } = pair.connect() as { peer: { send: ConnectedPeer['send'] } };
    await pair.follow();
    const send = peer.send.bind(peer);
    peer.send = (messages) => send(messages.filter(({ type }) => type !== 'revoke_and_ack'));
    const old = signedCommitment(pair.over('payer'));
    await pair.claim('shop', 1, 0n);
    assert.equal(pair.over('shop').state.awaiting_revocation, true);
    const commitment = which === 'new' ? signedCommitment(pair.over('payer')) : old;
    assert.notEqual(signedCommitment(pair.over('payer')), old);
    pair.kill('payer');
    await pair.world.chain.broadcast([Buffer.from(commitment as string, 'hex')]);
    await pair.mine(44 + POLICY.irrevocable_depth + 3);
    await pair.assertOver('shop');
    const { gained_sat, fees_sat } = await pair.gained('shop');
    assert.equal(gained_sat + fees_sat, PUSH_SAT + 50_000n);
    const [closed] = await pair.shop.endings.closed();
    assert.equal(closed?.ending, 'remote');
  });
}

test('a mutual close that a reorg undoes is sent again', async () => {
  const pair = (await Pair.open()).note();
  pair.payer.channels.apply(pair.payer.channel, { kind: 'shutdown' });
  await pair.follow();
  await pair.mine(5);
  await pair.reorganise(6, 'drop');
  assert.equal(pair.view('shop').ending, undefined);
  await pair.mine(2);
  assert.equal(pair.view('shop').ending, 'mutual');
  await pair.mine(POLICY.irrevocable_depth);
  await pair.assertOver('payer');
  await pair.assertOver('shop');
  await pair.assertParted({ payer: FUNDING_SAT - PUSH_SAT, shop: PUSH_SAT });
});

test('both agree to close: nothing more is watched once that is deep enough', async () => {
  const pair = (await Pair.open()).note();
  pair.payer.channels.apply(pair.payer.channel, { kind: 'shutdown' });
  await pair.follow();
  await pair.mine(1);
  assert.equal(pair.view('shop').ending, 'mutual');
  assert.deepEqual(pair.view('shop').status, [
    'ONCHAIN:Tracking mutual close transaction',
    `ONCHAIN:All outputs resolved: waiting ${POLICY.irrevocable_depth - 1} more blocks before forgetting channel`,
  ]);
  await pair.mine(POLICY.irrevocable_depth - 2);
  assert.equal(pair.shop.endings.list().length, 1);
  await pair.mine(1);
  await pair.assertOver('payer');
  await pair.assertOver('shop');
  await pair.assertParted({ payer: FUNDING_SAT - PUSH_SAT, shop: PUSH_SAT });
  const [closed] = await pair.shop.endings.closed();
  assert.deepEqual([closed?.closer, closed?.close_cause, closed?.ending], ['remote', 'remote', 'mutual']);
  assert.equal(closed?.last_commitment?.txid, closed?.closing_txid);
});

test('a channel that failed before its funding came is given up after two weeks', async () => {
  const pair = (await Pair.open()).note();
  pair.cut();
  await pair.reorganise(8, 'drop');
  assert.equal(pair.shop.channel.state.funding_confirmation, undefined);
  pair.shop.channels.forceClose(pair.shop.channel.channel_id, 'the operator wants it');
  await pair.follow();
  pair.world.chain.mine(2_000, MINER);
  await pair.follow();
  assert.equal(pair.view('shop').state, 'AWAITING_UNILATERAL');
  pair.world.chain.mine(20, MINER);
  await pair.follow();
  await pair.assertOver('shop');
  assert.equal((await pair.gained('shop')).gained_sat, 0n);
});

test('when the end is undone and nothing comes in its place, our own commitment does', async () => {
  const pair = (await Pair.open()).note();
  const transaction = signedCommitment(pair.over('payer')) as string;
  pair.kill('payer');
  await pair.world.chain.broadcast([Buffer.from(transaction, 'hex')]);
  await pair.mine(2);
  assert.equal(pair.view('shop').ending, 'remote');
  await pair.reorganise(2, 'drop');
  assert.equal(pair.view('shop').ending, undefined);
  await pair.mine(14);
  assert.equal(pair.view('shop').ending, 'local');
  await pair.mine(144 + POLICY.irrevocable_depth);
  await pair.assertOver('shop');
  const { gained_sat, fees_sat } = await pair.gained('shop');
  assert.equal(gained_sat + fees_sat, PUSH_SAT);
});
