/**
 * What must be known of a channel to get our money out of it without its state: who the peer is and where, which keys,
 * and the terms of the opening. It never changes, so a copy is good for as long as the channel lives. Sealed with a key
 * from the seed: it tells a stranger nothing, and nobody else can make one.
 */

import { deflateRawSync, inflateRawSync } from 'node:zlib';
import { AuthenticationError, chacha20Poly1305Decrypt, chacha20Poly1305Encrypt } from '../../base/crypto/chacha20.ts';
import type { RandomBytes } from '../../base/crypto/random.ts';
import type { NodeId } from '../../base/types/brand.ts';
import type { NetworkName } from '../../base/types/network.ts';
import type { Secret } from '../../base/types/secret.ts';
import { MAX_STORAGE_BYTES } from '../../codec/wire/index.ts';
import { decodeTerms, encodeTerms } from '../../protocol/channel/codec.ts';
import type { ChannelTerms } from '../../protocol/channel/state.ts';

/** One channel in a backup. */
export interface StaticBackup {
  readonly peer_id: NodeId;
  /** Where the peer was reached last, HOST:PORT; undefined when it always came to us. */
  readonly address: string | undefined;
  /** Which keys are the channel's: 16 bytes, hex. */
  readonly key_id: string;
  readonly terms: ChannelTerms;
}

/** Text that is no static backup of this node on this network. */
export class BackupError extends Error {
  override readonly name = 'BackupError';
}

/** Which key, and what a backup is bound to. */
export interface Seal {
  readonly key: Secret<Uint8Array>;
  readonly network: NetworkName;
}

/** Says what a sealed text is, and in which form: eight bytes. */
const MAGIC = Buffer.from('tillscb\x01', 'latin1');
/** The same content for a peer to keep: compressed, and padded to one length. */
const PEER_MAGIC = Buffer.from('tillpsb\x01', 'latin1');
const NONCE_LENGTH_BYTES = 12;
const TAG_LENGTH_BYTES = 16;
/** What a peer's copy has room for, beside the length of the content. */
const PEER_CONTENT_BYTES = MAX_STORAGE_BYTES - MAGIC.length - NONCE_LENGTH_BYTES - TAG_LENGTH_BYTES - 4;

/** Seals backups together. */
export function sealBackups(backups: readonly StaticBackup[], key: Seal, randomBytes: RandomBytes): Uint8Array {
  return seal(MAGIC, textOf(backups), key, randomBytes);
}

/** Opens what `sealBackups` made. Throws BackupError. */
export function openBackups(sealed: Uint8Array, key: Seal): readonly StaticBackup[] {
  return backupsOf(open(MAGIC, sealed, key));
}

/**
 * Seals backups for a peer to keep (BOLT 1, Peer Storage). It always has the same length, which tells the peer nothing.
 * What does not fit is left out: the last ones of the list.
 */
export function sealForPeer(
  backups: readonly StaticBackup[],
  key: Seal,
  randomBytes: RandomBytes,
): { readonly blob: Uint8Array; readonly left_out: number } {
  const padded = Buffer.alloc(4 + PEER_CONTENT_BYTES);
  let fitting = backups.length;
  let content = deflateRawSync(textOf(backups));
  while (content.length > PEER_CONTENT_BYTES) {
    fitting = Math.min(fitting - 1, Math.floor((fitting * PEER_CONTENT_BYTES) / content.length));
    content = deflateRawSync(textOf(backups.slice(0, fitting)));
  }
  padded.writeUInt32BE(content.length);
  padded.set(content, 4);
  return { blob: seal(PEER_MAGIC, padded, key, randomBytes), left_out: backups.length - fitting };
}

/** Opens what `sealForPeer` made, and a peer returned. Throws BackupError. */
export function openFromPeer(blob: Uint8Array, key: Seal): readonly StaticBackup[] {
  const padded = Buffer.from(open(PEER_MAGIC, blob, key));
  return backupsOf(inflateRawSync(padded.subarray(4, 4 + padded.readUInt32BE())));
}

function textOf(backups: readonly StaticBackup[]): Uint8Array {
  const channels = backups.map(({ terms, ...rest }) => ({ ...rest, terms: JSON.parse(encodeTerms(terms)) as unknown }));
  return Buffer.from(JSON.stringify(channels));
}

function backupsOf(text: Uint8Array): readonly StaticBackup[] {
  const channels = JSON.parse(Buffer.from(text).toString()) as (Omit<StaticBackup, 'terms'> & {
    terms: Parameters<typeof decodeTerms>[0];
  })[];
  return channels.map(({ peer_id, address, key_id, terms }) => ({
    peer_id,
    address,
    key_id,
    terms: decodeTerms(terms),
  }));
}

function seal(magic: Uint8Array, text: Uint8Array, { key, network }: Seal, randomBytes: RandomBytes): Uint8Array {
  const nonce = randomBytes(NONCE_LENGTH_BYTES);
  return Buffer.concat([magic, nonce, chacha20Poly1305Encrypt(key.reveal(), nonce, boundTo(network), text)]);
}

function open(magic: Uint8Array, sealed: Uint8Array, { key, network }: Seal): Uint8Array {
  const start = magic.length + NONCE_LENGTH_BYTES;
  if (Buffer.compare(sealed.subarray(0, magic.length), magic) !== 0 || sealed.length < start) {
    throw new BackupError('this is no static channel backup of Till, or one of a newer Till');
  }
  const nonce = sealed.subarray(magic.length, start);
  try {
    return chacha20Poly1305Decrypt(key.reveal(), nonce, boundTo(network), sealed.subarray(start));
  } catch (error) {
    if (!(error instanceof AuthenticationError)) throw error;
    throw new BackupError(
      `this backup is damaged, or of another node or network than this one (${network}): the words and the passphrase must be the same`,
    );
  }
}

function boundTo(network: NetworkName): Uint8Array {
  return Buffer.from(`till static channel backup, ${network}`);
}
