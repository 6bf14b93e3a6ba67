/** A client library that wallets and web pages use pays a Lightning address, asked as on the public internet. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { get, type IncomingMessage } from 'node:http';
import { text } from 'node:stream/consumers';
import { after, before, test } from 'node:test';
import { LightningAddress } from '@getalby/lightning-tools';
import { type Client, connectToNode } from '../../../src/api/client/index.ts';
import { Storefront } from '../../support/storefront.ts';

const HOST = 'shop.example';
const fetchAsItIs = globalThis.fetch;
let store: Storefront;
let payer: Client;
/** Without a cross-origin header a browser lets no page read these. */
const unreadable: string[] = [];

before(async () => {
  store = await Storefront.open(`--public-url=https://${HOST}`, '--trusted-proxy=127.0.0.1');
  payer = await connectToNode(await store.customerSocket());
  // The name in DNS, and the proxy that holds the certificate.
  globalThis.fetch = async (url) => {
    const asked = new URL(String(url));
    assert.equal(asked.origin, `https://${HOST}`, 'it asks nobody else');
    const headers = { host: HOST, 'x-forwarded-for': '192.0.2.1' };
    const [answer] = (await once(get(store.shop_url + asked.pathname + asked.search, { headers }), 'response')) as [
      IncomingMessage,
    ];
    if (answer.headers['access-control-allow-origin'] !== '*') unreadable.push(asked.pathname);
    return new Response(await text(answer), { status: answer.statusCode ?? 0 });
  };
});
after(async () => {
  globalThis.fetch = fetchAsItIs;
  payer.close();
  await store.close();
});

test('@getalby/lightning-tools pays an address with a comment and a name, and sees that it is paid', async () => {
  await store.client.call('createlightningaddress', {
    name: 'tips',
    description: 'A tip for the kitchen',
    comment_length: 50,
    payer_data: { name: 'mandatory' },
    success_message: 'Thank you from the kitchen',
  });
  const address = new LightningAddress(`tips@${HOST}`, { proxy: false });
  await address.fetch();
  assert.deepEqual(unreadable, []);
  assert.equal(address.lnurlpData?.description, 'A tip for the kitchen');
  assert.equal(address.lnurlpData?.identifier, `tips@${HOST}`);
  assert.deepEqual([address.lnurlpData?.min, address.lnurlpData?.max], [1_000, 1_000_000_000]);
  const invoice = await address.requestInvoice({
    satoshi: 21,
    comment: 'Best soup & bread + tea',
    payerdata: { name: 'Zoë' },
  });
  assert.equal(invoice.satoshi, 21);
  assert.deepEqual(invoice.successAction, { tag: 'message', message: 'Thank you from the kitchen' });
  assert.equal(await invoice.isPaid(), false);
  await payer.call('xpay', { invstring: invoice.paymentRequest });
  assert.equal(await invoice.isPaid(), true);
  assert.ok(invoice.preimage !== null && (await invoice.validatePreimage(invoice.preimage)));
  const { invoices } = await store.client.call('listinvoices', { payment_hash: invoice.paymentHash });
  assert.deepEqual(invoices[0]?.metadata, {
    lightning_address: `tips@${HOST}`,
    comment: 'Best soup & bread + tea',
    payer_data: { name: 'Zoë' },
  });
});
