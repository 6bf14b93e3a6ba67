/**
 * A provider that falls silent in the middle of a first payment, at each message that it owes the shop. The shop gives nothing
 * for it; when the connection is made again, the payment goes on where it was, once.
 */
import assert from 'node:assert/strict';
import { after, afterEach, before, test } from 'node:test';
import { HONEST } from '../../../src/app/sandbox/provider/conduct.ts';
import type { KnownMessage } from '../../../src/codec/wire/index.ts';
import { TIMEOUT } from '../../support/time-limit.ts';
import { until } from '../../support/town.ts';
import { Stall } from './stall.ts';

let stall: Stall;

before(async () => {
  stall = await Stall.open();
}, TIMEOUT);
afterEach(async () => {
  Object.assign(stall.conduct, HONEST);
  // What was bought is in a block: it does not count any more against what the shop cannot defend.
  await stall.mine();
});
after(() => stall.close());

/** Whether a message of the provider is for the shop: the customer's channels are its others. */
function isForShop(message: KnownMessage): boolean {
  if (message.type === 'open_channel' || message.type === 'funding_created') return true;
  if (!('channel_id' in message)) return false;
  const { channels } = stall.provider.node;
  return channels
    .list()
    .some(({ channel_id, peer_id }) => channel_id === message.channel_id && peer_id === stall.shop.keys.node_id);
}

/** From the message of this type on, of which it is the so-many-th in a new channel, nothing reaches the shop. */
function isSilentFrom(type: KnownMessage['type'], which: number): () => boolean {
  const old = new Set<unknown>(stall.provider.node.channels.list().map(({ channel_id }) => channel_id));
  let count = 0;
  stall.conduct.message = (message) => {
    if (!isForShop(message) || ('channel_id' in message && old.has(message.channel_id))) return [message];
    if (message.type === type) count++;
    return count >= which ? [] : [message];
  };
  return () => count >= which;
}

/** The message that does not come, which of its kind, and how the invoice stands then. */
const STEPS = [
  ['open_channel', 1, 'unpaid'],
  ['funding_created', 1, 'unpaid'],
  ['channel_ready', 1, 'unpaid'],
  ['update_add_htlc', 1, 'unpaid'],
  ['commitment_signed', 1, 'unpaid'],
  ['revoke_and_ack', 1, 'unpaid'],
  // The shop holds the payment, and has said so.
  ['revoke_and_ack', 2, 'paid'],
] as const;

for (const [type, which, status] of STEPS) {
  test(`silent from ${type} ${which} on: the invoice is ${status}, and in the end paid once`, TIMEOUT, async () => {
    const channels = stall.shop.channels.list().length;
    const { bolt11, label } = await stall.jitInvoice(80_000_000);
    const isSilent = isSilentFrom(type, which);
    const paying = stall.pay(bolt11, { retry_for: 1 }).catch(() => 'failed');
    await until(isSilent);
    await stall.shop.channels.book.idle();
    assert.equal((await stall.invoice(label)).status, status);
    Object.assign(stall.conduct, HONEST);
    // At both ends, for the provider may have it still when the shop calls again.
    stall.shop.peers.disconnect(stall.provider.node_id, 'the test');
    await until(() => stall.provider.node.client(stall.shop.keys.node_id) !== undefined);
    // An opening that had not come about is begun again for the next try.
    if ((await paying) === 'failed') await stall.pay(bolt11);
    const invoice = await stall.invoice(label);
    assert.deepEqual(
      [invoice.status, invoice.amount_received_msat, invoice.opening_fee_msat],
      ['paid', 78_000_000, 2_000_000],
    );
    const bought = stall.shop.channels.list();
    assert.equal(bought.length, channels + 1, 'one channel, and none is forgotten');
    await until(() => bought.at(-1)?.state.htlcs.length === 0);
    assert.equal(bought.at(-1)?.state.local_msat, 78_000_000n);
  });
}
