/** Codes: what is drawn is the code to the module, whatever a wallet scans is small, and no text of the page gets in. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { encode } from 'uqr';
import { bitcoinAmount, lightningCode, unifiedLink } from '../../../../src/api/web/pages/checkout/payment-links.ts';
import { qrCode } from '../../../../src/api/web/pages/checkout/qr.ts';

/** The dark modules that the path draws, as `x,y`. */
function drawn(markup: string): Set<string> {
  const path = /stroke="#000" d="([^"]*)"/.exec(markup)?.[1] as string;
  const dark = new Set<string>();
  let [x, y] = [0, 0];
  for (const [, move, first, second] of path.matchAll(/([Mmh])(-?\d+)(?: (\d+)(?:\.5)?)?/g)) {
    if (move === 'M') [x, y] = [Number(first), Number(second)];
    else if (move === 'm') x += Number(first);
    else for (const end = x + Number(first); x < end; x++) dark.add(`${x},${y}`);
  }
  return dark;
}

test('the path draws each dark module of the code, within a quiet zone of four', () => {
  for (const text of ['a', `LIGHTNING:LNBC${'QPZRY9X8'.repeat(44)}`, 'bitcoin:bc1qxyz?amount=1&lightning=lnbc1']) {
    const markup = qrCode(text, 'a "code"').text;
    const { data, size } = encode(text, { ecc: 'L', border: 0 });
    const expected = data.flatMap((row, y) => row.flatMap((isDark, x) => (isDark ? [`${x + 4},${y + 4}`] : [])));
    assert.deepEqual([...drawn(markup)].sort(), expected.sort());
    assert.ok(markup.includes(`viewBox="0 0 ${size + 8} ${size + 8}"`));
    assert.ok(markup.includes('aria-label="a &quot;code&quot;"'));
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
  assert.equal(lightningCode(payable), 'LIGHTNING:LNBC1X');
});
