import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { curve } from '../../../src/base/crypto/secp256k1.ts';
import { fromHex, toHex } from '../../../src/base/types/hex.ts';
import { Secret } from '../../../src/base/types/secret.ts';
import { channelKeysFromSeed, channelPublicKeys } from '../../../src/codec/tx/channel-keys.ts';
import {
  derivePrivateKey,
  derivePublicKey,
  deriveRevocationPrivateKey,
  deriveRevocationPublicKey,
} from '../../../src/codec/tx/keys.ts';

describe("the keys of BOLT 3's Appendix E", () => {
  const base_secret = fromHex('000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f');
  const commitment_secret = fromHex('1f1e1d1c1b1a191817161514131211100f0e0d0c0b0a09080706050403020100');
  const base_point = fromHex('036d6caac248af96f6afa7f904f550253a0f3ef3f5aa2fe6838a95b216691468e2');
  const commitment_point = fromHex('025f7117a78150fe2ef97db7cfc83bd57b2e2c0d0dd25eaf467a4a1c2a45ce1486');

  it('follow from basepoint and per-commitment point', () => {
    assert.equal(
      toHex(derivePublicKey(base_point, commitment_point)),
      '0235f2dbfaa89b57ec7b055afe29849ef7ddfeb1cefdb9ebdc43f5494984db29e5',
    );
    assert.equal(
      toHex(derivePrivateKey(base_secret, commitment_point)),
      'cbced912d3b21bf196a766651e436aff192362621ce317704ea2f75d87e7be0f',
    );
  });

  it('give the revocation key to who has both secrets', () => {
    const public_key = '02916e326636d19c33f13e8c0c3a03dd157f332f3e99c317c141dd865eb01f8ff0';
    const private_key = deriveRevocationPrivateKey(base_secret, commitment_secret);
    assert.equal(toHex(deriveRevocationPublicKey(base_point, commitment_point)), public_key);
    assert.equal(toHex(private_key), 'd09ffff62ddb2297ab000cc85bcb4283fdeb6aa052affbc9dddcf33b61078110');
    assert.equal(toHex(curve.publicKey(private_key)), public_key);
  });
});

describe('the keys of a channel', () => {
  it('are always the same for the same seed, and six different ones', () => {
    const keys = channelKeysFromSeed(new Secret(new Uint8Array(32).fill(7)));
    const again = channelKeysFromSeed(new Secret(new Uint8Array(32).fill(7)));
    assert.deepEqual(channelPublicKeys(keys), channelPublicKeys(again));
    assert.equal(new Set(Object.values(keys).map((secret) => toHex(secret.reveal()))).size, 6);
    assert.doesNotMatch(JSON.stringify(keys), /[0-9a-f]{64}/);
  });
});
