import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { inspect } from 'node:util';
import fc from 'fast-check';
import { curve } from '../../../src/base/crypto/secp256k1.ts';
import { Secret } from '../../../src/base/types/secret.ts';
import { OwnSecrets } from '../../../src/codec/tx/own-secrets.ts';
import { perCommitmentSecret } from '../../../src/codec/tx/secrets.ts';

const SEED = new Uint8Array(32).fill(0x17);

describe('our own per-commitment secrets', () => {
  it('are those of the specification, in whatever order they are asked for', () => {
    const near = fc.integer({ min: 0, max: 1000 });
    const far = fc.integer({ min: 0, max: 2 ** 48 - 1 });
    fc.assert(
      fc.property(fc.array(fc.oneof(near, far), { minLength: 1, maxLength: 20 }), (numbers) => {
        const own = new OwnSecrets(new Secret(SEED));
        for (const number of numbers) {
          const secret = perCommitmentSecret(SEED, number);
          assert.deepEqual(Buffer.from(own.secret(number)), Buffer.from(secret));
          assert.deepEqual(own.point(number), curve.publicKey(secret));
        }
      }),
    );
  });

  it('are the same when they are asked for again, and nobody can change what is kept', () => {
    const own = new OwnSecrets(new Secret(SEED));
    for (const number of [255, 256, 257, 0, 255, 256]) {
      own.secret(number).fill(0);
      assert.deepEqual(Buffer.from(own.secret(number)), Buffer.from(perCommitmentSecret(SEED, number)));
    }
  });

  it('are not shown by what prints an object', () => {
    const own = new OwnSecrets(new Secret(SEED));
    own.secret(3);
    assert.equal(JSON.stringify(own), '{}');
    assert.equal(inspect(own), 'OwnSecrets {}');
  });
});
