/**
 * kill -9 of a daemon at any moment while its channel ends on the chain. Rounds by TILL_CRASH_ROUNDS, moments from a seed
 * that is printed and can be given as TILL_SEED. The end is the same as without: everything that was its own, to the
 * satoshi.
 */
import assert from 'node:assert/strict';
import { join } from 'node:path';
import { test } from 'node:test';
import { ANCHOR_SAT, minedSince, paidBy } from '../endings/account.ts';
import { payHalf, walletSat, walletScripts } from '../endings/half-payment.ts';
import { Random } from '../sim/random.ts';
import { ChildNode } from '../support/node-process.ts';
import { Town, until } from '../support/town.ts';

const ROUNDS = Number(process.env.TILL_CRASH_ROUNDS ?? 6);
const SEED = Number(process.env.TILL_SEED ?? Date.now() % 1_000_000);
const FUNDING_SAT = 1_000_000;
const PUSH_SAT = 400_000;
const CONFIRMS = 12;
/** Until the HTLC comes back, until the delay of our outputs is over, and until all is deep enough. */
const BLOCKS = 30 + 144 + CONFIRMS + 8;

test(`a node may die at any moment while its channel ends (${ROUNDS} rounds, seed ${SEED})`, async () => {
  const random = new Random(SEED);
  const town = await Town.found();
  try {
    const option = `--closing-confirms=${CONFIRMS}`;
    const [shop, first] = await Promise.all([town.start('shop', option), town.start('customer', option)]);
    await town.fund(first);
    await town.connect(first, shop);
    const channel = await town.open(first, shop, FUNDING_SAT, PUSH_SAT * 1000);
    const { payment_hash } = await payHalf(first, shop, 50_000, 'tea');
    const before_sat = await walletSat(first);
    const { funding_txid } = channel.state.terms;
    const { height } = await town.chain.tip();
    first.channels.forceClose(channel.channel_id, 'for the test');
    await until(() => town.chain.pending.length > 0);
    await town.stop(first);

    const dir = join(town.dir, 'customer');
    const args = ['--network=regtest', `--embedded-chain=${join(town.dir, 'chain')}`, '--offline', option];
    for (let round = 0; round < ROUNDS; round++) {
      const child = await ChildNode.start(args, dir);
      // Blocks come before and while it dies: each asks it for something.
      for (let block = 0; block < BLOCKS / ROUNDS; block++) {
        town.chain.mine(1, '6a');
        await new Promise((resolve) => setTimeout(resolve, random.below(12)));
      }
      await child.kill();
    }
    const customer = await town.start('customer', option, '--offline');
    await until(() => customer.chain.tip().height === shop.chain.tip().height);
    for (let block = 0; block < BLOCKS && customer.channels.list().length > 0; block++) {
      await town.mine(1);
      await customer.channels.book.idle();
      await customer.endings.idle();
    }
    assert.deepEqual(customer.endings.list(), []);
    assert.deepEqual(customer.channels.list(), []);
    const [part] = await customer.outgoing.parts(payment_hash);
    assert.equal(part?.status, 'failed', 'the payment that never was whole has come back');
    const mined = await minedSince(town.chain, height);
    const { fees_sat, anchors_sat } = paidBy(mined, await walletScripts(customer), true, funding_txid);
    const gained_sat = (await walletSat(customer)) - before_sat - anchors_sat;
    assert.equal(gained_sat + fees_sat, BigInt(FUNDING_SAT - PUSH_SAT) - 2n * ANCHOR_SAT);
  } finally {
    await town.close();
  }
});
