import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { type Curve, CurveError } from '../../../src/base/crypto/curve.ts';
import { curve } from '../../../src/base/crypto/secp256k1.ts';
import { noble } from '../../../src/base/crypto/secp256k1-noble.ts';
import { fromHex, toHex } from '../../../src/base/types/hex.ts';

const scalarBytes = fc.uint8Array({ minLength: 32, maxLength: 32 }).filter((bytes) => noble.isPrivateKey(bytes));
const digestBytes = fc.uint8Array({ minLength: 32, maxLength: 32 });
const ORDER = fromHex('fffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141');

test('the binary of libsecp256k1 is the one in use here', () => {
  assert.equal(curve.implementation, 'libsecp256k1');
});

for (const implementation of [curve, noble]) contract(implementation);

function contract(c: Curve): void {
  describe(`curve: ${c.implementation}`, () => {
    test('private keys are 1 to order - 1', () => {
      assert.equal(c.isPrivateKey(new Uint8Array(32)), false);
      assert.equal(c.isPrivateKey(ORDER), false);
      assert.equal(c.isPrivateKey(new Uint8Array(31).fill(1)), false);
      assert.equal(c.isPrivateKey(new Uint8Array(32).fill(1)), true);
    });

    test('an invalid key throws CurveError and never shows the key', () => {
      for (const run of [
        () => c.publicKey(ORDER),
        () => c.sign(new Uint8Array(32), ORDER),
        () => c.ecdh(new Uint8Array(33).fill(2), new Uint8Array(32)),
        () => c.tweakMulPrivate(new Uint8Array(32).fill(1), ORDER),
        () => c.tweakAddPublic(new Uint8Array(33), new Uint8Array(32).fill(1)),
      ]) {
        assert.throws(run, (error) => error instanceof CurveError && !error.message.includes(toHex(ORDER)));
      }
    });

    test('what is handed in is never changed, a Buffer included', () => {
      const key = Buffer.alloc(32, 5);
      const scalar = Buffer.alloc(32, 6);
      const signature = Buffer.from(c.sign(scalar, key));
      c.tweakAddPrivate(key, scalar);
      c.tweakMulPrivate(key, scalar);
      const point = Buffer.from(c.publicKey(key));
      c.tweakAddPublic(point, scalar);
      c.tweakMulPublic(point, scalar);
      const before = toHex(signature);
      c.normalize(signature);
      assert.deepEqual(key, Buffer.alloc(32, 5));
      assert.deepEqual(scalar, Buffer.alloc(32, 6));
      assert.equal(toHex(point), toHex(c.publicKey(key)));
      assert.equal(toHex(signature), before);
    });

    test('a key plus its negation throws', () => {
      const key = new Uint8Array(32).fill(0);
      key[31] = 1;
      const negated = ORDER.slice();
      negated[31] = (negated[31] as number) - 1;
      assert.throws(() => c.tweakAddPrivate(key, negated), CurveError);
    });

    test('what is signed verifies and recovers; anything else does not', () => {
      fc.assert(
        fc.property(scalarBytes, digestBytes, (key, digest) => {
          const public_key = c.publicKey(key);
          const { signature, recovery_id } = c.signRecoverable(digest, key);
          assert.deepEqual(c.sign(digest, key), signature);
          assert.ok(c.verify(signature, digest, public_key));
          assert.equal(toHex(c.recover(signature, recovery_id, digest) as Uint8Array), toHex(public_key));
          const other = digest.slice();
          other[0] = (other[0] as number) ^ 1;
          assert.equal(c.verify(signature, other, public_key), false);
        }),
        { numRuns: 20 },
      );
    });

    test('both sides of a Diffie-Hellman agree', () => {
      fc.assert(
        fc.property(scalarBytes, scalarBytes, (a, b) => {
          assert.deepEqual(Buffer.from(c.ecdh(c.publicKey(a), b)), Buffer.from(c.ecdh(c.publicKey(b), a)));
        }),
        { numRuns: 10 },
      );
    });
  });
}

test('the two implementations agree on every operation', () => {
  const same = (a: Uint8Array, b: Uint8Array): void => assert.equal(toHex(a), toHex(b));
  fc.assert(
    fc.property(scalarBytes, scalarBytes, digestBytes, (a, b, digest) => {
      const point = noble.publicKey(a);
      same(curve.publicKey(a), point);
      same(curve.sign(digest, a), noble.sign(digest, a));
      same(curve.ecdh(point, b), noble.ecdh(point, b));
      same(curve.tweakAddPublic(point, b), noble.tweakAddPublic(point, b));
      same(curve.tweakMulPublic(point, b), noble.tweakMulPublic(point, b));
      same(curve.combinePublic([point, noble.publicKey(b)]), noble.combinePublic([point, noble.publicKey(b)]));
      same(curve.tweakAddPrivate(a, b), noble.tweakAddPrivate(a, b));
      same(curve.tweakMulPrivate(a, b), noble.tweakMulPrivate(a, b));
    }),
    { numRuns: 25 },
  );
});

test('a high-S signature recovers but does not verify until it is normalized', () => {
  const key = new Uint8Array(32).fill(7);
  const digest = new Uint8Array(32).fill(9);
  const { signature, recovery_id } = curve.signRecoverable(digest, key);
  const s = BigInt(`0x${toHex(signature.subarray(32))}`);
  const high = new Uint8Array(signature);
  high.set(fromHex((BigInt(`0x${toHex(ORDER)}`) - s).toString(16).padStart(64, '0')), 32);
  for (const c of [curve, noble]) {
    assert.equal(c.verify(high, digest, c.publicKey(key)), false);
    assert.equal(toHex(c.recover(high, recovery_id ^ 1, digest) as Uint8Array), toHex(c.publicKey(key)));
    assert.equal(toHex(c.normalize(high)), toHex(signature));
  }
});
