import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  AuthenticationError,
  chacha20Poly1305Decrypt,
  chacha20Poly1305Encrypt,
  chacha20Stream,
} from '../../../src/base/crypto/chacha20.ts';
import { fromHex, toHex } from '../../../src/base/types/hex.ts';

const key = new Uint8Array(32).fill(1);
const nonce = new Uint8Array(12).fill(2);

test('decrypts what it encrypted, and only with the same associated data', () => {
  const sealed = chacha20Poly1305Encrypt(key, nonce, new Uint8Array([5]), new Uint8Array([1, 2, 3]));
  assert.equal(sealed.length, 3 + 16);
  assert.deepEqual([...chacha20Poly1305Decrypt(key, nonce, new Uint8Array([5]), sealed)], [1, 2, 3]);
  assert.throws(() => chacha20Poly1305Decrypt(key, nonce, new Uint8Array([6]), sealed), AuthenticationError);
  assert.throws(() => chacha20Poly1305Decrypt(key, nonce, new Uint8Array(), new Uint8Array(3)), AuthenticationError);
});

test('the key stream of a zero key is RFC 8439, appendix A.1, test vector 1', () => {
  assert.equal(
    toHex(chacha20Stream(new Uint8Array(32), 32)),
    toHex(fromHex('76b8e0ada0f13d90405d6ae55386bd28bdd219b8a08ded1aa836efcc8b770dc7')),
  );
});
