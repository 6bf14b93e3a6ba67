/**
 * The ledger of what a pair told the outside: kept by who asked, on none of its machines. After each fault it is compared
 * with what the shop and its customer say now, and with the chain.
 */
import assert from 'node:assert/strict';
import type { Client } from '../../src/api/client/index.ts';

/** An invoice that the shop told of. */
interface Told {
  readonly payment_hash: string;
  readonly bolt11: string;
}

/** A payment in the order in which `waitanyinvoice` tells them. */
interface Heard {
  readonly pay_index: number;
  readonly label: string;
}

export class Ledger {
  /** Invoices that the shop answered, by label. */
  readonly told = new Map<string, Told>();
  /** Payments that the customer's node answered: preimages by hash. */
  readonly paid = new Map<string, string>();
  /** What a consumer of payments heard, in order. */
  readonly heard: Heard[] = [];

  /** The last payment that the consumer heard of. */
  get lastpay_index(): number {
    return this.heard.at(-1)?.pay_index ?? 0;
  }

  /** The consumer heard of a payment. Throws when one was missed, or comes twice. */
  hear(heard: Heard): void {
    assert.equal(
      heard.pay_index,
      this.lastpay_index + 1,
      `after payment ${this.lastpay_index} comes ${heard.pay_index}`,
    );
    this.heard.push(heard);
  }

  /** Holds the shop to all that it told, and the channel to its peer. Throws with what is wrong. */
  async check(shop: Client, customer: Client): Promise<void> {
    // First the customer: what it says is paid must be so at the shop afterwards, also what goes on meanwhile.
    const { pays } = await customer.call('listpays', {});
    const { invoices } = await shop.call('listinvoices', {});
    const found = new Map(invoices.map((invoice) => [invoice.label, invoice]));
    assert.equal(found.size, invoices.length, 'a label is there once');
    for (const [label, { payment_hash, bolt11 }] of this.told) {
      const invoice = found.get(label);
      assert.ok(invoice !== undefined, `invoice ${label} was told, and is gone`);
      assert.deepEqual([invoice.payment_hash, invoice.bolt11], [payment_hash, bolt11], `invoice ${label} has changed`);
    }
    const paid = invoices.filter(({ status }) => status === 'paid');
    const by_hash = new Map(paid.map((invoice) => [invoice.payment_hash, invoice]));
    for (const [payment_hash, preimage] of this.paid) {
      const invoice = by_hash.get(payment_hash);
      assert.ok(invoice !== undefined, `the customer has paid ${payment_hash}, and the shop does not know`);
      assert.equal(invoice.payment_preimage, preimage);
    }
    const indexes = paid.map(({ pay_index }) => Number(pay_index)).sort((a, b) => a - b);
    assert.deepEqual(
      indexes,
      indexes.map((_, index) => index + 1),
      'payments are numbered without gaps',
    );
    for (const { pay_index, label } of this.heard) {
      assert.equal(Number(found.get(label)?.pay_index), pay_index, `payment ${pay_index} was told as ${label}`);
    }
    for (const { payment_hash, status } of pays) {
      if (status === 'complete') assert.ok(by_hash.has(payment_hash), `payment ${payment_hash} arrived nowhere`);
    }
    await checkChannel(shop, customer);
  }
}

/**
 * The channel is the one it was, and both sides count the same: once no payment is under way, the shop has in it what its paid
 * invoices brought, since its peer has opened the channel and nothing else went through it.
 */
async function checkChannel(shop: Client, customer: Client): Promise<void> {
  for (;;) {
    const [ours, theirs] = await Promise.all(
      [shop, customer].map(async (client) => (await client.call('listpeerchannels', {})).channels),
    );
    assert.deepEqual([ours?.length, theirs?.length], [1, 1], 'there is the one channel');
    assert.deepEqual([ours?.[0]?.state, theirs?.[0]?.state], ['CHANNELD_NORMAL', 'CHANNELD_NORMAL'], 'and it is open');
    const { invoices } = await shop.call('listinvoices', {});
    const received_msat = invoices.reduce(
      (sum, { amount_received_msat }) => sum + BigInt(amount_received_msat ?? 0),
      0n,
    );
    const [our_msat, their_msat] = [ours, theirs].map((channels) => BigInt(channels?.[0]?.to_us_msat ?? 0));
    const total_msat = BigInt(ours?.[0]?.total_msat ?? 0);
    const under_way = [ours, theirs].flatMap((channels) => channels?.[0]?.htlcs ?? []);
    if (under_way.length === 0 && our_msat === received_msat && (our_msat ?? 0n) + (their_msat ?? 0n) === total_msat)
      return;
    // What is still under way arrives, or is given back. Whoever asks does not wait for ever.
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}
