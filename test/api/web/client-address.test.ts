/** Whose address counts: a proxy that is named is believed about its clients, nobody else is. */
import assert from 'node:assert/strict';
import type { IncomingMessage } from 'node:http';
import { test } from 'node:test';
import { ClientAddresses } from '../../../src/api/web/client-address.ts';

function request(remoteAddress: string, forwarded?: string | string[]): IncomingMessage {
  return { socket: { remoteAddress }, headers: { 'x-forwarded-for': forwarded } } as unknown as IncomingMessage;
}

const addresses = new ClientAddresses(['10.0.0.1', '::1']);
const CASES: readonly (readonly [string, string | string[] | undefined, string, string])[] = [
  ['203.0.113.9', undefined, '203.0.113.9', 'a client of its own'],
  ['203.0.113.9', '198.51.100.1', '203.0.113.9', 'a stranger who claims to be somebody else'],
  ['10.0.0.1', '198.51.100.1', '198.51.100.1', 'a client behind the proxy'],
  ['::ffff:10.0.0.1', '198.51.100.1', '198.51.100.1', 'the proxy, over IPv6'],
  ['10.0.0.1', '1.2.3.4, 198.51.100.1', '198.51.100.1', 'what the client wrote itself comes first, and does not count'],
  ['10.0.0.1', '198.51.100.1, 10.0.0.1', '198.51.100.1', 'two proxies, one behind the other'],
  ['10.0.0.1', ['198.51.100.1', '198.51.100.2'], '198.51.100.2', 'the header twice'],
  ['::1', '2001:db8::5', '2001:db8::5', 'a client with IPv6'],
  ['10.0.0.1', 'unknown, _hidden', '10.0.0.1', 'nothing that is an address'],
  ['10.0.0.1', undefined, '10.0.0.1', 'the proxy itself'],
];
for (const [peer, forwarded, expected, name] of CASES) {
  test(name, () => assert.equal(addresses.of(request(peer, forwarded)), expected));
}

test('a proxy that is named is believed about how its client came, nobody else is', () => {
  const asked = (remoteAddress: string, proto?: string | string[]): IncomingMessage =>
    ({ socket: { remoteAddress }, headers: { 'x-forwarded-proto': proto } }) as unknown as IncomingMessage;
  const cases: readonly (readonly [string, string | string[] | undefined, boolean])[] = [
    ['10.0.0.1', 'http', true],
    ['10.0.0.1', 'HTTP ', true],
    ['10.0.0.1', 'https', false],
    ['10.0.0.1', undefined, false],
    ['10.0.0.1', 'https, http', true],
    ['10.0.0.1', ['http', 'https'], false],
    ['203.0.113.9', 'http', false],
  ];
  for (const [peer, proto, expected] of cases) assert.equal(addresses.isInTheClear(asked(peer, proto)), expected, peer);
});

test('what is no address cannot be trusted', () => {
  assert.throws(() => new ClientAddresses(['proxy.example']), RangeError);
});
