/** Old states on the chain of a real bitcoind: of a cheat that is quick with its HTLCs, and of a node that lost data. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { txidOf } from '../../../src/codec/tx/transaction.ts';
import { bitcoindMissing } from '../../support/bitcoind.ts';
import { skippedOnServer } from '../../support/test-store.ts';
import { TIMEOUT } from '../../support/time-limit.ts';
import { until } from '../../support/town.ts';
import { ANCHOR_SAT } from './account.ts';
import { payHalf } from './half-payment.ts';
import { FUNDING_SAT, type Name, PUSH_SAT, Street } from './street.ts';

const FILE = { skip: skippedOnServer('it replaces the database by a copy') };

/** What there is when the peer has published a revoked state and gained nothing, the honest everything. */
async function assertAllTaken(street: Street, honest: Name): Promise<void> {
  await street.mineUntilOver(honest);
  const { shop_sat, customer_sat, end_fee_sat } = await street.gained();
  // The fee of the commitment counts as the customer's, who opened the channel.
  const all_sat = FUNDING_SAT - 2n * ANCHOR_SAT;
  const expected = honest === 'shop' ? [all_sat - end_fee_sat, end_fee_sat] : [0n, all_sat];
  assert.deepEqual([shop_sat, customer_sat], expected);
}

/** How many HTLCs each transaction of the commitment's owner has moved on. */
async function stagesOf(street: Street): Promise<number[]> {
  const inputs = (await street.mined()).map(({ tx }) => tx.inputs.filter(({ witness }) => witness.length === 5));
  return inputs.map(({ length }) => length).filter((length) => length > 0);
}

describe('old states of whole nodes on bitcoind', { skip: bitcoindMissing ?? false, ...TIMEOUT }, () => {
  for (const cheater of ['customer', 'shop'] as const) {
    const honest = cheater === 'customer' ? 'shop' : 'customer';

    it(`a revoked state costs the ${cheater} everything, through a reorg that undoes the penalty`, () =>
      Street.run(async (street) => {
        const { shop, customer } = street;
        await payHalf(customer, shop, 50_000, 'tea');
        await payHalf(shop, customer, 70_000, 'change');
        const old = await street.storedState(cheater);
        await payHalf(customer, shop, 60_000, 'cake');
        await street.goBack(cheater, old, '--offline', '--closing-confirms=100');
        const channel_id = street.channel.channel_id;
        street[cheater].channels.forceClose(channel_id, 'to cheat');
        await street.follow();
        await street.mine(3);
        assert.equal(street[honest].endings.view(channel_id)?.ending, 'revoked');
        assert.deepEqual(street[honest].endings.view(channel_id)?.sweeps, [], 'all is taken');
        await street.reorganise(3);
        await assertAllTaken(street, honest);
      }));

    for (const at_once of [true, false]) {
      const how = at_once ? 'several in one transaction' : 'each by itself';
      it(`what the ${cheater} has moved on of a revoked state is taken from there: HTLCs ${how}`, () =>
        Street.run(async (street) => {
          const { channel_id } = street.channel;
          const claimed: Awaited<ReturnType<typeof payHalf>>[] = [];
          for (const label of ['tea', 'cake']) {
            claimed.push(await payHalf(street[honest], street[cheater], 50_000, label, 30));
            await payHalf(street[cheater], street[honest], 30_000, `change of ${label}`, 30);
            // Different expiries: the second comes back in another block.
            if (!at_once) await street.mine(2);
          }
          const old = await street.storedState(cheater);
          await payHalf(street.customer, street.shop, 20_000, 'sugar');
          await street.stop(honest);
          await street.goBack(cheater, old, '--offline');
          street[cheater].channels.forceClose(channel_id, 'to cheat');
          await street.follow();
          // Near their end it does not wait for others.
          if (!at_once) await street.mine(16);
          for (const [id, { payment_preimage }] of claimed.entries()) {
            street[cheater].channels.fulfil(channel_id, BigInt(id), payment_preimage);
          }
          await street.mine(35);
          assert.deepEqual(await stagesOf(street), at_once ? [2, 2] : [1, 1, 1, 1]);
          await street.start(honest, '--offline');
          await street.mine(2);
          // What takes the second stages is undone too, and done again.
          await street.reorganise(2);
          await assertAllTaken(street, honest);
          for (const { payment_hash, payment_preimage } of claimed) {
            const [part] = await street[honest].outgoing.parts(payment_hash);
            assert.equal(part?.payment_preimage, payment_preimage, 'what it showed of our payment is ours to keep');
          }
        }));
    }
  }

  it('a penalty that comes too late is told, and what is left is taken', () =>
    Street.run(async (street) => {
      const { shop, customer } = street;
      const { channel_id } = street.channel;
      const old = await street.storedState('customer');
      await payHalf(customer, shop, 50_000, 'tea');
      await street.stop('shop');
      await street.goBack('customer', old, '--offline');
      street.customer.channels.forceClose(channel_id, 'to cheat');
      await street.follow();
      await street.mine(144 + 3);
      await street.start('shop', '--offline');
      await street.mine(6);
      const told = street.log.filter((line) => /shop .*TOOK \d+ sat WITH AN OLD STATE/.test(line));
      assert.equal(told.length, 1);
      const status = street.shop.endings.view(channel_id)?.status ?? [];
      assert.equal(status.filter((line) => line.startsWith('ONCHAIN:The peer took ')).length, 1);
      await street.mineUntilOver('shop');
      assert.equal((await street.gained()).shop_sat, PUSH_SAT, 'its own part was in the old state too');
    }));

  it('a shop whose state is old publishes nothing, and takes its part of a commitment that it does not know', () =>
    Street.run(async (street) => {
      const { customer } = street;
      const { channel_id } = street.channel;
      const old = await street.storedState('shop');
      const tea = await payHalf(customer, street.shop, 50_000, 'tea');
      await payHalf(customer, street.shop, 10_000, 'cake');
      street.shop.channels.fulfil(channel_id, 0n, tea.payment_preimage);
      await until(() => street.channel.state.htlcs.length === 1);
      await until(() => street.find('shop').state.htlcs.length === 1);
      await street.goBack('shop', old);
      await street.meet();
      await until(() => street.channel.state.phase === 'failed');
      await until(() => street.find('shop').state.failure?.data_loss === true);
      street.shop.channels.forceClose(channel_id, 'the operator insists');
      await street.follow();
      assert.equal(street.shop.endings.view(channel_id)?.commitment_txid, undefined);
      await street.mine(1);
      assert.equal(street.shop.endings.view(channel_id)?.ending, 'unknown');
      await street.mineUntilOver('shop', 'customer');
      const { shop_sat, customer_sat } = await street.gained();
      assert.equal(shop_sat, PUSH_SAT + 50_000n);
      assert.equal(customer_sat, FUNDING_SAT - PUSH_SAT - 50_000n - 2n * ANCHOR_SAT);
    }));

  it('an old copy of the database, put back, broadcasts nothing, and the customer closes towards us', FILE, () =>
    Street.run(async (street) => {
      const { channel_id } = street.channel;
      await street.stop('shop');
      const putBack = street.copyDatabase('shop');
      await street.start('shop');
      await street.meet();
      await until(() => street.channel.state.link === 'up' && street.find('shop').state.link === 'up');
      const tea = await payHalf(street.customer, street.shop, 50_000, 'tea');
      street.shop.channels.fulfil(channel_id, 0n, tea.payment_preimage);
      await until(() => street.channel.state.htlcs.length === 0 && street.find('shop').state.htlcs.length === 0);
      await street.stop('shop');
      putBack();
      await assert.rejects(street.start('shop', '--copied-database=latest'), /cannot be taken for the latest/);
      await street.start('shop');
      // A deadline, or an operator, must not bring the old commitment out either.
      street.shop.channels.forceClose(channel_id, 'the operator insists');
      await street.mine(2);
      assert.equal(street.shop.endings.view(channel_id)?.commitment_txid, undefined);
      assert.equal(street.channel.state.phase, 'normal', 'nothing was published');
      await street.meet();
      await until(() => street.channel.state.phase === 'failed');
      await street.follow();
      await street.mine(1);
      const [end] = (await street.mined()).filter(({ tx }) =>
        tx.inputs.some(({ txid }) => txid === street.channel.state.terms.funding_txid),
      );
      assert.ok(end !== undefined);
      assert.equal(street.customer.endings.view(channel_id)?.commitment_txid, txidOf(end.tx));
      await street.mineUntilOver('shop', 'customer');
      const { shop_sat, customer_sat } = await street.gained();
      assert.equal(shop_sat, PUSH_SAT + 50_000n);
      assert.equal(customer_sat, FUNDING_SAT - PUSH_SAT - 50_000n - 2n * ANCHOR_SAT);
    }),
  );
});
