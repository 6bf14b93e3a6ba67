import assert from 'node:assert/strict';
import { test } from 'node:test';
import { countedHost, decodeRemoteAddress, encodeRemoteAddress } from '../../../src/node/peers/remote-address.ts';

test('remote_addr names IPv4 and IPv6 addresses as BOLT 7 does', () => {
  for (const [text, hex] of [
    ['203.0.113.7:9735', '01cb0071072607'],
    ['[2001:db8::1]:9736', '0220010db80000000000000000000000012608'],
  ] as const) {
    const bytes = encodeRemoteAddress(text);
    assert.equal(Buffer.from(bytes ?? []).toString('hex'), hex);
    assert.equal(decodeRemoteAddress(bytes ?? Uint8Array.of()), text);
  }
  const mapped = encodeRemoteAddress('[::ffff:203.0.113.7]:9735');
  assert.equal(Buffer.from(mapped ?? []).toString('hex'), '01cb0071072607', 'an IPv4 address in IPv6 clothes');
});

test('what is no IP address is not sent, and what is none is not read', () => {
  for (const text of ['shop.example:9735', `${'a'.repeat(56)}.onion:9735`, 'host 1', '', '[fe80::1%eth0]:9735']) {
    assert.equal(encodeRemoteAddress(text), undefined);
  }
  for (const hex of ['', '01', '01cb00710726', '01cb007107260700', '02cb0071072607', '05026869', 'ff']) {
    assert.equal(decodeRemoteAddress(Buffer.from(hex, 'hex')), undefined);
  }
});

test('an IPv6 network of 64 bits counts as one host, an IPv4 address as itself', () => {
  assert.equal(countedHost('203.0.113.7'), '203.0.113.7');
  assert.equal(countedHost('::ffff:203.0.113.7'), '203.0.113.7');
  assert.equal(countedHost('2001:db8:1:2::3'), countedHost('2001:db8:1:2:ffff:ffff:ffff:ffff'));
  assert.notEqual(countedHost('2001:db8:1:2::3'), countedHost('2001:db8:1:3::3'));
  assert.equal(countedHost('fe80::1%eth0'), countedHost('fe80::2%eth0'));
  assert.equal(countedHost('host 1'), 'host 1');
});
