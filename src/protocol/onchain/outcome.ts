/**
 * What the chain has decided: preimages it showed, HTLCs that failed or were claimed for good, outputs and channels that
 * nobody can change any more (BOLT 5). Only what is deep enough is said, and what was said is not said again.
 */
import { sha256 } from '../../base/crypto/hash.ts';
import type { PaymentHash, PaymentPreimage } from '../../base/types/brand.ts';
import { toHex } from '../../base/types/hex.ts';
import type { ClosingChannel, ClosingHtlc, OnchainEnvironment } from './closing-channel.ts';
import { isUneconomic } from './compose.ts';
import { nameOf } from './outpoint.ts';
import type { OnchainEffect, OnchainState } from './state.ts';
import { knownPreimages, type Situation, type TrackedOutput } from './tracked-output.ts';

/** What of these hashes the spend of an output reveals: a preimage is the only item of a witness that can hash to one. */
function preimagesOf({ spend }: TrackedOutput, payment_hashes: ReadonlySet<string>): PaymentPreimage[] {
  const witness = spend?.tx.inputs[spend.input_index]?.witness ?? [];
  const items = witness.filter((item) => item.length === 32 && payment_hashes.has(toHex(sha256(item))));
  return items.map((item) => toHex(item) as PaymentPreimage);
}

/** Preimages that the chain shows of HTLCs that we offered: news for each, though another part has shown it before. */
export function learnPreimages(channel: ClosingChannel, situation: Situation): readonly PaymentPreimage[] {
  const offered = htlcsInFlight(channel).filter(({ offered_by }) => offered_by === 'local');
  const in_flight = new Set<string>(offered.map(({ payment_hash }) => payment_hash));
  const learned = new Set<PaymentPreimage>();
  for (const output of situation.outputs) {
    const { role, htlc, is_ours } = output;
    if (is_ours || (role !== 'unrecognised' && htlc?.offered_by !== 'local')) continue;
    // An HTLC of a revoked commitment may be long gone from ours: its preimage is news all the same.
    const hashes = htlc === undefined ? in_flight : new Set<string>([htlc.payment_hash]);
    for (const preimage of preimagesOf(output, hashes)) learned.add(preimage);
  }
  return [...learned];
}

/** Every HTLC that some unrevoked commitment holds. */
function htlcsInFlight(channel: ClosingChannel): ClosingHtlc[] {
  const views = channel.local === undefined ? channel.remote : [channel.local.view, ...channel.remote];
  const htlcs = new Map<string, ClosingHtlc>();
  for (const htlc of views.flatMap((view) => view.htlcs)) htlcs.set(`${htlc.offered_by} ${htlc.id}`, htlc);
  return [...htlcs.values()];
}

/** When we took it, for good or not yet; what we did not take comes last. */
function takenHeight({ spend, is_ours }: TrackedOutput): number {
  return is_ours && spend !== undefined ? spend.height : Number.MAX_SAFE_INTEGER;
}

/**
 * The output that holds an HTLC. Several HTLCs may look the same: then each has its own, and those that come first the
 * ones that we took first.
 */
function assignOutputs(htlcs: readonly ClosingHtlc[], situation: Situation): Map<ClosingHtlc, TrackedOutput> {
  const assigned = new Map<ClosingHtlc, TrackedOutput>();
  const left = situation.outputs.filter((output) => output.role === 'htlc');
  left.sort((a, b) => takenHeight(a) - takenHeight(b));
  for (const htlc of htlcs) {
    const index = left.findIndex(
      ({ htlc: other }) =>
        other !== undefined &&
        other.offered_by === htlc.offered_by &&
        other.payment_hash === htlc.payment_hash &&
        other.cltv_expiry === htlc.cltv_expiry &&
        other.amount_msat === htlc.amount_msat,
    );
    const [output] = index < 0 ? [] : left.splice(index, 1);
    if (output !== undefined) assigned.set(htlc, output);
  }
  return assigned;
}

/** What the reports of payments that are lost are remembered by. */
const LOST = 'lost htlc';

/** The payments to us that were lost in this ending, as far as that is decided. */
export function lostHtlcs(channel: ClosingChannel, { told }: OnchainState): readonly ClosingHtlc[] {
  return htlcsInFlight(channel).filter(
    ({ id, offered_by }) => offered_by === 'remote' && told.includes(`${LOST} ${id}`),
  );
}

/** What the reports of penalties that came too late are remembered by; the output's name follows. */
const MISSED = 'missed ';

/** The outputs of a revoked commitment that the peer took before we did, as far as that is final. */
export function missedPenalties<Output extends Pick<TrackedOutput, 'outpoint'>>(
  outputs: readonly Output[],
  { told }: Pick<OnchainState, 'told'>,
): readonly Output[] {
  return outputs.filter(({ outpoint }) => told.includes(`${MISSED}${nameOf(outpoint)}`));
}

/** All reports of a step, and the keys by which they are remembered. */
export class Outcome {
  readonly effects: OnchainEffect[] = [];
  readonly told: string[];
  readonly #channel: ClosingChannel;
  readonly #state: OnchainState;
  readonly #situation: Situation;
  readonly #environment: OnchainEnvironment;

  constructor(channel: ClosingChannel, state: OnchainState, situation: Situation, environment: OnchainEnvironment) {
    this.#channel = channel;
    this.#state = state;
    this.#situation = situation;
    this.#environment = environment;
    this.told = [...state.told];
  }

  #tell(key: string, effect: OnchainEffect): void {
    if (this.told.includes(key)) return;
    this.told.push(key);
    this.effects.push(effect);
  }

  #depth(height: number): number {
    return this.#state.height - height + 1;
  }

  /** What the channel ended with: said as soon as it is in a block. */
  tellEnding(): void {
    const { ending, txid } = this.#situation;
    const number = 'commitment' in ending ? ending.commitment.number : 'number' in ending ? ending.number : undefined;
    this.#tell(`ended ${txid}`, { kind: 'ended', ending: ending.kind, txid, number });
  }

  /** Preimages are never taken back: what was shown is known. */
  tellPreimages(preimages: readonly PaymentPreimage[]): void {
    for (const payment_preimage of preimages) {
      const payment_hash = toHex(sha256(Buffer.from(payment_preimage, 'hex'))) as PaymentHash;
      this.#tell(`preimage ${payment_hash}`, { kind: 'preimage_learned', payment_hash, payment_preimage });
    }
  }

  /** Which HTLCs are over. True when none is undecided. */
  tellHtlcs(): boolean {
    const { ending, height } = this.#situation;
    const { paid_depth, irrevocable_depth } = this.#environment.policy;
    const { accepted_ids } = this.#state;
    const isAccepted = ({ offered_by, id }: ClosingHtlc) => offered_by === 'remote' && accepted_ids.includes(id);
    const all = htlcsInFlight(this.#channel);
    // What is taken of several that look the same, and were not all accepted, is what was.
    const htlcs = [...all.filter(isAccepted), ...all.filter((htlc) => !isAccepted(htlc))];
    const outputs = assignOutputs(htlcs, this.#situation);
    const preimages = knownPreimages(this.#state);
    let isDecided = true;
    for (const htlc of htlcs) {
      const output = outputs.get(htlc);
      const takenDepth = output?.spend === undefined ? 0 : this.#depth(output.spend.height);
      const isOursForGood = output?.is_ours === true && takenDepth >= paid_depth;
      if (htlc.offered_by === 'remote') {
        if (isOursForGood && preimages.has(htlc.payment_hash)) {
          this.#tell(`htlc remote ${htlc.id}`, { kind: 'htlc_claimed', htlc });
        }
        if (isAccepted(htlc) && this.#isLost(htlc, output)) {
          this.#tell(`${LOST} ${htlc.id}`, { kind: 'htlc_lost', htlc, txid: output?.spend?.txid });
        }
        continue;
      }
      // An unknown commitment may hold the HTLC where we cannot see it: then only its expiry ends the matter.
      const isGone =
        ending.kind === 'unknown'
          ? this.#state.height >= htlc.cltv_expiry + irrevocable_depth
          : output === undefined && this.#depth(height) >= paid_depth;
      // An output that is too small for a claim stays where it is: nobody waits for it for ever.
      const isLeft = output !== undefined && output.spend === undefined && this.#isResolved(output);
      // A preimage may be known of another part: what comes back to us has failed all the same.
      if (isGone || isLeft || isOursForGood) this.#tell(`htlc local ${htlc.id}`, { kind: 'htlc_failed', htlc });
      else if (!preimages.has(htlc.payment_hash)) isDecided = false;
    }
    return isDecided;
  }

  /**
   * Whether an HTLC to us that we have accepted went to somebody else for good: the peer took it back after its time, or
   * it was too small for an output, or for a claim of its output. One that the commitment does not hold was settled in
   * the balance before; and from a revoked one we take all, second stages included.
   */
  #isLost(htlc: ClosingHtlc, output: TrackedOutput | undefined): boolean {
    const { ending, height } = this.#situation;
    const { paid_depth } = this.#environment.policy;
    if (!('commitment' in ending)) return false;
    if (output?.spend !== undefined) return !output.is_ours && this.#depth(output.spend.height) >= paid_depth;
    if (output !== undefined) return this.#isResolved(output);
    const isTrimmed = ending.commitment.trimmed.some(
      ({ offered_by, id }) => offered_by === htlc.offered_by && id === htlc.id,
    );
    return isTrimmed && this.#depth(height) >= paid_depth;
  }

  /**
   * What the peer took of a commitment that it had revoked: its delay was over, and we were not there. Moving an HTLC on
   * by its own transaction brings it nothing, as the penalty follows.
   */
  tellMissed(): void {
    const { ending, outputs } = this.#situation;
    if (ending.kind !== 'revoked') return;
    for (const { role, outpoint, spends, spend, is_ours } of outputs) {
      if (is_ours || spend === undefined || (role !== 'to_local' && role !== 'second_stage')) continue;
      if (this.#depth(spend.height) < this.#environment.policy.paid_depth) continue;
      const { amount_sat } = spends;
      this.#tell(`${MISSED}${nameOf(outpoint)}`, { kind: 'penalty_missed', outpoint, amount_sat, txid: spend.txid });
    }
  }

  /** Which outputs are irrevocably resolved, and whether the channel is. */
  tellResolved(are_htlcs_decided: boolean): void {
    const { outputs, height } = this.#situation;
    let isResolved = are_htlcs_decided && this.#isIrrevocable(height);
    for (const output of outputs) {
      // An anchor is worth less than it costs to wait for, and what we do not recognise is not ours.
      if (output.role === 'anchor' || output.role === 'unrecognised') continue;
      if (!this.#isResolved(output)) {
        isResolved = false;
        continue;
      }
      const { outpoint, role, is_ours } = output;
      this.#tell(`output ${nameOf(outpoint)}`, { kind: 'output_resolved', outpoint, role, by_us: is_ours });
    }
    if (isResolved) this.#tell('channel', { kind: 'channel_resolved' });
  }

  #isIrrevocable(height: number): boolean {
    return this.#depth(height) >= this.#environment.policy.irrevocable_depth;
  }

  #isResolved(output: TrackedOutput): boolean {
    const { spend, claim, htlc, height } = output;
    if (spend !== undefined) return this.#isIrrevocable(spend.height);
    // Left alone: the peer's own, or too small to be worth a transaction.
    if (!this.#isIrrevocable(Math.max(height, htlc?.cltv_expiry ?? 0, claim?.valid_height ?? 0))) return false;
    return claim === undefined || isUneconomic(claim, this.#environment.sweep_script);
  }
}
