/** An Esplora server as a source of blocks, by its HTTP interface. For a node without a bitcoind of its own. */
import { type Sat, sat } from '../types/amount.ts';
import { NETWORKS, type NetworkName } from '../types/network.ts';
import { type ChainBackend, ChainError } from './backend.ts';
import type { BlockRef, BroadcastResult, FeeTargetBlocks, Outpoint } from './source.ts';

export interface EsploraOptions {
  readonly network: NetworkName;
  /** Such as `https://blockstream.info/signet/api`. */
  readonly url: string;
  readonly timeout_ms: number;
}

const WEIGHT_PER_VBYTE = 4;
const NOT_FOUND = 404;
const BAD_REQUEST = 400;

export class Esplora implements ChainBackend {
  readonly #options: EsploraOptions;

  constructor(options: EsploraOptions) {
    this.#options = options;
  }

  async open(): Promise<void> {
    const expected = Buffer.from(NETWORKS[this.#options.network].chain_hash, 'hex').reverse().toString('hex');
    if ((await this.blockHash(0)) !== expected) {
      throw new ChainError(`${this.#options.url} serves another network than ${this.#options.network}`);
    }
  }

  async close(): Promise<void> {}

  async tip(): Promise<BlockRef> {
    const hash = await this.#text('/blocks/tip/hash');
    const { height } = await this.#json<{ height: number }>(`/block/${hash}`);
    return { height, hash };
  }

  async blockHash(height: number): Promise<string | undefined> {
    const { status, body } = await this.#ask(`/block-height/${height}`);
    return status === NOT_FOUND
      ? undefined
      : this.#good(`/block-height/${height}`, status, body).toString('utf8').trim();
  }

  async block(hash: string): Promise<Buffer> {
    const { status, body } = await this.#ask(`/block/${hash}/raw`);
    return this.#good(`/block/${hash}/raw`, status, body);
  }

  async broadcast(transactions: readonly Uint8Array[]): Promise<BroadcastResult> {
    const texts = transactions.map((bytes) => Buffer.from(bytes).toString('hex'));
    // Only newer servers take a package; to the others a parent and its child go one by one.
    if (texts.length > 1) {
      const { status } = await this.#ask('/txs/package', JSON.stringify(texts));
      if (status === 200) return { kind: 'accepted' };
    }
    let result: BroadcastResult = { kind: 'known' };
    for (const text of texts) {
      const { status, body } = await this.#ask('/tx', text);
      if (status === 200) result = { kind: 'accepted' };
      else if (status !== BAD_REQUEST) throw new ChainError(`${this.#options.url}/tx answered HTTP ${status}`);
      else result = refusal(body.toString('utf8'));
    }
    return result;
  }

  async feeratePerKw(target: FeeTargetBlocks): Promise<number | undefined> {
    const estimates = await this.#json<Record<string, number>>('/fee-estimates');
    // The server lists some targets: the nearest that is at least as fast will do.
    const best = Object.keys(estimates)
      .map(Number)
      .filter((blocks) => blocks <= target)
      .sort((a, b) => b - a)[0];
    const sat_per_vb = best === undefined ? undefined : estimates[best];
    return sat_per_vb === undefined ? undefined : Math.ceil((sat_per_vb * 1000) / WEIGHT_PER_VBYTE);
  }

  async unspent({
    txid,
    vout,
  }: Outpoint): Promise<{ amount_sat: Sat; script_pubkey: string; height: number } | undefined> {
    const { status, body } = await this.#ask(`/tx/${txid}`);
    if (status === NOT_FOUND) return undefined;
    type Answer = {
      vout: { scriptpubkey: string; value: number }[];
      status: { confirmed: boolean; block_height?: number };
    };
    const transaction = JSON.parse(this.#good(`/tx/${txid}`, status, body).toString('utf8')) as Answer;
    const output = transaction.vout[vout];
    const { block_height } = transaction.status;
    if (output === undefined || block_height === undefined) return undefined;
    type Spend = { spent: boolean; status?: { confirmed: boolean } };
    const spend = await this.#json<Spend>(`/tx/${txid}/outspend/${vout}`);
    if (spend.spent && spend.status?.confirmed) return undefined;
    return { amount_sat: sat(output.value), script_pubkey: output.scriptpubkey, height: block_height };
  }

  async #text(path: string): Promise<string> {
    const { status, body } = await this.#ask(path);
    return this.#good(path, status, body).toString('utf8').trim();
  }

  async #json<T>(path: string): Promise<T> {
    const text = await this.#text(path);
    try {
      return JSON.parse(text) as T;
    } catch {
      throw new ChainError(`${this.#options.url}${path} answered no JSON`);
    }
  }

  #good(path: string, status: number, body: Buffer): Buffer {
    if (status !== 200) throw new ChainError(`${this.#options.url}${path} answered HTTP ${status}`);
    return body;
  }

  async #ask(path: string, posted?: string): Promise<{ status: number; body: Buffer }> {
    try {
      const response = await fetch(`${this.#options.url}${path}`, {
        signal: AbortSignal.timeout(this.#options.timeout_ms),
        ...(posted === undefined ? {} : { method: 'POST', body: posted }),
      });
      return { status: response.status, body: Buffer.from(await response.arrayBuffer()) };
    } catch (error) {
      throw new ChainError(`${this.#options.url} does not answer: ${error instanceof Error ? error.message : error}`);
    }
  }
}

/** The server hands on bitcoind's own words. */
function refusal(text: string): BroadcastResult {
  const reason = /"message":"([^"]*)"/.exec(text)?.[1] ?? text;
  if (/already[- ]in[- ](mempool|chain|block|utxo)|already-known/i.test(reason)) return { kind: 'known' };
  return { kind: 'rejected', reason };
}
