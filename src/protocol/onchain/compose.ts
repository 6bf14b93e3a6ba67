/**
 * Which claims go together, and when they are sent, raised or split (BOLT 5): batched while there is time, single when a
 * deadline is near, so that nobody can hold up one output by another. A group that was sent stays together until it is
 * mined or one of its outputs is gone.
 */

import { min, type Sat, sat, sum } from '../../base/types/amount.ts';
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

  /** Sends a sweep that pays at least `min_fee_sat`. False when the outputs are not worth that. */
  sweep(claims: readonly Claim[], feerate_per_kw: number, min_fee_sat: Sat = sat(0)): boolean {
    const { sweep_script } = this.#environment;
    const weight = sweepWeight(claims, sweep_script);
    const stake_sat = stakeOf(claims, sweep_script);
    // Without a deadline there is time to wait for lower fees: half is the most that goes to them.
    const isHurried = claims.some((claim) => this.isNear(claim));
    const limit_sat = isHurried ? stake_sat : min(stake_sat, sat(sum(claims.map((c) => c.spends.amount_sat)) / 2n));
    const wanted_sat = feeCeil(weight, feerate_per_kw);
    const fee_sat = min(wanted_sat > min_fee_sat ? wanted_sat : min_fee_sat, limit_sat);
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
    for (const claim of claims) {
      if (this.isNear(claim)) this.sweep([claim], feerateFor(this.#environment, blocksLeft([claim], this.#height)));
    }
    const far = claims.filter((claim) => !this.isNear(claim));
    const feerate_per_kw = feerateFor(this.#environment, blocksLeft(far, this.#height));
    // An output joins the batch when it brings more than it costs.
    const paying = far.filter((claim) => claim.spends.amount_sat > feeCeil(claim.weight, feerate_per_kw));
    for (const batch of batchesOf(paying)) {
      if (batch.some((claim) => !claim.is_extra)) this.sweep(batch, feerate_per_kw);
    }
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
    this.pending.push(
      replaced ?? {
        outpoints: request.outpoints,
        transaction: undefined,
        fee_sat: sat(0),
        feerate_per_kw,
        height: this.#height,
        is_wallet_funded: true,
      },
    );
    this.effects.push({ kind: 'fund', request });
    return true;
  }

  /** Groups HTLC transactions: the peer's signatures fix their locktimes. */
  fundFree(claims: readonly Claim[]): void {
    const groups = new Map<string, Claim[]>();
    for (const claim of claims) {
      const key = this.isNear(claim) ? nameOf(claim.outpoint) : `locktime ${claim.locktime}`;
      groups.set(key, [...(groups.get(key) ?? []), claim]);
    }
    for (const group of [...groups.values()].flatMap(batchesOf)) {
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
    if (!this.#raise(pending, claims, feerate_per_kw)) this.pending.push(pending);
  }

  /** Makes a pending transaction anew at this feerate, or asks the wallet to. False when it stays as it is. */
  #raise(pending: Pending, claims: readonly Claim[], feerate_per_kw: number): boolean {
    if (pending.is_wallet_funded) {
      return claims.every((claim) => !claim.is_extra) && this.fund(claims, feerate_per_kw, pending);
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

  /** Takes the outputs whose deadline is near out of a batch. The first single pays for replacing the whole batch. */
  #split(pending: Pending, claims: readonly Claim[], feerate_per_kw: number): boolean {
    const near = claims.filter((claim) => this.isNear(claim));
    near.sort((a, b) => Number(b.spends.amount_sat - a.spends.amount_sat));
    const [lead, ...others] = near;
    if (lead === undefined) return false;
    const min_fee_sat = replacementFee(pending.fee_sat, sweepWeight([lead], this.#environment.sweep_script));
    if (!this.sweep([lead], feerate_per_kw, min_fee_sat)) return false;
    for (const claim of others) this.sweep([claim], feerate_per_kw);
    this.sweepFree(claims.filter((claim) => !near.includes(claim)));
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
 * Composes everything that can be claimed in the next block. `is_new_block` sends and raises what is pending; `refused`
 * is what the network did not take.
 */
export function composeClaims(
  state: OnchainState,
  environment: OnchainEnvironment,
  situation: Situation,
  is_new_block: boolean,
  refused: Refused | undefined,
): Composition {
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
    else if (refused !== undefined && refused.transaction === pending.transaction) {
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
