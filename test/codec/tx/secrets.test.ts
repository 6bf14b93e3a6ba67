import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { fromHex, toHex } from '../../../src/base/types/hex.ts';
import {
  FIRST_SECRET_INDEX,
  findSecret,
  insertSecret,
  perCommitmentSecret,
  type SecretStore,
  secretFromSeed,
} from '../../../src/codec/tx/secrets.ts';
import { readVectors } from './vectors.ts';

const { generation, storage } = readVectors('secrets') as {
  generation: { name: string; seed: string; index: number; secret: string }[];
  storage: { name: string; inserts: { index: number; secret: string; is_right: boolean }[] }[];
};

describe('per-commitment secrets', () => {
  for (const { name, seed, index, secret } of generation) {
    it(name, () => assert.equal(toHex(secretFromSeed(fromHex(seed), index)), secret));
  }

  for (const { name, inserts } of storage) {
    it(`insert_secret ${name}`, () => {
      let store: SecretStore = [];
      for (const { index, secret, is_right } of inserts) {
        const next = insertSecret(store, FIRST_SECRET_INDEX - index, secret);
        assert.equal(next !== undefined, is_right, `index ${index}`);
        if (next !== undefined) store = next;
      }
    });
  }

  it('are all found again after thousands were stored, in a dozen entries that survive JSON', () => {
    const seed = new Uint8Array(32).fill(0x5e);
    let store: SecretStore = [];
    const count = 3000;
    for (let number = 0; number < count; number++) {
      const next = insertSecret(store, number, toHex(perCommitmentSecret(seed, number)));
      assert.ok(next);
      store = next;
    }
    store = JSON.parse(JSON.stringify(store));
    assert.equal(store.length, 12);
    for (let number = 0; number < count; number++) {
      assert.equal(findSecret(store, number), toHex(perCommitmentSecret(seed, number)));
    }
    assert.equal(findSecret(store, count), undefined);
    assert.equal(findSecret([], 0), undefined);
  });

  it('are refused when they are no 32 bytes, and never taken out of order', () => {
    assert.equal(insertSecret([], 0, 'ab'), undefined);
    assert.throws(() => insertSecret([], 1, 'ab'.repeat(32)), RangeError);
  });
});
