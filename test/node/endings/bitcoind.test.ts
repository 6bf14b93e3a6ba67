/** Endings of whole nodes where Bitcoin itself is the judge: its mempool policy, its scripts, its timelocks. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { txidOf } from '../../../src/codec/tx/transaction.ts';
import { signedCommitment } from '../../../src/node/endings/closing-channel.ts';
import { bitcoindMissing } from '../../support/bitcoind.ts';
import { TIMEOUT } from '../../support/time-limit.ts';
import { until } from '../../support/town.ts';
import { ANCHOR_SAT } from './account.ts';
import { payHalf } from './half-payment.ts';
import { CONFIRMS, FUNDING_SAT, PUSH_SAT, Street } from './street.ts';

describe('whole nodes on bitcoind', { skip: bitcoindMissing ?? false, ...TIMEOUT }, () => {
  for (const closer of ['customer', 'shop'] as const) {
    it(`HTLCs both ways are claimed or come back when the ${closer} closes alone, through a reorg`, () =>
      Street.run(async (street) => {
        const { shop, customer, channel } = street;
        const { channel_id } = channel;
        const tea = await payHalf(customer, shop, 50_000, 'tea');
        await payHalf(customer, shop, 60_000, 'cake');
        const change = await payHalf(shop, customer, 70_000, 'change');
        await payHalf(shop, customer, 80_000, 'bottle');
        street[closer].channels.forceClose(channel_id, 'for the test');
        await street.follow();
        shop.channels.fulfil(channel_id, 0n, tea.payment_preimage);
        customer.channels.fulfil(channel_id, 0n, change.payment_preimage);
        // The commitment, what takes our part or the peer's, and the HTLCs that are claimed, are undone and done again.
        await street.mine(4);
        await street.reorganise(4);
        await street.mineUntilOver('shop', 'customer');
        assert.equal(await street.anchorsLeft(), 0, 'both anchors are taken');
        const { shop_sat, customer_sat } = await street.gained();
        assert.equal(customer_sat, FUNDING_SAT - PUSH_SAT - 50_000n + 70_000n - 2n * ANCHOR_SAT);
        assert.equal(shop_sat, PUSH_SAT + 50_000n - 70_000n);
        const [part] = await customer.outgoing.parts(tea.payment_hash);
        assert.equal(part?.payment_preimage, tea.payment_preimage);
      }));
  }

  it('HTLCs that are claimed far from their end share a second stage, and a reorg of it changes nothing', () =>
    Street.run(async (street) => {
      const { shop, customer, channel } = street;
      const { channel_id } = channel;
      const paid = [await payHalf(customer, shop, 50_000, 'tea'), await payHalf(customer, shop, 60_000, 'cake')];
      shop.channels.forceClose(channel_id, 'for the test');
      await street.follow();
      for (const [id, { payment_preimage }] of paid.entries()) {
        shop.channels.fulfil(channel_id, BigInt(id), payment_preimage);
      }
      await street.mine(2);
      const [end] = (await street.mined()).filter(({ tx }) =>
        tx.inputs.some(({ txid }) => txid === channel.state.terms.funding_txid),
      );
      assert.ok(end !== undefined);
      const commitment = txidOf(end.tx);
      const stages = (await street.mined()).filter(
        ({ tx }) => tx.inputs.filter(({ txid }) => txid === commitment).length >= 2,
      );
      assert.equal(stages.length, 1, 'both in one transaction');
      // Before anything is deep, all of it is undone and done again: the commitment and what follows from it.
      await street.reorganise(2);
      await street.mineUntilOver('shop', 'customer');
      const { shop_sat, customer_sat } = await street.gained();
      assert.equal(shop_sat, PUSH_SAT + 110_000n);
      assert.equal(customer_sat, FUNDING_SAT - PUSH_SAT - 110_000n - 2n * ANCHOR_SAT);
    }));

  it('a payment whose preimage is out is taken before it can be taken back, when the customer is gone', () =>
    Street.run(async (street) => {
      const { shop, customer, channel } = street;
      const tea = await payHalf(customer, shop, 50_000, 'tea');
      const [htlc] = channel.state.htlcs;
      assert.ok(htlc !== undefined);
      await customer.peers.close();
      await until(() => channel.state.link === 'down');
      const ours = shop.channels.find(channel.channel_id);
      assert.ok(ours !== undefined);
      await until(() => ours.state.link === 'down');
      shop.channels.fulfil(channel.channel_id, 0n, tea.payment_preimage);
      await street.mine(htlc.cltv_expiry - shop.chain.tip().height - 19);
      assert.equal(ours.state.phase, 'normal', 'there is time: the customer may come back');
      await street.mine(1);
      assert.equal(ours.state.phase, 'failed');
      await street.mineUntilOver('shop', 'customer');
      const { shop_sat, customer_sat } = await street.gained();
      assert.equal(shop_sat, PUSH_SAT + 50_000n);
      assert.equal(customer_sat, FUNDING_SAT - PUSH_SAT - 50_000n - 2n * ANCHOR_SAT);
      const [part] = await customer.outgoing.parts(tea.payment_hash);
      assert.equal(part?.payment_preimage, tea.payment_preimage);
    }));

  for (const which of ['new', 'old'] as const) {
    it(`the ${which} of two commitments that the customer holds, and has revoked neither, is known to the shop`, () =>
      Street.run(async (street) => {
        const { shop, customer, channel } = street;
        const tea = await payHalf(customer, shop, 50_000, 'tea');
        const before = channel.state.local_number;
        const old = signedCommitment(channel);
        const toShop = customer.channels.peer(shop.keys.node_id);
        assert.ok(toShop !== undefined);
        const send = toShop.send.bind(toShop);
        toShop.send = (messages) => send(messages.filter(({ type }) => type !== 'revoke_and_ack'));
        shop.channels.fulfil(channel.channel_id, 0n, tea.payment_preimage);
        await until(() => channel.state.local_number > before);
        assert.equal(street.find('shop').state.awaiting_revocation, true, 'the shop waits for the revocation');
        const commitment = which === 'new' ? signedCommitment(channel) : old;
        assert.ok(commitment !== undefined);
        await street.send(commitment);
        if (which === 'new') await street.mineUntilOver('shop', 'customer');
        else await street.mineUntilOver('shop');
        const { shop_sat, customer_sat } = await street.gained();
        assert.equal(shop_sat, PUSH_SAT + 50_000n);
        if (which === 'old') return;
        assert.equal(customer_sat, FUNDING_SAT - PUSH_SAT - 50_000n - 2n * ANCHOR_SAT);
      }));
  }

  it('a revoked state costs its publisher everything', () =>
    Street.run(async (street) => {
      const { shop, customer, channel } = street;
      await payHalf(customer, shop, 50_000, 'tea');
      await payHalf(shop, customer, 70_000, 'change');
      const old = signedCommitment(channel);
      assert.ok(old !== undefined);
      await payHalf(customer, shop, 60_000, 'cake');
      await street.send(old);
      await street.mineUntilOver('shop');
      const { shop_sat, end_fee_sat } = await street.gained();
      assert.equal(shop_sat, FUNDING_SAT - 2n * ANCHOR_SAT - end_fee_sat);
    }));

  it('a shop that lost its database is paid out when the customer closes', () =>
    Street.run(async (street) => {
      await street.ruinShop();
      await until(() => street.channel.state.phase === 'failed');
      await street.follow();
      await street.mineUntilOver('shop', 'customer');
      const { shop_sat, customer_sat } = await street.gained();
      assert.equal(shop_sat, PUSH_SAT);
      assert.equal(customer_sat, FUNDING_SAT - PUSH_SAT - 2n * ANCHOR_SAT);
    }));

  it('a mutual close is history when it is deep enough, and a reorg only delays that', () =>
    Street.run(async (street) => {
      street.customer.channels.apply(street.channel, { kind: 'shutdown' });
      await until(() => street.channel.state.phase === 'closed');
      await street.mine(4);
      await street.reorganise(4);
      await street.mine(CONFIRMS - 6);
      assert.equal(street.shop.endings.list().length, 1);
      await street.mineUntilOver('shop', 'customer');
      const { shop_sat, customer_sat } = await street.gained();
      // Each side has a closing transaction that it pays itself (option_simple_close), and nothing says whose is mined.
      assert.equal(shop_sat + customer_sat, FUNDING_SAT);
      assert.ok(shop_sat <= PUSH_SAT && shop_sat > PUSH_SAT - 1_000n, `the shop has ${shop_sat} sat`);
    }));
});
