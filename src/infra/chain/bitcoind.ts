/**
 * bitcoind as a source of blocks, by its JSON-RPC interface over HTTP. Options are named as Core Lightning's.
 */
import { readFileSync } from 'node:fs';
import { Agent, request } from 'node:http';
import { type Sat, sat } from '../../base/types/amount.ts';
import type { Txid } from '../../base/types/brand.ts';
import { NETWORKS, type NetworkName } from '../../base/types/network.ts';
import { type ChainBackend, ChainError, type ScriptCoin } from './backend.ts';
import { CHAIN_NAMES } from './bitcoin-conf.ts';
import { MempoolOutputs } from './mempool-outputs.ts';
import { isKnownReason, packageVerdict } from './package-verdict.ts';
import { txidOfTransaction } from './raw-block.ts';
import {
  type BlockRef,
  type BroadcastResult,
  FEERATE_FLOOR_PER_KW,
  type FeeTargetBlocks,
  type Outpoint,
} from './source.ts';

export interface BitcoindOptions {
  readonly network: NetworkName;
  readonly 'bitcoin-rpcconnect': string;
  readonly 'bitcoin-rpcport': number;
  /** `USER:PASSWORD`, or the cookie file that holds them, read again at every request: bitcoind changes it. */
  readonly login: string | { readonly cookie_file: string };
  /** A request that takes longer has failed. */
  readonly timeout_ms: number;
  /** The mempool is listed at most once in this time. Default: 3000. */
  readonly mempool_pause_ms?: number;
}

const RPC_OTHER_ERROR = -1;
const RPC_NOT_FOUND = -5;
const RPC_INVALID_PARAMETER = -8;
const RPC_VERIFY_ALREADY_IN_CHAIN = -27;
/** It cannot be read, breaks a rule, or is refused. */
const RPC_VERDICTS = new Set([-22, -25, -26]);
const RPC_IN_WARMUP = -28;
const RPC_METHOD_NOT_FOUND = -32601;
/** 1000 virtual bytes are 4000 weight. */
const WEIGHT_PER_VBYTE = 4;
const SAT_PER_BTC = 100_000_000;
/** From this HTTP status on the server is at fault, such as one that has too much to do. */
const SERVER_ERROR = 500;

/** bitcoind answered with an error of its own. */
class RpcAnswer extends ChainError {
  readonly code: number;
  readonly text: string;

  constructor(method: string, code: number, text: string) {
    super(`bitcoind answered ${method} with error ${code}: ${text}`, {
      is_starting: code === RPC_IN_WARMUP,
      is_pruned: code === RPC_OTHER_ERROR && text.includes('pruned'),
    });
    this.code = code;
    this.text = text;
  }
}

/** The verdict on a transaction. Any other error says nothing about it: bitcoind starts, stops, or is out of order. */
function verdictOf(answer: RpcAnswer): BroadcastResult {
  if (answer.code === RPC_VERIFY_ALREADY_IN_CHAIN || isKnownReason(answer.text)) return { kind: 'known' };
  if (RPC_VERDICTS.has(answer.code)) return { kind: 'rejected', reason: answer.text };
  throw answer;
}

const MEMPOOL_PAUSE_MS = 3000;
/** A search of all unspent outputs may take so long on a slow disk. */
const SEARCH_TIMEOUT_MS = 3_600_000;
/** Blocks that a well bitcoind may know the headers of only, while they are on their way. */
const USUAL_LAG_BLOCKS = 2;

export class Bitcoind implements ChainBackend {
  readonly #options: BitcoindOptions;
  /** Connections are kept open: catching up asks for thousands of blocks. */
  readonly #agent = new Agent({ keepAlive: true, maxSockets: 8 });
  #isClosed = false;
  #is_catching_up = false;
  #tip_time: number | undefined;
  readonly #mempool: MempoolOutputs;

  constructor(options: BitcoindOptions) {
    this.#options = options;
    this.#mempool = new MempoolOutputs({
      size: async () => (await this.#call<{ size: number }>('getmempoolinfo')).size,
      txids: () => this.#call<readonly Txid[]>('getrawmempool'),
      transaction: (txid) => this.mempoolTransaction(txid),
      least_pause_ms: options.mempool_pause_ms ?? MEMPOOL_PAUSE_MS,
    });
  }

  async open(): Promise<void> {
    const { chain } = await this.#call<{ chain: string }>('getblockchaininfo');
    const wanted = CHAIN_NAMES[this.#options.network];
    if (chain !== wanted) {
      throw new ChainError(
        `bitcoind at ${this.#where} runs on "${chain}", this node on ${this.#options.network}: start bitcoind with -chain=${wanted}`,
      );
    }
    const genesis = await this.blockHash(0);
    const expected = Buffer.from(NETWORKS[this.#options.network].chain_hash, 'hex').reverse().toString('hex');
    if (genesis !== expected)
      throw new ChainError(`bitcoind at ${this.#where} has another genesis block than ${chain}`);
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    this.#agent.destroy();
  }

  isCatchingUp(): boolean {
    return this.#is_catching_up;
  }

  tipTime(): number | undefined {
    return this.#tip_time;
  }

  async tip(): Promise<BlockRef> {
    type Info = {
      blocks: number;
      headers: number;
      bestblockhash: string;
      initialblockdownload?: boolean;
      time?: number;
      mediantime?: number;
    };
    const info = await this.#call<Info>('getblockchaininfo');
    const { blocks, headers, bestblockhash, initialblockdownload, time, mediantime } = info;
    this.#is_catching_up = initialblockdownload === true || headers - blocks > USUAL_LAG_BLOCKS;
    // Before version 23 it names only the median of the last eleven blocks, which is about an hour older.
    this.#tip_time = time ?? mediantime;
    return { height: blocks, hash: bestblockhash };
  }

  async blockHash(height: number): Promise<string | undefined> {
    try {
      return await this.#call<string>('getblockhash', height);
    } catch (error) {
      if (error instanceof RpcAnswer && error.code === RPC_INVALID_PARAMETER) return undefined;
      throw error;
    }
  }

  async block(hash: string): Promise<Buffer> {
    try {
      return Buffer.from(await this.#call<string>('getblock', hash, 0), 'hex');
    } catch (error) {
      if (!(error instanceof RpcAnswer) || !error.is_pruned) throw error;
      throw new ChainError(
        `bitcoind has pruned block ${hash}, which this node still has to look through: get it back with bitcoin-cli ` +
          `getblockfrompeer ${hash} PEER_ID, and let bitcoind keep more blocks (its option prune)`,
        { is_pruned: true },
      );
    }
  }

  async broadcast(transactions: readonly Uint8Array[]): Promise<BroadcastResult> {
    const texts = transactions.map((bytes) => Buffer.from(bytes).toString('hex'));
    if (texts.length === 1) return await this.#send(texts[0] as string);
    try {
      return await this.#sendPackage(texts, transactions.at(-1) as Uint8Array);
    } catch (error) {
      if (!(error instanceof RpcAnswer) || error.code !== RPC_METHOD_NOT_FOUND) throw error;
    }
    // A bitcoind that knows no packages: one by one, and the last word counts.
    let result: BroadcastResult = { kind: 'known' };
    for (const text of texts) result = await this.#send(text);
    return result;
  }

  async #send(text: string): Promise<BroadcastResult> {
    try {
      await this.#call('sendrawtransaction', text);
      return { kind: 'accepted' };
    } catch (error) {
      if (!(error instanceof RpcAnswer)) throw error;
      return verdictOf(error);
    }
  }

  async #sendPackage(texts: readonly string[], child: Uint8Array): Promise<BroadcastResult> {
    try {
      return packageVerdict(await this.#call('submitpackage', texts), txidOfTransaction(child));
    } catch (error) {
      if (!(error instanceof RpcAnswer) || error.code === RPC_METHOD_NOT_FOUND) throw error;
      return verdictOf(error);
    }
  }

  async feeratePerKw(target: FeeTargetBlocks): Promise<number | undefined> {
    const { feerate } = await this.#call<{ feerate?: number }>('estimatesmartfee', target, 'CONSERVATIVE');
    if (feerate !== undefined) return Math.ceil(Math.round(feerate * SAT_PER_BTC) / WEIGHT_PER_VBYTE);
    // On regtest nobody pays for a place in a block, so bitcoind has nothing to estimate from, ever.
    return this.#options.network === 'regtest' ? FEERATE_FLOOR_PER_KW : undefined;
  }

  async mempoolMinimumPerKw(): Promise<number> {
    type Minimum = { mempoolminfee: number; minrelaytxfee: number };
    const { mempoolminfee, minrelaytxfee } = await this.#call<Minimum>('getmempoolinfo');
    const feerate_per_kvb = Math.round(Math.max(mempoolminfee, minrelaytxfee) * SAT_PER_BTC);
    return Math.ceil(feerate_per_kvb / WEIGHT_PER_VBYTE);
  }

  async unspent({
    txid,
    vout,
  }: Outpoint): Promise<{ amount_sat: Sat; script_pubkey: string; height: number } | undefined> {
    type Coin = { value: number; confirmations: number; scriptPubKey: { hex: string }; bestblock: string };
    const coin = await this.#call<Coin | null>('gettxout', txid, vout, false);
    if (coin === null) return undefined;
    const { height } = await this.#call<{ height: number }>('getblockheader', coin.bestblock);
    return {
      amount_sat: sat(Math.round(coin.value * SAT_PER_BTC)),
      script_pubkey: coin.scriptPubKey.hex,
      height: height - coin.confirmations + 1,
    };
  }

  unconfirmedTo(script_pubkey: string): Promise<Sat | undefined> {
    return this.#mempool.paidTo(script_pubkey);
  }

  async mempoolTransaction(txid: Txid): Promise<Uint8Array | undefined> {
    try {
      return Buffer.from(await this.#call<string>('getrawtransaction', txid), 'hex');
    } catch (error) {
      if (error instanceof RpcAnswer && error.code === RPC_NOT_FOUND) return undefined;
      throw error;
    }
  }

  async searchScripts(scripts: readonly string[]): Promise<readonly ScriptCoin[]> {
    type Unspent = { txid: Txid; vout: number; scriptPubKey: string; amount: number; height: number };
    const body = JSON.stringify({
      jsonrpc: '1.0',
      id: 'till',
      method: 'scantxoutset',
      params: ['start', scripts.map((script) => `raw(${script})`)],
    });
    const { success, unspents } = await this.#answerTo<{ success: boolean; unspents: readonly Unspent[] }>(
      'scantxoutset',
      await this.#post(body, { timeout_ms: SEARCH_TIMEOUT_MS }),
    );
    if (!success) throw new ChainError(`bitcoind at ${this.#where} did not finish scantxoutset`);
    return unspents.map(({ txid, vout, scriptPubKey, amount, height }) => {
      return { script_pubkey: scriptPubKey, txid, vout, height, amount_sat: sat(Math.round(amount * SAT_PER_BTC)) };
    });
  }

  get #where(): string {
    return `${this.#options['bitcoin-rpcconnect']}:${this.#options['bitcoin-rpcport']}`;
  }

  #authorization(): string {
    const { login, network } = this.#options;
    if (typeof login === 'string') return login;
    try {
      return readFileSync(login.cookie_file, 'utf8').trim();
    } catch (error) {
      const reason = error instanceof Error && 'code' in error ? error.code : error;
      // bitcoind writes it when it starts.
      throw new ChainError(
        `${login.cookie_file} cannot be read (${reason}): does bitcoind run on ${network}, and as the same user? If it ` +
          'has another directory: bitcoin-datadir; or else bitcoin-rpcuser and bitcoin-rpcpassword',
        { is_starting: true },
      );
    }
  }

  async #call<T>(method: string, ...params: unknown[]): Promise<T> {
    const body = JSON.stringify({ jsonrpc: '1.0', id: 'till', method, params });
    return await this.#answerTo(method, await this.#post(body));
  }

  #answerTo<T>(method: string, { status, text }: { status: number; text: string }): T {
    if (status === 401 || status === 403) {
      // The cookie may be that of the run before, for a moment; a password stays wrong.
      const is_starting = typeof this.#options.login !== 'string';
      throw new ChainError(`bitcoind at ${this.#where} refuses the user or the password (HTTP ${status})`, {
        is_starting,
      });
    }
    type Answer = { result: T; error: { code: number; message: string } | null };
    let answer: Answer | null;
    try {
      answer = JSON.parse(text) as Answer | null;
    } catch {
      throw new ChainError(`bitcoind at ${this.#where} answered ${method} with no JSON (HTTP ${status})`, {
        is_starting: status >= SERVER_ERROR,
      });
    }
    if (typeof answer !== 'object' || answer === null) {
      throw new ChainError(`bitcoind at ${this.#where} answered ${method} with neither result nor error`);
    }
    const { error } = answer;
    if (error !== null && error !== undefined) throw new RpcAnswer(method, Number(error.code), String(error.message));
    return answer.result;
  }

  #post(
    body: string,
    { is_again = false, timeout_ms = this.#options.timeout_ms }: { is_again?: boolean; timeout_ms?: number } = {},
  ): Promise<{ status: number; text: string }> {
    const options = {
      host: this.#options['bitcoin-rpcconnect'],
      port: this.#options['bitcoin-rpcport'],
      method: 'POST',
      path: '/',
      auth: this.#authorization(),
      agent: this.#agent,
      timeout: timeout_ms,
      headers: { 'content-type': 'application/json', 'content-length': Buffer.byteLength(body) },
    };
    return new Promise((resolve, reject) => {
      const fail = (error: Error): void =>
        reject(new ChainError(`bitcoind at ${this.#where} does not answer: ${error.message}`, { is_starting: true }));
      const sent = request(options, (response) => {
        const chunks: Buffer[] = [];
        response.on('data', (chunk: Buffer) => chunks.push(chunk));
        response.on('error', fail);
        response.on('end', () =>
          resolve({ status: response.statusCode ?? 0, text: Buffer.concat(chunks).toString('utf8') }),
        );
      });
      sent.on('timeout', () => sent.destroy(new Error(`no answer within ${timeout_ms} ms`)));
      sent.on('error', (error: NodeJS.ErrnoException) => {
        // bitcoind ends connections that were idle, and may do so just as one is used again.
        const isStale = sent.reusedSocket && error.code === 'ECONNRESET' && !is_again && !this.#isClosed;
        if (isStale) this.#post(body, { is_again: true, timeout_ms }).then(resolve, reject);
        else fail(error);
      });
      sent.end(body);
    });
  }
}
