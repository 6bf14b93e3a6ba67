/**
 * Builds a transaction that spends coins of ours: to given outputs, with change, at a fee rate. It may carry inputs that
 * others sign (an anchor, an HTLC), and may pay for a parent that is too cheap on its own (CPFP).
 */

import { type Sat, sat, sum } from '../../base/types/amount.ts';
import { dustLimit } from '../../codec/tx/fees.ts';
import { type Transaction, type TxInput, type TxOutput, txInput } from '../../codec/tx/transaction.ts';
import { outputWeight, TRANSACTION_OVERHEAD_WEIGHT } from '../../codec/tx/witness.ts';
import { COIN_INPUT_WEIGHT, type Coin } from './coin.ts';
import { feeCeil, selectCoins } from './selection.ts';

/** An input that is not the wallet's: what it spends, and what it weighs once its owner has signed it. */
export interface ForeignInput {
  readonly input: TxInput;
  readonly spends: TxOutput;
  readonly weight: number;
}

/** What the transaction is to be. */
export interface BuildRequest {
  /** Where the money goes. `all` is one output that takes everything that is left after the fee. */
  readonly outputs: readonly TxOutput[];
  readonly all_to?: Uint8Array;
  readonly feerate_per_kw: number;
  /** Coins to choose from; with `all_to`, or `use_every_coin`, each of them is spent. */
  readonly coins: readonly Coin[];
  readonly use_every_coin?: boolean;
  readonly foreign?: readonly ForeignInput[];
  /** Unconfirmed transactions that this one pays for as well. */
  readonly parents?: { readonly weight: number; readonly fee_sat: Sat };
  readonly change_script: Uint8Array;
  /** Must be left over in the wallet, in this change or in coins that are not spent. */
  readonly reserve_sat: Sat;
  readonly locktime: number;
}

/** A transaction to be signed. */
export interface Plan {
  readonly transaction: Transaction;
  /** The coins that it spends, in the order of their inputs, which follow the foreign ones. */
  readonly coins: readonly Coin[];
  /** The outputs that its inputs spend, in order. */
  readonly spent: readonly TxOutput[];
  readonly fee_sat: Sat;
  readonly change_index: number | undefined;
}

/** The coins do not suffice. */
export class NotEnoughError extends Error {
  override readonly name = 'NotEnoughError';
  readonly needed_sat: bigint;
  readonly available_sat: bigint;
  /** Whether they would without the reserve for closing channels. */
  readonly is_for_reserve: boolean;

  constructor(needed_sat: bigint, available_sat: bigint, is_for_reserve: boolean) {
    const why = is_for_reserve ? ' (a reserve is kept for closing channels)' : '';
    super(`the wallet has ${available_sat} sat to spend, ${needed_sat} sat are needed with the fee${why}`);
    this.needed_sat = needed_sat;
    this.available_sat = available_sat;
    this.is_for_reserve = is_for_reserve;
  }
}

/** The output would be too small to be relayed. */
export class DustError extends Error {
  override readonly name = 'DustError';
}

/** Replaceable (BIP 125), and the locktime counts. */
const SEQUENCE = 0xfffffffd;

/** Plans the transaction. Throws NotEnoughError or DustError. */
export function planTransaction(request: BuildRequest): Plan {
  for (const output of request.outputs) {
    if (output.amount_sat < dustLimit(output.script_pubkey)) {
      throw new DustError(`an output of ${output.amount_sat} sat is below the dust limit of its script`);
    }
  }
  return request.all_to === undefined ? planPayment(request) : planSweep(request, request.all_to);
}

/** The weight of everything but the wallet's inputs and the change. */
function baseWeight({ outputs, foreign = [] }: BuildRequest): number {
  const inputs = foreign.reduce((total, { weight }) => total + weight, 0);
  return outputs.reduce(
    (total, { script_pubkey }) => total + outputWeight(script_pubkey.length),
    inputs + TRANSACTION_OVERHEAD_WEIGHT,
  );
}

/** What the parents lack at the fee rate. */
function parentsLackSat({ parents, feerate_per_kw }: BuildRequest): bigint {
  if (parents === undefined) return 0n;
  const lack = feeCeil(parents.weight, feerate_per_kw) - parents.fee_sat;
  return lack > 0n ? lack : 0n;
}

function planPayment(request: BuildRequest): Plan {
  const { outputs, foreign = [], feerate_per_kw, change_script, reserve_sat } = request;
  const foreign_sat = sum(foreign.map(({ spends }) => spends.amount_sat));
  const pays_sat = sum(outputs.map((output) => output.amount_sat));
  const base_fee_sat = feeCeil(baseWeight(request), feerate_per_kw) + parentsLackSat(request);
  const target_sat = pays_sat + base_fee_sat - foreign_sat;
  const change_fee_sat = feeCeil(outputWeight(change_script.length), feerate_per_kw);
  const change_dust_sat = dustLimit(change_script);

  const available_sat = sum(request.coins.map((coin) => coin.amount_sat));
  const select = (wanted_sat: bigint, waste_sat: bigint): readonly Coin[] | undefined => {
    if (request.use_every_coin) return request.coins;
    if (wanted_sat <= 0n) return [];
    return selectCoins(request.coins, wanted_sat, feerate_per_kw, waste_sat);
  };
  let coins = select(target_sat, change_fee_sat + change_dust_sat);
  if (coins === undefined) throw new NotEnoughError(target_sat, available_sat, false);
  const leftOver = (chosen: readonly Coin[]): bigint => {
    const fee_sat = feeCeil(weightOfCoins(chosen), feerate_per_kw);
    return sum(chosen.map((coin) => coin.amount_sat)) - target_sat - fee_sat;
  };
  let change_sat = leftOver(coins) - change_fee_sat;
  let hasChange = change_sat >= change_dust_sat;
  const unspentSat = (): bigint => available_sat - sum((coins as readonly Coin[]).map((coin) => coin.amount_sat));
  // Without any output there must be change, or there would be no transaction.
  const lacksOutput = (): boolean => outputs.length === 0 && !hasChange;
  if (lacksOutput() || unspentSat() + (hasChange ? change_sat : 0n) < reserve_sat) {
    const floor_sat = reserve_sat > change_dust_sat ? reserve_sat : change_dust_sat;
    coins = select(target_sat + change_fee_sat + floor_sat, 0n);
    if (coins === undefined) throw new NotEnoughError(target_sat + reserve_sat, available_sat, reserve_sat > 0n);
    change_sat = leftOver(coins) - change_fee_sat;
    hasChange = change_sat >= change_dust_sat;
    if (lacksOutput() || unspentSat() + (hasChange ? change_sat : 0n) < reserve_sat) {
      throw new NotEnoughError(target_sat + reserve_sat, available_sat, reserve_sat > 0n);
    }
  }
  if (leftOver(coins) < 0n) throw new NotEnoughError(target_sat, available_sat, false);
  const change: TxOutput[] = hasChange ? [{ amount_sat: sat(change_sat), script_pubkey: change_script }] : [];
  return assemble(request, coins, [...outputs, ...change], hasChange ? outputs.length : undefined);
}

function planSweep(request: BuildRequest, all_to: Uint8Array): Plan {
  const { outputs, foreign = [], feerate_per_kw, coins, reserve_sat, change_script } = request;
  const available_sat = sum(coins.map((coin) => coin.amount_sat));
  const foreign_sat = sum(foreign.map(({ spends }) => spends.amount_sat));
  const pays_sat = sum(outputs.map((output) => output.amount_sat));
  const kept: TxOutput[] = reserve_sat > 0n ? [{ amount_sat: reserve_sat, script_pubkey: change_script }] : [];
  const weight =
    baseWeight(request) +
    weightOfCoins(coins) +
    outputWeight(all_to.length) +
    (kept.length > 0 ? outputWeight(change_script.length) : 0);
  const fee_sat = feeCeil(weight, feerate_per_kw) + parentsLackSat(request);
  const left_sat = available_sat + foreign_sat - pays_sat - fee_sat - reserve_sat;
  if (left_sat < dustLimit(all_to)) {
    const isForReserve = left_sat + reserve_sat >= dustLimit(all_to);
    throw new NotEnoughError(pays_sat + fee_sat + dustLimit(all_to) + reserve_sat, available_sat, isForReserve);
  }
  const swept: TxOutput = { amount_sat: sat(left_sat), script_pubkey: all_to };
  return assemble(request, coins, [...outputs, swept, ...kept], kept.length > 0 ? outputs.length + 1 : undefined);
}

function weightOfCoins(coins: readonly Coin[]): number {
  return coins.reduce((total, coin) => total + COIN_INPUT_WEIGHT[coin.path.kind], 0);
}

function assemble(
  { foreign = [], locktime }: BuildRequest,
  coins: readonly Coin[],
  outputs: readonly TxOutput[],
  change_index: number | undefined,
): Plan {
  const inputs = [...foreign.map(({ input }) => input), ...coins.map((coin) => txInput(coin, SEQUENCE))];
  const own = coins.map(({ amount_sat, script_pubkey }) => ({
    amount_sat,
    script_pubkey: new Uint8Array(Buffer.from(script_pubkey, 'hex')),
  }));
  const spent = [...foreign.map(({ spends }) => spends), ...own];
  const in_sat = sum(spent.map(({ amount_sat }) => amount_sat));
  const out_sat = sum(outputs.map(({ amount_sat }) => amount_sat));
  return {
    transaction: { version: 2, inputs, outputs, locktime },
    coins,
    spent,
    fee_sat: sat(in_sat - out_sat),
    change_index,
  };
}
