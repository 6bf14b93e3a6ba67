/**
 * A machine with a Till on it: the real modules, connected as the daemon connects them, on a disk, a clock and a chain of the
 * simulation. Its process may die at any instant and start again on what was durable.
 */
import assert from 'node:assert/strict';
import { readOlderBlocks, readTip, rememberTip, tipWrite } from '../../src/app/daemon/chain-tip.ts';
import { INVOICE_FEATURES } from '../../src/app/daemon/features.ts';
import { feePromises } from '../../src/app/daemon/fee-promises.ts';
import { resumeFundings } from '../../src/app/daemon/held-fundings.ts';
import { jitPort } from '../../src/app/daemon/jit-port.ts';
import { sha256 } from '../../src/base/crypto/hash.ts';
import type { Log } from '../../src/base/log.ts';
import { type Msat, msat, sat } from '../../src/base/types/amount.ts';
import type { NodeId } from '../../src/base/types/brand.ts';
import type { Clock, ManualClock } from '../../src/base/types/clock.ts';
import { NETWORKS } from '../../src/base/types/network.ts';
import { Secret } from '../../src/base/types/secret.ts';
import { decodeInvoice } from '../../src/codec/bolt11/native.ts';
import type { KnownMessage } from '../../src/codec/wire/index.ts';
import type { EmbeddedChain } from '../../src/infra/chain/embedded/embedded-chain.ts';
import { ChainFollower } from '../../src/infra/chain/follower.ts';
import type { Store } from '../../src/infra/store/store.ts';
import { Channels } from '../../src/node/channels/channels.ts';
import { waysIn } from '../../src/node/channels/hint-source.ts';
import { claimIncoming, type IncomingHtlc } from '../../src/node/channels/incoming.ts';
import type { ConnectedPeer } from '../../src/node/channels/ports.ts';
import { closedWays, waysOut } from '../../src/node/channels/ways-out.ts';
import { Endings } from '../../src/node/endings/endings.ts';
import { toFund } from '../../src/node/endings/to-fund.ts';
import { Keys } from '../../src/node/keys/keys.ts';
import type { Bargain, Purchase } from '../../src/node/liquidity/buyer.ts';
import { Orders } from '../../src/node/liquidity/orders.ts';
import { type PaidReply, Payer } from '../../src/node/payments/pay.ts';
import { IncomingPayments } from '../../src/node/payments/receive.ts';
import { OutgoingPayments } from '../../src/node/payments/send.ts';
import { INIT_FEATURES } from '../../src/node/peers/index.ts';
import { Reserve } from '../../src/node/reserve/reserve.ts';
import { Wallet } from '../../src/node/wallet/wallet.ts';
import { spendableMsat } from '../../src/protocol/channel/facts.ts';
import { DEFAULT_POLICY } from '../../src/protocol/channel/policy.ts';
import type { OnchainPolicy } from '../../src/protocol/onchain/closing-channel.ts';
import { Invoices } from '../../src/shop/invoices/invoices.ts';
import { chainOf, clockOf, Disk, Life, never } from './life.ts';
import { type BeginTrade, NO_TRADE, type Trade } from './trade.ts';

const NETWORK = NETWORKS.regtest;

/** What all machines share. */
export interface Surroundings {
  readonly clock: ManualClock;
  readonly chain: EmbeddedChain;
  readonly policy: OnchainPolicy;
  /** What nodes take without coins to defend it. */
  readonly allowance_msat: Msat;
  /** Told of every transaction that a machine broadcasts. */
  onSent(machine: Machine, transactions: readonly Uint8Array[]): void;
  /** Something failed that nobody waits for. */
  onTrouble(machine: Machine, what: string): void;
  /** A node had something to tell its operator. */
  onWarning(machine: Machine, what: string): void;
}

export class Machine {
  readonly name: string;
  readonly keys: Keys;
  disk = new Disk();
  readonly around: Surroundings;
  life = new Life();
  /** The running node; undefined while it starts, or after it died. */
  node: TillNode | undefined;
  lives = 0;
  /** Buys a channel with an invoice, where the simulation sells some. */
  buy: (purchase: Purchase) => Promise<Bargain> = () => Promise.reject(new Error('nobody sells channels here'));
  /** What it does beside being a node. */
  begins_trade: BeginTrade = NO_TRADE;
  /** Whether its fundings are kept back, after their channels have come about. */
  holds_fundings = false;
  /** How late it hears of blocks. */
  lag_blocks = 0;

  constructor(name: string, around: Surroundings) {
    this.name = name;
    this.around = around;
    this.keys = new Keys(new Secret(sha256(Buffer.from(`the seed of ${name}`))), NETWORK);
  }

  /** Starts a process. Resolves when it is up; never, when it dies before. */
  async start(): Promise<TillNode> {
    this.life = new Life();
    this.lives++;
    const { life } = this;
    const node = new TillNode(this, life);
    await node.start();
    if (life.isOver) return await never();
    this.node = node;
    return node;
  }

  /** The process dies. Of the units that wait so many still reach the disk, of which it never hears. */
  async die(count: number): Promise<void> {
    this.node = undefined;
    await this.disk.die(this.life, count);
  }

  /** Makes the oldest units durable that wait. */
  async write(count: number): Promise<void> {
    await this.disk.write(this.life, count);
  }
}

/** What a running node is made of. */
export class TillNode {
  readonly machine: Machine;
  readonly store: Store;
  readonly clock: Clock;
  readonly chain: ChainFollower;
  readonly invoices: Invoices;
  readonly orders: Orders;
  readonly reserve: Reserve;
  readonly payments: IncomingPayments;
  readonly outgoing: OutgoingPayments;
  readonly payer: Payer;
  readonly endings: Endings;
  readonly channels: Channels;
  readonly trade: Trade;
  wallet!: Wallet;
  #drawn = 0;

  constructor(machine: Machine, life: Life) {
    const { around, keys, disk } = machine;
    this.machine = machine;
    this.store = disk.mount(life);
    this.clock = clockOf(life, around.clock);
    this.trade = machine.begins_trade(this, life);
    const onSent = (transactions: readonly Uint8Array[]): void => around.onSent(machine, transactions);
    const backend = chainOf(life, around.chain, () => machine.lag_blocks, onSent);
    this.chain = new ChainFollower(backend, { clock: this.clock, poll_ms: 30_000, onHealth: () => {} });
    this.orders = new Orders({
      store: this.store,
      clock: this.clock,
      isBoughtAhead: (provider_id, size_sat) => this.trade.isBoughtAhead?.(provider_id, size_sat) === true,
      onBackgroundError: (error) => this.trouble('orders', error),
    });
    this.invoices = new Invoices({
      store: this.store,
      clock: this.clock,
      randomBytes: this.randomBytes,
      network: NETWORK,
      signer: { node_id: keys.node_id, sign: (digest) => keys.signRecoverable(digest) },
      payment_secret_key: keys.payment_secret_key,
      hints: { candidates: () => waysIn(this.channels.list()) },
      jit: jitPort({
        buyer: { buy: (purchase) => this.trade.buy?.(purchase) ?? machine.buy(purchase) },
        orders: this.orders,
      }),
      features: INVOICE_FEATURES,
      onBackgroundError: (error) => this.trouble('invoices', error),
    });
    this.reserve = new Reserve({
      wallet: {
        reserveCoins: () => this.wallet.reserveCoins(),
        split: (request) => this.wallet.split(request),
      },
      channels: {
        list: () => this.channels.list(),
        ending: (channel_id) => {
          const ending = this.endings.find(channel_id);
          return ending && toFund(ending);
        },
        isClaimed: (channel_id, htlc_id) => this.channels.isClaimed(channel_id, htlc_id),
        receivableMsat: ({ state }) => spendableMsat(state, 'remote'),
      },
      fees: this.chain,
      limits: { least_sat: sat(25_000), coins: undefined },
      allowance_msat: around.allowance_msat,
      undefended_peers: new Set(),
      height: () => this.chain.tip().height,
      log: this.log,
    });
    this.payments = new IncomingPayments({
      clock: this.clock,
      height: () => this.chain.tip().height,
      isCurrent: () => this.chain.isCurrent(),
      fulfill_deadline_blocks: DEFAULT_POLICY.fulfill_deadline_blocks,
      onBackgroundError: (error) => this.trouble('payments', error),
      defence: this.reserve,
      promises: feePromises(this.orders, () => this.channels),
      htlcs: {
        fulfil: (channel_id, htlc_id, preimage) => this.channels.fulfil(channel_id, htlc_id, preimage),
        fail: (channel_id, htlc_id, failure) => this.channels.fail(channel_id, htlc_id, failure),
      },
      invoices: {
        judge: (set) => this.invoices.judge(set),
        markPaid: async (payment_hash, amount_msat, parts, opening_fee_msat) => {
          const channel_ids = parts.map(({ channel_id }) => channel_id);
          const writes = [...parts.map(claimIncoming), ...this.orders.paidWrites(payment_hash, channel_ids)];
          const preimage = await this.invoices.markPaid(payment_hash, amount_msat, writes, opening_fee_msat);
          if (preimage !== undefined) this.orders.paid(payment_hash, channel_ids);
          return preimage;
        },
      },
    });
    this.outgoing = new OutgoingPayments({
      store: this.store,
      clock: this.clock,
      node_id: keys.node_id,
      randomBytes: this.randomBytes,
      sender: {
        usableChannels: () => waysOut(this.channels.list()),
        closedChannels: () => closedWays(this.channels.list()),
        offer: (channel_id, htlc, writesOf) => this.channels.offer(channel_id, htlc, writesOf),
        afterwards: (action) => this.channels.book.speak(action),
        height: () => this.chain.tip().height,
      },
    });
    this.payer = new Payer(this.outgoing, this.clock, keys.node_id);
    this.endings = this.#buildEndings();
    this.channels = this.#buildChannels();
  }

  /** The same in each run. */
  readonly randomBytes = (length: number): Uint8Array => {
    const { name, lives } = this.machine;
    return sha256(Buffer.from(`${name}, life ${lives}, draw ${this.#drawn++}`)).slice(0, length);
  };

  readonly log: Log = {
    debug: () => {},
    info: () => {},
    error: (text: string) => this.trouble('log', text),
    warn: (text: string) => this.machine.around.onWarning(this.machine, text),
  };

  /** Something failed that nobody waits for. */
  trouble(where: string, error: unknown): void {
    this.machine.around.onTrouble(this.machine, `${where}: ${error instanceof Error ? error.stack : String(error)}`);
  }

  #attempt(what: string, promise: Promise<unknown>): void {
    promise.catch((error: unknown) => this.trouble(what, error));
  }

  #buildEndings(): Endings {
    return new Endings({
      store: this.store,
      chain: this.chain,
      wallet: {
        spend: (request) => this.wallet.spend(request),
        publish: (txid, parents) => this.wallet.publish(txid, parents),
        release: (txid) => this.wallet.release(txid),
        find: (txid) => this.wallet.find(txid),
      },
      keys: this.machine.keys,
      channels: {
        write: (...writes) => this.channels.book.write(...writes),
        speak: (output) => this.channels.book.speak(output),
        resolved: (channel_id) => this.channels.resolved(channel_id),
      },
      outgoing: this.trade.outgoing ?? this.outgoing,
      policy: this.machine.around.policy,
      log: this.log,
    });
  }

  #buildChannels(): Channels {
    return new Channels({
      store: this.store,
      keys: this.machine.keys,
      network: NETWORK,
      chain: this.chain,
      wallet: {
        newScript: async () => (await this.wallet.newAddress('p2tr')).script_pubkey,
        fund: async (script, amount_sat, options) => {
          await this.trade.beforeFunding?.();
          return await this.wallet.fund(Buffer.from(script, 'hex'), amount_sat, options);
        },
        publish: async (txid) => {
          await this.trade.beforePublishing?.(txid);
          if (!this.machine.holds_fundings) await this.wallet.publish(txid);
        },
        release: (txid) => this.#attempt('releasing a funding', this.wallet.release(txid)),
      },
      ...(this.trade.passing && { passing: this.trade.passing }),
      incoming: this.trade.incoming ?? {
        offer: (htlc) => this.#attempt('judging a payment', this.payments.offer(htlc)),
        resume: (htlc) => this.#attempt('fulfilling a payment', this.#resume(htlc)),
        expire: (channel_id, htlc_id) => this.payments.expire(channel_id, htlc_id),
      },
      outgoing: this.trade.outgoing ?? this.outgoing,
      endings: this.endings,
      bought: this.orders,
      features: INIT_FEATURES,
      policy: { ...DEFAULT_POLICY, minimum_depth: 1 },
      forwarding: { cltv_expiry_delta: 34, fee_base_msat: 0, fee_proportional_millionths: 0 },
      zeroconf_peers: new Set(),
      clock: this.clock,
      randomBytes: this.randomBytes,
      log: this.log,
      onListChanged: () => {},
    });
  }

  async start(): Promise<void> {
    const { keys } = this.machine;
    const from = await readTip(this.store);
    const tip = await this.chain.start(from, { older: await readOlderBlocks(this.store, from) });
    this.wallet = await Wallet.open({
      store: this.store,
      keys,
      network: NETWORK,
      reserve_sat: sat(0),
      hasAnchorChannel: () => this.channels.list().length > 0,
      onProblem: this.log.warn,
    });
    this.wallet.start(this.chain, tip.height);
    await this.outgoing.start();
    await this.orders.start();
    await this.channels.start(tip.height + 1);
    if (this.trade.resumeFundings !== undefined) await this.trade.resumeFundings();
    else {
      await resumeFundings(
        this.wallet,
        this.channels.list(),
        this.log,
        (channel, reason) => void this.channels.apply(channel, { kind: 'give_up', reason }),
      );
    }
    rememberTip(this.chain, (...writes) => this.channels.book.write(...writes));
    if (from === undefined) this.channels.book.write(tipWrite(tip));
    await this.invoices.start();
    await this.trade.start?.();
  }

  /** A peer is there. */
  connected(peer: ConnectedPeer): void {
    this.channels.peerConnected(peer);
    this.trade.connected?.(peer);
  }

  /** A peer is gone. */
  disconnected(peer: ConnectedPeer): void {
    this.channels.peerDisconnected(peer);
    this.trade.disconnected?.(peer);
  }

  /** A message of a peer. */
  hear(peer: ConnectedPeer, message: KnownMessage): void {
    if (message.type === 'lsps0_message') this.trade.hear?.(peer, message.payload);
    else this.channels.message(peer, message);
    this.trade.moved?.();
  }

  /** The connection to a peer; undefined while it is away. */
  client(node_id: NodeId): ConnectedPeer | undefined {
    return this.channels.peer(node_id);
  }

  /** The invoice was paid before the last process ended. */
  async #resume({ channel_id, htlc_id, payment_hash }: IncomingHtlc): Promise<void> {
    const preimage = await this.invoices.paidPreimage(payment_hash);
    assert.ok(preimage !== undefined, `the invoice ${payment_hash} of a claimed HTLC is gone`);
    this.channels.fulfil(channel_id, htlc_id, preimage);
  }

  /** Pays an invoice as `pay` does; `chosen_msat` where it does not say its amount. */
  pay(bolt11: string, retry_for_seconds: number, chosen_msat?: Msat): Promise<PaidReply> {
    const invoice = decodeInvoice(bolt11);
    const amount_msat = invoice.amount_msat ?? (chosen_msat as Msat);
    return this.payer.pay({
      invoice,
      bolt11,
      amount_msat,
      total_msat: amount_msat,
      maxfee_msat: msat(5000),
      max_delay: 2016,
      retry_for_seconds,
      exclude: new Set(),
      label: undefined,
      description: undefined,
    });
  }
}
