/**
 * What the embedded chain relays and mines: the rules that bitcoind would hold a transaction to, in its own words, so
 * that what passes here passes there.
 */
import type { Ledger } from './ledger.ts';
import { COINBASE_MATURITY_BLOCKS } from './ledger.ts';
import { scriptFault } from './script-check.ts';
import { type ChainTransaction, type Coin, type CoinName, virtualSize } from './transaction.ts';

/** Satoshi per virtual byte below which nothing is relayed, and by which a replacement must pay more. */
const RELAY_FEERATE_SAT_PER_VB = 1;
/** Topologically restricted until confirmation: transactions of this version are judged with their parent (BIP 431). */
const TRUC_VERSION = 3;
const MAX_STANDARD_WEIGHT = 400_000;
const LOCKTIME_THRESHOLD = 500_000_000;
const FINAL_SEQUENCE = 0xffffffff;
const SEQUENCE_DISABLED = 0x80000000;
const SEQUENCE_IS_TIME = 0x00400000;

/** Why a transaction is refused; `reason` is bitcoind's word. */
export class Rejected extends Error {
  override readonly name = 'Rejected';
  readonly reason: string;

  constructor(reason: string, detail?: string) {
    super(detail === undefined ? reason : `${reason} (${detail})`);
    this.reason = this.message;
  }
}

interface Pending {
  readonly transaction: ChainTransaction;
  readonly fee_sat: bigint;
}

export class Mempool {
  readonly #ledger: Ledger;
  readonly #pending = new Map<string, Pending>();
  /** Who spends a coin, of those pending. */
  readonly #spenders = new Map<CoinName, string>();

  constructor(ledger: Ledger) {
    this.#ledger = ledger;
  }

  has(txid: string): boolean {
    return this.#pending.has(txid);
  }

  /** Parents come before their children, as a block wants them. */
  get transactions(): readonly ChainTransaction[] {
    return [...this.#pending.values()].map((pending) => pending.transaction);
  }

  /** The fees of all that is pending. */
  get fees_sat(): bigint {
    return [...this.#pending.values()].reduce((total, { fee_sat }) => total + fee_sat, 0n);
  }

  /**
   * Takes a transaction, or a child with its unconfirmed parents (parents first). Throws Rejected.
   *
   * Of a package each transaction is first judged alone, and what passes stays, whatever becomes of the rest. A fee rate
   * below the minimum is a fault that no child mends: a child can be replaced, and its parent would be left unpaid for.
   * Only version 3 (BIP 431), where a child cannot go alone, is judged as a package. Tried on bitcoind 29 with
   * `submitpackage`, for version 3 with `-mempooltruc=enforce` where that is not the default: test/contract.
   */
  accept(transactions: readonly ChainTransaction[]): void {
    if (transactions.length > 1 && !isChildWithParents(transactions)) {
      throw new Rejected('package topology disallowed', 'not child-with-parents or parents depend on each other');
    }
    const left: ChainTransaction[] = [];
    let fault: Rejected | undefined;
    for (const transaction of transactions) {
      if (this.#pending.has(transaction.txid)) continue;
      try {
        this.#acceptTogether([transaction]);
      } catch (error) {
        if (!(error instanceof Rejected)) throw error;
        const isTooPoor = transaction.version === TRUC_VERSION && error.reason.startsWith('min relay fee not met');
        const lacksParent = left.length > 0 && error.reason.startsWith('bad-txns-inputs-missingorspent');
        if (transactions.length > 1 && (isTooPoor || lacksParent)) left.push(transaction);
        else fault ??= error;
      }
    }
    if (fault !== undefined) throw fault;
    if (left.length > 0) this.#acceptTogether(left);
  }

  /** Takes all, judged by the fee rate of all, or none. */
  #acceptTogether(transactions: readonly ChainTransaction[]): void {
    const judged: Pending[] = [];
    const made = new Map<CoinName, Coin>();
    for (const transaction of transactions) {
      judged.push({ transaction, fee_sat: this.#judge(transaction, made, judged) });
      for (const [vout, { amount_sat, script_pubkey }] of transaction.outputs.entries()) {
        made.set(`${transaction.txid}:${vout}`, { amount_sat, script_pubkey, height: undefined, is_coinbase: false });
      }
    }
    this.#judgeFees(judged);
    for (const pending of judged) this.#add(pending);
  }

  /** Forgets what a new block holds, and what it made impossible. */
  afterBlock(transactions: readonly ChainTransaction[]): void {
    for (const transaction of transactions) {
      this.#remove(transaction.txid);
      for (const { coin } of transaction.inputs) {
        const rival = this.#spenders.get(coin);
        if (rival !== undefined) this.#evict(rival);
      }
    }
  }

  /** After a reorg: judges everything again, with what the lost blocks held in front. */
  rejudge(returned: readonly ChainTransaction[]): void {
    const all = [...returned, ...this.transactions];
    this.#pending.clear();
    this.#spenders.clear();
    for (const transaction of all) {
      try {
        // What was in a block, or in here, owes no more than it paid.
        this.#add({ transaction, fee_sat: this.#judge(transaction, new Map(), []) });
      } catch (error) {
        if (!(error instanceof Rejected)) throw error;
      }
    }
  }

  #coin(name: CoinName, made: ReadonlyMap<CoinName, Coin>): Coin | undefined {
    const coin = made.get(name) ?? this.#ledger.coin(name);
    if (coin !== undefined) return coin;
    const [txid, vout] = name.split(':') as [string, string];
    const output = this.#pending.get(txid)?.transaction.outputs[Number(vout)];
    return output && { ...output, height: undefined, is_coinbase: false };
  }

  /** Everything but the fee rate. Answers the fee. */
  #judge(transaction: ChainTransaction, made: ReadonlyMap<CoinName, Coin>, before: readonly Pending[]): bigint {
    const { inputs, outputs, txid } = transaction;
    if (this.#ledger.heightOf(txid) !== undefined) throw new Rejected('txn-already-known');
    if (inputs.length === 0) throw new Rejected('bad-txns-vin-empty');
    if (outputs.length === 0) throw new Rejected('bad-txns-vout-empty');
    if (new Set(inputs.map(({ coin }) => coin)).size !== inputs.length) throw new Rejected('bad-txns-inputs-duplicate');
    if (transaction.weight > MAX_STANDARD_WEIGHT) throw new Rejected('tx-size');
    if (transaction.version < 1 || transaction.version > 3) throw new Rejected('version');
    for (const output of outputs) {
      if (output.amount_sat < dustLimitSat(output.script_pubkey)) throw new Rejected('dust');
    }
    const next_height = this.#ledger.tip.height + 1;
    if (!isFinal(transaction, next_height, this.#ledger.medianTimeSeconds)) throw new Rejected('non-final');

    const coins = inputs.map(({ coin: name }) => {
      const coin = this.#coin(name, made);
      if (coin === undefined) throw new Rejected('bad-txns-inputs-missingorspent', name);
      this.#judgeVersions(transaction, name, before);
      if (before.some((other) => other.transaction.inputs.some((input) => input.coin === name))) {
        throw new Rejected('bad-txns-inputs-missingorspent', name);
      }
      if (coin.is_coinbase && next_height - (coin.height as number) < COINBASE_MATURITY_BLOCKS) {
        throw new Rejected('bad-txns-premature-spend-of-coinbase');
      }
      return coin;
    });
    if (transaction.version >= 2) this.#judgeSequences(transaction, coins, next_height);

    const in_sat = coins.reduce((total, coin) => total + coin.amount_sat, 0n);
    const out_sat = outputs.reduce((total, output) => total + output.amount_sat, 0n);
    if (in_sat < out_sat) throw new Rejected('bad-txns-in-belowout');
    const fault = scriptFault(transaction, coins);
    if (fault !== undefined) throw new Rejected('mandatory-script-verify-flag-failed', fault);
    return in_sat - out_sat;
  }

  /** Version 3 spends of what is unconfirmed only version 3, and the other way round (BIP 431). */
  #judgeVersions({ version }: ChainTransaction, spends: CoinName, before: readonly Pending[]): void {
    const txid = spends.slice(0, spends.indexOf(':'));
    const parent = this.#pending.get(txid) ?? before.find((other) => other.transaction.txid === txid);
    if (parent === undefined) return;
    const isTruc = version === TRUC_VERSION;
    if (isTruc === (parent.transaction.version === TRUC_VERSION)) return;
    throw new Rejected(isTruc ? 'truc-spends-nontruc' : 'truc-spent-by-nontruc');
  }

  /** Relative locktimes (BIP 68). */
  #judgeSequences(transaction: ChainTransaction, coins: readonly Coin[], next_height: number): void {
    for (const [index, { sequence }] of transaction.inputs.entries()) {
      if (sequence >= SEQUENCE_DISABLED) continue;
      const value = sequence & 0xffff;
      const coin_height = coins[index]?.height ?? next_height;
      if (sequence & SEQUENCE_IS_TIME) {
        const since_seconds = this.#ledger.medianTimeAt(Math.max(0, coin_height - 1));
        if (this.#ledger.medianTimeSeconds - since_seconds < value * 512) throw new Rejected('non-BIP68-final');
      } else if (next_height - coin_height < value) {
        throw new Rejected('non-BIP68-final');
      }
    }
  }

  /** Fee rates: of the package for relay, of the newcomer against those it replaces. */
  #judgeFees(judged: readonly Pending[]): void {
    const fee_sat = judged.reduce((total, each) => total + each.fee_sat, 0n);
    const size_vb = judged.reduce((total, each) => total + virtualSize(each.transaction), 0);
    if (fee_sat < BigInt(size_vb * RELAY_FEERATE_SAT_PER_VB)) {
      throw new Rejected('min relay fee not met', `${fee_sat} < ${size_vb * RELAY_FEERATE_SAT_PER_VB}`);
    }
    const replaced = new Set<string>();
    for (const { transaction } of judged) {
      for (const { coin } of transaction.inputs) {
        const rival = this.#spenders.get(coin);
        if (rival !== undefined) for (const txid of this.#withDescendants(rival)) replaced.add(txid);
      }
    }
    if (replaced.size === 0) return;
    const rivals = [...replaced].map((txid) => this.#pending.get(txid) as Pending);
    const rivals_fee_sat = rivals.reduce((total, each) => total + each.fee_sat, 0n);
    const isRicher = rivals.every(
      (rival) => fee_sat * BigInt(virtualSize(rival.transaction)) > rival.fee_sat * BigInt(size_vb),
    );
    if (!isRicher || fee_sat < rivals_fee_sat + BigInt(size_vb * RELAY_FEERATE_SAT_PER_VB)) {
      throw new Rejected('insufficient fee', `rejecting replacement: ${fee_sat} against ${rivals_fee_sat}`);
    }
    for (const txid of replaced) this.#remove(txid);
  }

  #withDescendants(txid: string): string[] {
    const found = [txid];
    for (let index = 0; index < found.length; index++) {
      const transaction = this.#pending.get(found[index] as string)?.transaction;
      for (const vout of transaction?.outputs.keys() ?? []) {
        const spender = this.#spenders.get(`${found[index]}:${vout}`);
        if (spender !== undefined) found.push(spender);
      }
    }
    return found;
  }

  #add(pending: Pending): void {
    this.#pending.set(pending.transaction.txid, pending);
    for (const { coin } of pending.transaction.inputs) this.#spenders.set(coin, pending.transaction.txid);
  }

  #remove(txid: string): void {
    for (const { coin } of this.#pending.get(txid)?.transaction.inputs ?? []) this.#spenders.delete(coin);
    this.#pending.delete(txid);
  }

  #evict(txid: string): void {
    for (const each of this.#withDescendants(txid)) this.#remove(each);
  }
}

/** Whether the last one spends every other one, and those spend nothing of each other. */
function isChildWithParents(transactions: readonly ChainTransaction[]): boolean {
  const parents = transactions.slice(0, -1);
  const txids = new Set(parents.map(({ txid }) => txid as string));
  const spent = (transaction: ChainTransaction | undefined) =>
    new Set(transaction?.inputs.map(({ coin }) => coin.slice(0, coin.indexOf(':'))));
  const child = spent(transactions.at(-1));
  return (
    txids.size === parents.length &&
    parents.every((parent) => child.has(parent.txid) && ![...spent(parent)].some((txid) => txids.has(txid)))
  );
}

function isFinal({ locktime, inputs }: ChainTransaction, height: number, median_time_seconds: number): boolean {
  if (locktime === 0 || inputs.every(({ sequence }) => sequence === FINAL_SEQUENCE)) return true;
  return locktime < (locktime < LOCKTIME_THRESHOLD ? height : median_time_seconds);
}

/** The amount below which an output costs more to spend than it is worth, at bitcoind's 3 sat per virtual byte. */
export function dustLimitSat(script: Buffer): bigint {
  if (script[0] === 0x6a) return 0n;
  const isWitness =
    script.length >= 4 &&
    script.length <= 42 &&
    script[1] === script.length - 2 &&
    (script[0] === 0 || (script[0] as number) > 0x50);
  // Pay-to-anchor may be as small as 240 sat; it follows from the same rule.
  const spend_vb = isWitness ? 32 + 4 + 1 + Math.floor(107 / 4) + 4 : 32 + 4 + 1 + 107 + 4;
  return BigInt((8 + 1 + script.length + spend_vb) * 3);
}
