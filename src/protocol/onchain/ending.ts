/** Whose transaction it is that spent the funding output, and what is known of it (BOLT 5). */
import { curve } from '../../base/crypto/secp256k1.ts';
import { fromHex } from '../../base/types/hex.ts';
import { isMutualCloseSequence } from '../../codec/tx/closing.ts';
import {
  buildCommitment,
  type Commitment,
  type CommitmentHtlc,
  type CommitmentKeys,
  commitmentKeys,
  commitmentNumberOf,
  delayedScript,
  htlcScript,
} from '../../codec/tx/commitment.ts';
import { p2wsh } from '../../codec/tx/script.ts';
import { findSecret, perCommitmentSecret } from '../../codec/tx/secrets.ts';
import { prepareTerms } from '../../codec/tx/terms.ts';
import { type Transaction, txidOf } from '../../codec/tx/transaction.ts';
import type { ClosingChannel, ClosingHtlc } from './closing-channel.ts';
import type { RevokedHtlc } from './revoked-htlc.ts';

/** What a revoked commitment's outputs are found and taken with. */
export interface RevokedEnding {
  readonly kind: 'revoked';
  readonly number: number;
  readonly per_commitment_secret: Uint8Array;
  readonly keys: CommitmentKeys;
  readonly delayed_witness_script: Uint8Array;
}

/** `unknown` is a commitment that we have no record of (our state is old), or a spend that should be impossible. */
export type Ending =
  | { readonly kind: 'mutual' }
  | { readonly kind: 'local' | 'remote'; readonly commitment: Commitment<ClosingHtlc> }
  | RevokedEnding
  | { readonly kind: 'unknown'; readonly number: number | undefined };

/** Tells what a transaction that spends the funding output is. */
export function classifyEnding(channel: ClosingChannel, tx: Transaction): Ending {
  const { terms, local, remote } = channel;
  const number = commitmentNumberOf(terms, tx);
  if (number === undefined) {
    return isMutualCloseSequence(tx.inputs[0]?.sequence) ? { kind: 'mutual' } : { kind: 'unknown', number };
  }
  const txid = txidOf(tx);
  if (local?.view.number === number) {
    const commitment = buildCommitment(terms, local.view);
    if (commitment.txid === txid) return { kind: 'local', commitment };
  }
  for (const view of remote) {
    if (view.number !== number) continue;
    const commitment = buildCommitment(terms, view);
    if (commitment.txid === txid) return { kind: 'remote', commitment };
  }
  return revokedEnding(channel, tx, number) ?? { kind: 'unknown', number };
}

function revokedEnding(channel: ClosingChannel, tx: Transaction, number: number): RevokedEnding | undefined {
  const { terms, remote_secrets } = channel;
  const secret = findSecret(remote_secrets, number);
  if (secret === undefined) return undefined;
  const per_commitment_secret = fromHex(secret);
  const keys = commitmentKeys(terms, 'remote', curve.publicKey(per_commitment_secret));
  const delayed_witness_script = delayedScript(terms, 'remote', keys);
  const revoked: RevokedEnding = { kind: 'revoked', number, per_commitment_secret, keys, delayed_witness_script };
  if (pays(tx, p2wsh(delayed_witness_script))) return revoked;
  return isOldOfOurs(channel, tx, number) ? undefined : revoked;
}

/**
 * Whether it is a commitment of our own that is long revoked: it has the same number, and nothing in it is the peer's to
 * lose. Its delayed output is ours for certain. Without one the peer's plain output tells, but not when the peer chose
 * our key for its own (which is refused at the opening): whatever it says of itself must not spare it a penalty. When
 * neither side has an output of its own, all is in HTLCs, and only a commitment of the peer's can be meant to be punished.
 */
function isOldOfOurs({ terms, keys }: ClosingChannel, tx: Transaction, number: number): boolean {
  const point = curve.publicKey(perCommitmentSecret(keys.per_commitment_seed.reveal(), number));
  if (pays(tx, p2wsh(delayedScript(terms, 'local', commitmentKeys(terms, 'local', point))))) return true;
  const { local, remote } = prepareTerms(terms);
  if (Buffer.compare(local.to_remote_script_pubkey, remote.to_remote_script_pubkey) === 0) return false;
  return pays(tx, remote.to_remote_script_pubkey);
}

function pays(tx: Transaction, script_pubkey: Uint8Array): boolean {
  return tx.outputs.some((output) => Buffer.compare(output.script_pubkey, script_pubkey) === 0);
}

/** Which outputs of a revoked commitment hold these HTLCs: each output is matched once. */
export function matchRevokedHtlcs(
  ending: RevokedEnding,
  tx: Transaction,
  htlcs: readonly RevokedHtlc[],
): { vout: number; htlc: CommitmentHtlc; witness_script: Uint8Array }[] {
  const found: { vout: number; htlc: CommitmentHtlc; witness_script: Uint8Array }[] = [];
  for (const htlc of htlcs) {
    const witness_script = htlcScript('remote', ending.keys, htlc);
    const script_pubkey = p2wsh(witness_script);
    const amount_sat = htlc.amount_msat / 1000n;
    const vout = tx.outputs.findIndex(
      (output, index) =>
        output.amount_sat === amount_sat &&
        Buffer.compare(output.script_pubkey, script_pubkey) === 0 &&
        !found.some((other) => other.vout === index),
    );
    if (vout >= 0) found.push({ vout, htlc, witness_script });
  }
  return found;
}
