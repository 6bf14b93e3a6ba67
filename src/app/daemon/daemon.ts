/**
 * The node put together: every room is built here, started in order and stopped in reverse. Rooms meet only here; each
 * knows the others through interfaces that it declares itself.
 */
import { mkdirSync, rmSync } from 'node:fs';
import { commands } from '../../api/commands/index.ts';
import { Dispatcher } from '../../api/rpc/dispatch.ts';
import { serveUnixSocket, type UnixSocketServer } from '../../api/server/unix-socket.ts';
import { secureRandomBytes } from '../../base/crypto/random.ts';
import type { Log } from '../../base/log.ts';
import type { NodeId } from '../../base/types/brand.ts';
import { type Clock, systemClock } from '../../base/types/clock.ts';
import { ChainFollower } from '../../infra/chain/follower.ts';
import { openSqliteStore } from '../../infra/store/sqlite-store.ts';
import type { Store } from '../../infra/store/store.ts';
import { Backups } from '../../node/backup/backups.ts';
import { markRun } from '../../node/backup/run-mark.ts';
import { Channels } from '../../node/channels/channels.ts';
import { waysIn } from '../../node/channels/hint-source.ts';
import { claimIncoming, type IncomingHtlc } from '../../node/channels/incoming.ts';
import { waysOut } from '../../node/channels/ways-out.ts';
import { Endings } from '../../node/endings/endings.ts';
import type { Keys } from '../../node/keys/keys.ts';
import { Payer } from '../../node/payments/pay.ts';
import { IncomingPayments } from '../../node/payments/receive.ts';
import { OutgoingPayments } from '../../node/payments/send.ts';
import {
  formatNetAddress,
  INIT_FEATURES,
  type NetAddress,
  netDial,
  Peers,
  parseNetAddress,
} from '../../node/peers/index.ts';
import type { Wallet } from '../../node/wallet/wallet.ts';
import { DEFAULT_POLICY } from '../../protocol/channel/policy.ts';
import { DEFAULT_ONCHAIN_POLICY } from '../../protocol/onchain/closing-channel.ts';
import { Deposits } from '../../shop/deposits/deposits.ts';
import { AUTOCLEAN_SUBSYSTEMS } from '../../shop/invoices/autoclean.ts';
import { Invoices } from '../../shop/invoices/invoices.ts';
import type { Config } from '../config/config.ts';
import { chooseChain } from './chain-source.ts';
import { readTip, rememberTip, tipWrite } from './chain-tip.ts';
import { depositDoor } from './deposit-door.ts';
import { INVOICE_FEATURES } from './features.ts';
import { resumeFundings } from './held-fundings.ts';
import { confirmations, judgeFile, openKeys, openWallet } from './open.ts';
import { readPeerAddresses, savePeerAddress } from './peer-book.ts';
import { buildRooms } from './rooms.ts';

export interface DaemonOptions {
  readonly config: Config;
  readonly log: Log;
  readonly clock?: Clock;
  /** Something failed that the node cannot live with: it must end at once, and say this. */
  readonly onFatal: (message: string) => void;
  /** `stop` was asked for over the socket. */
  readonly onStop: () => void;
}

export class Daemon {
  readonly options: DaemonOptions;
  readonly clock: Clock;
  readonly keys: Keys;
  readonly store: Store;
  readonly chain: ChainFollower;
  readonly wallet: Wallet;
  readonly invoices: Invoices;
  readonly deposits: Deposits;
  /** Payments to us. */
  readonly payments: IncomingPayments;
  /** Payments of ours. */
  readonly outgoing: OutgoingPayments;
  readonly payer: Payer;
  readonly channels: Channels;
  /** Channels that end on the chain. */
  readonly endings: Endings;
  readonly backups: Backups;
  readonly peers: Peers;
  readonly mine: ((count: number, script_pubkey: string) => Promise<unknown>) | undefined;
  /** Where we listen for peers. */
  readonly bindings: NetAddress[] = [];
  #server: UnixSocketServer | undefined;
  #stopTip: () => void = () => {};
  #isStopping = false;

  /** Builds and starts a node. Rejects with a typed error whose sentence is for the operator, and leaves nothing behind. */
  static async start(options: DaemonOptions): Promise<Daemon> {
    const { config } = options;
    mkdirSync(config.network_dir, { recursive: true, mode: 0o700 });
    const store = await openSqliteStore({
      directory: config.network_dir,
      onFailure: (error) => options.onFatal(error.message),
    });
    try {
      await judgeFile(config, options.log, store);
      const keys = await openKeys(config, options.log, store);
      const wallet = await openWallet(config, options.log, store, keys, {
        hasAnchorChannel: () => daemon.channels.list().length > 0,
        coinWrites: (coin) => daemon.deposits.coinWrites(coin),
      });
      const daemon: Daemon = new Daemon(options, store, keys, wallet);
      await daemon.#start();
      return daemon;
    } catch (error) {
      await store.close();
      throw error;
    }
  }

  private constructor(options: DaemonOptions, store: Store, keys: Keys, wallet: Wallet) {
    const { config, log } = options;
    const { values, network } = config;
    this.options = options;
    this.clock = options.clock ?? systemClock;
    this.store = store;
    this.keys = keys;
    this.wallet = wallet;
    const { backend, mine } = chooseChain(config, this.clock);
    this.mine = mine;
    this.chain = new ChainFollower(backend, {
      clock: this.clock,
      poll_ms: values['chain-poll-seconds'] * 1000,
      onHealth: (problem) =>
        problem === undefined ? log.info('the source of blocks answers again') : log.warn(problem),
    });
    this.deposits = new Deposits({
      store,
      clock: this.clock,
      invoices: depositDoor(() => this.invoices),
      coins: wallet,
      newScript: values['invoices-onchain-fallback']
        ? async () => (await wallet.newAddress('p2tr')).script_pubkey
        : undefined,
      height: () => this.chain.tip().height,
      confirmations: confirmations(config, 'invoices-onchain-confirms'),
      log,
      onBackgroundError: (error) => log.error(`deposits: ${error instanceof Error ? error.message : String(error)}`),
    });
    this.invoices = new Invoices({
      store,
      clock: this.clock,
      randomBytes: secureRandomBytes,
      network,
      signer: { node_id: keys.node_id, sign: (digest) => keys.signRecoverable(digest) },
      payment_secret_key: keys.payment_secret_key,
      hints: { candidates: () => waysIn(this.channels.list()) },
      fallback: this.deposits,
      features: INVOICE_FEATURES,
      default_expiry_seconds: values['invoices-expiry'],
      ...(values['cltv-final'] === undefined ? {} : { cltv_final_blocks: values['cltv-final'] }),
      onBackgroundError: (error) => log.error(`invoices: ${error instanceof Error ? error.message : String(error)}`),
    });
    this.payments = new IncomingPayments({
      clock: this.clock,
      height: () => this.chain.tip().height,
      isCurrent: () => this.chain.isCurrent(),
      fulfill_deadline_blocks: DEFAULT_POLICY.fulfill_deadline_blocks,
      onBackgroundError: (error) => void this.#attempt('judging a payment', Promise.reject(error)),
      htlcs: {
        fulfil: (channel_id, htlc_id, preimage) => this.channels.fulfil(channel_id, htlc_id, preimage),
        fail: (channel_id, htlc_id, failure) => this.channels.fail(channel_id, htlc_id, failure),
      },
      invoices: {
        judge: (set) => this.invoices.judge(set),
        markPaid: async (payment_hash, amount_received_msat, parts) => {
          const claims = parts.map(claimIncoming);
          const preimage = await this.invoices.markPaid(payment_hash, amount_received_msat, claims);
          if (preimage !== undefined) log.info(`invoice ${payment_hash} is paid: ${amount_received_msat} msat`);
          return preimage;
        },
      },
    });
    this.outgoing = new OutgoingPayments({
      store,
      clock: this.clock,
      randomBytes: secureRandomBytes,
      sender: {
        usableChannels: () => waysOut(this.channels.list()),
        offer: (channel_id, htlc, writesOf) => this.channels.offer(channel_id, htlc, writesOf),
        afterwards: (action) => this.channels.book.speak(action),
        height: () => this.chain.tip().height,
      },
    });
    this.payer = new Payer(this.outgoing, this.clock, keys.node_id);
    this.endings = new Endings({
      store,
      chain: this.chain,
      wallet,
      keys,
      channels: {
        write: (...writes) => this.channels.book.write(...writes),
        speak: (output) => this.channels.book.speak(output),
        resolved: (channel_id) => this.channels.resolved(channel_id),
      },
      outgoing: this.outgoing,
      policy: { ...DEFAULT_ONCHAIN_POLICY, irrevocable_depth: values['closing-confirms'] },
      log,
    });
    this.channels = new Channels({
      store,
      keys,
      network,
      chain: this.chain,
      wallet: {
        // A script that every peer can close to: not all know those of later witness versions.
        newScript: async () => (await wallet.newAddress('bech32')).script_pubkey,
        fund: async (script, amount_sat, options) => {
          const { txid, vout } = await wallet.fund(Buffer.from(script, 'hex'), amount_sat, options);
          return { txid, vout };
        },
        publish: (txid) => void this.#attempt('publishing a funding transaction', wallet.publish(txid)),
        release: (txid) => void this.#attempt('releasing the coins of a channel', wallet.release(txid)),
      },
      incoming: {
        offer: (htlc) => void this.#attempt('judging a payment', this.payments.offer(htlc)),
        resume: (htlc) => void this.#attempt('fulfilling a payment', this.#resume(htlc)),
        expire: (channel_id, htlc_id) => this.payments.expire(channel_id, htlc_id),
      },
      outgoing: this.outgoing,
      endings: this.endings,
      features: INIT_FEATURES,
      policy: {
        ...DEFAULT_POLICY,
        minimum_depth: confirmations(config, 'funding-confirms'),
      },
      forwarding: {
        cltv_expiry_delta: values['cltv-delta'],
        fee_base_msat: values['fee-base'],
        fee_proportional_millionths: values['fee-per-satoshi'],
      },
      zeroconf_peers: new Set(values['zeroconf-peer'] as readonly NodeId[]),
      clock: this.clock,
      randomBytes: secureRandomBytes,
      log,
      onListChanged: () => this.backups.changed(),
    });
    this.backups = new Backups({
      dir: config.network_dir,
      seal: { key: keys.backup_key, network: network.name },
      store,
      randomBytes: secureRandomBytes,
      channels: this.channels,
      newScript: async () => (await wallet.newAddress('p2tr')).script_pubkey,
      callPeer: (peer_id, address) => this.#callPeer(peer_id, address),
      log,
    });
    const proxy = values.proxy === undefined ? undefined : parseNetAddress(values.proxy, 9050);
    this.peers = new Peers({
      static_key: keys.node_key,
      network,
      features: INIT_FEATURES,
      host: this.channels,
      hasChannel: (node_id) => this.channels.hasFunded(node_id),
      dial: netDial(proxy && { address: proxy, always: values['always-use-proxy'] }),
      clock: this.clock,
      randomBytes: secureRandomBytes,
      log: (event, fields) => log.debug(`${event} ${JSON.stringify(fields)}`),
    });
  }

  /** The socket for commands. */
  get rpc_file(): string {
    return this.options.config.rpc_file;
  }

  async #start(): Promise<void> {
    const { config, log } = this.options;
    const { values, network } = config;
    const from = await readTip(this.store);
    const tip = await this.chain.start(from);
    this.wallet.start(this.chain, tip.height, values.rescan);
    await this.outgoing.start();
    const addresses = await readPeerAddresses(this.store);
    await this.backups.start(new Map([...addresses].map(([peer_id, address]) => [peer_id, formatNetAddress(address)])));
    await this.channels.start(tip.height + 1);
    this.backups.changed();
    await this.#attempt('resuming fundings', resumeFundings(this.wallet, this.channels.list(), log));
    // What the wallet knows while the chain is caught up is half the truth: deposits are judged at the tip alone.
    let isSynced = false;
    const stopRemembering = rememberTip(this.chain, (...writes) => this.channels.book.write(...writes));
    const stopJudging = this.chain.onTip(({ kind }) => {
      if (isSynced && kind === 'connected') void this.deposits.judge();
    });
    this.#stopTip = () => {
      stopRemembering();
      stopJudging();
    };
    void this.chain.synced().then(() => {
      isSynced = true;
      return this.deposits.judge();
    });
    if (from === undefined) this.channels.book.write(tipWrite(tip));
    await this.invoices.start();
    // An age of 0 keeps them.
    for (const subsystem of AUTOCLEAN_SUBSYSTEMS) {
      const age = values[`autoclean-${subsystem}-age`];
      if (age > 0) this.invoices.autoclean.schedule(values['autoclean-cycle'], { [subsystem]: age });
    }
    if (!values.offline) await this.#listen();
    const dispatcher = new Dispatcher(commands, buildRooms(this), {
      onUnexpected: (error, method) =>
        log.error(`${method}: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}`),
    });
    // The lock is ours: a socket that lies here is a dead node's.
    rmSync(this.rpc_file, { force: true });
    this.#server = await serveUnixSocket({
      path: this.rpc_file,
      mode: Number.parseInt(values['rpc-file-mode'], 8),
      dispatcher,
      clock: this.clock,
      onUnexpected: (error, method) =>
        log.error(`${method}: ${error instanceof Error ? error.message : String(error)}`),
    });
    log.info(`node ${this.keys.node_id} is up on ${network.name}, commands at ${this.rpc_file}`);
    void this.#callPeers();
  }

  async #listen(): Promise<void> {
    const { values, network } = this.options.config;
    const loopback = { host: '127.0.0.1', port: network.name === 'regtest' ? 0 : network.default_port };
    const wanted = values.addr.map((text) => parseNetAddress(text, network.default_port));
    for (const address of wanted.length === 0 ? [loopback] : wanted) {
      if (address === undefined) throw new Error('addr: an address is HOST:PORT');
      this.bindings.push(await this.peers.listen(address));
    }
  }

  /** Peers of ours are called again until they answer. */
  async #callPeers(): Promise<void> {
    const addresses = await readPeerAddresses(this.store);
    for (const channel of this.channels.list()) {
      const address = addresses.get(channel.peer_id);
      if (address !== undefined && !this.options.config.values.offline) {
        this.peers.keepConnected(channel.peer_id, [address]);
      }
    }
  }

  /** A peer whose channel was recovered from a backup. */
  async #callPeer(peer_id: NodeId, text: string): Promise<void> {
    const address = parseNetAddress(text, 9735);
    if (address === undefined) return;
    await savePeerAddress(this.store, peer_id, address);
    if (!this.options.config.values.offline) this.peers.keepConnected(peer_id, [address]);
  }

  /** The invoice was paid before the last run ended, and its HTLC not yet fulfilled. */
  async #resume({ channel_id, htlc_id, payment_hash }: IncomingHtlc): Promise<void> {
    const preimage = await this.invoices.paidPreimage(payment_hash);
    if (preimage === undefined) throw new Error(`the invoice ${payment_hash} of a claimed HTLC is gone`);
    this.channels.fulfil(channel_id, htlc_id, preimage);
  }

  /** What nobody waits for: its failure is logged. */
  async #attempt(what: string, promise: Promise<unknown>): Promise<void> {
    try {
      await promise;
    } catch (error) {
      if (!this.#isStopping)
        this.options.log.warn(`${what}: ${error instanceof Error ? error.message : String(error)}`);
    }
  }

  /** Stops in the reverse order of starting. Resolves when everything is on disk. */
  async stop(): Promise<void> {
    if (this.#isStopping) return;
    this.#isStopping = true;
    await this.#server?.close();
    rmSync(this.rpc_file, { force: true });
    await this.peers.close();
    this.#stopTip();
    await this.deposits.stop();
    await this.invoices.stop();
    await this.endings.stop();
    await this.channels.stop();
    await this.wallet.stop();
    await this.chain.stop();
    // A copy that was made while the node ran is older than what it leaves.
    const marked = markRun(this.store, this.options.config.network_dir, secureRandomBytes);
    await marked.catch((error: Error) =>
      this.options.log.warn(`the run could not be marked as over: ${error.message}`),
    );
    await this.store.close();
    this.options.log.info('stopped');
  }
}
