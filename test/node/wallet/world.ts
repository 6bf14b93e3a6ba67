/** A wallet on the embedded chain, with a store that outlives it, and a stranger who pays to it. */
import assert from 'node:assert/strict';
import { sat } from '../../../src/base/types/amount.ts';
import { ManualClock } from '../../../src/base/types/clock.ts';
import { NETWORKS } from '../../../src/base/types/network.ts';
import { Secret } from '../../../src/base/types/secret.ts';
import { EmbeddedChain } from '../../../src/infra/chain/embedded/embedded-chain.ts';
import { readTransaction } from '../../../src/infra/chain/embedded/transaction.ts';
import { ChainFollower } from '../../../src/infra/chain/follower.ts';
import { MIGRATIONS } from '../../../src/infra/store/migrations/index.ts';
import type { Store } from '../../../src/infra/store/store.ts';
import type { CoinWrites } from '../../../src/node/wallet/books.ts';
import type { WalletKeys } from '../../../src/node/wallet/coin.ts';
import { Wallet } from '../../../src/node/wallet/wallet.ts';
import { COIN_SCRIPT, coinbaseOf, payFrom } from '../../support/coins.ts';
import { testStore } from '../../support/test-store.ts';

/** Where test blocks pay to: nobody's script. */
export const MINER = `0014${'ab'.repeat(20)}`;
/** Someone whom the wallet pays. */
export const PAYEE = Uint8Array.of(0, 20, ...new Uint8Array(20).fill(7));

export const testKeys: WalletKeys = {
  privateKey: ({ kind, change, index }) => {
    const key = new Uint8Array(32).fill(1);
    key.set([kind === 'p2tr' ? 1 : 2, change, index & 0xff, index >> 8], 10);
    return new Secret(key);
  },
};

export function newStore(): Store {
  return testStore({ migrations: MIGRATIONS, onFailure: (error) => assert.fail(error) });
}

export class World {
  readonly clock = new ManualClock();
  readonly chain = new EmbeddedChain({ clock: this.clock });
  store = newStore();
  readonly problems: string[] = [];
  has_anchor_channel = false;
  /** What others write with a new coin. */
  coinWrites: CoinWrites = () => [];
  source!: ChainFollower;
  wallet!: Wallet;
  readonly #coinbases: Buffer[] = [];

  /** A chain with coins that a stranger can pay from, and the wallet on it. */
  static async open(stranger_coins = 4): Promise<World> {
    const world = new World();
    for (let index = 0; index < stranger_coins; index++) {
      const { hash } = world.chain.mine(1, COIN_SCRIPT);
      world.#coinbases.push(Buffer.from(coinbaseOf(await world.chain.block(hash))));
    }
    world.chain.mine(100, MINER);
    await world.start();
    return world;
  }

  /** Starts the wallet, from the block given or the tip. From `rescan_height` on it looks for coins that it does not know. */
  async start(from?: { height: number; hash: string }, rescan_height?: number): Promise<void> {
    this.source = new ChainFollower(this.chain, { clock: this.clock, poll_ms: 1000, onHealth: () => {} });
    const { height } = await this.source.start(from);
    this.wallet = await Wallet.open({
      store: this.store,
      keys: testKeys,
      network: NETWORKS.regtest,
      reserve_sat: sat(25_000),
      hasAnchorChannel: () => this.has_anchor_channel,
      coinWrites: (coin) => this.coinWrites(coin),
      onProblem: (problem) => this.problems.push(problem),
    });
    this.wallet.start(this.source, height, rescan_height);
    await this.follow();
  }

  /** As after a crash: the wallet is forgotten, and read again from the store. The chain may move while it is down. */
  async restart(meanwhile: () => void = () => {}): Promise<void> {
    const tip = this.source.tip();
    await this.wallet.stop();
    await this.source.stop();
    meanwhile();
    await this.start(tip);
  }

  async follow(): Promise<void> {
    await this.source.refresh();
    await this.source.refresh();
  }

  /** The stranger's payment, sent but not mined. */
  async pay(amount_sat: bigint, script_pubkey: string): Promise<Buffer> {
    const coin = this.#coinbases.shift();
    assert.ok(coin, 'the stranger has coins left');
    const { bytes } = payFrom(coin, amount_sat, script_pubkey);
    assert.equal((await this.chain.broadcast([bytes])).kind, 'accepted');
    return bytes;
  }

  async mine(count = 1): Promise<void> {
    this.chain.mine(count, MINER);
    await this.follow();
  }

  async reorganise(depth: number, drop: 'keep' | 'drop' = 'keep'): Promise<void> {
    this.chain.reorganise(depth, MINER, drop);
    await this.follow();
  }

  /** A wallet with one confirmed coin of each amount. */
  async deposit(...amounts: bigint[]): Promise<void> {
    for (const amount of amounts) {
      const { script_pubkey } = await this.wallet.newAddress('p2tr');
      await this.pay(amount, script_pubkey);
    }
    await this.mine();
  }

  /** Confirmed, unconfirmed and reserved satoshi. */
  async sums(): Promise<[bigint, bigint, bigint]> {
    const { confirmed_sat, unconfirmed_sat, reserved_sat } = await this.wallet.balance();
    return [confirmed_sat, unconfirmed_sat, reserved_sat];
  }

  /** Whether the transaction waits in the mempool. */
  isPending(txid: string): boolean {
    return this.chain.isPending(txid);
  }

  /** The transactions that wait, by txid. */
  get pending(): readonly string[] {
    return this.chain.pending.map((bytes) => readTransaction(bytes).txid);
  }
}
