/**
 * What the transactions of a mempool pay to a script, for a source that finds none by its script: the list of transactions is
 * asked for, and those that are new since the last time are read. What was there before the first question is read only where
 * it is little: an address that somebody is about to pay is newer than that.
 */
import { type Sat, sat } from '../../base/types/amount.ts';
import type { Txid } from '../../base/types/brand.ts';
import { walkTransaction } from './raw-block.ts';

/** The mempool, as far as it is asked. */
export interface MempoolAccess {
  /** How many transactions it holds. */
  size(): Promise<number>;
  txids(): Promise<readonly Txid[]>;
  /** Serialized; undefined when it is not there any more. */
  transaction(txid: Txid): Promise<Uint8Array | undefined>;
  /** The list is asked for at most once in this time. */
  readonly least_pause_ms: number;
}

/** A longer list costs more than it is worth. */
const MOST_LISTED = 100_000;
/** Transactions that are read after one list. The network makes some ten a second. */
const MOST_READ = 500;

export class MempoolOutputs {
  readonly #access: MempoolAccess;
  #known: ReadonlySet<Txid> | undefined;
  /** By script, what each transaction pays to it. */
  readonly #paid = new Map<string, Map<Txid, bigint>>();
  readonly #scripts = new Map<Txid, readonly string[]>();
  #asked_ms = Number.NEGATIVE_INFINITY;
  #asking: Promise<boolean> | undefined;
  #is_known = false;

  constructor(access: MempoolAccess) {
    this.#access = access;
  }

  /** Undefined when the mempool is too large to be looked through. Rejects with what the source's answers reject with. */
  async paidTo(script_pubkey: string): Promise<Sat | undefined> {
    if (performance.now() - this.#asked_ms >= this.#access.least_pause_ms) {
      this.#asking ??= this.#refresh().finally(() => {
        this.#asked_ms = performance.now();
        this.#asking = undefined;
      });
      this.#is_known = await this.#asking;
    }
    if (!this.#is_known) return undefined;
    let total = 0n;
    for (const amount_sat of this.#paid.get(script_pubkey)?.values() ?? []) total += amount_sat;
    return sat(total);
  }

  async #refresh(): Promise<boolean> {
    if ((await this.#access.size()) > MOST_LISTED) return false;
    const known = this.#known;
    const now = new Set(await this.#access.txids());
    this.#known = now;
    for (const txid of this.#scripts.keys()) if (!now.has(txid)) this.#forget(txid);
    const fresh = [...now].filter((txid) => known?.has(txid) !== true);
    if (known === undefined && fresh.length > MOST_READ) return true;
    await Promise.all(fresh.slice(0, MOST_READ).map((txid) => this.#read(txid)));
    return true;
  }

  async #read(txid: Txid): Promise<void> {
    const bytes = await this.#access.transaction(txid);
    if (bytes === undefined) return;
    const raw = Buffer.from(bytes);
    const scripts: string[] = [];
    walkTransaction(raw, 0, {
      output: (_index, offset, start, end) => {
        const script = raw.toString('hex', start, end);
        const paid = this.#paid.get(script) ?? new Map<Txid, bigint>();
        paid.set(txid, (paid.get(txid) ?? 0n) + raw.readBigUInt64LE(offset));
        this.#paid.set(script, paid);
        scripts.push(script);
      },
    });
    this.#scripts.set(txid, scripts);
  }

  #forget(txid: Txid): void {
    for (const script of this.#scripts.get(txid) ?? []) {
      const paid = this.#paid.get(script);
      paid?.delete(txid);
      if (paid?.size === 0) this.#paid.delete(script);
    }
    this.#scripts.delete(txid);
  }
}
