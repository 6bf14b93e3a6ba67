/** What peers keep for us: all that a recovery needs, in as few bytes as LDK keeps. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { deflateRawSync } from 'node:zlib';
import fc from 'fast-check';
import { secureRandomBytes } from '../../../src/base/crypto/random.ts';
import { Secret } from '../../../src/base/types/secret.ts';
import { channelKeysFromSeed, channelPublicKeys } from '../../../src/codec/tx/channel-keys.ts';
import { MAX_STORAGE_BYTES } from '../../../src/codec/wire/index.ts';
import { openFromPeer, type PeerSeal, SHORT_COPY_BYTES, sealForPeer } from '../../../src/node/backup/peer-copy.ts';
import {
  BackupError,
  openBackups,
  type StaticBackup,
  seal,
  sealBackups,
} from '../../../src/node/backup/static-backup.ts';
import { channelId } from '../../../src/protocol/channel/opening.ts';
import type { SideTerms } from '../../../src/protocol/channel/state.ts';
import { usablePair } from '../../protocol/channel/pair.ts';

const channelPoints: PeerSeal['channelPoints'] = (key_id) =>
  channelPublicKeys(channelKeysFromSeed(new Secret(Buffer.from(key_id.repeat(2), 'hex'))));
const SEAL: PeerSeal = { key: new Secret(new Uint8Array(32).fill(7)), network: 'regtest', channelPoints };
const { terms: TERMS } = usablePair().alice.state;
/** The longest that a host and a port of IPv4 have. */
const ADDRESS = '255.255.255.255:65535';

const randomHex = (length: number): string => Buffer.from(secureRandomBytes(length)).toString('hex');
const randomSide = (side: SideTerms): SideTerms => ({ ...side, ...channelPoints(randomHex(16)) });

/** Channels that have nothing in common, each with a peer of its own, or all with one. */
function manyChannels(count: number, peer_id?: string): StaticBackup[] {
  return Array.from({ length: count }, (_, index) => {
    const key_id = randomHex(16);
    const funding_txid = randomHex(32) as never;
    return {
      peer_id: (peer_id ?? channelPoints(key_id).funding_pubkey) as never,
      address: ADDRESS,
      key_id,
      terms: {
        ...TERMS,
        funding_txid,
        funding_output_index: index,
        channel_id: channelId(funding_txid, index),
        opened_height: 900_000,
        local: { ...TERMS.local, ...channelPoints(key_id) },
        remote: randomSide(TERMS.remote),
      },
    };
  });
}

/** What comes back of a channel: all, but where it would go in a mutual close. */
function asItComesBack(backup: StaticBackup): StaticBackup {
  const without = { upfront_shutdown_script: '' };
  const { terms } = backup;
  const [local, remote] = [terms.local, terms.remote].map((side) => ({ ...side, ...without })) as [
    SideTerms,
    SideTerms,
  ];
  return { ...backup, terms: { ...terms, default_shutdown_script: '', local, remote } };
}

test('three channels with three peers fit into what LDK keeps, and come back whole', () => {
  for (const backups of [manyChannels(0), manyChannels(1), manyChannels(3), manyChannels(3, `02${'11'.repeat(32)}`)]) {
    const { blob, left_out } = sealForPeer(backups, SEAL, secureRandomBytes);
    assert.deepEqual([blob.length, left_out], [SHORT_COPY_BYTES, 0]);
    assert.deepEqual(openFromPeer(blob, SEAL), backups.map(asItComesBack));
  }
});

test('with more channels it has the other length, which holds more than two hundred', () => {
  for (const count of [5, 40, 200]) {
    const backups = manyChannels(count);
    const { blob, left_out } = sealForPeer(backups, SEAL, secureRandomBytes);
    assert.deepEqual([blob.length, left_out], [MAX_STORAGE_BYTES, 0]);
    assert.deepEqual(openFromPeer(blob, SEAL), backups.map(asItComesBack));
  }
});

test('what does not fit is left out from the end, and is counted', () => {
  const backups = manyChannels(250);
  for (const [most_bytes, least] of [
    [MAX_STORAGE_BYTES, 200],
    [SHORT_COPY_BYTES, 3],
  ] as const) {
    const { blob, left_out } = sealForPeer(backups, SEAL, secureRandomBytes, most_bytes);
    const fitting = backups.length - left_out;
    assert.equal(blob.length, most_bytes);
    assert.ok(left_out > 0 && fitting >= least, `${fitting} fit into ${most_bytes}`);
    assert.deepEqual(openFromPeer(blob, SEAL), backups.slice(0, fitting).map(asItComesBack));
  }
});

test('every kind of channel comes back', () => {
  const [plain] = manyChannels(1) as [StaticBackup];
  const { terms } = plain;
  const kinds: StaticBackup[] = [
    plain,
    { ...plain, address: undefined },
    { ...plain, address: `${'a'.repeat(56)}.onion:9735` },
    { ...plain, terms: { ...terms, opener: terms.opener === 'local' ? 'remote' : 'local' } },
    { ...plain, terms: { ...terms, announce_channel: !terms.announce_channel } },
    ...[true, false].map((on) => ({
      ...plain,
      terms: { ...terms, channel_type: { option_scid_alias: on, option_zeroconf: !on } },
    })),
    { ...plain, terms: { ...terms, local: randomSide(terms.local) } },
    {
      ...plain,
      terms: {
        ...terms,
        remote: { ...terms.remote, max_htlc_value_in_flight_msat: 2_100_000_000_000_000_000n as never },
      },
    },
  ];
  assert.deepEqual(openFromPeer(sealForPeer(kinds, SEAL, secureRandomBytes).blob, SEAL), kinds.map(asItComesBack));
});

test('a copy of an earlier version, which was JSON, comes back', () => {
  const backups = manyChannels(2);
  const text = JSON.stringify(backups, (_key, value: unknown) => (typeof value === 'bigint' ? `${value}` : value));
  const content = deflateRawSync(Buffer.from(text));
  const padded = Buffer.alloc(65_000);
  padded.writeUInt32BE(content.length);
  padded.set(content, 4);
  const blob = seal({ magic: Buffer.from('tillpsb\x01', 'latin1'), is_bound: false }, padded, SEAL, secureRandomBytes);
  assert.deepEqual(openFromPeer(blob, SEAL), backups);
});

test('a damaged copy, one of another seed, one of another kind, and any bytes at all are refused with one error', () => {
  const backups = manyChannels(1);
  const { blob } = sealForPeer(backups, SEAL, secureRandomBytes);
  const refuses = (bytes: Uint8Array, key = SEAL) => assert.throws(() => openFromPeer(bytes, key), BackupError);
  refuses(blob, { ...SEAL, key: new Secret(new Uint8Array(32).fill(8)) });
  refuses(blob, { ...SEAL, network: 'signet' });
  const file = sealBackups(backups, SEAL, secureRandomBytes);
  refuses(file);
  for (const version of ['\x01', '\x02'])
    refuses(Buffer.concat([Buffer.from(`tillpsb${version}`, 'latin1'), file.subarray(8)]));
  assert.throws(() => openBackups(blob, SEAL), BackupError);
  const sealed = (content: readonly number[]): Uint8Array =>
    seal(
      { magic: Buffer.from('tillpsb\x02', 'latin1'), is_bound: true },
      Uint8Array.from(content),
      SEAL,
      secureRandomBytes,
    );
  fc.assert(
    fc.property(fc.nat(blob.length - 1), fc.integer({ min: 1, max: 255 }), (at, change) => {
      const broken = Uint8Array.from(blob);
      broken[at] = (broken[at] as number) ^ change;
      refuses(broken);
    }),
  );
  fc.assert(fc.property(fc.uint8Array(), (bytes) => refuses(bytes)));
  // Sealed by a newer Till with a record that this one must not pass over.
  refuses(sealed([3, 250, 1, 0]));
  refuses(sealed([0x80]));
});
