/**
 * An Esplora server as a source of blocks, by its HTTP interface. For a node without a bitcoind of its own. The server is
 * believed which chain is the best; that a block is whole, and is the block that was asked for, is checked.
 */
import { createHash } from 'node:crypto';
import { type Sat, sat } from '../../base/types/amount.ts';
import type { Txid } from '../../base/types/brand.ts';
import { NETWORKS, type NetworkName } from '../../base/types/network.ts';
import { type ChainBackend, ChainError } from './backend.ts';
import { PacedLooks } from './paced-looks.ts';
import { isKnownReason, packageVerdict } from './package-verdict.ts';
import { txidOfTransaction } from './raw-block.ts';
import type { BlockRef, BroadcastResult, FeeTargetBlocks, Outpoint } from './source.ts';
import { isWholeBlock } from './whole-block.ts';

export interface EsploraOptions {
  readonly network: NetworkName;
  /** Such as `https://blockstream.info/signet/api`. */
  readonly url: string;
  readonly timeout_ms: number;
}

/** JSON that was read, of which nothing is known yet. */
type Unknown = Readonly<Record<string, unknown>>;

const WEIGHT_PER_VBYTE = 4;
const OK = 200;
const BAD_REQUEST = 400;
const NOT_FOUND = 404;
const TOO_MANY_REQUESTS = 429;
const SERVER_ERROR = 500;
const PACKAGE_PATH = '/txs/package';

export class Esplora implements ChainBackend {
  readonly #options: EsploraOptions;
  readonly #closing = new AbortController();
  #tip_time: number | undefined;
  readonly #looks = new PacedLooks({ ask: (script) => this.#lookFor(script), now: () => performance.now() });

  constructor(options: EsploraOptions) {
    this.#options = options;
  }

  async open(): Promise<void> {
    const expected = Buffer.from(NETWORKS[this.#options.network].chain_hash, 'hex').reverse().toString('hex');
    if ((await this.blockHash(0)) !== expected) {
      throw new ChainError(`${this.#options.url} serves another network than ${this.#options.network}`);
    }
  }

  async close(): Promise<void> {
    this.#closing.abort(new Error('the node is stopping'));
  }

  async tip(): Promise<BlockRef> {
    const path = '/blocks/tip/hash';
    const hash = this.#blockId(path, this.#good(path, await this.#ask(path)));
    const { height, timestamp } = await this.#record(`/block/${hash}`);
    const tip = { height: this.#whole(`/block/${hash}`, height), hash };
    this.#tip_time = timestamp === undefined ? undefined : this.#whole(`/block/${hash}`, timestamp);
    return tip;
  }

  tipTime(): number | undefined {
    return this.#tip_time;
  }

  async blockHash(height: number): Promise<string | undefined> {
    const path = `/block-height/${height}`;
    const answer = await this.#ask(path);
    return answer.status === NOT_FOUND ? undefined : this.#blockId(path, this.#good(path, answer));
  }

  async block(hash: string): Promise<Buffer> {
    const path = `/block/${hash}/raw`;
    const block = this.#good(path, await this.#ask(path));
    if (!isWholeBlock(block, hash)) throw this.#nonsense(path);
    return block;
  }

  async broadcast(transactions: readonly Uint8Array[]): Promise<BroadcastResult> {
    const texts = transactions.map((bytes) => Buffer.from(bytes).toString('hex'));
    // Only newer servers take a package; to the others a parent and its child go one by one.
    if (texts.length > 1) {
      const { status, body } = await this.#ask(PACKAGE_PATH, JSON.stringify(texts));
      const child = transactions.at(-1) as Uint8Array;
      if (status === OK) return packageVerdict(this.#parsed(PACKAGE_PATH, body), txidOfTransaction(child));
      if (status === BAD_REQUEST && body.includes('package')) return refusal(body.toString('utf8'));
    }
    let result: BroadcastResult = { kind: 'known' };
    for (const text of texts) {
      const { status, body } = await this.#ask('/tx', text);
      if (status === OK) result = { kind: 'accepted' };
      else if (status !== BAD_REQUEST) throw new ChainError(`${this.#options.url}/tx answered HTTP ${status}`);
      else result = refusal(body.toString('utf8'));
    }
    return result;
  }

  async feeratePerKw(target: FeeTargetBlocks): Promise<number | undefined> {
    const estimates = await this.#record('/fee-estimates');
    // The server lists some targets: the nearest that is at least as fast will do.
    const best = Object.keys(estimates)
      .map(Number)
      .filter((blocks) => blocks <= target)
      .sort((a, b) => b - a)[0];
    const sat_per_vb = best === undefined ? undefined : estimates[best];
    return typeof sat_per_vb === 'number' ? Math.ceil((sat_per_vb * 1000) / WEIGHT_PER_VBYTE) : undefined;
  }

  async unspent({
    txid,
    vout,
  }: Outpoint): Promise<{ amount_sat: Sat; script_pubkey: string; height: number } | undefined> {
    const path = `/tx/${txid}`;
    const answer = await this.#ask(path);
    if (answer.status === NOT_FOUND) return undefined;
    const transaction = asRecord(this.#parsed(path, this.#good(path, answer)));
    const { block_height } = asRecord(transaction?.status) ?? {};
    if (!Array.isArray(transaction?.vout)) throw this.#nonsense(path);
    const output = asRecord(transaction.vout[vout]);
    if (output === undefined || block_height === undefined) return undefined;
    const { value, scriptpubkey } = output;
    if (typeof scriptpubkey !== 'string' || !/^([0-9a-f]{2})*$/.test(scriptpubkey)) throw this.#nonsense(path);
    const spend = await this.#record(`/tx/${txid}/outspend/${vout}`);
    if (typeof spend.spent !== 'boolean') throw this.#nonsense(`/tx/${txid}/outspend/${vout}`);
    if (spend.spent && asRecord(spend.status)?.confirmed === true) return undefined;
    const height = this.#whole(path, block_height);
    return { amount_sat: sat(this.#whole(path, value)), script_pubkey: scriptpubkey, height };
  }

  unconfirmedTo(script_pubkey: string): Promise<Sat | undefined> {
    return this.#looks.of(script_pubkey);
  }

  async #lookFor(script_pubkey: string): Promise<Sat> {
    // The server names a script by its plain hash.
    const path = `/scripthash/${createHash('sha256').update(script_pubkey, 'hex').digest('hex')}`;
    const { mempool_stats } = await this.#record(path);
    return sat(this.#whole(path, asRecord(mempool_stats)?.funded_txo_sum));
  }

  async mempoolTransaction(txid: Txid): Promise<Uint8Array | undefined> {
    const path = `/tx/${txid}/hex`;
    const answer = await this.#ask(path);
    if (answer.status === NOT_FOUND) return undefined;
    const text = this.#good(path, answer).toString('latin1').trim();
    if (!/^([0-9a-f]{2})+$/.test(text)) throw this.#nonsense(path);
    return Buffer.from(text, 'hex');
  }

  async txidAt(hash: string, transaction_index: number): Promise<Txid | undefined> {
    const path = `/block/${hash}/txid/${transaction_index}`;
    const answer = await this.#ask(path);
    if (answer.status === NOT_FOUND || answer.status === BAD_REQUEST) return undefined;
    return this.#blockId(path, this.#good(path, answer)) as Txid;
  }

  async #record(path: string): Promise<Unknown> {
    const record = asRecord(this.#parsed(path, this.#good(path, await this.#ask(path))));
    if (record === undefined) throw this.#nonsense(path);
    return record;
  }

  #parsed(path: string, body: Buffer): unknown {
    try {
      return JSON.parse(body.toString('utf8'));
    } catch {
      throw new ChainError(`${this.#options.url}${path} answered no JSON`);
    }
  }

  #blockId(path: string, body: Buffer): string {
    const hash = body.toString('latin1').trim();
    if (!/^[0-9a-f]{64}$/.test(hash)) throw this.#nonsense(path);
    return hash;
  }

  #whole(path: string, value: unknown): number {
    if (typeof value !== 'number' || !Number.isSafeInteger(value) || value < 0) throw this.#nonsense(path);
    return value;
  }

  #nonsense(path: string): ChainError {
    return new ChainError(`${this.#options.url}${path} answered what cannot be`);
  }

  #good(path: string, { status, body }: { status: number; body: Buffer }): Buffer {
    if (status !== OK) {
      const is_starting = status >= SERVER_ERROR || status === TOO_MANY_REQUESTS;
      throw new ChainError(`${this.#options.url}${path} answered HTTP ${status}`, { is_starting });
    }
    return body;
  }

  async #ask(path: string, posted?: string): Promise<{ status: number; body: Buffer }> {
    try {
      const response = await fetch(`${this.#options.url}${path}`, {
        signal: AbortSignal.any([AbortSignal.timeout(this.#options.timeout_ms), this.#closing.signal]),
        ...(posted === undefined ? {} : { method: 'POST', body: posted }),
      });
      return { status: response.status, body: Buffer.from(await response.arrayBuffer()) };
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error);
      throw new ChainError(`${this.#options.url} does not answer: ${reason}`, { is_starting: true });
    }
  }
}

function asRecord(value: unknown): Unknown | undefined {
  return typeof value === 'object' && value !== null ? (value as Unknown) : undefined;
}

/** The server hands on bitcoind's own words. */
function refusal(text: string): BroadcastResult {
  const reason = /"message":"([^"]*)"/.exec(text)?.[1] ?? text;
  return isKnownReason(reason) ? { kind: 'known' } : { kind: 'rejected', reason };
}
