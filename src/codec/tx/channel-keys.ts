/**
 * Our secrets of one channel: five private keys and the seed of its per-commitment secrets, all from one seed that the
 * node derives for the channel. The same seed always gives the same keys, so only the node's own seed is ever backed up.
 */
import { hkdfSha256 } from '../../base/crypto/hash.ts';
import { curve } from '../../base/crypto/secp256k1.ts';
import { toHex } from '../../base/types/hex.ts';
import { Secret } from '../../base/types/secret.ts';

/** Private keys, 32 bytes each. */
export interface ChannelKeys {
  readonly funding: Secret<Uint8Array>;
  readonly revocation_basepoint: Secret<Uint8Array>;
  readonly payment_basepoint: Secret<Uint8Array>;
  readonly delayed_payment_basepoint: Secret<Uint8Array>;
  readonly htlc_basepoint: Secret<Uint8Array>;
  /** What our per-commitment secrets are made from. */
  readonly per_commitment_seed: Secret<Uint8Array>;
}

/** The public keys of `open_channel` and `accept_channel`, 33 bytes each, hex. */
export interface ChannelPublicKeys {
  readonly funding_pubkey: string;
  readonly revocation_basepoint: string;
  readonly payment_basepoint: string;
  readonly delayed_payment_basepoint: string;
  readonly htlc_basepoint: string;
}

const NO_SALT = new Uint8Array(0);

/** A private key for each purpose. Chance makes an invalid one about once in 2^128. */
function derive(seed: Secret<Uint8Array>, purpose: string): Secret<Uint8Array> {
  return new Secret(hkdfSha256(seed.reveal(), NO_SALT, Buffer.from(`till channel ${purpose}`), 32));
}

/** All keys of the channel that has this seed (32 bytes). */
export function channelKeysFromSeed(seed: Secret<Uint8Array>): ChannelKeys {
  return {
    funding: derive(seed, 'funding'),
    revocation_basepoint: derive(seed, 'revocation'),
    payment_basepoint: derive(seed, 'payment'),
    delayed_payment_basepoint: derive(seed, 'delayed'),
    htlc_basepoint: derive(seed, 'htlc'),
    per_commitment_seed: derive(seed, 'per-commitment'),
  };
}

/** The public side of the keys. */
export function channelPublicKeys(keys: ChannelKeys): ChannelPublicKeys {
  const publicKey = (secret: Secret<Uint8Array>): string => toHex(curve.publicKey(secret.reveal()));
  return {
    funding_pubkey: publicKey(keys.funding),
    revocation_basepoint: publicKey(keys.revocation_basepoint),
    payment_basepoint: publicKey(keys.payment_basepoint),
    delayed_payment_basepoint: publicKey(keys.delayed_payment_basepoint),
    htlc_basepoint: publicKey(keys.htlc_basepoint),
  };
}
