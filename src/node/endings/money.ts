/** The transactions of an ending on their way out: with the wallet's help where a fee must be brought. */

import type { Txid } from '../../base/types/brand.ts';
import { fromHex, toHex } from '../../base/types/hex.ts';
import { parseTransaction, serializeTransaction, txidOf } from '../../codec/tx/transaction.ts';
import { outputWeight } from '../../codec/tx/witness.ts';
import { FEERATE_FLOOR_PER_KW } from '../../infra/chain/source.ts';
import { refusalOf } from '../../protocol/onchain/fee-schedule.ts';
import type { FundRequest } from '../../protocol/onchain/state.ts';
import { signClaims } from '../../protocol/onchain/step.ts';
import { fundedPending, type LiveEnding } from './live-ending.ts';
import type { EndingChain } from './options.ts';
import type { EndingLog, FeeWallet } from './ports.ts';

/** What a coin of the wallet and its change weigh, about. */
const WALLET_PART_WEIGHT = 600;

/** The feerate that pays all that may be paid: a higher one would only ask the wallet for coins that it need not have. */
function highestFeerate({ foreign, outputs, parents, max_fee_sat }: FundRequest): number {
  const weight =
    WALLET_PART_WEIGHT +
    foreign.reduce((total, input) => total + input.weight, 0) +
    outputs.reduce((total, { script_pubkey }) => total + outputWeight(script_pubkey.length), 0) +
    (parents?.weight ?? 0);
  return Math.max(FEERATE_FLOOR_PER_KW, Math.floor((Number(max_fee_sat + (parents?.fee_sat ?? 0n)) * 1000) / weight));
}

export interface MoneyOptions {
  readonly chain: Pick<EndingChain, 'broadcast' | 'caughtUp'>;
  readonly wallet: FeeWallet;
  readonly log: EndingLog;
  /** A transaction with change was sent: whoever waits for a coin may ask again. */
  readonly onChange: () => void;
}

/** What was refused for want of something that may be there once another transaction of ours is. */
interface Held {
  readonly ending: LiveEnding;
  readonly transactions: readonly Uint8Array[];
}

/** The words of bitcoind for that. */
const LACKS_OTHERS =
  /missingorspent|unconfirmed-parents|too-long-mempool-chain|too many (unconfirmed )?(ancestors|descendants)/;

/** Whether a block holds the transaction already. */
function isSpend({ state }: LiveEnding, txid: Txid): boolean {
  return state.spends.some((spend) => spend.txid === txid);
}

function wordOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

export class Money {
  readonly #options: MoneyOptions;
  /** What is under way, so that a stop can wait for it. */
  readonly #running = new Set<Promise<void>>();
  /** What the wallet has been asked for and has not answered yet, by its outputs. */
  readonly #asked = new Set<string>();
  /** What is to be sent when the chain has told all that is known. */
  readonly #waiting = new Set<string>();
  /** By their txid, what waits for another transaction of ours. */
  readonly #lacking = new Map<Txid, Held>();

  constructor(options: MoneyOptions) {
    this.#options = options;
  }

  /** Resolves when nothing is under way. */
  async idle(): Promise<void> {
    while (this.#running.size > 0) await Promise.all(this.#running);
  }

  #run(promise: Promise<void>): void {
    this.#running.add(promise);
    void promise.finally(() => this.#running.delete(promise));
  }

  /** Hands transactions to the network, parents first. What fails now is tried again with the next block. */
  broadcast(ending: LiveEnding, transactions: readonly string[]): void {
    const name = transactions.join();
    if (this.#waiting.has(name)) return;
    this.#waiting.add(name);
    this.#run(this.#sendOnce(ending, name, transactions.map(fromHex)));
  }

  /** While blocks are caught up each of them asks for the same: it is sent once, when all of them are told. */
  async #sendOnce(ending: LiveEnding, name: string, transactions: readonly Uint8Array[]): Promise<void> {
    await this.#options.chain.caughtUp();
    this.#waiting.delete(name);
    const last = transactions.at(-1);
    const isMined = last !== undefined && isSpend(ending, txidOf(parseTransaction(last)));
    if (!isMined) await this.#broadcast(ending, transactions);
  }

  /**
   * Asks the wallet to bring a fee, and tells the ending of what it made. Asked twice at once, it would make two
   * transactions of the same outputs: a second question waits for the next block.
   */
  fund(ending: LiveEnding, request: FundRequest): void {
    const name = request.outpoints.join();
    if (this.#asked.has(name)) return;
    this.#asked.add(name);
    this.#run(this.#fund(ending, request).finally(() => this.#asked.delete(name)));
  }

  /** Frees the coins in a transaction that nothing asks for any more. */
  release(ending: LiveEnding, txid: Txid): void {
    this.#run(this.#release(ending, txid));
  }

  async #broadcast(ending: LiveEnding, transactions: readonly Uint8Array[]): Promise<void> {
    const { chain, wallet } = this.#options;
    const last = transactions.at(-1);
    if (last === undefined) return;
    const txid = txidOf(parseTransaction(last));
    const own = ending.record.funded_txids.includes(txid) ? wallet.find(txid) : undefined;
    try {
      // Its coins serve what has taken its place since it was to be sent.
      if (own?.state === 'dropped' || ending.is_resolved) return;
      if (own !== undefined) {
        const isNew = own.state === 'held';
        await wallet.publish(txid, transactions.slice(0, -1));
        this.#lacking.delete(txid);
        // What only goes out again with a block brings no new change.
        if (isNew) this.#sent();
        return;
      }
      const result = await chain.broadcast(transactions);
      if (result.kind === 'accepted') this.#accepted(ending, txid);
      if (result.kind === 'rejected') this.#notTaken(ending, txid, transactions, result.reason);
    } catch (error) {
      this.#notTaken(ending, txid, transactions, wordOf(error));
    }
  }

  /** Said once: it is sent again with every block, in case a node has forgotten it. */
  #accepted(ending: LiveEnding, txid: Txid): void {
    if (ending.sent.has(txid)) return;
    ending.sent.add(txid);
    this.#options.log.info(`channel ${ending.channel_id}: sent ${txid}`);
  }

  /** The ending may know a way at once. */
  #notTaken(ending: LiveEnding, txid: Txid, transactions: readonly Uint8Array[], reason: string): void {
    const bytes = transactions.at(-1) as Uint8Array;
    this.#refused(ending, txid, reason);
    if (LACKS_OTHERS.test(reason)) this.#lacking.set(txid, { ending, transactions });
    const refusal = refusalOf(reason);
    if (refusal !== undefined) ending.say({ kind: 'refused', transaction: toHex(bytes), refusal });
  }

  /** Something of ours is in mempools now, and its change with it. */
  #sent(): void {
    const lacking = [...this.#lacking.values()];
    this.#lacking.clear();
    for (const { ending, transactions } of lacking) this.#run(this.#broadcast(ending, transactions));
    this.#options.onChange();
  }

  /** Said once. Much of it is no fault: what we send again may be mined, or be beaten by the peer. */
  #refused(ending: LiveEnding, txid: Txid, reason: string): void {
    const key = `${txid} ${reason}`;
    if (ending.refused.has(key)) return;
    ending.refused.add(key);
    this.#options.log.info(`channel ${ending.channel_id}: transaction ${txid} was not taken: ${reason}`);
  }

  async #fund(ending: LiveEnding, request: FundRequest): Promise<void> {
    const { wallet, log } = this.#options;
    const { outpoints, parents, ...rest } = request;
    const name = outpoints.join();
    // A block may have taken what was sent, and the ending not know it yet: it asks again with the next one.
    if (ending.is_busy) return;
    // Something else may have taken the output since it was asked, or an earlier question was answered.
    const pending = ending.state.pending.find((each) => each.is_wallet_funded && each.outpoints.join() === name);
    if (ending.is_resolved || pending === undefined) return;
    if (pending.transaction !== undefined && request.min_fee_sat <= pending.fee_sat) return;
    try {
      const made = await wallet.spend({
        ...rest,
        feerate_per_kw: Math.min(rest.feerate_per_kw, highestFeerate(request)),
        ...(parents === undefined ? {} : { parents }),
        sign: (unsigned) => signClaims(ending.closing, ending.state, unsigned),
      });
      if (made === undefined) {
        const { transaction, fee_sat } = pending;
        const { feerate_per_kw } = request;
        if (transaction !== undefined) ending.say({ kind: 'funded', outpoints, transaction, fee_sat, feerate_per_kw });
        return;
      }
      const { txid, transaction, fee_sat } = made;
      const { funded_txids } = ending.record;
      ending.record = { ...ending.record, funded_txids: [...funded_txids, txid] };
      const funded = { outpoints, transaction: toHex(serializeTransaction(transaction)), fee_sat };
      ending.say({ kind: 'funded', ...funded, feerate_per_kw: request.feerate_per_kw });
      // The output was gone before the wallet had an answer.
      if (!fundedPending(ending.state).has(txid)) await this.#release(ending, txid);
    } catch (error) {
      ending.say({ kind: 'unaffordable', outpoints });
      const key = `fund ${outpoints.join()}`;
      if (ending.refused.has(key)) return;
      ending.refused.add(key);
      log.warn(
        `channel ${ending.channel_id}: the wallet could not pay the fee for closing it (${wordOf(error)}). ` +
          'Send some bitcoin to an address from `till newaddr`. Till tries again with every block.',
      );
    }
  }

  async #release(ending: LiveEnding, txid: Txid): Promise<void> {
    const own = this.#options.wallet.find(txid);
    if (own === undefined || own.state === 'dropped') return;
    try {
      await this.#options.wallet.release(txid);
    } catch (error) {
      this.#refused(ending, txid, wordOf(error));
    }
  }
}
