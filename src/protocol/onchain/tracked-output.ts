/**
 * Every output that a channel's end made, with who may take it and who did (BOLT 5): a pure function of the channel and
 * of what the chain has confirmed so far.
 */
import { sha256 } from '../../base/crypto/hash.ts';
import type { Txid } from '../../base/types/brand.ts';
import { fromHex, toHex } from '../../base/types/hex.ts';
import type { CommitmentHtlc, CommitmentOutput } from '../../codec/tx/commitment.ts';
import { htlcTransaction, remoteSighashType } from '../../codec/tx/htlc-transaction.ts';
import { p2wsh } from '../../codec/tx/script.ts';
import { prepareTerms, type Side } from '../../codec/tx/terms.ts';
import { parseTransaction, type Transaction, type TxOutput } from '../../codec/tx/transaction.ts';
import * as claims from './claim.ts';
import type { ClosingChannel, ClosingHtlc } from './closing-channel.ts';
import { classifyEnding, type Ending, matchRevokedHtlcs, type RevokedEnding } from './ending.ts';
import { nameOf, type Outpoint } from './outpoint.ts';
import type { OnchainState } from './state.ts';

/** A confirmed transaction that spends an output. */
export interface Spend {
  readonly tx: Transaction;
  readonly txid: Txid;
  readonly height: number;
  readonly input_index: number;
}

/** `unrecognised` outputs of an unknown commitment are watched for the preimages that their spends may show. */
export type OutputRole = 'to_local' | 'to_remote' | 'anchor' | 'htlc' | 'second_stage' | 'unrecognised';

/** An output of the ending, or of an HTLC transaction that followed it. */
export interface TrackedOutput {
  readonly outpoint: Outpoint;
  readonly spends: TxOutput;
  /** The height of the block that made it. */
  readonly height: number;
  /** `to_local` and `to_remote` as the commitment's owner sees them. */
  readonly role: OutputRole;
  readonly htlc: CommitmentHtlc | undefined;
  /** How we can take it, now or later; undefined when it is the peer's, or needs a preimage that we do not know. */
  readonly claim: claims.Claim | undefined;
  readonly spend: Spend | undefined;
  /** Whether that spend is ours. */
  readonly is_ours: boolean;
}

/** The end of a channel as far as the chain has confirmed it. */
export interface Situation {
  readonly ending: Ending;
  readonly txid: Txid;
  readonly height: number;
  readonly outputs: readonly TrackedOutput[];
}

/** Who spent what, of the confirmed transactions. */
function indexSpends(state: OnchainState): Map<string, Spend> {
  const spends = new Map<string, Spend>();
  for (const { txid, height, transaction } of state.spends) {
    const tx = parseTransaction(fromHex(transaction));
    for (const [input_index, input] of tx.inputs.entries()) {
      spends.set(nameOf(input), { tx, txid, height, input_index });
    }
  }
  return spends;
}

/** The preimages that we know, by their hash. */
export function knownPreimages(state: OnchainState): ReadonlyMap<string, Uint8Array> {
  return new Map(state.preimages.map((preimage) => [toHex(sha256(fromHex(preimage))), fromHex(preimage)]));
}

/** Looks at everything that is confirmed; undefined as long as the funding output is unspent. */
export function trackOutputs(channel: ClosingChannel, state: OnchainState): Situation | undefined {
  const spends = indexSpends(state);
  const { funding_txid, funding_output_index } = channel.terms;
  const end = spends.get(nameOf({ txid: funding_txid, vout: funding_output_index }));
  if (end === undefined) return undefined;
  const ending = classifyEnding(channel, end.tx);
  const tracker = new Tracker(channel, state, spends, end);
  if (ending.kind === 'local' || ending.kind === 'remote') {
    for (const output of ending.commitment.outputs) tracker.addCommitmentOutput(ending, output);
  } else if (ending.kind === 'revoked') {
    tracker.addRevoked(ending);
  } else if (ending.kind === 'unknown') {
    tracker.addUnknown();
  }
  return { ending, txid: end.txid, height: end.height, outputs: tracker.outputs };
}

type UnrevokedEnding = Extract<Ending, { kind: 'local' | 'remote' }>;

class Tracker {
  readonly outputs: TrackedOutput[] = [];
  readonly #channel: ClosingChannel;
  readonly #state: OnchainState;
  readonly #spends: ReadonlyMap<string, Spend>;
  readonly #preimages: ReadonlyMap<string, Uint8Array>;
  readonly #end: Spend;

  constructor(channel: ClosingChannel, state: OnchainState, spends: ReadonlyMap<string, Spend>, end: Spend) {
    this.#channel = channel;
    this.#state = state;
    this.#spends = spends;
    this.#preimages = knownPreimages(state);
    this.#end = end;
  }

  #base(vout: number, witness_script: Uint8Array, from: Spend = this.#end): claims.ClaimBase {
    const spends = from.tx.outputs[vout] as TxOutput;
    return { outpoint: { txid: from.txid, vout }, spends, witness_script, height: from.height };
  }

  /** `ours` tells our spends from the peer's by the form of the witness. */
  #add(
    role: OutputRole,
    base: Pick<claims.ClaimBase, 'outpoint' | 'spends' | 'height'>,
    claim: claims.Claim | undefined,
    ours: (witness: readonly Uint8Array[]) => boolean,
    htlc?: CommitmentHtlc,
  ): Spend | undefined {
    const { outpoint, spends, height } = base;
    const spend = this.#spends.get(nameOf(outpoint));
    const witness = spend?.tx.inputs[spend.input_index]?.witness;
    const is_ours = witness !== undefined && ours(witness);
    this.outputs.push({ outpoint, spends, height, role, htlc, claim, spend, is_ours });
    return spend;
  }

  /** An output of our latest commitment, or of one of the peer's that is not revoked. */
  addCommitmentOutput(ending: UnrevokedEnding, output: CommitmentOutput<ClosingHtlc>): void {
    const { keys, terms } = this.#channel;
    const { commitment } = ending;
    const isLocal = ending.kind === 'local';
    const base = this.#base(output.vout, output.witness_script ?? new Uint8Array(0));
    if (output.kind === 'anchor') {
      this.#addAnchor(base, output.side);
    } else if (output.kind === 'to_local') {
      const { to_self_delay } = terms.remote;
      const claim = isLocal
        ? claims.delayedClaim(keys, base, commitment.per_commitment_point, to_self_delay)
        : undefined;
      this.#add('to_local', base, claim, () => isLocal);
    } else if (output.kind === 'to_remote') {
      this.#add('to_remote', base, isLocal ? undefined : claims.toRemoteClaim(keys, base), () => !isLocal);
    } else {
      this.#addHtlc(ending, base, output.htlc);
    }
  }

  #addAnchor(base: claims.ClaimBase, side: Side): void {
    const { keys } = this.#channel;
    const claim = side === 'local' ? claims.anchorClaim(keys, base) : claims.oldAnchorClaim(base);
    this.#add('anchor', base, claim, () => side === 'local');
  }

  #addHtlc(ending: UnrevokedEnding, base: claims.ClaimBase, htlc: ClosingHtlc): void {
    const { keys } = this.#channel;
    const { per_commitment_point } = ending.commitment;
    const { cltv_expiry } = htlc;
    const preimage = htlc.offered_by === 'remote' ? this.#preimages.get(htlc.payment_hash) : undefined;
    const canTake = htlc.offered_by === 'local' || preimage !== undefined;
    if (ending.kind === 'remote') {
      const claim = canTake ? claims.htlcClaim(keys, base, per_commitment_point, cltv_expiry, preimage) : undefined;
      this.#add('htlc', base, claim, (witness) => witness.length === 3, htlc);
      return;
    }
    const claim = canTake ? this.#htlcTransactionClaim(ending, base, htlc, preimage) : undefined;
    const spend = this.#add('htlc', base, claim, (witness) => witness.length === 5, htlc);
    if (spend === undefined || spend.tx.inputs[spend.input_index]?.witness.length !== 5) return;
    const { delayed_witness_script } = ending.commitment;
    const { to_self_delay } = this.#channel.terms.remote;
    const stage = this.#base(spend.input_index, delayed_witness_script, spend);
    const next = claims.delayedClaim(keys, stage, per_commitment_point, to_self_delay);
    this.#add('second_stage', stage, next, () => true, htlc);
  }

  #htlcTransactionClaim(
    { commitment }: UnrevokedEnding,
    base: claims.ClaimBase,
    htlc: ClosingHtlc,
    preimage: Uint8Array | undefined,
  ): claims.Claim | undefined {
    const index = commitment.htlc_outputs.findIndex((output) => output.vout === base.outpoint.vout);
    const output = commitment.htlc_outputs[index];
    const signature = this.#channel.local?.signatures.htlc_signatures[index];
    if (output === undefined || signature === undefined) return undefined;
    const paired_output = htlcTransaction(commitment, output).outputs[0] as TxOutput;
    const remote = { signature: fromHex(signature), sighash_type: remoteSighashType(commitment) };
    const { per_commitment_point } = commitment;
    const { keys } = this.#channel;
    return claims.htlcTransactionClaim(
      keys,
      base,
      per_commitment_point,
      htlc.cltv_expiry,
      preimage,
      paired_output,
      remote,
    );
  }

  /** All outputs of a commitment that the peer has revoked: everything is ours. */
  addRevoked(ending: RevokedEnding): void {
    const { terms } = this.#channel;
    const { tx } = this.#end;
    const { local, remote } = prepareTerms(terms);
    const delayed_script_pubkey = p2wsh(ending.delayed_witness_script);
    const isPenalty = (witness: readonly Uint8Array[]): boolean => witness[1]?.length === 1;
    const htlcs = new Map(matchRevokedHtlcs(ending, tx, this.#state.revoked_htlcs).map((match) => [match.vout, match]));
    this.addOurToRemote();
    for (const [vout, { script_pubkey }] of tx.outputs.entries()) {
      const match = htlcs.get(vout);
      if (match !== undefined) {
        this.#addRevokedHtlc(ending, vout, match);
      } else if (Buffer.compare(script_pubkey, delayed_script_pubkey) === 0) {
        const base = this.#base(vout, ending.delayed_witness_script);
        this.#add('to_local', base, this.#penalty(ending, base), isPenalty);
      } else {
        for (const [side, { anchor_script_pubkey, anchor_witness_script }] of [
          ['local', local],
          ['remote', remote],
        ] as const) {
          if (Buffer.compare(script_pubkey, anchor_script_pubkey) !== 0) continue;
          this.#addAnchor(this.#base(vout, anchor_witness_script), side);
        }
      }
    }
    // HTLC transactions of the peer, several in one or not: what they made is delayed, and we are faster.
    const stages = new Map<Txid, Spend>();
    for (const { role, spend } of this.outputs)
      if (role === 'htlc' && spend !== undefined) stages.set(spend.txid, spend);
    for (const spend of stages.values()) {
      for (const [vout, { script_pubkey }] of spend.tx.outputs.entries()) {
        if (Buffer.compare(script_pubkey, delayed_script_pubkey) !== 0) continue;
        const base = this.#base(vout, ending.delayed_witness_script, spend);
        this.#add('second_stage', base, this.#penalty(ending, base), isPenalty);
      }
    }
  }

  #penalty(ending: RevokedEnding, base: claims.ClaimBase): claims.Claim {
    const { keys, terms } = this.#channel;
    return claims.delayedPenaltyClaim(keys, base, ending.per_commitment_secret, terms.local.to_self_delay);
  }

  #addRevokedHtlc(
    ending: RevokedEnding,
    vout: number,
    { htlc, witness_script }: { htlc: CommitmentHtlc; witness_script: Uint8Array },
  ): void {
    const { keys, terms } = this.#channel;
    const base = this.#base(vout, witness_script);
    // Even a second stage leaves us the peer's delay; this only says how soon to hurry.
    const deadline_height = base.height + terms.local.to_self_delay;
    const { revocation_pubkey } = ending.keys;
    const secret = ending.per_commitment_secret;
    const claim = claims.htlcPenaltyClaim(keys, base, secret, revocation_pubkey, deadline_height);
    this.#add('htlc', base, claim, (witness) => witness.length === 3, htlc);
  }

  /** A commitment that we have no record of: our part is found by its script, the rest can only be watched. */
  addUnknown(): void {
    this.addOurToRemote();
    const known = new Set(this.outputs.map(({ outpoint }) => outpoint.vout));
    for (const vout of this.#end.tx.outputs.keys()) {
      if (!known.has(vout)) this.#add('unrecognised', this.#base(vout, new Uint8Array(0)), undefined, () => false);
    }
  }

  /** Our part of a commitment of the peer, whatever else is known of it: its script never changes. */
  addOurToRemote(): void {
    const { keys, terms } = this.#channel;
    const { to_remote_script_pubkey, to_remote_witness_script } = prepareTerms(terms).local;
    if (to_remote_witness_script === undefined) return;
    for (const [vout, { script_pubkey }] of this.#end.tx.outputs.entries()) {
      if (Buffer.compare(script_pubkey, to_remote_script_pubkey) !== 0) continue;
      const base = this.#base(vout, to_remote_witness_script);
      this.#add('to_remote', base, claims.toRemoteClaim(keys, base), () => true);
    }
  }
}

/** The claim of our own anchor of our own commitment, before that is confirmed: the child that pays for its parent. */
export function unconfirmedAnchorClaim(channel: ClosingChannel, txid: Txid, tx: Transaction): claims.Claim | undefined {
  const { anchor_script_pubkey, anchor_witness_script } = prepareTerms(channel.terms).local;
  const vout = tx.outputs.findIndex((output) => Buffer.compare(output.script_pubkey, anchor_script_pubkey) === 0);
  const spends = tx.outputs[vout];
  if (spends === undefined) return undefined;
  const base = { outpoint: { txid, vout }, spends, witness_script: anchor_witness_script, height: 0 };
  return claims.anchorClaim(channel.keys, base);
}
