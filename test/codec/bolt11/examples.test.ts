/** Every example of BOLT 11, on both curves. */
import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { sha256 } from '../../../src/base/crypto/hash.ts';
import { formatAddress } from '../../../src/base/types/address.ts';
import { fromHex } from '../../../src/base/types/hex.ts';
import { NETWORKS } from '../../../src/base/types/network.ts';
import * as browser from '../../../src/codec/bolt11/browser.ts';
import { Bolt11Error, formatRaw, parseRaw, signRaw } from '../../../src/codec/bolt11/index.ts';
import * as native from '../../../src/codec/bolt11/native.ts';
import { EXAMPLE_KEY, EXAMPLE_PAYEE, INVALID, LIST, VALID } from './examples.ts';

for (const [name, { decodeInvoice }] of Object.entries({ native, browser })) {
  suite(`the examples of BOLT 11, read with the ${name} curve`, () => {
    for (const { what, text, says } of VALID) {
      test(`valid: ${what}`, () => {
        const { fallbacks, extra, signature, ...rest } = decodeInvoice(text);
        const network = says.currency === 'tb' ? NETWORKS.testnet : NETWORKS.bitcoin;
        const fallback_addresses = fallbacks.map((script) => formatAddress(script, network));
        const skipped_tags = extra.map(({ tag }) => tag).join('');
        assert.deepEqual({ ...rest, fallback_addresses, skipped_tags }, says);
        assert.match(signature, /^[0-9a-f]{128}0[0-3]$/);
      });
    }

    for (const { what, text, kind, message } of INVALID) {
      test(`invalid: ${what}`, () => {
        assert.throws(
          () => decodeInvoice(text),
          (error) => error instanceof Bolt11Error && error.kind === kind && message.test(error.message),
        );
      });
    }
  });
}

suite('the examples of BOLT 11, written', () => {
  for (const { what, text } of VALID) {
    test(`the raw form gives back the text: ${what}`, () => {
      assert.equal(formatRaw(parseRaw(text)), text.toLowerCase());
    });
  }

  for (const { what, text, says } of VALID) {
    if (says.payee !== EXAMPLE_PAYEE) continue;
    test(`signed again with the key of the examples, it is the same to the letter: ${what}`, () => {
      const sign = native.signWith(fromHex(EXAMPLE_KEY));
      assert.equal(formatRaw(signRaw(parseRaw(text), { sha256, sign })), text.toLowerCase());
    });
  }

  test('a description that belongs to the hash is accepted, any other refused', () => {
    const hashed = VALID.find(({ says }) => says.description_hash !== undefined);
    assert.ok(hashed);
    assert.equal(native.decodeInvoice(hashed.text, { description: LIST }).description, undefined);
    assert.throws(() => native.decodeInvoice(hashed.text, { description: `${LIST}.` }), {
      kind: 'description_mismatch',
    });
  });

  test('lightning: before an invoice is left off, in either case', () => {
    const [{ text }] = VALID;
    assert.deepEqual(native.decodeInvoice(`lightning:${text}`), native.decodeInvoice(text));
    assert.deepEqual(native.decodeInvoice(`LIGHTNING:${text.toUpperCase()}`), native.decodeInvoice(text));
  });
});
