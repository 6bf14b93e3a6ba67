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

/** The file, and the texts of `staticbackup`. */
const FILE: Form = { magic: Buffer.from('tillscb\x01', 'latin1'), is_bound: false };
const NONCE_LENGTH_BYTES = 12;
const TAG_LENGTH_BYTES = 16;
/** What sealing adds: what it is, the nonce and the tag. */
export const SEALING_BYTES = FILE.magic.length + NONCE_LENGTH_BYTES + TAG_LENGTH_BYTES;

/** Seals backups together. */
export function sealBackups(backups: readonly StaticBackup[], key: Seal, randomBytes: RandomBytes): Uint8Array {
  return seal(FILE, textOf(backups), key, randomBytes);
}

/** Opens what `sealBackups` made. Throws BackupError. */
export function openBackups(sealed: Uint8Array, key: Seal): readonly StaticBackup[] {
  return backupsOf(open(FILE, sealed, key));
}

function textOf(backups: readonly StaticBackup[]): Uint8Array {
  const channels = backups.map(({ terms, ...rest }) => ({ ...rest, terms: JSON.parse(encodeTerms(terms)) as unknown }));
  return Buffer.from(JSON.stringify(channels));
}

/** The backups of a text that `sealBackups` sealed. */
export function backupsOf(text: Uint8Array): readonly StaticBackup[] {
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

/** What is sealed: eight bytes that say it in clear. */
export interface Form {
  readonly magic: Uint8Array;
  /** Whether the seal breaks when they are changed to those of another form. */
  readonly is_bound: boolean;
}

/** Seals bytes. */
export function seal(form: Form, bytes: Uint8Array, { key, network }: Seal, randomBytes: RandomBytes): Uint8Array {
  const nonce = randomBytes(NONCE_LENGTH_BYTES);
  return Buffer.concat([
    form.magic,
    nonce,
    chacha20Poly1305Encrypt(key.reveal(), nonce, boundTo(form, network), bytes),
  ]);
}

/** Opens what `seal` made of the same form. Throws BackupError. */
export function open(form: Form, sealed: Uint8Array, { key, network }: Seal): Uint8Array {
  const { magic } = form;
  const start = magic.length + NONCE_LENGTH_BYTES;
  if (Buffer.compare(sealed.subarray(0, magic.length), magic) !== 0 || sealed.length < start) {
    throw new BackupError('this is no static channel backup of Till, or one of a newer Till');
  }
  const nonce = sealed.subarray(magic.length, start);
  try {
    return chacha20Poly1305Decrypt(key.reveal(), nonce, boundTo(form, network), sealed.subarray(start));
  } catch (error) {
    if (!(error instanceof AuthenticationError)) throw error;
    throw new BackupError(
      `this backup is damaged, or of another node or network than this one (${network}): the words and the passphrase must be the same`,
    );
  }
}

function boundTo({ magic, is_bound }: Form, network: NetworkName): Uint8Array {
  const text = Buffer.from(`till static channel backup, ${network}`);
  return is_bound ? Buffer.concat([text, magic]) : text;
}
