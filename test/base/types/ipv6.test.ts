import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ipv6Bytes } from '../../../src/base/types/ipv6.ts';

test('every way of writing an IPv6 address comes to its bytes', () => {
  for (const [text, hex] of [
    ['::', '00000000000000000000000000000000'],
    ['::1', '00000000000000000000000000000001'],
    ['2001:db8::', '20010db8000000000000000000000000'],
    ['2001:0DB8:0:0:1::9', '20010db8000000000001000000000009'],
    ['64:ff9b::192.0.2.33', '0064ff9b0000000000000000c0000221'],
    ['::ffff:203.0.113.7', '00000000000000000000ffffcb007107'],
    ['fe80::1%eth0', 'fe800000000000000000000000000001'],
    ['1:2:3:4:5:6:7:8', '00010002000300040005000600070008'],
  ] as const) {
    assert.equal(ipv6Bytes(text).toString('hex'), hex, text);
  }
});
