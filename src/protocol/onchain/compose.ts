/**
 * Which claims go together, and when they are sent, raised or split (BOLT 5). As many as fit share one transaction: that
 * costs least, and needs one coin of the wallet where the scripts do not let a claim pay for itself (HTLC transactions of
 * our own commitment: the peer's signature fixes their outputs). A claim goes alone once somebody else can take its
 * output, so that nobody can hold up one output by another: an HTLC with its preimage from its expiry on, anything else
 * when its deadline is near. Only claims that are equally urgent share one: what may go to the fee is all that they claim,
 * and that must be worth it to each of them. When the wallet cannot pay for a group, the group is split by value. A group that was sent
 * stays together until it is mined, an output of it is gone, or one of them has to go alone.
 */

import { max, min, type Sat, sat, sum } from '../../base/types/amount.ts';
import { dustLimit } from '../../codec/tx/fees.ts';
import { outputWeight, TRANSACTION_OVERHEAD_WEIGHT } from '../../codec/tx/witness.ts';
import type { Claim } from './claim.ts';
import { buildSweep, sweepWeight } from './claim-transaction.ts';
import { FEERATE_FLOOR_PER_KW, type OnchainEnvironment } from './closing-channel.ts';
import {
  blocksLeft,
  feeCeil,
  feerateAfterRefusal,
  feerateFor,
  feerateOf,
  LAST_BLOCKS,
  raisedFeerate,
  replacementFee,
  stakeOf,
} from './fee-schedule.ts';
import { nameOf } from './outpoint.ts';
import type { FundRequest, OnchainEffect, OnchainInput, OnchainState, Pending } from './state.ts';
import type { Situation } from './tracked-output.ts';

/** What is pending after a step, and what is sent now. */
export interface Composition {
  readonly pending: readonly Pending[];
  readonly effects: readonly OnchainEffect[];
}

/** What a transaction with one more coin and a change output weighs besides its foreign inputs and outputs. */
const WALLET_PART_WEIGHT = 500;

/** A batch stays well below what nodes relay (400,000 weight), and its counts fit one byte. */
const MAX_BATCH_INPUTS = 200;

function batchesOf(claims: readonly Claim[]): readonly Claim[][] {
  const batches: Claim[][] = [];
  for (let at = 0; at < claims.length; at += MAX_BATCH_INPUTS) batches.push(claims.slice(at, at + MAX_BATCH_INPUTS));
  return batches;
}

type Refused = Extract<OnchainInput, { kind: 'refused' }>;

class Composer {
  readonly pending: Pending[] = [];
  readonly effects: OnchainEffect[] = [];
  readonly #height: number;
  readonly #environment: OnchainEnvironment;

  constructor(height: number, environment: OnchainEnvironment) {
    this.#height = height;
    this.#environment = environment;
  }

  isNear(claim: Claim): boolean {
    const left = blocksLeft([claim], this.#height);
    return left !== undefined && left <= this.#environment.policy.single_claim_blocks;
  }

  /** Whether somebody else may take the output at any moment, or soon: it must not wait for others. */
  goesAlone(claim: Claim): boolean {
    if (!claim.is_exclusive) return this.isNear(claim);
    return (blocksLeft([claim], this.#height) ?? 1) <= 0;
  }

  /** Sends a sweep that pays at least `min_fee_sat`. False when the outputs are not worth that. */
  sweep(claims: readonly Claim[], feerate_per_kw: number, min_fee_sat: Sat = sat(0)): boolean {
    const { sweep_script } = this.#environment;
    const weight = sweepWeight(claims, sweep_script);
    const stake_sat = stakeOf(claims, sweep_script);
    // Without a deadline there is time to wait for lower fees: half is the most that goes to them.
    const isHurried = claims.some((claim) => this.isNear(claim));
    const limit_sat = isHurried ? stake_sat : min(stake_sat, sat(sum(claims.map((c) => c.spends.amount_sat)) / 2n));
    const wanted_sat = feeCeil(weight, feerate_per_kw);
    const fee_sat = min(max(wanted_sat, min_fee_sat), limit_sat);
    if (fee_sat < min_fee_sat || fee_sat < feeCeil(weight, FEERATE_FLOOR_PER_KW)) return false;
    const transaction = buildSweep(claims, sweep_script, fee_sat);
    this.pending.push({
      outpoints: claims.map((claim) => nameOf(claim.outpoint)),
      transaction,
      fee_sat,
      feerate_per_kw: feerateOf(fee_sat, weight),
      height: this.#height,
      is_wallet_funded: false,
    });
    this.effects.push({ kind: 'broadcast', transactions: [transaction] });
    return true;
  }

  /** Sends what can be sent of outputs that nothing is pending for. */
  sweepFree(claims: readonly Claim[]): void {
    for (const group of this.#groupsOf(claims)) {
      const feerate_per_kw = feerateFor(this.#environment, blocksLeft(group, this.#height));
      // An output joins the batch when it brings more than it costs.
      const paying = group.filter(
        (claim) => group.length === 1 || claim.spends.amount_sat > feeCeil(claim.weight, feerate_per_kw),
      );
      for (const batch of batchesOf(paying)) {
        if (batch.some((claim) => !claim.is_extra)) this.sweep(batch, feerate_per_kw);
      }
    }
  }

  /** Which claims may share a transaction: by their urgency, and for HTLC transactions by their locktime. */
  #groupsOf(claims: readonly Claim[]): readonly (readonly Claim[])[] {
    const groups = new Map<string, Claim[]>();
    for (const claim of claims) {
      const locktime = claim.paired_output === undefined ? '' : `locktime ${claim.locktime}`;
      const key = this.goesAlone(claim) ? nameOf(claim.outpoint) : `${this.#urgency(claim)} ${locktime}`;
      groups.set(key, [...(groups.get(key) ?? []), claim]);
    }
    return [...groups.values()];
  }

  #urgency(claim: Claim): 'far' | 'near' | 'last' {
    const left = blocksLeft([claim], this.#height);
    if (left === undefined || left > this.#environment.policy.single_claim_blocks) return 'far';
    return left > LAST_BLOCKS ? 'near' : 'last';
  }

  /**
   * Asks the wallet to bring the fee of HTLC transactions. All must have the same locktime. False when they are not worth
   * a fee.
   */
  fund(claims: readonly Claim[], feerate_per_kw: number, replaced?: Pending): boolean {
    const isHurried = claims.some((claim) => this.isNear(claim));
    const request = htlcFundRequest(claims, this.#environment, feerate_per_kw, isHurried, replaced);
    if (request.max_fee_sat < feeCeil(fundedWeight(claims), FEERATE_FLOOR_PER_KW)) return false;
    // What was sent before is still good, should the wallet have no more to give.
    this.pending.push(replaced ?? this.#unfunded(request.outpoints, feerate_per_kw));
    this.effects.push({ kind: 'fund', request });
    return true;
  }

  /** What the wallet is, or will be, asked to fund. */
  #unfunded(outpoints: readonly string[], feerate_per_kw: number): Pending {
    return {
      outpoints,
      transaction: undefined,
      fee_sat: sat(0),
      feerate_per_kw,
      height: this.#height,
      is_wallet_funded: true,
    };
  }

  /**
   * The wallet cannot pay for the group: it is asked for the more valuable half, and for the other when it has change
   * again, or with the next block.
   */
  halve(pending: Pending, claims: readonly Claim[]): void {
    if (claims.length < 2 || pending.transaction !== undefined) {
      this.pending.push(pending);
      return;
    }
    const byValue = claims.toSorted((a, b) => Number(b.spends.amount_sat - a.spends.amount_sat));
    const half = Math.ceil(byValue.length / 2);
    const feerate_per_kw = feerateFor(this.#environment, blocksLeft(claims, this.#height));
    const later = byValue.slice(half).map((claim) => nameOf(claim.outpoint));
    if (!this.fund(byValue.slice(0, half), feerate_per_kw)) this.pending.push(pending);
    else this.pending.push(this.#unfunded(later, feerate_per_kw));
  }

  /** The wallet has change again: asks once more for what it could not fund. */
  askAgain(pending: Pending, claims: readonly Claim[]): void {
    const isWaiting = pending.is_wallet_funded && pending.transaction === undefined;
    const feerate_per_kw = feerateFor(this.#environment, blocksLeft(claims, this.#height));
    if (!isWaiting || !this.fund(claims, feerate_per_kw, pending)) this.pending.push(pending);
  }

  /** Groups HTLC transactions: the peer's signatures fix their locktimes. */
  fundFree(claims: readonly Claim[]): void {
    for (const group of this.#groupsOf(claims).flatMap(batchesOf)) {
      this.fund(group, feerateFor(this.#environment, blocksLeft(group, this.#height)));
    }
  }

  /** Sends a pending transaction again, raises it, or splits it. */
  renew(pending: Pending, claims: readonly Claim[]): void {
    const blocks_left = blocksLeft(claims, this.#height);
    const { sweep_script } = this.#environment;
    const weight = pending.is_wallet_funded ? fundedWeight(claims) : sweepWeight(claims, sweep_script);
    const most_per_kw = feerateOf(stakeOf(claims, sweep_script), weight);
    const isUnfunded = pending.is_wallet_funded && pending.transaction === undefined;
    const feerate_per_kw = isUnfunded
      ? feerateFor(this.#environment, blocks_left)
      : raisedFeerate(this.#environment, pending, blocks_left, this.#height, most_per_kw);
    if (feerate_per_kw === undefined || !this.#raise(pending, claims, feerate_per_kw)) this.pending.push(pending);
    // Also while the wallet is asked for more: it may have no more to give.
    if (this.pending.includes(pending)) this.#sendAgain(pending);
  }

  /** The network did not take a pending transaction: mends what can be mended at once, or waits for the next block. */
  mend(pending: Pending, claims: readonly Claim[], { refusal }: Refused): void {
    if (refusal === 'has_rival') {
      // An old anchor is anybody's: whoever spends it cheaply must not hold back what the batch is for.
      const kept = claims.filter(({ is_extra }) => !is_extra);
      const isLess = kept.length > 0 && kept.length < claims.length;
      if (!isLess || !this.sweep(kept, pending.feerate_per_kw)) this.pending.push(pending);
      return;
    }
    const blocks_left = blocksLeft(claims, this.#height);
    const feerate_per_kw = feerateAfterRefusal(this.#environment, pending.feerate_per_kw, blocks_left);
    if (refusal === 'not_taken') {
      this.#parted(pending, claims);
      return;
    }
    const isAboutFees = refusal === 'too_cheap' || refusal === 'below_floor';
    if (!isAboutFees || !this.#raise(pending, claims, feerate_per_kw)) this.pending.push(pending);
  }

  /** Makes a pending transaction again at this feerate, or asks the wallet to. False when it stays as it is. */
  #raise(pending: Pending, claims: readonly Claim[], feerate_per_kw: number): boolean {
    if (pending.is_wallet_funded) {
      if (claims.some((claim) => claim.is_extra)) return false;
      if (claims.length > 1 && this.#splitFunded(pending, claims, feerate_per_kw)) return true;
      return this.fund(claims, feerate_per_kw, pending);
    }
    if (claims.length > 1 && this.#split(pending, claims, feerate_per_kw)) return true;
    const min_fee_sat = replacementFee(pending.fee_sat, sweepWeight(claims, this.#environment.sweep_script));
    return this.sweep(claims, feerate_per_kw, min_fee_sat);
  }

  /** The same transaction once more, with each new block: a node may have forgotten it. */
  #sendAgain(pending: Pending): void {
    if (pending.transaction !== undefined && pending.height < this.#height) {
      this.effects.push({ kind: 'broadcast', transactions: [pending.transaction] });
    }
  }

  /** A group was refused for a reason that we do not know. Near a deadline one of them must not hold up the others. */
  #parted(pending: Pending, claims: readonly Claim[]): void {
    const isSweep = !pending.is_wallet_funded;
    if (claims.length < 2 || !isSweep || !claims.some((claim) => this.isNear(claim))) {
      this.pending.push(pending);
      return;
    }
    for (const claim of claims) if (!claim.is_extra) this.sweep([claim], pending.feerate_per_kw);
  }

  /**
   * Takes HTLC transactions that have to go alone out of a group. The wallet replaces the group by the first of them,
   * which pays for that. False when there is none, or it is not worth that.
   */
  #splitFunded(pending: Pending, claims: readonly Claim[], feerate_per_kw: number): boolean {
    const [lead] = this.#byUrgency(claims.filter((claim) => this.goesAlone(claim)));
    if (lead === undefined) return false;
    const request = htlcFundRequest(lead, this.#environment, feerate_per_kw, true, pending);
    if (request.max_fee_sat < request.min_fee_sat) return false;
    this.pending.push(this.#unfunded(request.outpoints, feerate_per_kw));
    this.effects.push({ kind: 'fund', request });
    this.fundFree(claims.filter((claim) => !lead.includes(claim)));
    return true;
  }

  /** The groups of these claims, the most urgent first, and of those equally urgent the most valuable. */
  #byUrgency(claims: readonly Claim[]): readonly (readonly Claim[])[] {
    const left = (group: readonly Claim[]): number => blocksLeft(group, this.#height) ?? Number.POSITIVE_INFINITY;
    const value = (group: readonly Claim[]): Sat => sum(group.map(({ spends }) => spends.amount_sat));
    return this.#groupsOf(claims).toSorted((a, b) =>
      left(a) === left(b) ? Number(value(b) - value(a)) : left(a) < left(b) ? -1 : 1,
    );
  }

  /** Parts outputs that are no longer equally urgent. The most urgent of them pay for replacing the whole batch. */
  #split(pending: Pending, claims: readonly Claim[], feerate_per_kw: number): boolean {
    const groups = this.#byUrgency(claims);
    const lead = groups.find((group) => group.some((claim) => this.isNear(claim)));
    if (lead === undefined || groups.length < 2) return false;
    const min_fee_sat = replacementFee(pending.fee_sat, sweepWeight(lead, this.#environment.sweep_script));
    if (!this.sweep(lead, feerate_per_kw, min_fee_sat)) return false;
    this.sweepFree(claims.filter((claim) => !lead.includes(claim)));
    return true;
  }
}

/** What HTLC transactions with a coin of the wallet and its change weigh, about. */
function fundedWeight(claims: readonly Claim[]): number {
  return claims.reduce(
    (weight, { weight: input_weight, paired_output }) =>
      weight + input_weight + outputWeight(paired_output?.script_pubkey.length ?? 0),
    TRANSACTION_OVERHEAD_WEIGHT + WALLET_PART_WEIGHT,
  );
}

/** What the wallet is asked for HTLC transactions: their inputs and outputs in pairs (SIGHASH_SINGLE). */
function htlcFundRequest(
  claims: readonly Claim[],
  environment: OnchainEnvironment,
  feerate_per_kw: number,
  is_hurried: boolean,
  replaced: Pending | undefined,
): FundRequest {
  const stake_sat = stakeOf(claims, environment.sweep_script);
  return {
    outpoints: claims.map((claim) => nameOf(claim.outpoint)),
    foreign: claims.map(foreignInput),
    outputs: claims.flatMap(({ paired_output }) => (paired_output === undefined ? [] : [paired_output])),
    locktime: claims[0]?.locktime ?? 0,
    feerate_per_kw,
    min_fee_sat: replaced?.transaction === undefined ? sat(0) : replacementFee(replaced.fee_sat, fundedWeight(claims)),
    max_fee_sat: is_hurried ? stake_sat : sat(stake_sat / 2n),
    parents: undefined,
  };
}

/** A claim as an input of a transaction that the wallet builds. */
export function foreignInput(claim: Claim): FundRequest['foreign'][number] {
  const { outpoint, sequence, spends, weight } = claim;
  return { input: { ...outpoint, sequence, script_sig: new Uint8Array(0), witness: [] }, spends, weight };
}

/**
 * Composes everything that can be claimed in the next block. `is_new_block` sends and raises what is pending; `input` may
 * be what the network or the wallet said of it.
 */
export function composeClaims(
  state: OnchainState,
  environment: OnchainEnvironment,
  situation: Situation,
  is_new_block: boolean,
  input: OnchainInput,
): Composition {
  const refused = input.kind === 'refused' ? input : undefined;
  const ready = new Map<string, Claim>();
  // After a reorg what was sent may wait for its own outputs to be old enough once more.
  const early = new Set<string>();
  for (const { claim, spend, outpoint } of situation.outputs) {
    if (claim === undefined || spend !== undefined) continue;
    if (claim.valid_height > state.height + 1) early.add(nameOf(outpoint));
    else ready.set(nameOf(outpoint), claim);
  }
  const composer = new Composer(state.height, environment);
  for (const pending of state.pending) {
    const claims = pending.outpoints.map((name) => ready.get(name)).filter((claim) => claim !== undefined);
    const hasEarly = pending.outpoints.some((name) => early.has(name));
    if (hasEarly && pending.outpoints.every((name) => ready.has(name) || early.has(name))) {
      for (const name of pending.outpoints) ready.delete(name);
      composer.pending.push(pending);
      continue;
    }
    // One of its outputs is gone: the others are free again.
    if (claims.length < pending.outpoints.length) continue;
    for (const name of pending.outpoints) ready.delete(name);
    if (is_new_block) composer.renew(pending, claims);
    else if (input.kind === 'wallet_ready') composer.askAgain(pending, claims);
    else if (input.kind === 'unaffordable' && input.outpoints.join() === pending.outpoints.join()) {
      composer.halve(pending, claims);
    } else if (refused !== undefined && refused.transaction === pending.transaction) {
      composer.mend(pending, claims, refused);
    } else composer.pending.push(pending);
  }
  const free = [...ready.values()];
  composer.sweepFree(free.filter((claim) => claim.paired_output === undefined));
  composer.fundFree(free.filter((claim) => claim.paired_output !== undefined));
  return { pending: composer.pending, effects: composer.effects };
}

/** Whether an output will never be worth its own claim: its resolution is to be left alone. */
export function isUneconomic(claim: Claim, sweep_script: Uint8Array): boolean {
  const weight = claim.paired_output === undefined ? sweepWeight([claim], sweep_script) : fundedWeight([claim]);
  return claim.spends.amount_sat / 2n < feeCeil(weight, FEERATE_FLOOR_PER_KW) + dustLimit(sweep_script);
}
