/** What holds for every invoice, and for every text that is none. */
import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { bech32 } from '@scure/base';
import fc from 'fast-check';
import { sha256 } from '../../../src/base/crypto/hash.ts';
import { curve } from '../../../src/base/crypto/secp256k1.ts';
import type { NodeId } from '../../../src/base/types/brand.ts';
import { toHex } from '../../../src/base/types/hex.ts';
import * as browser from '../../../src/codec/bolt11/browser.ts';
import { Bolt11Error, encodeInvoiceWith, formatRaw, parseRaw } from '../../../src/codec/bolt11/index.ts';
import { decodeInvoice, encodeInvoice, signWith } from '../../../src/codec/bolt11/native.ts';
import { invoiceFields } from './arbitrary.ts';
import { VALID } from './examples.ts';

const KEY = new Uint8Array(32).fill(0x42);
const PAYEE = toHex(curve.publicKey(KEY)) as NodeId;
const sign = signWith(KEY);

function encode(fields: Parameters<typeof encodeInvoice>[0]): string {
  return encodeInvoice(fields, sign);
}

function assertRefused(text: string): void {
  assert.throws(() => decodeInvoice(text), Bolt11Error, text);
}

suite('every invoice', () => {
  test('is read as it was written', () => {
    fc.assert(
      fc.property(invoiceFields, (fields) => {
        const { payee, signature, ...read } = decodeInvoice(encode(fields));
        assert.equal(payee, PAYEE);
        assert.equal(signature.length, 130);
        assert.deepEqual(
          { ...read, features: [...read.features] },
          { ...fields, features: [...fields.features].sort((a, b) => a - b) },
        );
      }),
      { numRuns: 300 },
    );
  });

  test('is read as it was written when it names its payee', () => {
    fc.assert(
      fc.property(invoiceFields, (fields) => {
        const read = decodeInvoice(encode({ ...fields, named_payee: PAYEE }));
        assert.deepEqual([read.payee, read.named_payee], [PAYEE, PAYEE]);
      }),
      { numRuns: 30 },
    );
  });

  test('is written as it was read', () => {
    fc.assert(
      fc.property(invoiceFields, (fields) => {
        const text = encode(fields);
        const { payee, signature, ...read } = decodeInvoice(text);
        assert.equal(encode(read), text);
        assert.equal(formatRaw(parseRaw(text)), text);
      }),
      { numRuns: 100 },
    );
  });

  test('comes out the same from both curves', () => {
    fc.assert(
      fc.property(invoiceFields, (fields) => {
        const text = encode(fields);
        assert.equal(browser.encodeInvoice(fields, browser.signWith(KEY)), text);
        assert.deepEqual(browser.decodeInvoice(text), decodeInvoice(text));
      }),
      { numRuns: 10 },
    );
  });

  test('is bech32 to a library that is not ours', () => {
    fc.assert(
      fc.property(invoiceFields, (fields) => {
        const text = encode(fields);
        const { prefix, words } = bech32.decode(text as `${string}1${string}`, false);
        assert.equal(bech32.encode(prefix, words, false), text);
        assert.equal(prefix, parseRaw(text).human_readable);
      }),
      { numRuns: 50 },
    );
  });
});

suite('every text that is no invoice', () => {
  test('is refused with a Bolt11Error, whatever it is', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 400 }), (text) => assertRefused(text)),
      { numRuns: 300 },
    );
  });

  test('is refused with a Bolt11Error when its checksum is right and its fields are garbage', () => {
    const words = fc.array(fc.nat({ max: 31 }), { maxLength: 400 });
    const prefix = fc.constantFrom('lnbc', 'lnbc1m', 'lntbs', 'lnbcrt20u', 'ln', 'x');
    fc.assert(
      fc.property(prefix, words, (human_readable, data) => assertRefused(bech32.encode(human_readable, data, false))),
      { numRuns: 300 },
    );
  });

  test('is refused when one character of an invoice was changed', () => {
    const [{ text }] = VALID;
    for (let at = 0; at < text.length; at++) {
      for (const character of 'q1pLz') {
        if (character === text[at]) continue;
        assertRefused(text.slice(0, at) + character + text.slice(at + 1));
      }
    }
  });

  test('is refused when an invoice lost a character, or ends early', () => {
    const [{ text }] = VALID;
    for (let at = 0; at < text.length; at++) {
      assertRefused(text.slice(0, at) + text.slice(at + 1));
      assertRefused(text.slice(0, at));
    }
  });
});

test('a signature of another digest gives another payee or none, never the right one', () => {
  fc.assert(
    fc.property(invoiceFields, fc.uint8Array({ minLength: 32, maxLength: 32 }), (fields, other) => {
      const text = encodeInvoiceWith(fields, { sha256, sign: () => curve.signRecoverable(other, KEY) });
      try {
        assert.notEqual(decodeInvoice(text).payee, PAYEE);
      } catch (error) {
        assert.ok(error instanceof Bolt11Error && error.kind === 'signature_unrecoverable');
      }
    }),
    { numRuns: 30 },
  );
});
