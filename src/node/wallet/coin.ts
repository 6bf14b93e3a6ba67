/** A coin of the wallet, and what spending one takes: BIP 86 (taproot, key path) and BIP 84 (P2WPKH). */
import { schnorrSign, taprootTweakPrivate } from '../../base/crypto/schnorr.ts';
import { curve } from '../../base/crypto/secp256k1.ts';
import type { Sat } from '../../base/types/amount.ts';
import type { Txid } from '../../base/types/brand.ts';
import type { Secret } from '../../base/types/secret.ts';
import { p2tr, p2wpkh, p2wpkhScriptCode } from '../../codec/tx/script.ts';
import { SIGHASH_ALL, Sighash } from '../../codec/tx/sighash.ts';
import { derSignature, MAX_SIGNATURE_BYTES } from '../../codec/tx/signature.ts';
import { type Transaction, type TxOutput, withWitness } from '../../codec/tx/transaction.ts';
import { inputWeight } from '../../codec/tx/witness.ts';

/** The two kinds of addresses: `p2tr` by BIP 86, `bech32` by BIP 84, as Core Lightning names them. */
export type AddressKind = 'p2tr' | 'bech32';

/** Where a key lies: `change` 0 for addresses that were handed out, 1 for our own change. */
export interface KeyPath {
  readonly kind: AddressKind;
  readonly change: 0 | 1;
  readonly index: number;
}

/** The wallet's keys, as this module needs them. */
export interface WalletKeys {
  /** The private key at the path of the kind's BIP. */
  privateKey(path: KeyPath): Secret<Uint8Array>;
}

export interface Coin {
  readonly txid: Txid;
  readonly vout: number;
  readonly amount_sat: Sat;
  /** Hex. */
  readonly script_pubkey: string;
  readonly path: KeyPath;
  /** A miner's reward: it can be spent 100 blocks later. */
  readonly is_coinbase: boolean;
  /** The height of its block; undefined while it is unconfirmed. */
  readonly blockheight: number | undefined;
  /** The transaction of ours that spends it: held back, sent or mined. */
  readonly spent_by: Txid | undefined;
  /** The height of the block in which it was spent. */
  readonly spent_height: number | undefined;
}

/** What an input of this kind weighs once it is signed: a Schnorr signature; or ECDSA signature and public key. */
export const COIN_INPUT_WEIGHT: Record<AddressKind, number> = {
  p2tr: inputWeight(64),
  bech32: inputWeight(MAX_SIGNATURE_BYTES, 33),
};

/** The output script of the key at this path. */
export function scriptOf(keys: WalletKeys, path: KeyPath): Uint8Array {
  const private_key = keys.privateKey(path).reveal();
  if (path.kind === 'bech32') return p2wpkh(curve.publicKey(private_key));
  return p2tr(curve.publicKey(taprootTweakPrivate(private_key)).slice(1));
}

/** Signs the input that spends the coin. `spent` are the outputs that all inputs spend, in their order. */
export function signCoin(
  keys: WalletKeys,
  tx: Transaction,
  input_index: number,
  spent: readonly TxOutput[],
  path: KeyPath,
): Transaction {
  const private_key = keys.privateKey(path).reveal();
  const sighash = new Sighash(tx);
  if (path.kind === 'p2tr') {
    const digest = sighash.taprootKeyPath(input_index, spent);
    return withWitness(tx, input_index, [schnorrSign(digest, taprootTweakPrivate(private_key))]);
  }
  const public_key = curve.publicKey(private_key);
  const { amount_sat } = spent[input_index] as TxOutput;
  const digest = sighash.segwit(input_index, p2wpkhScriptCode(public_key), amount_sat, SIGHASH_ALL);
  return withWitness(tx, input_index, [derSignature(curve.sign(digest, private_key), SIGHASH_ALL), public_key]);
}
