/**
 * What the transactions of a mempool pay to a script, for a source that finds none by its script: the list of transactions is
 * asked for, and those that are new since the last time are read. How often follows from how long the list takes, so that a
 * full mempool costs the source no more of its time than an empty one: it is only seen later. What was there before the first
 * question is read only where it is little: an address that somebody is about to pay is newer than that.
 */
import { type Sat, sat } from '../../base/types/amount.ts';
import type { Txid } from '../../base/types/brand.ts';
import { walkTransaction } from './raw-block.ts';

/** The mempool, as far as it is asked. */
export interface MempoolAccess {
  /** Tells every transaction that it holds. */
  txids(onTxid: (txid: Txid) => void): Promise<void>;
  /** Serialized, in the same order; undefined for one that is not there any more. */
  transactions(txids: readonly Txid[]): Promise<readonly (Uint8Array | undefined)[]>;
  /** How long to wait before the list is asked for again, in milliseconds, when it took so many. */
  pauseAfter(took_ms: number): number;
  /** Milliseconds that only grow. */
  now(): number;
}

/** Transactions that are read after one list; the others have their turn after the next. The network makes some ten a second. */
const MOST_READ = 1000;

/** Transactions whose outputs are remembered: about an hour of the network's. Beyond that only those that somebody has asked about. */
const MOST_KEPT = 20_000;
/** So many are forgotten at once. */
const FORGOTTEN_AT_ONCE = 1000;
/** Scripts that were asked about and are remembered: as many as pages can be open. */
const MOST_WANTED = 1000;

/** Of 64 hex digits thirteen: as many as a number of JavaScript holds. A few that look the same do no harm: nothing is paid by it. */
const KEY_CHARACTERS = 13;

function keyOf(txid: Txid): number {
  return Number.parseInt(txid.slice(0, KEY_CHARACTERS), 16);
}

export class MempoolOutputs {
  readonly #access: MempoolAccess;
  /** Those that were listed last; but for those that are still to be read. */
  #known: ReadonlySet<number> | undefined;
  /** By script, what each transaction pays to it. */
  readonly #paid = new Map<string, Map<Txid, bigint>>();
  /** The oldest first. */
  readonly #scripts = new Map<Txid, readonly string[]>();
  /** Those that were asked about, the last one last. */
  readonly #wanted = new Set<string>();
  /** Blocks that have come, and how many there were when the last list was asked for. */
  #blocks = 0;
  #listed_at: number | undefined;
  #again_ms = Number.NEGATIVE_INFINITY;
  #asking: Promise<void> | undefined;

  constructor(access: MempoolAccess) {
    this.#access = access;
  }

  /** There is a new block: what was listed before may be in it. */
  newBlock(): void {
    this.#blocks++;
  }

  /** Undefined while the list is older than the newest block. Rejects with what the source's answers reject with. */
  async paidTo(script_pubkey: string): Promise<Sat | undefined> {
    this.#wanted.delete(script_pubkey);
    this.#wanted.add(script_pubkey);
    if (this.#wanted.size > MOST_WANTED) this.#wanted.delete(this.#wanted.values().next().value as string);
    if (this.#access.now() >= this.#again_ms) {
      this.#asking ??= this.#refreshAndPause();
      await this.#asking;
    }
    if (this.#listed_at !== this.#blocks) return undefined;
    let total = 0n;
    for (const amount_sat of this.#paid.get(script_pubkey)?.values() ?? []) total += amount_sat;
    return sat(total);
  }

  async #refreshAndPause(): Promise<void> {
    const { now, pauseAfter } = this.#access;
    const started_ms = now();
    try {
      await this.#refresh();
    } finally {
      const ended_ms = now();
      this.#again_ms = ended_ms + pauseAfter(ended_ms - started_ms);
      this.#asking = undefined;
    }
  }

  async #refresh(): Promise<void> {
    const known = this.#known;
    const blocks = this.#blocks;
    const listed = new Set<number>();
    const fresh: Txid[] = [];
    await this.#access.txids((txid) => {
      const key = keyOf(txid);
      listed.add(key);
      if (known?.has(key) !== true && fresh.length <= MOST_READ) fresh.push(txid);
    });
    for (const txid of this.#scripts.keys()) if (!listed.has(keyOf(txid))) this.#forget(txid);
    this.#listed_at = blocks;
    this.#known = listed;
    if (fresh.length > MOST_READ) {
      if (known === undefined) return;
      // One beyond what is read, and those that were not even noted, are new the next time.
      const read = new Set(fresh.slice(0, MOST_READ).map(keyOf));
      this.#known = new Set([...listed].filter((key) => known.has(key) || read.has(key)));
    }
    const wanted = fresh.slice(0, MOST_READ);
    const found = await this.#access.transactions(wanted);
    for (const [index, bytes] of found.entries()) if (bytes !== undefined) this.#note(wanted[index] as Txid, bytes);
    if (this.#scripts.size > MOST_KEPT + FORGOTTEN_AT_ONCE) this.#makeRoom();
  }

  /** Forgets the oldest that pay to nobody who has asked. */
  #makeRoom(): void {
    let left = FORGOTTEN_AT_ONCE;
    for (const [txid, scripts] of this.#scripts) {
      if (left === 0) return;
      if (scripts.some((script) => this.#wanted.has(script))) continue;
      this.#forget(txid);
      left--;
    }
  }

  #note(txid: Txid, bytes: Uint8Array): void {
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
