/** A shop that has nothing is paid through the provider of the sandbox: by LSPS2, as a shop's operator and a payer see it. */
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
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
