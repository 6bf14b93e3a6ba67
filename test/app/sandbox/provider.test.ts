/**
 * A shop that has nothing is paid through the provider of the sandbox (LSPS2), and then buys channels ahead of it (LSPS1): as
 * its operator and a payer see it. The tests follow each other: each begins with what the one before has left.
 */
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { HONEST } from '../../../src/app/sandbox/provider/conduct.ts';
import { TIMEOUT } from '../../support/time-limit.ts';
import { until, untilAsync } from '../../support/town.ts';
import { Stall } from './stall.ts';

interface Listed {
  readonly events: readonly { readonly data: Record<string, unknown> }[];
}

let stall: Stall;

before(async () => {
  // Three channels, none of which carries the first payment alone.
  stall = await Stall.open({ channels: 3, channel_sat: 60_000 });
}, TIMEOUT);
after(() => stall.close());

test(
  'a shop without a channel is paid in two parts: the payment opens its channel and pays for it',
  TIMEOUT,
  async () => {
    const { bolt11, label, opening_fee_msat, amount_expected_msat } = await stall.jitInvoice(80_000_000);
    assert.equal(opening_fee_msat, 2_000_000);
    assert.equal(amount_expected_msat, 78_000_000);
    const paid = await stall.pay(bolt11);
    assert.equal(paid.parts, 2);
    assert.equal(paid.amount_msat, 80_000_000);
    const invoice = await stall.invoice(label);
    assert.equal(invoice.status, 'paid');
    assert.equal(invoice.amount_msat, 80_000_000);
    assert.equal(invoice.amount_received_msat, 78_000_000);
    assert.equal(invoice.opening_fee_msat, 2_000_000);
    const [channel] = stall.shop.channels.list();
    assert.equal(stall.shop.channels.list().length, 1);
    assert.equal(channel?.peer_id, stall.provider.node_id);
    assert.equal(channel?.state.terms.announce_channel, false);
    await until(() => channel?.state.htlcs.length === 0);
    assert.equal(channel?.state.local_msat, 78_000_000n);
  },
);

test('the next payment goes over the channel as any other, and nothing is taken off', TIMEOUT, async () => {
  await stall.mine();
  await until(() => stall.shop.channels.list().every(({ remote_update }) => remote_update !== undefined));
  const next = { amount_msat: 5_000_000, label: 'next', description: 'x' };
  const { bolt11 } = await stall.ask<{ bolt11: string }>(stall.shop, 'invoice', next);
  await stall.pay(bolt11);
  const invoice = await stall.invoice('next');
  assert.equal(invoice.status, 'paid');
  assert.equal(invoice.amount_received_msat, 5_000_000);
  assert.equal(invoice.opening_fee_msat, undefined);
  assert.equal(stall.shop.channels.list().length, 1);
});

test('a payer may choose the amount: then it comes in one part, and the fee follows from it', TIMEOUT, async () => {
  const { bolt11, label } = await stall.jitInvoice('any');
  await stall.pay(bolt11, { amount_msat: 31_000_000 });
  const invoice = await stall.invoice(label);
  assert.equal(invoice.amount_received_msat, 29_000_000);
  assert.equal(invoice.opening_fee_msat, 2_000_000);
  assert.equal(stall.shop.channels.list().length, 2);
});

test('the shop is told what it cost in the event too, and the provider closes nothing', TIMEOUT, async () => {
  await untilAsync(async () => {
    const { events } = await stall.ask<Listed>(stall.shop, 'listevents', { types: ['invoice.paid'] });
    return events.length === 3;
  });
  const { events } = await stall.ask<Listed>(stall.shop, 'listevents', { types: ['invoice.paid'] });
  const fees = events.map(({ data }) => data.opening_fee_msat);
  assert.deepEqual(fees, [2_000_000, undefined, 2_000_000]);
  assert.ok(stall.shop.channels.list().every(({ state }) => state.phase === 'normal'));
});

interface Order {
  readonly order: number;
  readonly status: string;
  readonly fee_msat: number;
  readonly pay_way?: string;
  readonly problem?: string;
  readonly summary: string;
}

async function orders(): Promise<readonly Order[]> {
  return (await stall.ask<{ orders: readonly Order[] }>(stall.shop, 'listchannelorders')).orders;
}

/** Mines until the last order is so. */
async function mineUntilLast(status: string): Promise<Order> {
  return untilLast(status, () => stall.mine());
}

async function untilLast(status: string, meanwhile: () => Promise<unknown> = async () => {}): Promise<Order> {
  await untilAsync(async () => {
    await meanwhile();
    return (await orders()).at(-1)?.status === status;
  });
  return (await orders()).at(-1) as Order;
}

test('a price binds nobody, and what was paid over Lightning is held until the channel is there', TIMEOUT, async () => {
  const { lsps } = await stall.ask<{ lsps: readonly { ahead?: Record<string, unknown> }[] }>(stall.shop, 'listlsps');
  assert.deepEqual(lsps[0]?.ahead, {
    min_amount_sat: 100_000,
    max_amount_sat: 10_000_000,
    max_months: 12,
    min_confirmations: 0,
  });
  for (const months of [0, 25]) {
    await assert.rejects(stall.ask(stall.shop, 'buychannel', { amount_sat: 1_000_000, months }), /of 1 to 24/);
  }
  const quoted = await stall.ask<Order>(stall.shop, 'buychannel', { amount_sat: 1_000_000 });
  assert.equal(quoted.status, 'quoted');
  assert.equal(quoted.fee_msat, 6_000_000);
  assert.match(quoted.summary, /with 1,000,000 sat to receive, for 3 months, costs 6,000 sat \(0\.60 %\)/);
  await assert.rejects(stall.ask(stall.shop, 'buychannel', { amount_sat: 1_000_000, maxfee: '5999sat' }), {
    code: 3202,
  });
  const bought = await stall.ask<Order>(stall.shop, 'buychannel', { amount_sat: 1_000_000, maxfee: '6000sat' });
  assert.equal(bought.order, quoted.order);
  assert.equal(bought.pay_way, 'lightning');
  // Asked again, it is the same order.
  await mineUntilLast('delivered');
  const [channel] = stall.shop.channels.list().filter(({ state }) => state.terms.funding_satoshis === 1_000_000n);
  assert.equal(channel?.state.phase, 'normal');
  const { summary } = await stall.ask<Order>(stall.shop, 'inbound', { ask: false });
  assert.match(summary, /^Now 1,3\d\d,\d\d\d sat can be received, 986,\d\d\d sat of it in one payment\./);
});

test(
  'stopped with the payment held and the channel not there, shop and provider go on where they were',
  TIMEOUT,
  async () => {
    const { kept, letGo } = stall.withholds();
    await stall.ask(stall.shop, 'buychannel', { amount_sat: 500_000, maxfee: '6000sat' });
    await until(() => kept.length === 1);
    assert.equal((await orders()).at(-1)?.status, 'paying');
    await stall.stopShop();
    await stall.startShop();
    letGo();
    const order = await mineUntilLast('delivered');
    assert.equal(order.problem, undefined);
    const sent = await stall.ask<{ pays: readonly { status: string }[] }>(stall.shop, 'listpays');
    assert.deepEqual(
      sent.pays.map(({ status }) => status),
      ['complete', 'complete'],
      'each order is paid once',
    );
  },
);

test('a channel that the shop does not take is not paid: the payment comes back', TIMEOUT, async () => {
  // Below what any node of Till accepts.
  stall.conduct.fundingSat = () => 10_000n;
  await stall.ask(stall.shop, 'buychannel', { amount_sat: 300_000, maxfee: '6000sat' });
  // No block comes: a refusal by a payee that had blocks which we lacked is no last word, and the payment would be tried again.
  const order = await untilLast('refunded');
  assert.match(order.problem ?? '', /gave the payment back/);
});

test('a shop that keeps inbound liquidity buys it with the next block, and tells of it', TIMEOUT, async () => {
  Object.assign(stall.conduct, HONEST);
  await stall.stopShop();
  await stall.startShop('--inbound-keep=2000000sat', '--inbound-keep-limit=12000sat');
  await mineUntilLast('delivered');
  const { events } = await stall.ask<{ events: readonly { type: string; data: Record<string, unknown> }[] }>(
    stall.shop,
    'listevents',
    { types: ['inbound'] },
  );
  const own = events.filter(({ data }) => data.wanted_by === 'inbound-keep');
  assert.deepEqual(
    own.map(({ type, data }) => [type, data.fee_msat]),
    [
      ['inbound.ordered', 10_000_000],
      ['inbound.delivered', 10_000_000],
    ],
  );
});
