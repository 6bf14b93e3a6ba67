/** Channels that a shop buys ahead of the provider of the sandbox (LSPS1): paid by its own node, followed over restarts. */
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { HONEST } from '../../../src/app/sandbox/provider/conduct.ts';
import { TIMEOUT } from '../../support/time-limit.ts';
import { until, untilAsync } from '../../support/town.ts';
import { Stall } from './stall.ts';

let stall: Stall;

interface Order {
  readonly order: number;
  readonly status: string;
  readonly fee_msat: number;
  readonly pay_way?: string;
  readonly problem?: string;
  readonly summary: string;
}

before(async () => {
  stall = await Stall.open();
  // The first sale gives the shop a channel, and something to pay with.
  const { bolt11 } = await stall.jitInvoice(80_000_000);
  await stall.pay(bolt11);
  await stall.mine();
}, TIMEOUT);
after(() => stall.close());

async function orders(): Promise<readonly Order[]> {
  return (await stall.ask<{ orders: readonly Order[] }>(stall.shop, 'listchannelorders')).orders;
}

/** Mines until the last order is so. */
async function untilLast(status: string): Promise<Order> {
  await untilAsync(async () => {
    await stall.mine();
    return (await orders()).at(-1)?.status === status;
  });
  return (await orders()).at(-1) as Order;
}

test('a price binds nobody, and what was paid over Lightning is held until the channel is there', TIMEOUT, async () => {
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
  await untilLast('delivered');
  const [channel] = stall.shop.channels.list().filter(({ state }) => state.terms.funding_satoshis === 1_000_000n);
  assert.equal(channel?.state.phase, 'normal');
  const { summary } = await stall.ask<Order>(stall.shop, 'inbound', { ask: false });
  assert.match(summary, /^Now 1,1\d\d,\d\d\d sat can be received, 986,\d\d\d sat of it in one payment\./);
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
    const order = await untilLast('delivered');
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
  const order = await untilLast('refunded');
  assert.match(order.problem ?? '', /gave the payment back/);
});

test('a shop that keeps inbound liquidity buys it with the next block, and tells of it', TIMEOUT, async () => {
  Object.assign(stall.conduct, HONEST);
  await stall.stopShop();
  await stall.startShop('--inbound-keep=2000000sat', '--inbound-keep-limit=12000sat');
  await untilLast('delivered');
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
