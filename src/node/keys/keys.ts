/**
 * Every key of the node, from one seed (BIP 32). Each purpose has a path of its own, so that no key tells anything of
 * another:
 *
 *   m/1017'/COIN'/0'       the node's key: who we are to the network
 *   m/1017'/COIN'/1'       what payment secrets are made from
 *   m/1017'/COIN'/2'       what channel keys are made from, with a random id that is kept with the channel
 *   m/1017'/COIN'/3'       what static backups of channels are sealed with
 *   m/1017'/COIN'/4'       what runes are made from, with a random value that is kept in the database
 *   m/1017'/COIN'/5'       what the secrets of webhooks are sealed with
 *   m/84'/COIN'/0'/C/I     the wallet's P2WPKH keys (BIP 84)
 *   m/86'/COIN'/0'/C/I     the wallet's taproot keys (BIP 86)
 *
 * COIN is 0 for bitcoin and 1 for every test network; C is 0 for addresses, 1 for change.
 */
import { HDKey } from '@scure/bip32';
import { hkdfSha256 } from '../../base/crypto/hash.ts';
import { curve } from '../../base/crypto/secp256k1.ts';
import type { NodeId } from '../../base/types/brand.ts';
import { toHex } from '../../base/types/hex.ts';
import type { Network } from '../../base/types/network.ts';
import { Secret } from '../../base/types/secret.ts';
import { type ChannelKeys, channelKeysFromSeed } from '../../codec/tx/channel-keys.ts';
import { createSigner, type TransactionSigner } from '../../codec/tx/signer.ts';

const PURPOSE = 1017;
const NO_SALT = new Uint8Array(0);
/** BIP 84 and BIP 86, by the wallet's words for them. */
const WALLET_PURPOSE = { bech32: 84, p2tr: 86 } as const;

export class Keys {
  readonly node_id: NodeId;
  /** The node's private key. */
  readonly node_key: Secret<Uint8Array>;
  readonly #payment_secret_key: Secret<Uint8Array>;
  readonly #channel_key: Secret<Uint8Array>;
  /** What static backups of channels are sealed with: 32 bytes. */
  readonly backup_key: Secret<Uint8Array>;
  /** What runes are made from: 32 bytes. */
  readonly rune_key: Secret<Uint8Array>;
  /** What the secrets of webhooks are sealed with: 32 bytes. */
  readonly webhook_key: Secret<Uint8Array>;
  readonly #wallet: Readonly<Record<'bech32' | 'p2tr', HDKey>>;
  readonly #wallet_keys = new Map<string, Secret<Uint8Array>>();

  constructor(seed: Secret<Uint8Array>, network: Network) {
    const master = HDKey.fromMasterSeed(seed.reveal());
    const coin = network.coin_type;
    this.node_key = privateKeyAt(master, `m/${PURPOSE}'/${coin}'/0'`);
    this.#payment_secret_key = privateKeyAt(master, `m/${PURPOSE}'/${coin}'/1'`);
    this.#channel_key = privateKeyAt(master, `m/${PURPOSE}'/${coin}'/2'`);
    this.backup_key = privateKeyAt(master, `m/${PURPOSE}'/${coin}'/3'`);
    this.rune_key = privateKeyAt(master, `m/${PURPOSE}'/${coin}'/4'`);
    this.webhook_key = privateKeyAt(master, `m/${PURPOSE}'/${coin}'/5'`);
    this.#wallet = {
      bech32: master.derive(`m/${WALLET_PURPOSE.bech32}'/${coin}'/0'`),
      p2tr: master.derive(`m/${WALLET_PURPOSE.p2tr}'/${coin}'/0'`),
    };
    this.node_id = toHex(curve.publicKey(this.node_key.reveal())) as NodeId;
  }

  /** What payment secrets are made from: 32 bytes. */
  get payment_secret_key(): Secret<Uint8Array> {
    return this.#payment_secret_key;
  }

  /** A compact signature of the node's key over a digest of 32 bytes. */
  signAsNode(digest: Uint8Array): Uint8Array {
    return curve.sign(digest, this.node_key.reveal());
  }

  /** The same, from which the node's public key can be recovered (BOLT 11). */
  signRecoverable(digest: Uint8Array): { signature: Uint8Array; recovery_id: number } {
    return curve.signRecoverable(digest, this.node_key.reveal());
  }

  /** The SHA-256 of the point shared with the node's key (BOLT 4). */
  sharedSecret(public_key: Uint8Array): Uint8Array {
    return curve.ecdh(public_key, this.node_key.reveal());
  }

  /** The keys of the channel with this id (16 random bytes, hex). */
  channelKeys(key_id: string): ChannelKeys {
    const seed = hkdfSha256(this.#channel_key.reveal(), NO_SALT, Buffer.from(`channel ${key_id}`), 32);
    return channelKeysFromSeed(new Secret(seed));
  }

  /** The signer of the channel with this id. */
  channelSigner(key_id: string): TransactionSigner {
    return createSigner(this.channelKeys(key_id));
  }

  /** The channel's funding key signs a digest: compact. */
  signAsFunding(key_id: string, digest: Uint8Array): Uint8Array {
    return curve.sign(digest, this.channelKeys(key_id).funding.reveal());
  }

  /** The wallet's private key at this path. */
  privateKey(path: {
    readonly kind: 'bech32' | 'p2tr';
    readonly change: 0 | 1;
    readonly index: number;
  }): Secret<Uint8Array> {
    const { kind, change, index } = path;
    const name = `${kind}/${change}/${index}`;
    const known = this.#wallet_keys.get(name);
    if (known !== undefined) return known;
    const key = secretOf(this.#wallet[kind].deriveChild(change).deriveChild(index));
    this.#wallet_keys.set(name, key);
    return key;
  }
}

function privateKeyAt(master: HDKey, path: string): Secret<Uint8Array> {
  return secretOf(master.derive(path));
}

function secretOf(key: HDKey): Secret<Uint8Array> {
  if (key.privateKey === null) throw new RangeError('a key without its private half');
  return new Secret(key.privateKey);
}
