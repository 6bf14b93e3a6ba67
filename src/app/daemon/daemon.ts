/**
 * The node put together, layer by layer: infrastructure, node, shop, API. Modules meet only here; each knows the others
 * through interfaces that it declares itself. What is started, in which order, is the one list in `start`.
 */
import { slowCurve } from '../../base/crypto/secp256k1.ts';
import type { Log } from '../../base/log.ts';
import type { Clock } from '../../base/types/clock.ts';
import type { Keys } from '../../node/keys/keys.ts';
import type { Config } from '../config/config.ts';
import { buildApi } from './build-api.ts';
import { buildInfra, type Infra } from './build-infra.ts';
import { buildNode, type Node } from './build-node.ts';
import { buildShop, type Shop } from './build-shop.ts';
import { Lifecycle } from './lifecycle.ts';
import type { OpenWeb } from './open-web.ts';
import { callPeers } from './peer-book.ts';
import { RecentLog } from './recent-log.ts';
import { standBy } from './standby.ts';
import { unattended } from './unattended.ts';

export interface DaemonOptions {
  readonly config: Config;
  readonly log: Log;
  readonly clock?: Clock;
  /** Something failed that the node cannot live with: it must end at once, and say this. */
  readonly onFatal: (message: string, error?: Error) => void;
  /** `stop` was asked for over the socket. */
  readonly onStop: () => void;
  /** `switchover` was asked for: the node is to stop in favour of its standby. */
  readonly onHandOver?: () => void;
  /** Called when this node waits for another one that works, and answers what a standby can. */
  readonly onStandby?: () => void;
  /** Whether this process has just handed over. */
  readonly has_handed_over?: boolean;
  /** Ends a start that waits: for the source of blocks, or to take over. */
  readonly signal?: AbortSignal;
}

type Running = Pick<Infra, 'clock' | 'store' | 'chain' | 'source' | 'mine'> &
  Omit<Node, 'parts' | 'outward' | 'peerNotices' | 'incoming' | 'purchases'> &
  Pick<Shop, 'invoices' | 'deposits'>;

export class Daemon implements Running {
  readonly options: DaemonOptions;
  readonly clock: Running['clock'];
  readonly store: Running['store'];
  readonly chain: Running['chain'];
  /** Where blocks come from, for people. */
  readonly source: Running['source'];
  /** Mines on the embedded chain; undefined elsewhere. */
  readonly mine: Running['mine'];
  readonly keys: Running['keys'];
  readonly wallet: Running['wallet'];
  readonly reserve: Running['reserve'];
  /** What buys inbound liquidity. */
  readonly liquidity: Running['liquidity'];
  readonly channels: Running['channels'];
  /** Channels that end on the chain. */
  readonly endings: Running['endings'];
  /** Payments to us. */
  readonly payments: Running['payments'];
  /** Payments of ours. */
  readonly outgoing: Running['outgoing'];
  readonly payer: Running['payer'];
  readonly backups: Running['backups'];
  readonly peers: Running['peers'];
  /** The map of the public network. */
  readonly public_network: Running['public_network'];
  /** Where we listen for peers. */
  readonly bindings: Running['bindings'];
  readonly invoices: Running['invoices'];
  readonly deposits: Running['deposits'];
  readonly #lifecycle: Lifecycle;

  /** Builds and starts a node. Rejects with a typed error whose sentence is for the operator, and leaves nothing behind. */
  static async start(options: DaemonOptions): Promise<Daemon> {
    const { config, onStop } = options;
    const log = new RecentLog(options.log, Date.now);
    for (const note of config.notes) log.info(note);
    if (slowCurve !== undefined) log.warn(slowCurve);
    let lifecycle: Lifecycle | undefined;
    let waiting_web: Promise<OpenWeb | undefined> = Promise.resolve(undefined);
    const onWeb = (web: typeof waiting_web): void => {
      waiting_web = web;
    };
    let known_keys: Keys | undefined;
    const onKeys = (keys: Keys): void => {
      known_keys = keys;
    };
    const infra = await buildInfra(
      { ...options, log, standBy: (waiting) => standBy(waiting, { ...options, log, onWeb, onKeys }) },
      unattended(log, () => lifecycle?.isStopping ?? false),
    ).catch(async (error: unknown) => {
      await (await waiting_web)?.web.stop();
      throw error;
    });
    try {
      const node: Node = await buildNode(infra, () => shop.port, known_keys);
      const shop: Shop = await buildShop(infra, node);
      const { onHandOver = onStop } = options;
      const api = buildApi({ infra, node, shop, recent_log: log, onStop, onHandOver }, waiting_web);
      // Started in this order, stopped in reverse.
      lifecycle = new Lifecycle([...infra.parts, ...node.parts, ...shop.parts, ...node.outward, ...api.parts]);
      await lifecycle.start();
      log.info(`node ${node.keys.node_id} is up on ${config.network.name}, commands at ${config.rpc_file}`);
      void callPeers(config, infra.store, node.peers, node.channels.list());
      return new Daemon(options, { ...infra, ...node, ...shop }, lifecycle);
    } catch (error) {
      await (await waiting_web)?.web.stop();
      // Once there is a list of parts, it has stopped what it started, the database last.
      if (lifecycle === undefined) await infra.store.close();
      throw error;
    }
  }

  private constructor(options: DaemonOptions, running: Running, lifecycle: Lifecycle) {
    this.options = options;
    this.clock = running.clock;
    this.store = running.store;
    this.chain = running.chain;
    this.source = running.source;
    this.mine = running.mine;
    this.keys = running.keys;
    this.wallet = running.wallet;
    this.reserve = running.reserve;
    this.liquidity = running.liquidity;
    this.channels = running.channels;
    this.endings = running.endings;
    this.payments = running.payments;
    this.outgoing = running.outgoing;
    this.payer = running.payer;
    this.backups = running.backups;
    this.peers = running.peers;
    this.public_network = running.public_network;
    this.bindings = running.bindings;
    this.invoices = running.invoices;
    this.deposits = running.deposits;
    this.#lifecycle = lifecycle;
  }

  /** The socket for commands. */
  get rpc_file(): string {
    return this.options.config.rpc_file;
  }

  /** Stops in the reverse order of starting. Resolves when everything is on disk. */
  async stop(): Promise<void> {
    if (this.#lifecycle.isStopping) return;
    await this.#lifecycle.stop();
    this.options.log.info('stopped');
  }
}
