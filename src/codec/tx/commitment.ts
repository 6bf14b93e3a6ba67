/**
 * Building a commitment transaction (BOLT 3, Commitment Transaction Construction): the same from either side's view, so
 * that both sides sign the same bytes.
 */
import { type Msat, msatToSatFloor, type Sat, sat, subtractOrZero, sum } from '../../base/types/amount.ts';
import type { PaymentHash, Txid } from '../../base/types/brand.ts';
import { fromHex, toHex } from '../../base/types/hex.ts';
import { type HtlcScriptKeys, offeredHtlcScript, receivedHtlcScript, toLocalScript } from './channel-scripts.ts';
import { ANCHOR_SAT, commitmentFee, htlcTransactionFee } from './fees.ts';
import { derivePublicKey, deriveRevocationPublicKey } from './keys.ts';
import { p2wsh } from './script.ts';
import { otherSide, type PreparedTerms, prepareTerms, type Side, type TransactionTerms } from './terms.ts';
import { type Transaction, txInput, txidOf } from './transaction.ts';

/** What a commitment needs to know of an HTLC. */
export interface CommitmentHtlc {
  readonly offered_by: Side;
  readonly amount_msat: Msat;
  readonly payment_hash: PaymentHash;
  readonly cltv_expiry: number;
}

/** A commitment of `owner`. Balances are what each side has besides the HTLCs, before fees and anchors. */
export interface CommitmentView<H extends CommitmentHtlc = CommitmentHtlc> {
  readonly owner: Side;
  readonly number: number;
  /** The owner's point for this number, hex. */
  readonly per_commitment_point: string;
  readonly feerate_per_kw: number;
  readonly local_msat: Msat;
  readonly remote_msat: Msat;
  readonly htlcs: readonly H[];
}

/** The keys of one commitment. Here `local` is its owner and `remote` the other side, as BOLT 3 words it. */
export interface CommitmentKeys extends HtlcScriptKeys {
  readonly delayed_pubkey: Uint8Array;
}

/** An output, as it is found in the transaction. `witness_script` is missing for P2WPKH only. */
export interface OutputPlace {
  readonly vout: number;
  readonly amount_sat: Sat;
  readonly script_pubkey: Uint8Array;
  readonly witness_script: Uint8Array | undefined;
}

/** An HTLC's output; offered or received by the commitment's owner. */
export interface HtlcOutput<H extends CommitmentHtlc = CommitmentHtlc> extends OutputPlace {
  readonly kind: 'htlc';
  readonly direction: 'offered' | 'received';
  readonly htlc: H;
  readonly witness_script: Uint8Array;
}

/** Any output. `to_local` is the owner's, `to_remote` the other's; an anchor names its side as we see it. */
export type CommitmentOutput<H extends CommitmentHtlc = CommitmentHtlc> =
  | (OutputPlace & { readonly kind: 'to_local' })
  | (OutputPlace & { readonly kind: 'to_remote' })
  | (OutputPlace & { readonly kind: 'anchor'; readonly side: Side })
  | HtlcOutput<H>;

/** A commitment transaction without signatures, and all that is known of its outputs. */
export interface Commitment<H extends CommitmentHtlc = CommitmentHtlc> {
  readonly terms: TransactionTerms;
  readonly owner: Side;
  readonly number: number;
  readonly feerate_per_kw: number;
  readonly per_commitment_point: Uint8Array;
  readonly keys: CommitmentKeys;
  readonly tx: Transaction;
  readonly txid: Txid;
  /** In the order of the transaction. */
  readonly outputs: readonly CommitmentOutput<H>[];
  /** The HTLCs among them, in that order: the order of `htlc_signature`s. */
  readonly htlc_outputs: readonly HtlcOutput<H>[];
  /** HTLCs too small for an output: they are part of the fee. */
  readonly trimmed: readonly H[];
  /** All that the miner gets. */
  readonly fee_sat: Sat;
  /** The script of this commitment's HTLC transactions' outputs, and of its `to_local`. */
  readonly delayed_witness_script: Uint8Array;
  readonly delayed_script_pubkey: Uint8Array;
}

/** The keys of the latest commitments of each channel: they are the same when one is built again. */
const known_keys = new WeakMap<TransactionTerms, Map<string, CommitmentKeys>>();
/** Of either side the commitment that is signed, and the next. */
const KEPT_KEYS = 4;

/**
 * The keys of a commitment of `owner`, kept for when it is built: most of what a commitment costs, and known as soon as
 * its point is. Throws CurveError when the point is none.
 */
export function commitmentKeys(terms: TransactionTerms, owner: Side, per_commitment_point: Uint8Array): CommitmentKeys {
  const kept = known_keys.get(terms) ?? new Map<string, CommitmentKeys>();
  known_keys.set(terms, kept);
  const name = `${owner} ${toHex(per_commitment_point)}`;
  const known = kept.get(name);
  if (known !== undefined) return known;
  const keys = deriveKeys(terms, owner, per_commitment_point);
  kept.set(name, keys);
  const [oldest] = kept.keys();
  if (kept.size > KEPT_KEYS) kept.delete(oldest as string);
  return keys;
}

function deriveKeys(terms: TransactionTerms, owner: Side, per_commitment_point: Uint8Array): CommitmentKeys {
  const { format, [owner]: own, [otherSide(owner)]: other } = prepareTerms(terms);
  return {
    is_anchors: format === 'anchors',
    revocation_pubkey: deriveRevocationPublicKey(other.revocation_basepoint, per_commitment_point),
    delayed_pubkey: derivePublicKey(own.delayed_payment_basepoint, per_commitment_point),
    local_htlc_pubkey: derivePublicKey(own.htlc_basepoint, per_commitment_point),
    remote_htlc_pubkey: derivePublicKey(other.htlc_basepoint, per_commitment_point),
  };
}

/** The witness script of the owner's own delayed outputs in one commitment. */
export function delayedScript(terms: TransactionTerms, owner: Side, keys: CommitmentKeys): Uint8Array {
  return toLocalScript(keys.revocation_pubkey, terms[otherSide(owner)].to_self_delay, keys.delayed_pubkey);
}

/** The witness script of an HTLC's output in a commitment of `owner`. */
export function htlcScript(owner: Side, keys: CommitmentKeys, htlc: CommitmentHtlc): Uint8Array {
  const payment_hash = fromHex(htlc.payment_hash);
  return htlc.offered_by === owner
    ? offeredHtlcScript(keys, payment_hash)
    : receivedHtlcScript(keys, payment_hash, htlc.cltv_expiry);
}

/** Whether the HTLC has no output in a commitment of `owner` (BOLT 3, Trimmed Outputs). */
export function isTrimmed(terms: TransactionTerms, owner: Side, feerate_per_kw: number, htlc: CommitmentHtlc): boolean {
  const direction = htlc.offered_by === owner ? 'offered' : 'received';
  const fee_sat = htlcTransactionFee(terms.commitment_format ?? 'anchors', direction, feerate_per_kw);
  return msatToSatFloor(htlc.amount_msat) < terms[owner].dust_limit_satoshis + fee_sat;
}

/** Outputs find their place when they are sorted. */
const UNPLACED = 0;

/** BOLT 3, Transaction Output Ordering. */
function compareOutputs(a: CommitmentOutput, b: CommitmentOutput): number {
  if (a.amount_sat !== b.amount_sat) return a.amount_sat < b.amount_sat ? -1 : 1;
  const byScript = Buffer.compare(a.script_pubkey, b.script_pubkey);
  if (byScript !== 0 || a.kind !== 'htlc' || b.kind !== 'htlc') return byScript;
  return a.htlc.cltv_expiry - b.htlc.cltv_expiry;
}

/** The commitment number as it is hidden in locktime and sequence, and the reverse: the same operation. */
function obscure(number: number, factor: number): { high: number; low: number } {
  const high = Math.floor(number / 0x1000000) ^ Math.floor(factor / 0x1000000);
  return { high, low: (number % 0x1000000) ^ (factor % 0x1000000) };
}

/** The number that a commitment transaction of this channel carries; undefined when its fields are of another form. */
export function commitmentNumberOf(terms: TransactionTerms, tx: Transaction): number | undefined {
  const sequence = tx.inputs[0]?.sequence ?? 0;
  if (tx.inputs.length !== 1 || sequence >>> 24 !== 0x80 || tx.locktime >>> 24 !== 0x20) return undefined;
  const hidden = (sequence & 0xffffff) * 0x1000000 + (tx.locktime & 0xffffff);
  const { high, low } = obscure(hidden, prepareTerms(terms).obscuring_factor);
  return high * 0x1000000 + low;
}

function htlcOutputs<H extends CommitmentHtlc>(
  view: CommitmentView<H>,
  keys: CommitmentKeys,
  untrimmed: readonly H[],
): HtlcOutput<H>[] {
  return untrimmed.map((htlc) => {
    const witness_script = htlcScript(view.owner, keys, htlc);
    return {
      kind: 'htlc',
      vout: UNPLACED,
      direction: htlc.offered_by === view.owner ? 'offered' : 'received',
      htlc,
      amount_sat: msatToSatFloor(htlc.amount_msat),
      script_pubkey: p2wsh(witness_script),
      witness_script,
    };
  });
}

function anchorOutput(prepared: PreparedTerms, side: Side): OutputPlace & { kind: 'anchor'; side: Side } {
  const { anchor_witness_script, anchor_script_pubkey } = prepared[side];
  return {
    kind: 'anchor',
    vout: UNPLACED,
    side,
    amount_sat: ANCHOR_SAT,
    script_pubkey: anchor_script_pubkey,
    witness_script: anchor_witness_script,
  };
}

/**
 * Builds a commitment. An opener who cannot pay the whole fee pays what it has. Throws CurveError when the point is no
 * point of the curve, AmountError when balances and HTLCs exceed the funding, TxError when no output is left.
 */
export function buildCommitment<H extends CommitmentHtlc>(
  terms: TransactionTerms,
  view: CommitmentView<H>,
): Commitment<H> {
  const prepared = prepareTerms(terms);
  const { owner, feerate_per_kw } = view;
  const other = otherSide(owner);
  const per_commitment_point = fromHex(view.per_commitment_point);
  const keys = commitmentKeys(terms, owner, per_commitment_point);
  const dust_limit_sat = terms[owner].dust_limit_satoshis;

  const untrimmed: H[] = [];
  const trimmed: H[] = [];
  for (const htlc of view.htlcs) (isTrimmed(terms, owner, feerate_per_kw, htlc) ? trimmed : untrimmed).push(htlc);

  const anchors_sat = prepared.format === 'anchors' ? sat(2n * ANCHOR_SAT) : sat(0);
  const cost_sat = sum([commitmentFee(prepared.format, untrimmed.length, feerate_per_kw), anchors_sat]);
  const amount_sat = { local: msatToSatFloor(view.local_msat), remote: msatToSatFloor(view.remote_msat) };
  amount_sat[terms.opener] = subtractOrZero(amount_sat[terms.opener], cost_sat);

  const delayed_witness_script = delayedScript(terms, owner, keys);
  const delayed_script_pubkey = p2wsh(delayed_witness_script);
  const unplaced: CommitmentOutput<H>[] = htlcOutputs(view, keys, untrimmed);
  const hasHtlcs = untrimmed.length > 0;
  const hasToLocal = amount_sat[owner] >= dust_limit_sat;
  const hasToRemote = amount_sat[other] >= dust_limit_sat;
  if (hasToLocal) {
    unplaced.push({
      kind: 'to_local',
      vout: UNPLACED,
      amount_sat: amount_sat[owner],
      script_pubkey: delayed_script_pubkey,
      witness_script: delayed_witness_script,
    });
  }
  if (hasToRemote) {
    unplaced.push({
      kind: 'to_remote',
      vout: UNPLACED,
      amount_sat: amount_sat[other],
      script_pubkey: prepared[other].to_remote_script_pubkey,
      witness_script: prepared[other].to_remote_witness_script,
    });
  }
  if (prepared.format === 'anchors') {
    if (hasToLocal || hasHtlcs) unplaced.push(anchorOutput(prepared, owner));
    if (hasToRemote || hasHtlcs) unplaced.push(anchorOutput(prepared, other));
  }
  unplaced.sort(compareOutputs);
  const outputs = unplaced.map((output, vout): CommitmentOutput<H> => ({ ...output, vout }));

  const { high, low } = obscure(view.number, prepared.obscuring_factor);
  const funding = { txid: terms.funding_txid, vout: terms.funding_output_index };
  const tx: Transaction = {
    version: 2,
    inputs: [txInput(funding, 0x80000000 + high)],
    outputs: outputs.map(({ amount_sat, script_pubkey }) => ({ amount_sat, script_pubkey })),
    locktime: 0x20000000 + low,
  };
  return {
    terms,
    owner,
    number: view.number,
    feerate_per_kw,
    per_commitment_point,
    keys,
    tx,
    txid: txidOf(tx),
    outputs,
    htlc_outputs: outputs.filter((output) => output.kind === 'htlc'),
    trimmed,
    fee_sat: sat(terms.funding_satoshis - sum(outputs.map((output) => output.amount_sat))),
    delayed_witness_script,
    delayed_script_pubkey,
  };
}
