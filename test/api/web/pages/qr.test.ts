/** Codes: a reader finds the text in what is drawn, whatever a wallet scans is small, and no text of the page gets in. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  bitcoinAmount,
  lightningCode,
  unifiedCode,
  unifiedLink,
} from '../../../../src/api/web/pages/checkout/payment-links.ts';
import { qrCode } from '../../../../src/api/web/pages/checkout/qr.ts';
import { modulesOf, readSvg } from '../../../support/read-qr.ts';

/** Characters of an invoice that fits beside every address and amount. */
const LONGEST = 4130;

const BECH32 = 'qpzry9x8gf2tvdw0s3jn54khce6mua7l';
const letters = (count: number): string => BECH32.repeat(Math.ceil(count / 32)).slice(0, count);
const versionOf = (svg_size: number): number => (svg_size - 8 - 17) / 4;

test('a reader finds the text in the path, which lies within a quiet zone of four', () => {
  for (const text of ['a', `LIGHTNING:LNBC${'QPZRY9X8'.repeat(44)}`, 'bitcoin:bc1qxyz?amount=1&lightning=lnbc1']) {
    const markup = qrCode(text, 'a "code"').text;
    const read = readSvg(markup);
    assert.equal(read.text, text);
    const places = [...modulesOf(markup)].flatMap((place) => place.split(',').map(Number));
    assert.deepEqual([Math.min(...places), Math.max(...places)], [4, read.size - 5]);
    assert.ok(markup.includes('aria-label="a &quot;code&quot;"'));
  }
});

test('a unified code is as small as mixed segments make it, and holds what the link says', () => {
  const bolt11 = `lnbc2500u1${letters(346)}`;
  const addresses: readonly (readonly [string, number])[] = [
    [`bc1p${letters(58)}`, 12],
    [`bc1q${letters(38)}`, 11],
    [`tb1q${letters(38)}`, 11],
    [`bcrt1p${letters(58)}`, 12],
  ];
  for (const [address, version] of addresses) {
    const payable = { bolt11, address, amount_msat: 250_000_000n };
    const { text, size } = readSvg(qrCode(unifiedCode(payable) as string, 'code').text);
    assert.equal(text, `bitcoin:${address.toUpperCase()}?amount=0.0025&lightning=${bolt11.toUpperCase()}`);
    assert.equal(text.toLowerCase(), unifiedLink(payable));
    assert.equal(versionOf(size), version);
  }
});

test('invoices of any length up to the longest that fits are read back, and an address in base58 keeps its letters', () => {
  const addresses = ['1BvBMSEYstWetqTFn5Au4m4GFg7xJaNVN2', '3J98t1WpEZ73CNmQviecrnyiWrnqRhWNLy', `bc1p${letters(58)}`];
  for (const address of addresses) {
    for (const length of [5, 900, LONGEST]) {
      const payable = { bolt11: `lnbc${letters(length - 4)}`, address, amount_msat: 2_099_999_999_999_999_999n };
      const text = unifiedCode(payable) as string;
      assert.equal(readSvg(qrCode(text, 'code').text).text, text);
      assert.ok(text.startsWith(`bitcoin:${address.startsWith('bc1') ? address.toUpperCase() : address}?amount=`));
    }
  }
});

test('an amount for the chain is in bitcoin, with a point, and a part of a satoshi is a whole one', () => {
  const amounts: readonly (readonly [bigint, string])[] = [
    [250_000_000n, '0.0025'],
    [100_000_000_000n, '1'],
    [1_000_000_000_000n, '10'],
    [1n, '0.00000001'],
    [1_001n, '0.00000002'],
    [123_456_789_012_345_000n, '1234567.89012345'],
  ];
  for (const [amount_msat, text] of amounts) assert.equal(bitcoinAmount(amount_msat), text);
});

test('a link with an address holds the invoice too, and none is made without an address', () => {
  const payable = { bolt11: 'lnbc1x', address: 'bc1qx', amount_msat: 1000n };
  assert.equal(unifiedLink(payable), 'bitcoin:bc1qx?amount=0.00000001&lightning=lnbc1x');
  assert.equal(unifiedLink({ ...payable, amount_msat: undefined }), 'bitcoin:bc1qx?lightning=lnbc1x');
  assert.equal(unifiedLink({ ...payable, address: undefined }), undefined);
  assert.equal(unifiedCode({ ...payable, address: undefined }), undefined);
  assert.equal(lightningCode(payable), 'LIGHTNING:LNBC1X');
});
