import assert from 'node:assert/strict';
import type { lookup as systemLookup } from 'node:dns';
import { test } from 'node:test';
import { ManualClock } from '../../../src/base/types/clock.ts';
import { AddressGuard, isPublicAddress } from '../../../src/infra/http/address-guard.ts';
import { HttpSender } from '../../../src/shop/webhooks/http-sender.ts';
import { Receiver } from './receiver.ts';

const NEVER = new AbortController().signal;

const PRIVATE = [
  '0.0.0.0',
  '10.1.2.3',
  '100.64.0.1',
  '100.127.255.255',
  '127.0.0.1',
  '127.255.255.254',
  '169.254.169.254',
  '172.16.0.1',
  '172.31.255.255',
  '192.0.0.8',
  '192.0.2.1',
  '192.168.1.1',
  '198.18.0.1',
  '198.51.100.7',
  '203.0.113.9',
  '224.0.0.251',
  '239.255.255.255',
  '255.255.255.255',
  '::',
  '::1',
  '::ffff:127.0.0.1',
  '::ffff:8.8.8.8',
  '::127.0.0.1',
  '64:ff9b::7f00:1',
  '100::1',
  'fc00::1',
  'fd12:3456::1',
  'fe80::1',
  'fe80::1%eth0',
  'fec0::1',
  'ff02::1',
  '2001::1',
  '2001:db8::1',
  '2002:7f00:1::',
  '3fff::1',
];
const PUBLIC = ['1.1.1.1', '8.8.8.8', '100.63.255.255', '172.32.0.1', '2606:4700::1111', '2a00:1450:4001::1'];

test('addresses are public or not', () => {
  assert.deepEqual(PRIVATE.filter(isPublicAddress), []);
  assert.deepEqual(
    PUBLIC.filter((address) => !isPublicAddress(address)),
    [],
  );
  assert.equal(isPublicAddress('localhost'), false, 'a name is no address');
});

/** A resolver that answers these addresses for every name. */
function resolvesTo(...addresses: string[]): typeof systemLookup {
  const lookup = (_name: string, _options: object, callback: (error: null, found: object[]) => void): void =>
    callback(
      null,
      addresses.map((address) => ({ address, family: address.includes(':') ? 6 : 4 })),
    );
  return lookup as unknown as typeof systemLookup;
}

function sender(options: { readonly allowed?: string[]; readonly lookup?: typeof systemLookup } = {}): HttpSender {
  const { allowed = [], lookup } = options;
  const guard = new AddressGuard({ allowed: new Set(allowed), ...(lookup === undefined ? {} : { lookup }) });
  return new HttpSender({ clock: new ManualClock(), guard, user_agent: 'Till/test' });
}

test('URLs that are no place for a webhook are refused, and why', () => {
  const http = sender({ allowed: ['till.lan', '10.0.0.7', 'fd00::7'] });
  const refusals: [string, RegExp | undefined][] = [
    ['https://shop.example/hooks?x=1', undefined],
    ['https://shop.example:8443/', undefined],
    ['https://8.8.8.8/', undefined],
    ['http://till.lan/', undefined],
    ['http://TILL.lan:8080/', undefined],
    ['https://10.0.0.7/', undefined],
    ['http://[fd00::7]/', undefined],
    ['http://shop.example/', /https:\/\//],
    ['http://abc.onion/', /through a proxy alone: start Till with --proxy=ADDR/],
    ['ftp://shop.example/', /https:\/\//],
    ['shop.example', /no URL/],
    ['', /no URL/],
    ['https://me:secret@shop.example/', /no user name/],
    ['https://shop.example/#part', /no # part/],
    [`https://shop.example/${'x'.repeat(2048)}`, /longer than 2048/],
    ['https://127.0.0.1/', /127\.0\.0\.1 is a private address: start Till with --webhook-allow-private=127\.0\.0\.1/],
    // The URL parser reads all of these as 127.0.0.1.
    ['https://2130706433/', /private/],
    ['https://0x7f.1/', /private/],
    ['https://0177.0.0.1/', /private/],
    ['https://127.1/', /private/],
    ['https://①②⑦.0.0.1/', /private/],
    ['https://[::1]/', /private/],
    ['https://[::ffff:127.0.0.1]/', /private/],
    ['https://[fd00::8]/', /private/],
    ['https://169.254.169.254/latest/meta-data', /private/],
  ];
  for (const [url, expected] of refusals) {
    const refusal = http.refusalOf(url);
    if (expected === undefined) assert.equal(refusal, undefined, url);
    else assert.match(refusal ?? 'taken', expected, url);
  }
});

test('a name that resolves to a private address is not connected to', async () => {
  const receiver = await Receiver.open();
  const message = { url: `https://shop.example:${receiver.port}/`, headers: {}, body: '{"id":1}' };
  for (const addresses of [['127.0.0.1'], ['8.8.8.8', '127.0.0.1'], ['::1'], ['::ffff:7f00:1']]) {
    const http = sender({ lookup: resolvesTo(...addresses) });
    const outcome = await http.send(message, NEVER);
    assert.equal(outcome.kind, 'failed');
    assert.match(outcome.kind === 'failed' ? outcome.reason : '', /^shop\.example is .*, a private address/);
    http.close();
  }
  assert.equal(receiver.received.length, 0);
  await receiver.close();
});

test('it is judged again for each connection: a name that changes its address gets nobody in', async () => {
  const receiver = await Receiver.open();
  let address = '8.8.8.8';
  const lookup = ((_name: string, _options: object, callback: (error: null, found: object[]) => void): void => {
    const found = [{ address, family: 4 }];
    address = '127.0.0.1';
    callback(null, found);
  }) as unknown as typeof systemLookup;
  const guard = new AddressGuard({ allowed: new Set(), lookup });
  const found = await new Promise((resolve) => guard.lookup('shop.example', { all: true }, (error) => resolve(error)));
  assert.equal(found, null);
  const http = new HttpSender({ clock: new ManualClock(), guard, user_agent: 'Till/test' });
  const outcome = await http.send({ url: `https://shop.example:${receiver.port}/`, headers: {}, body: '{}' }, NEVER);
  assert.match(outcome.kind === 'failed' ? outcome.reason : '', /private address/);
  http.close();
  await receiver.close();
});

test('a host that is named may be private', async () => {
  const receiver = await Receiver.open();
  const http = sender({ allowed: ['till.lan'], lookup: resolvesTo('127.0.0.1') });
  const outcome = await http.send({ url: `http://till.lan:${receiver.port}/x`, headers: {}, body: '{"id":1}' }, NEVER);
  assert.deepEqual(outcome, { kind: 'answered', status: 204, retry_after_seconds: undefined });
  const other = await http.send({ url: `https://other.lan:${receiver.port}/x`, headers: {}, body: '{}' }, NEVER);
  assert.match(other.kind === 'failed' ? other.reason : '', /^other\.lan is 127\.0\.0\.1, a private address/);
  http.close();
  await receiver.close();
});
