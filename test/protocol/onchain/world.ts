/**
 * The embedded chain with two sides of a channel on it. Every transaction passes the chain's own checks of scripts,
 * values and timelocks; every step's state goes through text and back, as through a database.
 */
import assert from 'node:assert/strict';
import { curve } from '../../../src/base/crypto/secp256k1.ts';
import { sat } from '../../../src/base/types/amount.ts';
import type { Txid } from '../../../src/base/types/brand.ts';
import { ManualClock } from '../../../src/base/types/clock.ts';
import { toHex } from '../../../src/base/types/hex.ts';
import { fundingScriptPubkey } from '../../../src/codec/tx/channel-scripts.ts';
import { p2wpkh, p2wpkhScriptCode } from '../../../src/codec/tx/script.ts';
import { SIGHASH_ALL, Sighash } from '../../../src/codec/tx/sighash.ts';
import { derSignature } from '../../../src/codec/tx/signature.ts';
import {
  parseTransaction,
  serializeTransaction,
  type Transaction,
  type TxOutput,
  txInput,
  txidOf,
  weightOf,
  withWitness,
} from '../../../src/codec/tx/transaction.ts';
import { EmbeddedChain } from '../../../src/infra/chain/embedded/embedded-chain.ts';
import { walkBlock } from '../../../src/infra/chain/raw-block.ts';
import {
  type ClosingChannel,
  DEFAULT_ONCHAIN_POLICY,
  type FeeTargetBlocks,
  type OnchainEnvironment,
} from '../../../src/protocol/onchain/closing-channel.ts';
import { feeCeil, refusalOf } from '../../../src/protocol/onchain/fee-schedule.ts';
import { nameOf, type Outpoint } from '../../../src/protocol/onchain/outpoint.ts';
import type { RevokedHtlc } from '../../../src/protocol/onchain/revoked-htlc.ts';
import {
  type FundRequest,
  type OnchainEffect,
  type OnchainInput,
  type OnchainState,
  openOnchain,
} from '../../../src/protocol/onchain/state.ts';
import { signClaims, stepOnchain } from '../../../src/protocol/onchain/step.ts';
import { FUNDING_SAT, type Name, termsOf } from './channel.ts';

const WALLET_KEYS = { alice: new Uint8Array(32).fill(0x1a), bob: new Uint8Array(32).fill(0x1b) } as const;
export const MINER_SCRIPT = toHex(p2wpkh(curve.publicKey(new Uint8Array(32).fill(0x3e))));
const FIRST_COINS = 4;

/** The script that a side's money goes to: its wallet's coins, change and sweeps alike. */
export function walletScript(name: Name): Uint8Array {
  return p2wpkh(curve.publicKey(WALLET_KEYS[name]));
}

function toText(state: OnchainState): string {
  return JSON.stringify(state, (_key, value) => (typeof value === 'bigint' ? { sat: String(value) } : value));
}

function fromText(text: string): OnchainState {
  const isAmount = (value: unknown): value is { sat: string } =>
    typeof value === 'object' && value !== null && Object.keys(value).join() === 'sat';
  return JSON.parse(text, (_key, value) => (isAmount(value) ? BigInt(value.sat) : value));
}

interface Block {
  readonly height: number;
  readonly hash: string;
  readonly transactions: readonly Transaction[];
}

/** One side: its channel, its state, its wallet, and what it was told. */
export class Party {
  readonly name: Name;
  readonly world: World;
  readonly channel: ClosingChannel;
  readonly effects: OnchainEffect[] = [];
  /** What the chain refused, by reason. */
  readonly refused: string[] = [];
  readonly revoked_htlcs: readonly RevokedHtlc[];
  state: OnchainState;
  feerates: Partial<Record<FeeTargetBlocks, number>> = { 2: 2000, 6: 1500, 12: 1000, 100: 500 };
  /** Whether the wallet answers. */
  has_wallet = true;
  readonly #watched = new Map<string, number>();
  readonly #inputs: OnchainInput[] = [];

  constructor(world: World, name: Name, channel: ClosingChannel, revoked_htlcs: readonly RevokedHtlc[] = []) {
    this.world = world;
    this.name = name;
    this.channel = channel;
    this.revoked_htlcs = revoked_htlcs;
    this.state = openOnchain(world.height);
  }

  get environment(): OnchainEnvironment {
    return {
      policy: DEFAULT_ONCHAIN_POLICY,
      feeratePerKw: (target) => this.feerates[target],
      sweep_script: walletScript(this.name),
    };
  }

  /** Feeds an input and does what is asked; what comes back meanwhile waits for its turn. */
  async say(input: OnchainInput): Promise<void> {
    this.#inputs.push(input);
    if (this.#inputs.length > 1) return;
    for (let next = this.#inputs[0]; next !== undefined; next = this.#inputs[0]) {
      await this.#step(next);
      this.#inputs.shift();
    }
  }

  async #step(input: OnchainInput): Promise<void> {
    const { state, effects } = stepOnchain(this.channel, this.state, input, this.environment);
    const text = toText(state);
    this.state = fromText(text);
    assert.equal(toText(this.state), text, 'the state is a plain record');
    for (const effect of effects) await this.#perform(effect);
  }

  /** Everything of one kind that was asked or told so far. */
  told<K extends OnchainEffect['kind']>(kind: K): Extract<OnchainEffect, { kind: K }>[] {
    return this.effects.filter((effect) => effect.kind === kind) as Extract<OnchainEffect, { kind: K }>[];
  }

  async #perform(effect: OnchainEffect): Promise<void> {
    this.effects.push(effect);
    if (effect.kind === 'broadcast') {
      const result = await this.world.broadcast(effect.transactions);
      if (result !== undefined) await this.#refused(effect.transactions.at(-1) as string, result);
    } else if (effect.kind === 'watch') {
      await this.#watch(effect.outpoint, effect.from_height);
    } else if (effect.kind === 'fund' && this.has_wallet) {
      const funded = this.#fund(effect.request);
      if (funded !== undefined) await this.say({ kind: 'funded', ...funded });
    }
  }

  async #refused(transaction: string, reason: string): Promise<void> {
    this.refused.push(reason);
    const refusal = refusalOf(reason);
    if (refusal !== undefined) await this.say({ kind: 'refused', transaction, refusal });
  }

  async #watch(outpoint: Outpoint, from_height: number): Promise<void> {
    this.#watched.set(nameOf(outpoint), from_height);
    for (const block of this.world.blocks) {
      if (block.height >= from_height) await this.#scan(block, new Set([nameOf(outpoint)]));
    }
  }

  async #scan(block: Block, names: ReadonlySet<string>): Promise<void> {
    for (const tx of block.transactions) {
      if (!tx.inputs.some((input) => names.has(nameOf(input)))) continue;
      const transaction = serializeTransaction(tx);
      await this.say({ kind: 'spent', transaction, height: block.height, revoked_htlcs: this.revoked_htlcs });
    }
  }

  async connect(block: Block): Promise<void> {
    await this.#scan(block, new Set(this.#watched.keys()));
    await this.say({ kind: 'block', height: block.height });
  }

  async disconnect(block: Block): Promise<void> {
    for (const tx of block.transactions) {
      if (!tx.inputs.some((input) => this.#watched.has(nameOf(input)))) continue;
      await this.say({ kind: 'disconnected', txid: txidOf(tx), height: block.height });
    }
  }

  /** The wallet: one confirmed coin of 50 BTC pays, the change comes back. */
  #fund(request: FundRequest): Omit<Extract<OnchainInput, { kind: 'funded' }>, 'kind'> | undefined {
    const key = WALLET_KEYS[this.name];
    const script_pubkey = walletScript(this.name);
    const [coin] = this.world.coins(this.name, request.outpoints.join());
    if (coin === undefined) throw new Error('the wallet of the test is empty');
    const build = (fee_sat: bigint): Transaction => {
      const inputs = [...request.foreign.map(({ input }) => input), txInput(coin.outpoint, 0xfffffffd)];
      const in_sat = request.foreign.reduce((total, { spends }) => total + spends.amount_sat, coin.amount_sat);
      const out_sat = request.outputs.reduce((total, output) => total + output.amount_sat, 0n);
      const change: TxOutput = { amount_sat: sat(in_sat - out_sat - fee_sat), script_pubkey };
      return { version: 2, inputs, outputs: [...request.outputs, change], locktime: request.locktime };
    };
    const weight =
      weightOf(build(0n)) + 2 + 109 + request.foreign.reduce((total, foreign) => total + foreign.weight - 164, 0);
    const parents = request.parents ?? { weight: 0, fee_sat: 0n };
    const wanted_sat = feeCeil(weight + parents.weight, request.feerate_per_kw) - parents.fee_sat;
    const fee_sat = wanted_sat > request.min_fee_sat ? wanted_sat : request.min_fee_sat;
    if (fee_sat > request.max_fee_sat) return undefined;
    const index = request.foreign.length;
    let tx = signClaims(this.channel, this.state, build(fee_sat));
    const public_key = curve.publicKey(key);
    const digest = new Sighash(tx).segwit(index, p2wpkhScriptCode(public_key), sat(coin.amount_sat), SIGHASH_ALL);
    tx = withWitness(tx, index, [derSignature(curve.sign(digest, key), SIGHASH_ALL), public_key]);
    assert.ok(weightOf(tx) <= weight, 'an input weighs no more than was said');
    const { outpoints, feerate_per_kw } = request;
    return { outpoints, transaction: toHex(serializeTransaction(tx)), fee_sat: sat(fee_sat), feerate_per_kw };
  }
}

/** What a world needs of its chain: the embedded one, or a real node's. */
export interface WorldChain extends Pick<EmbeddedChain, 'tip' | 'blockHash' | 'block' | 'broadcast'> {
  mine(count: number, script_pubkey: string): unknown;
}

/** The chain, and what is on it. */
export class World {
  readonly backend: WorldChain;
  readonly parties: Party[] = [];
  blocks: Block[] = [];
  funding_txid = '' as Txid;
  /** A node whose mempool asks for more than the chain's own does. */
  refuse: (transactions: readonly string[]) => string | undefined = () => undefined;
  readonly #reserved = new Map<string, string>();

  constructor(backend: WorldChain) {
    this.backend = backend;
  }

  /** The embedded chain, where this world has one. */
  get chain(): EmbeddedChain {
    if (this.backend instanceof EmbeddedChain) return this.backend;
    throw new Error('this world is not on the embedded chain');
  }

  /** A chain where both wallets have coins and a channel of 10,000,000 sat is funded by Alice. */
  static async open(backend: WorldChain = new EmbeddedChain({ clock: new ManualClock() })): Promise<World> {
    const world = new World(backend);
    for (const name of ['alice', 'bob'] as const) await backend.mine(FIRST_COINS, toHex(walletScript(name)));
    await backend.mine(100 + FIRST_COINS, MINER_SCRIPT);
    await world.#read();
    const [coin] = world.coins('alice', 'funding');
    if (coin === undefined) throw new Error('no coin to fund with');
    const terms = termsOf('alice', 'unknown' as Txid);
    const script_pubkey = fundingScriptPubkey(terms.local.funding_pubkey, terms.remote.funding_pubkey);
    const unsigned: Transaction = {
      version: 2,
      inputs: [txInput(coin.outpoint, 0xfffffffd)],
      outputs: [
        { amount_sat: FUNDING_SAT, script_pubkey },
        { amount_sat: sat(coin.amount_sat - FUNDING_SAT - 1000n), script_pubkey: walletScript('alice') },
      ],
      locktime: 0,
    };
    const key = WALLET_KEYS.alice;
    const code = p2wpkhScriptCode(curve.publicKey(key));
    const digest = new Sighash(unsigned).segwit(0, code, sat(coin.amount_sat), SIGHASH_ALL);
    const signature = derSignature(curve.sign(digest, key), SIGHASH_ALL);
    const tx = withWitness(unsigned, 0, [signature, curve.publicKey(key)]);
    assert.equal(await world.broadcast([toHex(serializeTransaction(tx))]), undefined);
    world.funding_txid = txidOf(tx);
    await world.mine(1);
    return world;
  }

  get height(): number {
    return this.blocks.at(-1)?.height ?? 0;
  }

  /** Adds a side, which watches the funding output from now on. */
  async join(name: Name, channel: ClosingChannel, revoked_htlcs: readonly RevokedHtlc[] = []): Promise<Party> {
    const party = new Party(this, name, channel, revoked_htlcs);
    this.parties.push(party);
    await party.say({ kind: 'start' });
    return party;
  }

  /** Undefined when the chain has taken it, else its word against it. */
  async broadcast(transactions: readonly string[]): Promise<string | undefined> {
    const word = this.refuse(transactions);
    if (word !== undefined) return word;
    const result = await this.backend.broadcast(transactions.map((text) => Buffer.from(text, 'hex')));
    return result.kind === 'rejected' ? result.reason : undefined;
  }

  async mine(count: number): Promise<void> {
    for (let index = 0; index < count; index++) {
      await this.backend.mine(1, MINER_SCRIPT);
      await this.#follow();
    }
  }

  /** Takes blocks back; what they held returns to the mempool, or is forgotten. */
  async reorganise(depth: number, drop: 'keep' | 'drop'): Promise<void> {
    this.chain.reorganise(depth, MINER_SCRIPT, drop);
    await this.#follow();
  }

  async #follow(): Promise<void> {
    const before = this.blocks;
    await this.#read();
    const kept = new Set(this.blocks.map((block) => block.hash));
    const known = new Set(before.map((block) => block.hash));
    for (const party of this.parties) {
      for (const block of before.toReversed()) if (!kept.has(block.hash)) await party.disconnect(block);
      for (const block of this.blocks) if (!known.has(block.hash)) await party.connect(block);
    }
  }

  async #read(): Promise<void> {
    const { height } = await this.backend.tip();
    const known = new Map(this.blocks.map((block) => [block.hash, block]));
    const blocks: Block[] = [];
    for (let at = 1; at <= height; at++) {
      const hash = (await this.backend.blockHash(at)) as string;
      const block = known.get(hash) ?? { height: at, hash, transactions: await this.#transactions(hash) };
      blocks.push(block);
    }
    this.blocks = blocks;
  }

  async #transactions(hash: string): Promise<Transaction[]> {
    const bytes = await this.backend.block(hash);
    const transactions: Transaction[] = [];
    walkBlock(bytes, {}, (_index, span) => transactions.push(parseTransaction(bytes.subarray(span.start, span.end))));
    return transactions;
  }

  /** Unspent outputs in the best chain, by name. */
  unspent(): Map<string, TxOutput & { outpoint: Outpoint; height: number }> {
    const coins = new Map<string, TxOutput & { outpoint: Outpoint; height: number }>();
    for (const block of this.blocks) {
      for (const tx of block.transactions) {
        const txid = txidOf(tx);
        for (const input of tx.inputs) coins.delete(nameOf(input));
        for (const [vout, output] of tx.outputs.entries()) {
          coins.set(`${txid}:${vout}`, { ...output, outpoint: { txid, vout }, height: block.height });
        }
      }
    }
    return coins;
  }

  /** Large coins of a side's wallet; a coin that serves one purpose is not given for another. */
  coins(name: Name, purpose: string): { outpoint: Outpoint; amount_sat: bigint }[] {
    const script = Buffer.from(walletScript(name));
    const all = [...this.unspent().values()].filter(
      (coin) => script.equals(coin.script_pubkey) && coin.amount_sat > 1_000_000_000n,
    );
    const free = all.filter(({ outpoint }) => (this.#reserved.get(nameOf(outpoint)) ?? purpose) === purpose);
    free.sort(
      (a, b) => Number(this.#reserved.has(nameOf(b.outpoint))) - Number(this.#reserved.has(nameOf(a.outpoint))),
    );
    if (free[0] !== undefined) this.#reserved.set(nameOf(free[0].outpoint), purpose);
    return free;
  }

  /** All that a side owns in the best chain. */
  balance(name: Name): bigint {
    const script = Buffer.from(walletScript(name));
    let total = 0n;
    for (const coin of this.unspent().values()) if (script.equals(coin.script_pubkey)) total += coin.amount_sat;
    return total;
  }

  /** The fees of all that was mined since a height. */
  feesSince(height: number): bigint {
    const made = new Map<string, bigint>();
    let fees = 0n;
    for (const block of this.blocks) {
      for (const [index, tx] of block.transactions.entries()) {
        const txid = txidOf(tx);
        const out_sat = tx.outputs.reduce((total, output) => total + output.amount_sat, 0n);
        if (index > 0 && block.height > height) {
          fees += tx.inputs.reduce((total, input) => total + (made.get(nameOf(input)) ?? 0n), 0n) - out_sat;
        }
        for (const [vout, output] of tx.outputs.entries()) made.set(`${txid}:${vout}`, output.amount_sat);
      }
    }
    return fees;
  }
}
