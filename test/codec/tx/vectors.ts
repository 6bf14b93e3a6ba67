/** The channel of BOLT 3's Appendices C and F, seen from either of its two sides. */
import { readFileSync } from 'node:fs';
import { sha256 } from '../../../src/base/crypto/hash.ts';
import { curve } from '../../../src/base/crypto/secp256k1.ts';
import { type Msat, msat, type Sat, sat } from '../../../src/base/types/amount.ts';
import type { PaymentHash, Txid } from '../../../src/base/types/brand.ts';
import { fromHex, toHex } from '../../../src/base/types/hex.ts';
import { Secret } from '../../../src/base/types/secret.ts';
import { type ChannelKeys, channelPublicKeys } from '../../../src/codec/tx/channel-keys.ts';
import type { CommitmentHtlc } from '../../../src/codec/tx/commitment.ts';
import type { CommitmentFormat } from '../../../src/codec/tx/fees.ts';
import type { Side, TransactionTerms } from '../../../src/codec/tx/terms.ts';

/** A file of test/codec/tx/vectors. */
export function readVectors(name: string): unknown {
  return JSON.parse(readFileSync(new URL(`vectors/${name}.json`, import.meta.url), 'utf8'));
}

function key(hex: string): Secret<Uint8Array> {
  return new Secret(fromHex(hex));
}

/** "local" of the appendices. Its revocation basepoint plays no part in its own commitments. */
export const LOCAL_KEYS: ChannelKeys = {
  funding: key('30ff4956bbdd3222d44cc5e8a1261dab1e07957bdac5ae88fe3261ef321f3749'),
  revocation_basepoint: key('55'.repeat(32)),
  payment_basepoint: key('11'.repeat(32)),
  delayed_payment_basepoint: key('33'.repeat(32)),
  htlc_basepoint: key('11'.repeat(32)),
  per_commitment_seed: key('66'.repeat(32)),
};

/** "remote" of the appendices. */
export const REMOTE_KEYS: ChannelKeys = {
  funding: key('1552dfba4f6cf29a62a0af13c8d6981d36d0ef8d61ba10fb0fe90da7634d7e13'),
  revocation_basepoint: key('22'.repeat(32)),
  payment_basepoint: key('44'.repeat(32)),
  delayed_payment_basepoint: key('77'.repeat(32)),
  htlc_basepoint: key('44'.repeat(32)),
  per_commitment_seed: key('88'.repeat(32)),
};

/** The point of "local" for commitment 42. */
export const PER_COMMITMENT_POINT = toHex(
  curve.publicKey(fromHex('1f1e1d1c1b1a191817161514131211100f0e0d0c0b0a09080706050403020100')),
);

/** The terms of the channel; `perspective` says whom `local` means. */
export function vectorTerms(
  commitment_format: CommitmentFormat,
  dust_limit_satoshis: Sat,
  perspective: Side = 'local',
): TransactionTerms {
  const ours = { ...channelPublicKeys(LOCAL_KEYS), dust_limit_satoshis, to_self_delay: 7 };
  const theirs = { ...channelPublicKeys(REMOTE_KEYS), dust_limit_satoshis: sat(546), to_self_delay: 144 };
  return {
    opener: perspective,
    funding_txid: '8984484a580b825b9972d7adb15050b3ab624ccd731946b3eeddb92f4e7ef6be' as Txid,
    funding_output_index: 0,
    funding_satoshis: sat(10_000_000),
    commitment_format,
    local: perspective === 'local' ? ours : theirs,
    remote: perspective === 'local' ? theirs : ours,
  };
}

/** An HTLC of the appendices with its number there. */
export interface VectorHtlc extends CommitmentHtlc {
  readonly index: number;
  readonly payment_preimage: Uint8Array;
}

const HTLCS: readonly [index: number, offered_by: Side, amount: Msat, cltv_expiry: number, preimage: number][] = [
  [0, 'remote', msat(1_000_000), 500, 0],
  [1, 'remote', msat(2_000_000), 501, 1],
  [2, 'local', msat(2_000_000), 502, 2],
  [3, 'local', msat(3_000_000), 503, 3],
  [4, 'remote', msat(4_000_000), 504, 4],
  [5, 'local', msat(5_000_000), 506, 5],
  [6, 'local', msat(5_000_001), 505, 5],
];

/** The HTLCs with these numbers; `perspective` says whom `local` means. */
export function vectorHtlcs(indexes: readonly number[], perspective: Side = 'local'): VectorHtlc[] {
  return HTLCS.filter(([index]) => indexes.includes(index)).map(([index, by, amount_msat, cltv_expiry, byte]) => {
    const payment_preimage = new Uint8Array(32).fill(byte);
    const swapped = by === 'local' ? 'remote' : 'local';
    return {
      index,
      offered_by: perspective === 'local' ? by : swapped,
      amount_msat,
      cltv_expiry,
      payment_hash: toHex(sha256(payment_preimage)) as PaymentHash,
      payment_preimage,
    };
  });
}

/** Which HTLCs a case of the appendices has. */
export function htlcsOfCase(name: string, with_htlcs: boolean): readonly number[] {
  if (name.startsWith('simple') || !with_htlcs) return [];
  return name.includes('same amount and preimage') ? [1, 5, 6] : [0, 1, 2, 3, 4];
}
