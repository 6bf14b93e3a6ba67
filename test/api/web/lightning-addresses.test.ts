/** Lightning addresses over HTTP, asked by a wallet, and paid over a channel. */
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { type Client, connectToNode } from '../../../src/api/client/index.ts';
import { readLnurlQuery } from '../../../src/api/web/pages/addresses/query.ts';
import type { Daemon } from '../../../src/app/daemon/daemon.ts';
import { LnurlWallet } from '../../support/lnurl-wallet.ts';
import { Town, TRUSTS_PEERS } from '../../support/town.ts';

const PROXY = '--trusted-proxy=127.0.0.1';
let town: Town;
let shop: Daemon;
let owner: Client;
let payer: Client;
let base_url: string;
/** Each test has an address of its own, and so limits of its own. */
let next_client = 1;

before(async () => {
  town = await Town.found();
  shop = await town.start('shop', '--shop-bind=127.0.0.1:0', PROXY, TRUSTS_PEERS);
  const customer = await town.start('customer');
  await town.fund(customer);
  await town.connect(customer, shop);
  await town.open(customer, shop, 1_000_000);
  base_url =
    /(http:\/\/127\.0\.0\.1:\d+)/.exec(town.log.find((line) => line.includes("the shop's pages at")) ?? '')?.[1] ?? '';
  assert.notEqual(base_url, '');
  owner = await connectToNode(shop.rpc_file);
  payer = await connectToNode(customer.rpc_file);
});
after(async () => {
  owner.close();
  payer.close();
  await town.close();
});

function get(client: string) {
  return async (url: string): Promise<Response> => await fetch(url, { headers: { 'x-forwarded-for': client } });
}

function walletOf(client = `192.0.2.${next_client++}`): LnurlWallet {
  const ask = get(client);
  return new LnurlWallet(async (url) => {
    const response = await ask(url);
    assert.equal(response.status, 200);
    assert.equal(response.headers.get('access-control-allow-origin'), '*');
    assert.match(response.headers.get('content-type') ?? '', /^application\/json/);
    return await response.text();
  });
}

function addressOf(name: string): string {
  return `${name}@${new URL(base_url).host}`;
}

test('a wallet pays an address, with a comment and a name, and can read what it has paid for', async () => {
  await owner.call('createlightningaddress', {
    name: 'secret',
    description: 'The code of the door <b>',
    comment_length: 100,
    payer_data: { name: 'mandatory', email: 'optional' },
    success_secret: '4711 🔑',
  });
  const wallet = walletOf();
  const terms = await wallet.open(addressOf('secret'));
  const given = { comment: 'a+b & c=d 100% ☕', payer: { name: 'Zoë + "Ö"', email: 'z@x.example' } };
  const invoice = await wallet.ask(terms, 21_000, given);
  assert.equal(await wallet.verify(invoice), undefined);
  const { payment_preimage } = await payer.call('xpay', { invstring: invoice.pr });
  assert.equal(await wallet.verify(invoice), payment_preimage);
  assert.equal(invoice.shown(payment_preimage as string), 'Thank you 4711 🔑');
  const { invoices } = await owner.call('listinvoices', { payment_hash: invoice.payment_hash });
  assert.deepEqual(invoices[0]?.metadata, {
    lightning_address: addressOf('secret'),
    comment: given.comment,
    payer_data: given.payer,
  });
});

test('errors are JSON with status 200, for any site to read', async () => {
  const wallet = walletOf();
  await assert.rejects(wallet.open(addressOf('nobody')), /no such Lightning address/);
  await owner.call('createlightningaddress', { name: 'errors', description: 'x', comment_length: 10 });
  const terms = await wallet.open(addressOf('errors'));
  await assert.rejects(wallet.ask(terms, 1), /between 1000 and/);
  await assert.rejects(wallet.ask(terms, 999_000_000), /cannot receive that much/);
  const ask = get(`192.0.2.${next_client++}`);
  for (const query of [
    '?amount=1000&comment=%ff',
    '?amount=1000&amount=2000',
    '?comment=x',
    '',
    '?amount=',
    '?amount=1e3',
  ]) {
    const response = await ask(terms.callback + query);
    assert.equal(response.status, 200);
    const { status, reason } = (await response.json()) as Record<string, unknown>;
    assert.equal(status, 'ERROR', query);
    assert.equal(typeof reason, 'string');
  }
});

test('a long comment in a script of many bytes arrives whole', async () => {
  await owner.call('createlightningaddress', { name: 'long', description: 'x', comment_length: 1_000 });
  const wallet = walletOf();
  const comment = '字'.repeat(1_000);
  const { pr } = await wallet.ask(await wallet.open(addressOf('long')), 1_000, { comment });
  const { invoices } = await owner.call('listinvoices', { invstring: pr });
  assert.equal((invoices[0]?.metadata as { comment?: string } | undefined)?.comment, comment);
});

/** More at once than a minute's ten, however long they take; answers how many were made. The others are refused. */
async function madeAtOnce(ask: () => Promise<unknown>): Promise<number> {
  const asked = await Promise.allSettled(Array.from({ length: 40 }, ask));
  const refused = asked.filter((each) => each.status === 'rejected');
  assert.notEqual(refused.length, 0);
  for (const { reason } of refused) assert.match(String(reason), /Too many requests/);
  return asked.length - refused.length;
}

test('one client cannot have invoices made without end, and others are not held up by it', async () => {
  await owner.call('createlightningaddress', { name: 'busy', description: 'x' });
  const greedy = walletOf();
  const terms = await greedy.open(addressOf('busy'));
  assert.ok((await madeAtOnce(() => greedy.ask(terms, 1_000))) >= 10, 'a person is not kept out');
  await walletOf().ask(terms, 1_000);
  // Another address of the same network of IPv6 is the same client.
  let address = 1;
  await madeAtOnce(() => walletOf(`2001:db8::ffff:${address++}`).ask(terms, 1_000));
});

test('the commands show what a payer needs', async () => {
  await owner.call('createlightningaddress', { name: 'shown', description: 'x' });
  const { lightningaddresses } = await owner.call('listlightningaddresses', { name: 'shown' });
  const [row] = lightningaddresses;
  assert.equal(row?.address, addressOf('shown'));
  assert.equal(row?.url, `${base_url}/.well-known/lnurlp/shown`);
  const terms = await walletOf().open(row?.lnurl ?? '');
  assert.equal(terms.maxSendable, 1_000_000_000);
  await owner.call('deletelightningaddress', { name: 'shown' });
  await assert.rejects(owner.call('listlightningaddresses', { name: 'shown' }), { code: 3301 });
});

test('a query is read without a loss, or not at all', () => {
  assert.deepEqual(readLnurlQuery('?amount=5&comment=a+b%2B%20c&nonce=1'), { amount: '5', comment: 'a b+ c' });
  assert.deepEqual(readLnurlQuery('?payerdata=%7B%22name%22%3A%22%C3%B6%22%7D'), { payerdata: '{"name":"ö"}' });
  assert.deepEqual(readLnurlQuery('?comment'), { comment: '' });
  assert.deepEqual(readLnurlQuery(''), {});
  for (const search of ['?comment=%C3', '?comment=%', '?comment=a&comment=b', '?comment=%ED%A0%80']) {
    assert.equal(readLnurlQuery(search), undefined, search);
  }
});
