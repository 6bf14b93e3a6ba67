/**
 * What must be known of a channel to get our money out of it without its state: who the peer is and where, which keys,
 * and the terms of the opening. It never changes, so a copy is good for as long as the channel lives. Sealed with a key
 * from the seed: it tells a stranger nothing, and nobody else can make one.
 */

import { AuthenticationError, chacha20Poly1305Decrypt, chacha20Poly1305Encrypt } from '../../base/crypto/chacha20.ts';
import type { RandomBytes } from '../../base/crypto/random.ts';
import type { NodeId } from '../../base/types/brand.ts';
import type { NetworkName } from '../../base/types/network.ts';
import type { Secret } from '../../base/types/secret.ts';
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

/** Says what it is, and in which form. */
const MAGIC = Buffer.from('tillscb\x01', 'latin1');
const NONCE_LENGTH_BYTES = 12;

/** Seals backups together. */
export function sealBackups(
  backups: readonly StaticBackup[],
  { key, network }: Seal,
  randomBytes: RandomBytes,
): Uint8Array {
  const channels = backups.map(({ terms, ...rest }) => ({ ...rest, terms: JSON.parse(encodeTerms(terms)) as unknown }));
  const nonce = randomBytes(NONCE_LENGTH_BYTES);
  const text = Buffer.from(JSON.stringify(channels));
  return Buffer.concat([MAGIC, nonce, chacha20Poly1305Encrypt(key.reveal(), nonce, boundTo(network), text)]);
}

/** Opens what `sealBackups` made. Throws BackupError. */
export function openBackups(sealed: Uint8Array, { key, network }: Seal): readonly StaticBackup[] {
  const start = MAGIC.length + NONCE_LENGTH_BYTES;
  if (Buffer.compare(sealed.subarray(0, MAGIC.length), MAGIC) !== 0 || sealed.length < start) {
    throw new BackupError('this is no static channel backup of Till, or one of a newer Till');
  }
  const nonce = sealed.subarray(MAGIC.length, start);
  try {
    const text = chacha20Poly1305Decrypt(key.reveal(), nonce, boundTo(network), sealed.subarray(start));
    const channels = JSON.parse(Buffer.from(text).toString()) as (Omit<StaticBackup, 'terms'> & {
      terms: Parameters<typeof decodeTerms>[0];
    })[];
    return channels.map(({ peer_id, address, key_id, terms }) => ({
      peer_id,
      address,
      key_id,
      terms: decodeTerms(terms),
    }));
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
