import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { test } from 'node:test';
import { bech32 } from '@scure/base';
import { type Msat, msat } from '../../../src/base/types/amount.ts';
import { NETWORKS } from '../../../src/base/types/network.ts';
import type { JsonOutcome, JsonQuestion } from '../../../src/infra/http/json-asker.ts';
import { type Destination, parseDestination } from '../../../src/shop/refunds/destination.ts';
import { type RequestedInvoice, requestInvoice } from '../../../src/shop/refunds/lnurl.ts';
import { ADDRESS, customerInvoice } from './shop.ts';

const NETWORK = NETWORKS.regtest;

function urlOf(text: string): string {
  const destination: Destination = parseDestination(text, NETWORK);
  assert.equal(destination.method, 'lnurl', text);
  return destination.method === 'lnurl' ? destination.url : '';
}

test('what a customer gives is understood', () => {
  const lnurl = bech32.encode('lnurl', bech32.toWords(Buffer.from('https://wallet.example/pay?id=1')), false);
  assert.equal(urlOf('Alice@Wallet.Example'), 'https://wallet.example/.well-known/lnurlp/alice');
  assert.equal(urlOf('bob+tea@wallet.example:8443'), 'https://wallet.example:8443/.well-known/lnurlp/bob+tea');
  assert.equal(urlOf(`alice@${'a'.repeat(56)}.onion`), `http://${'a'.repeat(56)}.onion/.well-known/lnurlp/alice`);
  assert.equal(urlOf('lnurlp://wallet.example/pay?id=1'), 'https://wallet.example/pay?id=1');
  assert.equal(urlOf(lnurl), 'https://wallet.example/pay?id=1');
  assert.equal(urlOf(` lightning:${lnurl.toUpperCase()}`), 'https://wallet.example/pay?id=1');
  assert.equal(parseDestination(customerInvoice(1000).toUpperCase(), NETWORK).method, 'bolt11');
  assert.equal(parseDestination(ADDRESS, NETWORK).method, 'onchain');
});

test('what is no destination is refused with what is', () => {
  const faults: readonly (readonly [string, RegExp])[] = [
    ['', /should be a BOLT 11 invoice, a Lightning address/],
    ['alice', /should be/],
    ['alice@', /should be/],
    ['@wallet.example', /should be/],
    ['a b@wallet.example', /should be/],
    ['lnurl1damaged', /LNURL is damaged/],
    ['lnbcrt1xyz', /destination: /],
    ['bc1qar0srrr7xfkvy5l643lydnw9re59gtzzwf5mdq', /not of the network regtest/],
    ['https://wallet.example/pay', /should be/],
    ['lnurlp://wallet.example/\0', /destination: /],
  ];
  for (const [text, message] of faults) {
    assert.throws(
      () => parseDestination(text, NETWORK),
      (error: Error) => message.test(error.message),
      text,
    );
  }
});

const METADATA = '[["text/plain","Alice\u2019s wallet"],["text/identifier","alice@wallet.example"]]';
const PARAMS = {
  tag: 'payRequest',
  callback: 'https://wallet.example/cb?user=7',
  minSendable: '1000',
  maxSendable: '100000000',
  metadata: METADATA,
};
const AMOUNT = msat(5_000_000);

/** A wallet that answers these members, and this invoice. */
async function requested(
  params: Readonly<Record<string, string>>,
  pr: Readonly<Record<string, string>>,
  amount_msat: Msat = AMOUNT,
): Promise<{ invoice: RequestedInvoice; asked: string[] }> {
  const asked: string[] = [];
  const ask = async ({ url, members }: JsonQuestion): Promise<JsonOutcome> => {
    asked.push(url);
    const answer = asked.length === 1 ? params : pr;
    return { kind: 'answered', values: members.map(([name]) => answer[name as string] ?? null) };
  };
  const asker = { ask, close: () => {} };
  const signal = new AbortController().signal;
  const url = 'https://wallet.example/.well-known/lnurlp/alice';
  return { invoice: await requestInvoice({ asker, network: NETWORK }, url, amount_msat, signal), asked };
}

test('a Lightning address is asked for an invoice of the amount', async () => {
  const pr = customerInvoice(AMOUNT, METADATA);
  const { invoice, asked } = await requested(PARAMS, { pr });
  assert.equal(invoice.bolt11, pr);
  assert.deepEqual(asked, [
    'https://wallet.example/.well-known/lnurlp/alice',
    'https://wallet.example/cb?user=7&amount=5000000',
  ]);
  assert.equal(invoice.invoice.description_hash, createHash('sha256').update(METADATA).digest('hex'));
});

test('another invoice than was asked for is not paid', async () => {
  const good = { pr: customerInvoice(AMOUNT, METADATA) };
  const faults: readonly (readonly [Readonly<Record<string, string>>, Readonly<Record<string, string>>, RegExp])[] = [
    [{ status: 'ERROR', reason: 'no\nsuch user\u202e' }, good, /it refuses: no such user . Nothing was sent$/],
    [{ ...PARAMS, tag: 'withdrawRequest' }, good, /no LNURL-pay/],
    [{ ...PARAMS, minSendable: '5000001' }, good, /it takes 5000001 to 100000000 msat, and the refund is 5000000/],
    [{ ...PARAMS, maxSendable: '4999999' }, good, /it takes 1000 to 4999999/],
    [{ ...PARAMS, maxSendable: '-1' }, good, /lacks callback/],
    [{ ...PARAMS, callback: 'no url' }, good, /callback is no URL/],
    [PARAMS, {}, /answers no invoice/],
    [PARAMS, { pr: 'lnbcrt1nonsense' }, /its invoice is invalid/],
    [PARAMS, { pr: customerInvoice(5_000_001, METADATA) }, /over 5000001 msat, not 5000000/],
    [PARAMS, { pr: customerInvoice(undefined, METADATA) }, /over any amount of msat/],
    [PARAMS, { pr: customerInvoice(AMOUNT) }, /hash of its metadata/],
    [PARAMS, { pr: customerInvoice(AMOUNT, `${METADATA} `) }, /hash of its metadata/],
    [PARAMS, { status: 'error', reason: 'closed' }, /it refuses: closed/],
  ];
  for (const [params, pr, message] of faults) await assert.rejects(requested(params, pr), message);
});
