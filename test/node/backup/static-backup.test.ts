import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { secureRandomBytes } from '../../../src/base/crypto/random.ts';
import { Secret } from '../../../src/base/types/secret.ts';
import { BackupError, openBackups, type StaticBackup, sealBackups } from '../../../src/node/backup/static-backup.ts';
import { lostChannel } from '../../../src/protocol/channel/lost.ts';
import type { ChannelTerms } from '../../../src/protocol/channel/state.ts';
import { usablePair } from '../../protocol/channel/pair.ts';

const SEAL = { key: new Secret(new Uint8Array(32).fill(7)), network: 'regtest' } as const;
const TERMS: ChannelTerms = usablePair().alice.state.terms;
const BACKUP: StaticBackup = {
  peer_id: `02${'11'.repeat(32)}` as never,
  address: '127.0.0.1:9735',
  key_id: '22'.repeat(16),
  terms: TERMS,
};
const sealed = sealBackups([BACKUP, { ...BACKUP, address: undefined }], SEAL, secureRandomBytes);

test('what is sealed can be opened, whole', () => {
  assert.deepEqual(openBackups(sealed, SEAL), [BACKUP, { ...BACKUP, address: undefined }]);
  assert.deepEqual(lostChannel(BACKUP.terms).terms, TERMS);
});

test('it tells a stranger nothing', () => {
  const bytes = Buffer.from(sealed);
  for (const word of [BACKUP.peer_id, BACKUP.key_id, TERMS.funding_txid, TERMS.channel_id]) {
    assert.equal(bytes.includes(word), false, word);
    assert.equal(bytes.includes(Buffer.from(word, 'hex')), false, word);
  }
  for (const word of ['funding', 'peer_id', '127.0.0.1']) assert.equal(bytes.includes(word), false, word);
});

test('another seed, another network, or one changed byte opens nothing', () => {
  const other = { ...SEAL, key: new Secret(new Uint8Array(32).fill(8)) };
  assert.throws(() => openBackups(sealed, other), BackupError);
  assert.throws(() => openBackups(sealed, { ...SEAL, network: 'signet' }), /another node or network|of another/);
  fc.assert(
    fc.property(fc.nat(sealed.length - 1), fc.integer({ min: 1, max: 255 }), (at, change) => {
      const broken = Uint8Array.from(sealed);
      broken[at] = (broken[at] as number) ^ change;
      assert.throws(() => openBackups(broken, SEAL), BackupError);
    }),
  );
});

test('any bytes at all are refused with one error', () => {
  fc.assert(fc.property(fc.uint8Array(), (bytes) => void assert.throws(() => openBackups(bytes, SEAL), BackupError)));
});
