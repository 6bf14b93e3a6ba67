/** Sends transactions of ours: once when they are published, and again with every block until they are mined. */

import type { Txid } from '../../base/types/brand.ts';
import { serializeTransaction } from '../../codec/tx/transaction.ts';
import { ChainError } from '../../infra/chain/backend.ts';
import type { Books } from './books.ts';
import { BroadcastError, TransactionStateError } from './failure.ts';
import type { OwnTransaction } from './own-transaction.ts';

export class Sender {
  readonly #books: Books;
  readonly #onProblem: (problem: string) => void;
  #running: Promise<void> | undefined;
  /** Refused when they were sent again: each is reported once. */
  readonly #refused = new Set<Txid>();
  /** Those that the source of blocks could not be asked to take: each is reported once. */
  readonly #unsent = new Set<Txid>();
  /** Those that mempools hold, as far as is known: only their change is there to be spent. */
  readonly #taken = new Set<Txid>();

  constructor(books: Books, onProblem: (problem: string) => void) {
    this.#books = books;
    this.#onProblem = onProblem;
  }

  /** Whether the source of blocks has taken the transaction in this run of the node, and not refused it since. */
  isTaken(txid: Txid): boolean {
    return this.#taken.has(txid);
  }

  /** See Wallet.publish. */
  async publish(txid: Txid, parents: readonly Uint8Array[] = []): Promise<void> {
    const books = this.#books;
    const { state } = books.get(txid);
    if (state === 'dropped') throw new TransactionStateError(`transaction ${txid} was dropped`);
    if (state === 'held' || parents.length > 0) books.ledger.setState(txid, 'sent', parents);
    await books.flush();
    const refusal = await this.#send(books.get(txid));
    if (refusal === undefined) return;
    const own = books.get(txid);
    if (own.state === 'sent' && own.blockheight === undefined) books.ledger.setState(txid, 'held');
    await books.flush();
    throw new BroadcastError(refusal);
  }

  /** See Wallet.release. */
  async release(txid: Txid): Promise<void> {
    const { blockheight, purpose, state } = this.#books.get(txid);
    if (blockheight !== undefined) throw new TransactionStateError(`transaction ${txid} is already in a block`);
    if (purpose === 'funding' && state === 'sent') {
      throw new TransactionStateError(`transaction ${txid} funds a channel and was sent: it may be mined at any time`);
    }
    this.#books.ledger.drop(txid);
    await this.#books.flush();
  }

  /** Publishes; what is refused is released before BroadcastError is thrown. */
  async publishOrRelease(txid: Txid): Promise<void> {
    try {
      await this.publish(txid);
    } catch (error) {
      if (error instanceof BroadcastError) await this.release(txid);
      throw error;
    }
  }

  /** Sends everything that waits to be mined once more, unless that is under way. */
  sendAgain(): void {
    this.#running ??= this.#sendAll().finally(() => {
      this.#running = undefined;
    });
  }

  /** Resolves when nothing is under way. */
  async idle(): Promise<void> {
    await this.#running;
  }

  async #sendAll(): Promise<void> {
    const books = this.#books;
    // Only what was sent before the wait is durable after it.
    const sent = books.ledger.transactions.filter(({ state }) => state === 'sent');
    await books.durable();
    for (const { txid } of sent) {
      const own = books.get(txid);
      if (own.state !== 'sent' || own.blockheight !== undefined || books.chain === undefined) continue;
      const refusal = await this.#send(own);
      if (refusal === undefined || this.#refused.has(txid)) continue;
      this.#refused.add(txid);
      this.#onProblem(`transaction ${txid} was refused when it was sent again: ${refusal}`);
    }
  }

  /** Transactions of ours that are on their way, and whose change this one spends. */
  #unconfirmedParents({ inputs }: OwnTransaction['transaction']): readonly Uint8Array[] {
    const txids = new Set(inputs.map(({ txid }) => txid));
    const parents = [...txids].map((txid) => this.#books.ledger.transaction(txid));
    return parents
      .filter((own) => own !== undefined && own.state === 'sent' && own.blockheight === undefined)
      .map((own) => serializeTransaction((own as OwnTransaction).transaction));
  }

  /** Answers why the transaction was refused. One that cannot be sent now is sent with the next block. */
  async #send({ txid, transaction, parents }: OwnTransaction): Promise<string | undefined> {
    try {
      const child = serializeTransaction(transaction);
      // A package must hold every parent that no block holds, those of the wallet too.
      const all = [...parents, ...this.#unconfirmedParents(transaction)];
      const result = await this.#books.chain?.broadcast([...all, child]);
      // A parent may be mined by now, which some sources refuse, and its child with it.
      const isAlone = result?.kind === 'rejected' && all.length > 0;
      const last = isAlone ? await this.#books.chain?.broadcast([child]) : result;
      this.#unsent.delete(txid);
      if (last?.kind !== 'rejected') {
        this.#taken.add(txid);
        return undefined;
      }
      this.#taken.delete(txid);
      return result?.kind === 'rejected' ? result.reason : last.reason;
    } catch (error) {
      if (!(error instanceof ChainError)) throw error;
      // Once, until it is sent: it is tried with every block.
      if (!this.#unsent.has(txid)) this.#onProblem(`transaction ${txid} could not be sent yet: ${error.message}`);
      this.#unsent.add(txid);
      return undefined;
    }
  }
}
