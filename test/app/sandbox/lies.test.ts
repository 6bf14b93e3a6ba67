/** A provider that lies, at every step of LSPS2: the shop gives nothing away for it, and goes on when it is honest again. */
import assert from 'node:assert/strict';
import { after, afterEach, before, test } from 'node:test';
import { HONEST } from '../../../src/app/sandbox/provider/conduct.ts';
import { secureRandomBytes } from '../../../src/base/crypto/random.ts';
import { toHex } from '../../../src/base/types/hex.ts';
import { TIMEOUT } from '../../support/time-limit.ts';
import { until } from '../../support/town.ts';
import { type Made, Stall } from './stall.ts';

type Bill = Pick<Made, 'bolt11' | 'label'>;

interface Decoded {
  readonly routes: readonly (readonly { readonly short_channel_id: string; readonly cltv_expiry_delta: number }[])[];
  readonly min_final_cltv_expiry: number;
}

let stall: Stall;

before(async () => {
  stall = await Stall.open();
}, TIMEOUT);
afterEach(async () => {
  Object.assign(stall.conduct, HONEST);
  // What was bought is in a block: it does not count any more against what the shop cannot defend.
  await stall.mine();
  stall.clock.late_seconds = 0;
});
after(() => stall.close());

/** The answer to this method, changed. */
function changes(method: string, change: (result: Record<string, unknown>) => void): void {
  stall.conduct.answer = (named, payload) => {
    if (named !== method) return payload;
    const answer = JSON.parse(Buffer.from(payload).toString()) as { result: Record<string, unknown> };
    change(answer.result);
    return Buffer.from(JSON.stringify(answer));
  };
}

function firstOffer(result: Record<string, unknown>): Record<string, unknown> {
  const [offer] = result.opening_fee_params_menu as readonly Record<string, unknown>[];
  assert.ok(offer !== undefined);
  return offer;
}

async function refusesInvoice(expected: RegExp): Promise<void> {
  const before_it = stall.provider.records.jit_orders.length;
  await assert.rejects(stall.jitInvoice(80_000_000), expected);
  assert.equal(stall.provider.records.jit_orders.length, before_it, 'nothing is bought');
}

/** The customer cannot pay, and the shop has given nothing. */
async function isNotPaid({ bolt11, label }: Bill): Promise<void> {
  await assert.rejects(stall.pay(bolt11, { retry_for: 1 }));
  assert.equal((await stall.invoice(label)).status, 'unpaid');
}

async function isPaid({ bolt11, label }: Bill): Promise<void> {
  await stall.pay(bolt11);
  assert.equal((await stall.invoice(label)).status, 'paid');
}

test('an offer with a member that nobody knows is not bought: it might change the fee', TIMEOUT, async () => {
  changes('lsps2.get_info', (result) => {
    firstOffer(result).surcharge_msat = '1';
  });
  await refusesInvoice(/./);
});

test('a promise that the provider does not keep ends in no invoice', TIMEOUT, async () => {
  changes('lsps2.get_info', (result) => {
    firstOffer(result).promise = 'another';
  });
  await refusesInvoice(/./);
});

test('an answer of 65,533 bytes is refused and not shown', TIMEOUT, async () => {
  stall.conduct.answer = () => Buffer.alloc(65_533, 'x');
  await refusesInvoice(/^(?!.*xxx)/);
  stall.conduct.answer = HONEST.answer;
  // On a new connection the provider is asked again.
  stall.shop.peers.disconnect(stall.provider.node_id, 'the test');
  await until(() => stall.provider.node.client(stall.shop.keys.node_id) !== undefined);
  await until(() => stall.shop.peers.find(stall.provider.node_id) !== undefined);
});

test('a fee that is one millisatoshi over the promise is not paid', TIMEOUT, async () => {
  const made = await stall.jitInvoice(80_000_000);
  stall.conduct.takenMsat = (fee_msat) => fee_msat + 1n;
  await isNotPaid(made);
  stall.conduct.takenMsat = HONEST.takenMsat;
  await isPaid(made);
});

test('what is taken and not said, or said and not taken, is not paid', TIMEOUT, async () => {
  const made = await stall.jitInvoice(80_000_000);
  stall.conduct.shownMsat = () => undefined;
  await isNotPaid(made);
  stall.conduct.shownMsat = (taken_msat) => taken_msat - 1n;
  await isNotPaid(made);
  stall.conduct.shownMsat = HONEST.shownMsat;
  await isPaid(made);
});

test('nothing may be taken of a payment that buys no channel', TIMEOUT, async () => {
  await stall.mine();
  await until(() => stall.shop.channels.list().every(({ remote_update }) => remote_update !== undefined));
  const plain = { amount_msat: 5_000_000, label: 'plain', description: 'x' };
  const { bolt11 } = await stall.ask<Bill>(stall.shop, 'invoice', plain);
  stall.conduct.ordinaryMsat = () => 1_000n;
  await isNotPaid({ bolt11, label: 'plain' });
  stall.conduct.ordinaryMsat = HONEST.ordinaryMsat;
  await isPaid({ bolt11, label: 'plain' });
});

test('an opening that the provider breaks off is tried again, and the payment arrives', TIMEOUT, async () => {
  const made = await stall.jitInvoice(80_000_000);
  let tries = 0;
  stall.conduct.beforeFunding = async () => {
    if (tries++ === 0) throw new Error('a batch that came to nothing');
  };
  await isPaid(made);
  assert.equal(tries, 2);
});

test('parts that come late are waited for', TIMEOUT, async () => {
  const made = await stall.jitInvoice(80_000_000);
  const late = Promise.withResolvers<void>();
  stall.conduct.beforePart = () => late.promise;
  const paying = stall.pay(made.bolt11);
  await until(() => stall.provider.records.jit_orders.at(-1)?.channel_id !== undefined);
  assert.equal((await stall.invoice(made.label)).status, 'unpaid');
  late.resolve();
  await paying;
  assert.equal((await stall.invoice(made.label)).status, 'paid');
});

test(
  'after the time of the offer no channel is opened, and the payer hears that there is no way',
  TIMEOUT,
  async () => {
    const made = await stall.jitInvoice(80_000_000);
    const channels = stall.shop.channels.list().length;
    stall.clock.late_seconds = 25 * 3600;
    await isNotPaid(made);
    assert.equal(stall.shop.channels.list().length, channels);
  },
);

test('payments of other hashes open the channel, and pay for nothing: the real one still does', TIMEOUT, async () => {
  const { bolt11, label } = await stall.jitInvoice(80_000_000);
  const { routes, min_final_cltv_expiry } = await stall.ask<Decoded>(stall.customer, 'decode', { string: bolt11 });
  const hop = routes[0]?.[0];
  assert.ok(hop !== undefined);
  const delay = min_final_cltv_expiry + 3;
  await stall.ask(stall.customer, 'sendpay', {
    payment_hash: toHex(secureRandomBytes(32)),
    payment_secret: toHex(secureRandomBytes(32)),
    route: [
      {
        id: stall.provider.node_id,
        channel: stall.customer.channels.list()[0]?.state.terms.local_alias as string,
        amount_msat: 80_000_000,
        delay: delay + hop.cltv_expiry_delta,
      },
      { id: stall.shop.keys.node_id, channel: hop.short_channel_id, amount_msat: 80_000_000, delay },
    ],
  });
  await until(() => stall.provider.records.jit_orders.at(-1)?.channel_id !== undefined);
  await until(() => stall.customer.channels.list().every(({ state }) => state.htlcs.length === 0));
  assert.equal((await stall.invoice(label)).status, 'unpaid');
  await isPaid({ bolt11, label });
  assert.equal((await stall.invoice(label)).opening_fee_msat, 2_000_000);
});

test('who trusts nobody is paid when the funding is in the mempool, and not before', TIMEOUT, async () => {
  const { kept, letGo } = stall.withholds();
  const { bolt11, label } = await stall.jitInvoice(80_000_000);
  const paying = stall.pay(bolt11);
  await until(() => kept.length === 1);
  assert.equal((await stall.invoice(label)).status, 'unpaid');
  assert.equal(stall.shop.channels.list().at(-1)?.state.phase, 'opening');
  letGo();
  await paying;
  assert.equal((await stall.invoice(label)).status, 'paid');
});

test('an opening of another kind than bought is refused, and nothing is paid over it', TIMEOUT, async () => {
  const made = await stall.jitInvoice(80_000_000);
  const channels = stall.shop.channels.list().length;
  // Without anchors: none that Till could bring to the chain at any fee.
  stall.conduct.message = (message) =>
    message.type === 'open_channel' ? [{ ...message, channel_type: Buffer.of(0x10, 0x00) }] : [message];
  await isNotPaid(made);
  assert.equal(stall.shop.channels.list().length, channels);
});
