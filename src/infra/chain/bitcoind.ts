/**
 * bitcoind as a source of blocks, by its JSON-RPC interface over HTTP. Options are named as Core Lightning's.
 */
import { type Sat, sat } from '../../base/types/amount.ts';
import type { Txid } from '../../base/types/brand.ts';
import { NETWORKS } from '../../base/types/network.ts';
import { type ChainBackend, ChainError, type ScriptCoin } from './backend.ts';
import { CHAIN_NAMES } from './bitcoin-conf.ts';
import { BitcoindRpc, type BitcoindRpcOptions, RpcAnswer } from './bitcoind-rpc.ts';
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

export interface BitcoindOptions extends BitcoindRpcOptions {
  /** The mempool is listed at most once in this time, and seldom when the list takes long. Default: 3000. 0: whenever somebody asks. */
  readonly mempool_pause_ms?: number;
}

const RPC_NOT_FOUND = -5;
const RPC_INVALID_PARAMETER = -8;
const RPC_VERIFY_ALREADY_IN_CHAIN = -27;
/** It cannot be read, breaks a rule, or is refused. */
const RPC_VERDICTS = new Set([-22, -25, -26]);
const RPC_METHOD_NOT_FOUND = -32601;
/** 1000 virtual bytes are 4000 weight. */
const WEIGHT_PER_VBYTE = 4;
const SAT_PER_BTC = 100_000_000;
/** The verdict on a transaction. Any other error says nothing about it: bitcoind starts, stops, or is out of order. */
function verdictOf(answer: RpcAnswer): BroadcastResult {
  if (answer.code === RPC_VERIFY_ALREADY_IN_CHAIN || isKnownReason(answer.text)) return { kind: 'known' };
  if (RPC_VERDICTS.has(answer.code)) return { kind: 'rejected', reason: answer.text };
  throw answer;
}

const MEMPOOL_PAUSE_MS = 3000;
/** The list of a mempool takes at most one part in so many of bitcoind's time: it holds others up meanwhile. */
const MEMPOOL_REST = 30;
/** Transactions that are asked for in one request. */
const READ_AT_ONCE = 100;
/** A search of all unspent outputs may take so long on a slow disk. */
const SEARCH_TIMEOUT_MS = 3_600_000;
/** Blocks that a well bitcoind may know the headers of only, while they are on their way. */
const USUAL_LAG_BLOCKS = 2;

export class Bitcoind implements ChainBackend {
  readonly #options: BitcoindOptions;
  readonly #rpc: BitcoindRpc;
  #is_catching_up = false;
  #tip_time: number | undefined;
  #tip_hash: string | undefined;
  readonly #mempool: MempoolOutputs;

  constructor(options: BitcoindOptions) {
    this.#options = options;
    const { mempool_pause_ms: least_ms = MEMPOOL_PAUSE_MS } = options;
    this.#rpc = new BitcoindRpc(options);
    this.#mempool = new MempoolOutputs({
      txids: (onTxid) => this.#rpc.txids('getrawmempool', onTxid),
      transactions: (txids) => this.#mempoolTransactions(txids),
      pauseAfter: (took_ms) => (least_ms === 0 ? 0 : Math.max(least_ms, took_ms * MEMPOOL_REST)),
      now: () => performance.now(),
    });
  }

  async open(): Promise<void> {
    const { chain } = await this.#rpc.call<{ chain: string }>('getblockchaininfo');
    const wanted = CHAIN_NAMES[this.#options.network];
    if (chain !== wanted) {
      throw new ChainError(
        `bitcoind at ${this.#rpc.where} runs on "${chain}", this node on ${this.#options.network}: start bitcoind with -chain=${wanted}`,
      );
    }
    const genesis = await this.blockHash(0);
    const expected = Buffer.from(NETWORKS[this.#options.network].chain_hash, 'hex').reverse().toString('hex');
    if (genesis !== expected)
      throw new ChainError(`bitcoind at ${this.#rpc.where} has another genesis block than ${chain}`);
  }

  async close(): Promise<void> {
    this.#rpc.close();
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
    const info = await this.#rpc.call<Info>('getblockchaininfo');
    const { blocks, headers, bestblockhash, initialblockdownload, time, mediantime } = info;
    this.#is_catching_up = initialblockdownload === true || headers - blocks > USUAL_LAG_BLOCKS;
    // Before version 23 it names only the median of the last eleven blocks, which is about an hour older.
    this.#tip_time = time ?? mediantime;
    if (bestblockhash !== this.#tip_hash) this.#mempool.newBlock();
    this.#tip_hash = bestblockhash;
    return { height: blocks, hash: bestblockhash };
  }

  async blockHash(height: number): Promise<string | undefined> {
    try {
      return await this.#rpc.call<string>('getblockhash', [height]);
    } catch (error) {
      if (error instanceof RpcAnswer && error.code === RPC_INVALID_PARAMETER) return undefined;
      throw error;
    }
  }

  async block(hash: string): Promise<Buffer> {
    try {
      return Buffer.from(await this.#rpc.call<string>('getblock', [hash, 0]), 'hex');
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
      await this.#rpc.call('sendrawtransaction', [text]);
      return { kind: 'accepted' };
    } catch (error) {
      if (!(error instanceof RpcAnswer)) throw error;
      return verdictOf(error);
    }
  }

  async #sendPackage(texts: readonly string[], child: Uint8Array): Promise<BroadcastResult> {
    try {
      return packageVerdict(await this.#rpc.call('submitpackage', [texts]), txidOfTransaction(child));
    } catch (error) {
      if (!(error instanceof RpcAnswer) || error.code === RPC_METHOD_NOT_FOUND) throw error;
      return verdictOf(error);
    }
  }

  async feeratePerKw(target: FeeTargetBlocks): Promise<number | undefined> {
    const { feerate } = await this.#rpc.call<{ feerate?: number }>('estimatesmartfee', [target, 'CONSERVATIVE']);
    if (feerate !== undefined) return Math.ceil(Math.round(feerate * SAT_PER_BTC) / WEIGHT_PER_VBYTE);
    // On regtest nobody pays for a place in a block, so bitcoind has nothing to estimate from, ever.
    return this.#options.network === 'regtest' ? FEERATE_FLOOR_PER_KW : undefined;
  }

  async mempoolMinimumPerKw(): Promise<number> {
    type Minimum = { mempoolminfee: number; minrelaytxfee: number };
    const { mempoolminfee, minrelaytxfee } = await this.#rpc.call<Minimum>('getmempoolinfo');
    const feerate_per_kvb = Math.round(Math.max(mempoolminfee, minrelaytxfee) * SAT_PER_BTC);
    return Math.ceil(feerate_per_kvb / WEIGHT_PER_VBYTE);
  }

  async unspent({
    txid,
    vout,
  }: Outpoint): Promise<{ amount_sat: Sat; script_pubkey: string; height: number } | undefined> {
    type Coin = { value: number; confirmations: number; scriptPubKey: { hex: string }; bestblock: string };
    const coin = await this.#rpc.call<Coin | null>('gettxout', [txid, vout, false]);
    if (coin === null) return undefined;
    const { height } = await this.#rpc.call<{ height: number }>('getblockheader', [coin.bestblock]);
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
      return Buffer.from(await this.#rpc.call<string>('getrawtransaction', [txid]), 'hex');
    } catch (error) {
      if (error instanceof RpcAnswer && error.code === RPC_NOT_FOUND) return undefined;
      throw error;
    }
  }

  async #mempoolTransactions(txids: readonly Txid[]): Promise<readonly (Uint8Array | undefined)[]> {
    const found: (Uint8Array | undefined)[] = [];
    for (let at = 0; at < txids.length; at += READ_AT_ONCE) {
      const part = txids.slice(at, at + READ_AT_ONCE).map((txid) => [txid]);
      const texts = await this.#rpc.callEach<string>('getrawtransaction', part);
      found.push(...texts.map((text) => (text === undefined ? undefined : Buffer.from(text, 'hex'))));
    }
    return found;
  }

  async searchScripts(scripts: readonly string[]): Promise<readonly ScriptCoin[]> {
    type Unspent = { txid: Txid; vout: number; scriptPubKey: string; amount: number; height: number };
    const { success, unspents } = await this.#rpc.call<{ success: boolean; unspents: readonly Unspent[] }>(
      'scantxoutset',
      ['start', scripts.map((script) => `raw(${script})`)],
      SEARCH_TIMEOUT_MS,
    );
    if (!success) throw new ChainError(`bitcoind at ${this.#rpc.where} did not finish scantxoutset`);
    return unspents.map(({ txid, vout, scriptPubKey, amount, height }) => {
      return { script_pubkey: scriptPubKey, txid, vout, height, amount_sat: sat(Math.round(amount * SAT_PER_BTC)) };
    });
  }
}
