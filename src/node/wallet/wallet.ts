/**
 * The front of the wallet: addresses, coins and transactions on the chain. What it answers is durable before it is
 * answered: an address's index, a reservation, a balance. BIP 84 and 86 say which keys; Core Lightning's `newaddr`,
 * `withdraw` and `fundchannel` how it behaves.
 *
 * A channel's funding is first held: signed, its coins reserved, nobody told. `publish` sends it, again with every block
 * until it is mined, and `release` gives it up.
 */

import { formatAddress } from '../../base/types/address.ts';
import { max, type Sat, sat } from '../../base/types/amount.ts';
import type { Txid } from '../../base/types/brand.ts';
import { toHex } from '../../base/types/hex.ts';
import type { Network } from '../../base/types/network.ts';
import type { Transaction, TxOutput } from '../../codec/tx/transaction.ts';
import { type ChainSource, FEERATE_FLOOR_PER_KW } from '../../infra/chain/source.ts';
import type { Store } from '../../infra/store/store.ts';
import { Books, type CoinWrites, type SignedTransaction, type TransactionWrites } from './books.ts';
import { type ForeignInput, NotEnoughError } from './build.ts';
import { bumpFee } from './bump.ts';
import type { AddressKind, Coin, WalletKeys } from './coin.ts';
import { type ComposeRequest, FeeLimitError, reserveLeft } from './composer.ts';
import { CoinError, TransactionStateError } from './failure.ts';
import type { HistoryEntry } from './history.ts';
import { type Balance, isImmature, type Outpoint, outpointName } from './ledger.ts';
import type { OwnTransaction } from './own-transaction.ts';
import { dropChildren, type ParentFees, payForParent } from './pay-for-parent.ts';
import { isSpentFurther, raiseChain } from './raise-chain.ts';
import { Sender } from './sender.ts';
import { type SplitRequest, splitCoin } from './split.ts';

export type { SignedTransaction } from './books.ts';

export interface WalletOptions {
  readonly store: Store;
  readonly keys: WalletKeys;
  readonly network: Network;
  /** Kept for the fees of closing channels: Core Lightning's `min-emergency-msat`, 25,000 sat there. */
  readonly reserve_sat: Sat;
  /** Whether there is a channel with anchors, for whose closing the reserve is kept. */
  readonly hasAnchorChannel: () => boolean;
  /** What the channels ask for beyond that, and so many more than there are (node/reserve/). */
  readonly wantedSat?: (more_channels: number) => Sat;
  /** The writes of others that belong to a new coin: they are in its unit. */
  readonly coinWrites?: CoinWrites;
  /** Told of what needs no answer but should be known: a transaction of ours that is refused when it is sent again. */
  readonly onProblem: (problem: string) => void;
}

/** Which coins may be spent, and at what fee rate. */
export interface SpendOptions {
  readonly feerate_per_kw: number;
  /** 1 unless given. 0 also takes change of ours that is on its way. */
  readonly min_confirmations?: number;
  /** Exactly these coins, all of them. */
  readonly utxos?: readonly Outpoint[];
  /** Also what is kept for closing channels. */
  readonly force?: boolean;
}

/** Inputs and outputs of others, for which the wallet pays the fee: anchors and HTLC transactions (BOLT 5). */
export interface FeeRequest {
  /** They come first in the transaction, in this order, and so do the outputs. */
  readonly foreign: readonly ForeignInput[];
  readonly outputs: readonly TxOutput[];
  /** Signs the foreign inputs of the transaction, which is complete but for witnesses. */
  readonly sign: (transaction: Transaction) => Transaction;
  readonly feerate_per_kw: number;
  /** Unconfirmed transactions that this one pays for as well. */
  readonly parents?: { readonly weight: number; readonly fee_sat: Sat };
  readonly locktime: number;
  readonly min_fee_sat?: Sat;
  readonly max_fee_sat?: Sat;
}

/** A coin as `listfunds` shows it. */
export interface CoinStatus {
  readonly coin: Coin;
  readonly status: 'unconfirmed' | 'confirmed' | 'spent' | 'immature';
  /** Promised to a transaction that is not mined yet. */
  readonly is_reserved: boolean;
}

/** What a channel's funding output looks like before its keys are known: P2WSH. */
const FUNDING_PLACEHOLDER = Uint8Array.of(0, 32, ...new Uint8Array(32));

export class Wallet {
  readonly #options: WalletOptions;
  readonly #books: Books;
  readonly #sender: Sender;

  /** Reads the wallet from the store. */
  static async open(options: WalletOptions): Promise<Wallet> {
    return new Wallet(options, await Books.open(options.store, options.keys, options.coinWrites));
  }

  private constructor(options: WalletOptions, books: Books) {
    this.#options = options;
    this.#books = books;
    this.#sender = new Sender(books, options.onProblem);
  }

  /**
   * Follows the chain, which must have been started. `from_height` is where the chain started: what the wallet knows of
   * later blocks is taken back, and told again by the chain where it still holds. From `rescan_height` on, when it is
   * given, the chain is also searched for what the wallet does not know: after its words were restored.
   */
  start(chain: ChainSource, from_height: number, rescan_height?: number): void {
    this.#books.follow(chain, from_height, () => this.#sender.sendAgain(), rescan_height);
    this.#sender.sendAgain();
  }

  /** The coins that may pay for the ends of channels: see Books.reserveCoins. */
  reserveCoins(): readonly Coin[] {
    return this.#books.reserveCoins();
  }

  /** Splits coins off the largest: see splitCoin. */
  split(request: SplitRequest): Promise<SignedTransaction> {
    return splitCoin(this.#books, this.#sender, request);
  }

  /** Hears nothing more, and waits for what is under way. */
  async stop(): Promise<void> {
    this.#books.unfollow();
    await this.#sender.idle();
    await this.#books.durable();
  }

  /** The network that its addresses are of. */
  get network(): Network {
    return this.#options.network;
  }

  /** A new address, watched from the next block on. Rejects with StoreClosedError while the node stops. */
  async newAddress(kind: AddressKind): Promise<{ readonly address: string; readonly script_pubkey: string }> {
    const { script_pubkey } = await this.#books.newScript(kind);
    const address = formatAddress(script_pubkey, this.#options.network);
    if (address === undefined) throw new Error('a script of the wallet has no address');
    return { address, script_pubkey };
  }

  /** What the wallet holds. */
  async balance(): Promise<Balance> {
    const balance = this.#books.ledger.balance(this.#books.tip_height);
    await this.#books.durable();
    return balance;
  }

  /** The coins, in no particular order; with those that were spent when `with_spent`. */
  async listCoins(with_spent = false): Promise<readonly CoinStatus[]> {
    const { ledger, tip_height } = this.#books;
    const coins = ledger.coins.map((coin) => statusOf(coin, tip_height));
    await this.#books.durable();
    return with_spent ? coins : coins.filter(({ status }) => status !== 'spent');
  }

  /** The transaction of ours, not mined yet, that the coin is promised to. */
  reservedBy(outpoint: Outpoint): Txid | undefined {
    const coin = this.#books.ledger.coin(outpoint);
    return coin?.spent_height === undefined ? coin?.spent_by : undefined;
  }

  /** Where the coin is in the best chain; undefined when it is in no block. */
  blockheight(outpoint: Outpoint): number | undefined {
    return this.#books.ledger.coin(outpoint)?.blockheight;
  }

  /** Whether an output with this script (hex) is ours. */
  owns(script_pubkey: string): boolean {
    return this.#books.addresses.pathOf(script_pubkey) !== undefined;
  }

  /** Resolves when all that the wallet has heard of is durable. Rejects with StoreClosedError while the node stops. */
  durable(): Promise<void> {
    return this.#books.durable();
  }

  /** Transactions that are held back. At start, those that no channel knows of are to be released. */
  held(): readonly Txid[] {
    return this.#books.ledger.transactions.filter(({ state }) => state === 'held').map(({ txid }) => txid);
  }

  /** Every transaction that gave the wallet a coin or took one, in the order of the chain. Rejects as Store.read does. */
  history(): Promise<readonly HistoryEntry[]> {
    return this.#books.history();
  }

  /** The transaction of ours, if it is one. */
  find(txid: Txid): OwnTransaction | undefined {
    return this.#books.ledger.transaction(txid);
  }

  /** The largest amount that `fund` can pay with these options: all but fee and reserve. Throws NotEnoughError. */
  maxFundingSat(options: SpendOptions): Sat {
    const request = this.#request('funding', [], FUNDING_PLACEHOLDER, options, this.#reserveSat(1));
    const { inputs, outputs } = this.#books.draft(request);
    // Each part of a payment's fee is rounded up, which a sweep does once.
    return sat((outputs[0] as TxOutput).amount_sat - BigInt(inputs.length + 4));
  }

  /**
   * Builds and signs the transaction that funds a channel, and holds it: its coins are reserved until `publish` or
   * `release`. Throws NotEnoughError, DustError or CoinError.
   */
  async fund(
    output_script: Uint8Array,
    amount_sat: Sat | 'all',
    options: SpendOptions,
  ): Promise<SignedTransaction & { readonly vout: number }> {
    const request = this.#payment('funding', output_script, amount_sat, options, this.#reserveSat(1));
    // Both a payment and a sweep put the asked-for output first.
    return { ...(await this.#books.enter(request, 'held')), vout: 0 };
  }

  /**
   * Pays to a script and sends the transaction; `writes` become durable with it, before it is sent. Throws NotEnoughError,
   * DustError, CoinError, or BroadcastError, and then nothing is reserved any more.
   */
  async withdraw(
    script_pubkey: Uint8Array,
    amount_sat: Sat | 'all',
    options: SpendOptions,
    writes?: TransactionWrites,
  ): Promise<SignedTransaction> {
    const request = this.#payment('withdrawal', script_pubkey, amount_sat, options, this.#reserveSat());
    const signed = await this.#books.enter(request, 'sent', [], writes);
    await this.#sender.publishOrRelease(signed.txid);
    return signed;
  }

  /**
   * Builds a transaction whose fee the wallet pays, and holds it. Transactions of ours that spend the same foreign
   * inputs are replaced: their coins serve again. Undefined when others were built on the change of the one that would be
   * replaced by the same with a higher fee: it stays, and the chain of them is raised from its end. Throws
   * NotEnoughError, DustError or FeeLimitError, and TransactionStateError when one of them is in a block: who asks has
   * not heard of that block yet.
   */
  async spend(request: FeeRequest): Promise<SignedTransaction | undefined> {
    const books = this.#books;
    const replaced = books.ledger.rivalsOf({ inputs: request.foreign.map(({ input }) => input) });
    const mined = replaced.find(({ blockheight }) => blockheight !== undefined);
    if (mined !== undefined) {
      throw new TransactionStateError(`transaction ${mined.txid}, which takes the same outputs, is already in a block`);
    }
    const [lower] = replaced;
    if (lower !== undefined && this.#isRaised(lower, request)) {
      await raiseChain(books, this.#sender, lower, request);
      return undefined;
    }
    const replaced_txids = new Set(replaced.map(({ txid }) => txid));
    const enterWith = (min_confirmations: number): Promise<SignedTransaction> => {
      const free = books.ledger.spendable(books.tip_height, min_confirmations);
      return books.enter(
        {
          ...request,
          purpose: 'fees',
          coins: [...free, ...books.coinsOf(replaced)].filter(
            // Change is there once mempools hold what makes it.
            ({ txid, blockheight }) =>
              !replaced_txids.has(txid) && (blockheight !== undefined || this.#sender.isTaken(txid)),
          ),
          signForeign: request.sign,
          // The reserve is there for exactly this.
          reserve_sat: sat(0),
        },
        'held',
      );
    };
    try {
      return await enterWith(1);
    } catch (error) {
      if (!(error instanceof NotEnoughError) && !(error instanceof FeeLimitError)) throw error;
      return await enterWith(0);
    }
  }

  /** Whether the request asks for this transaction with a higher fee, and others of ours spend its change. */
  #isRaised(own: OwnTransaction, { foreign }: FeeRequest): boolean {
    if (!this.#sender.isTaken(own.txid) || !isSpentFurther(this.#books, own)) return false;
    const inputs = new Set(own.transaction.inputs.map(outpointName));
    const theirs = own.transaction.inputs.filter((input) => this.#books.ledger.coin(input) === undefined);
    return theirs.length === foreign.length && foreign.every(({ input }) => inputs.has(outpointName(input)));
  }

  /**
   * Sends a transaction that was held, with unconfirmed parents that it pays for; again with every block until it is
   * mined. When the source of blocks refuses it, it is held again and BroadcastError is thrown; when the source cannot
   * be reached, it is sent with the next block.
   */
  publish(txid: Txid, parents: readonly Uint8Array[] = []): Promise<void> {
    return this.#sender.publish(txid, parents);
  }

  /**
   * Gives up a transaction: its coins are free again. Throws TransactionStateError for one that is mined, and for a
   * channel's funding that was sent.
   */
  release(txid: Txid): Promise<void> {
    return this.#sender.release(txid);
  }

  /**
   * Raises the fee of a transaction of ours that waits to be mined. A withdrawal is replaced; a channel's funding must
   * keep its txid, so a child spends its change and pays for both. Answers what was sent. Throws TransactionStateError
   * where that cannot be done, NotEnoughError, FeeLimitError or BroadcastError.
   */
  bump(txid: Txid, feerate_per_kw: number): Promise<SignedTransaction> {
    return bumpFee(this.#books, this.#sender, this.#books.get(txid), feerate_per_kw, this.#reserveSat());
  }

  /**
   * Has our own output in this transaction of others, which waits for a block, pay for both by a child; an earlier child
   * is replaced. Answers its txid; undefined when nothing in it is ours, or that is worth less, or was refused.
   */
  payForParent(parent: Uint8Array, fees: ParentFees): Promise<Txid | undefined> {
    return payForParent(this.#books, this.#sender, parent, fees);
  }

  /** Gives up what spends outputs of these transactions, which no block will ever hold. */
  dropChildren(parents: readonly Txid[]): Promise<void> {
    return dropChildren(this.#books, parents);
  }

  /** The withdrawal of ours that pays this script (hex), and is not given up. */
  paymentTo(script_pubkey: string): Txid | undefined {
    const paid = this.#books.ledger.transactions.find(
      ({ state, purpose, transaction }) =>
        state === 'sent' &&
        purpose === 'withdrawal' &&
        transaction.outputs.some((output) => toHex(output.script_pubkey) === script_pubkey),
    );
    return paid?.txid;
  }

  /** The transaction of ours that spends this output, known to the wallet or not, and is not given up. */
  spenderOf(outpoint: Outpoint): Txid | undefined {
    return this.#books.ledger.rivalsOf({ inputs: [outpoint] })[0]?.txid;
  }

  /** What must be left, with so many channels more than there are. */
  #reserveSat(more_channels = 0): Sat {
    const { hasAnchorChannel, reserve_sat, wantedSat } = this.#options;
    if (more_channels === 0 && !hasAnchorChannel()) return sat(0);
    return max(reserve_sat, wantedSat?.(more_channels) ?? sat(0));
  }

  #payment(
    purpose: OwnTransaction['purpose'],
    script_pubkey: Uint8Array,
    amount_sat: Sat | 'all',
    options: SpendOptions,
    reserve_sat: Sat,
  ): ComposeRequest {
    if (amount_sat === 'all') return this.#request(purpose, [], script_pubkey, options, reserve_sat);
    return this.#request(purpose, [{ amount_sat, script_pubkey }], undefined, options, reserve_sat);
  }

  #request(
    purpose: OwnTransaction['purpose'],
    outputs: readonly TxOutput[],
    all_to: Uint8Array | undefined,
    { feerate_per_kw, min_confirmations = 1, utxos, force = false }: SpendOptions,
    reserve_sat: Sat,
  ): ComposeRequest {
    const { ledger, tip_height } = this.#books;
    const coins = utxos === undefined ? ledger.spendable(tip_height, min_confirmations) : this.#named(utxos);
    return {
      purpose,
      outputs,
      ...(all_to === undefined ? {} : { all_to }),
      feerate_per_kw: Math.max(feerate_per_kw, FEERATE_FLOOR_PER_KW),
      coins,
      use_every_coin: utxos !== undefined,
      reserve_sat: force ? sat(0) : reserveLeft(reserve_sat, ledger.spendable(tip_height, 0), coins),
      locktime: tip_height,
    };
  }

  /** The coins that were asked for by name, in Core Lightning's words where they cannot be had. */
  #named(utxos: readonly Outpoint[]): readonly Coin[] {
    const { ledger, tip_height } = this.#books;
    const there = new Map(ledger.coins.map((coin) => [outpointName(coin), coin]));
    return [...new Set(utxos.map(outpointName))].map((name) => {
      const coin = there.get(name);
      if (coin === undefined) throw new CoinError(`Unknown UTXO ${name}`);
      if (coin.spent_height !== undefined) throw new CoinError(`Already spent UTXO ${name}`);
      if (coin.spent_by !== undefined) throw new CoinError(`UTXO ${name} already reserved`);
      if (isImmature(coin, tip_height)) throw new CoinError(`UTXO ${name} is a block's reward and not mature yet`);
      return coin;
    });
  }
}

function statusOf(coin: Coin, tip_height: number): CoinStatus {
  const is_reserved = coin.spent_by !== undefined && coin.spent_height === undefined;
  if (coin.spent_height !== undefined) return { coin, status: 'spent', is_reserved };
  if (coin.blockheight === undefined) return { coin, status: 'unconfirmed', is_reserved };
  return { coin, status: isImmature(coin, tip_height) ? 'immature' : 'confirmed', is_reserved };
}
