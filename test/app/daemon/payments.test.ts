import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import type { Daemon } from '../../../src/app/daemon/daemon.ts';
import { msat } from '../../../src/base/types/amount.ts';
import { decodeInvoice } from '../../../src/codec/bolt11/native.ts';
import { Town, until } from '../../support/town.ts';

let town: Town;
let shop: Daemon;
let customer: Daemon;

before(async () => {
  town = await Town.found();
  [shop, customer] = await Promise.all([town.start('shop'), town.start('customer')]);
  await town.fund(customer);
  await town.fund(shop);
  await town.connect(customer, shop);
});
after(() => town.close());

async function invoiceOf(daemon: Daemon, amount_msat: number, label: string) {
  const { invoice } = await daemon.invoices.create({
    amount_msat: msat(amount_msat),
    label,
    description: label,
  });
  return { invoice, bolt11: invoice.bolt11, decoded: decodeInvoice(invoice.bolt11) };
}

function pay(daemon: Daemon, { bolt11, decoded }: Awaited<ReturnType<typeof invoiceOf>>) {
  const amount_msat = msat(decoded.amount_msat ?? 0n);
  return daemon.payer.pay({
    invoice: decoded,
    bolt11,
    amount_msat,
    total_msat: amount_msat,
    maxfee_msat: msat(0),
    max_delay: 2016,
    retry_for_seconds: 60,
    exclude: new Set(),
    label: undefined,
    description: undefined,
  });
}

test('a payment over a channel of two nodes: the invoice is paid, and the money is where it belongs', async () => {
  const channel = await town.open(customer, shop, 1_000_000);
  const tea = await invoiceOf(shop, 300_000_000, 'tea');
  const paid = await pay(customer, tea);
  const found = await shop.invoices.find({ label: 'tea' });
  assert.equal(found?.status, 'paid');
  assert.equal(found?.status === 'paid' && found.payment_preimage, paid.payment_preimage);
  const told = town.log.filter((line) => line.includes(' is paid'));
  assert.deepEqual(told, ['shop info invoice "tea" is paid: 300000000 msat, payment number 1']);
  await until(() => channel.state.htlcs.length === 0);
  assert.equal(channel.state.local_msat, 700_000_000n);
});

test('a payment larger than each channel goes over both', async () => {
  await town.open(customer, shop, 1_000_000);
  const cake = await invoiceOf(shop, 1_200_000_000, 'cake');
  const paid = await pay(customer, cake);
  assert.equal(paid.number_of_parts, 2);
  assert.equal((await shop.invoices.find({ label: 'cake' }))?.status, 'paid');
});

test('after both restarted they are connected again, and pay the other way', async () => {
  await Promise.all([town.stop(shop), town.stop(customer)]);
  [shop, customer] = await Promise.all([town.start('shop'), town.start('customer')]);
  await town.connect(shop, customer);
  const change = await invoiceOf(customer, 50_000_000, 'change');
  await until(() => shop.channels.list().every(({ state }) => state.link === 'up'));
  const paid = await pay(shop, change);
  assert.equal(paid.amount_sent_msat, 50_000_000n);
  assert.equal((await customer.invoices.find({ label: 'change' }))?.status, 'paid');
});
