import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { curve } from '../../../src/base/crypto/secp256k1.ts';
import { sat } from '../../../src/base/types/amount.ts';
import { toHex } from '../../../src/base/types/hex.ts';
import { fundingScriptPubkey } from '../../../src/codec/tx/channel-scripts.ts';
import { buildClosing, closingWeight } from '../../../src/codec/tx/closing.ts';
import { commitmentFee, dustLimit, htlcTransactionFee } from '../../../src/codec/tx/fees.ts';
import { completeFundingSpend, fundingSighash } from '../../../src/codec/tx/funding.ts';
import { p2tr, p2wpkh, p2wsh, script, scriptNumber } from '../../../src/codec/tx/script.ts';
import { derSignature, MAX_SIGNATURE_BYTES } from '../../../src/codec/tx/signature.ts';
import { weightOf } from '../../../src/codec/tx/transaction.ts';
import { LOCAL_KEYS, REMOTE_KEYS, vectorTerms } from './vectors.ts';

describe('scripts', () => {
  it('have numbers in their shortest form', () => {
    const numbers: [number, string][] = [
      [0, '00'],
      [1, '51'],
      [16, '60'],
      [17, '0111'],
      [127, '017f'],
      [128, '028000'],
      [144, '029000'],
      [500, '02f401'],
      [0x7fff, '02ff7f'],
      [0x8000, '03008000'],
      [840_000, '0340d10c'],
      [0xffffffff, '05ffffffff00'],
    ];
    for (const [number, hex] of numbers) assert.equal(toHex(script(scriptNumber(number))), hex);
  });

  it('pay to the funding keys in the order of the keys', () => {
    const { local, remote } = vectorTerms('anchors', sat(546));
    const expected = '0020c015c4a6be010e21657068fc2e6a9d02b27ebe4d490a25846f7237f104d1a3cd';
    assert.equal(toHex(fundingScriptPubkey(local.funding_pubkey, remote.funding_pubkey)), expected);
    assert.equal(toHex(fundingScriptPubkey(remote.funding_pubkey, local.funding_pubkey)), expected);
  });
});

describe('fees and dust', () => {
  it("are those of BOLT 3's example", () => {
    assert.equal(commitmentFee('static_remotekey', 2, 5000), 5340n);
    assert.equal(htlcTransactionFee('static_remotekey', 'offered', 5000), 3315n);
    assert.equal(htlcTransactionFee('static_remotekey', 'received', 5000), 3515n);
    assert.equal(htlcTransactionFee('anchors', 'received', 5000), 0n);
    assert.equal(commitmentFee('anchors', 3, 253), 414n);
  });

  it('know the dust limit of each kind of script', () => {
    const hash = new Uint8Array(20);
    for (const [bytes, limit] of [
      [script(0x76, 0xa9, hash, 0x88, 0xac), 546n],
      [script(0xa9, hash, 0x87), 540n],
      [p2wpkh(new Uint8Array(33)), 294n],
      [p2wsh(new Uint8Array(33)), 330n],
      [p2tr(new Uint8Array(32)), 354n],
      [script(0x51, Uint8Array.of(0x4e, 0x73)), 240n],
      [script(0x6a, hash), 0n],
    ] as const) {
      assert.equal(dustLimit(bytes), limit);
    }
  });
});

describe('a mutual close', () => {
  const terms = vectorTerms('anchors', sat(546));
  const [a, b] = [toHex(p2wpkh(new Uint8Array(33))), toHex(p2tr(new Uint8Array(32)))];

  it('orders its outputs by amount and then by script, and leaves out who gets nothing', () => {
    const view = { local_sat: sat(6_000_000), remote_sat: sat(3_999_000), local_script: a, remote_script: b };
    const amounts = (tx: ReturnType<typeof buildClosing>): bigint[] => tx.outputs.map((output) => output.amount_sat);
    assert.deepEqual(amounts(buildClosing(terms, view)), [3_999_000n, 6_000_000n]);
    assert.deepEqual(amounts(buildClosing(terms, { ...view, remote_sat: undefined })), [6_000_000n]);
    const even = buildClosing(terms, { ...view, remote_sat: sat(6_000_000) });
    assert.deepEqual(
      even.outputs.map((output) => toHex(output.script_pubkey)),
      [a, b].sort(),
    );
  });

  it('weighs at most what was reckoned, whatever its signatures', () => {
    fc.assert(
      fc.property(fc.bigInt(1000n, 3_000_000n), (amount) => {
        const view = { local_sat: sat(amount), remote_sat: sat(4_000_000), local_script: a, remote_script: b };
        const tx = buildClosing(terms, view);
        const sighash = fundingSighash(terms, tx);
        const [ours, theirs] = [LOCAL_KEYS, REMOTE_KEYS].map(({ funding }) => curve.sign(sighash, funding.reveal()));
        const weight = weightOf(completeFundingSpend(terms, tx, ours as Uint8Array, theirs as Uint8Array));
        assert.ok(weight <= closingWeight(a, b) && weight > closingWeight(a, b) - 8, `${weight}`);
      }),
      { numRuns: 30 },
    );
  });
});

describe('a signature', () => {
  it('is never longer than what fees are reckoned with', () => {
    const key = new Uint8Array(32).fill(9);
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 32, maxLength: 32 }), (digest) => {
        assert.ok(derSignature(curve.sign(digest, key), 1).length <= MAX_SIGNATURE_BYTES);
      }),
    );
  });
});
