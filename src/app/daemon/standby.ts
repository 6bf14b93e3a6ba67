/**
 * What a node of a pair answers while the other one works: who it is and who holds the lease, and what can be read from
 * the database. It follows no chain, calls no peer, and writes nothing.
 */

import { refusalOf } from '../../api/commands/refusals.ts';
import { type StandbyModules, standbyCommands } from '../../api/commands/standby-commands.ts';
import { Dispatcher } from '../../api/rpc/dispatch.ts';
import { type Refuse, tableOf } from '../../api/rpc/table.ts';
import { secureRandomBytes } from '../../base/crypto/random.ts';
import { RpcError } from '../../base/errors.ts';
import type { Log } from '../../base/log.ts';
import { type Clock, systemClock } from '../../base/types/clock.ts';
import { encodeFeatures } from '../../base/types/features.ts';
import { toHex } from '../../base/types/hex.ts';
import { version } from '../../base/version.ts';
import { type Store, StoreClosedError } from '../../infra/store/store.ts';
import type { Keys } from '../../node/keys/keys.ts';
import { signMessage } from '../../node/keys/signed-message.ts';
import { listParts, listPayments } from '../../node/payments/history.ts';
import { INIT_FEATURES } from '../../node/peers/index.ts';
import { readCoins, readDeposits } from '../../shop/deposits/rows.ts';
import { PolledInvoices } from '../../shop/invoices/polled.ts';
import type { Config } from '../config/config.ts';
import { readTip } from './chain-tip.ts';
import { configsOf } from './command-modules.ts';
import type { EndWaiting, Waiting } from './database.ts';
import { INVOICE_FEATURES } from './features.ts';
import { identityOf } from './identity.ts';
import { Lifecycle } from './lifecycle.ts';
import { openKeys } from './open.ts';
import { type OpenWeb, openWeb, tellDoors } from './open-web.ts';
import { calendarOf } from './shop-calendar.ts';
import { socketPart } from './socket-part.ts';
import { standbyHost } from './standby-web.ts';
import { isWebWanted } from './web-settings.ts';

/**
 * Answers commands on the socket, and says over HTTP that it is the standby, until what it answers is called: then the
 * socket is closed, and the web process goes on for the node that works now, or ends where this one does not take over.
 */
export async function standBy(
  waiting: Waiting,
  { config, log, clock = systemClock, onStop, onWeb, onKeys, onStandby = () => {} }: StandbyOptions,
): Promise<EndWaiting> {
  const store: Store = {
    read: waiting.read,
    commit: () => Promise.reject(new StoreClosedError()),
    fence: () => undefined,
    close: async () => {},
  };
  const keys = await openKeys(config, log, store);
  onKeys(keys);
  const dispatcher = standbyDispatcher({ config, log, clock, store, keys, waiting, onStop });
  const lifecycle = new Lifecycle([socketPart({ config, log, clock, dispatcher })]);
  await lifecycle.start();
  const named = { shop_name: identityOf(config, keys.node_id).alias, time_zone: calendarOf(config).time_zone };
  // Another program on this machine may have the ports, the node that works for one: what counts is to wait for the lease.
  const serve = async (): Promise<OpenWeb | undefined> => {
    if (!isWebWanted(config)) return undefined;
    try {
      const open = await openWeb({ config, log, clock }, named, standbyHost(waiting.holder));
      tellDoors(log, open.served);
      return open;
    } catch (error) {
      log.warn(`this standby serves no HTTP: ${error instanceof Error ? error.message : String(error)}`);
      return undefined;
    }
  };
  const web = serve();
  onWeb(web);
  onStandby();
  return async (takes_over) => {
    await lifecycle.stop();
    if (!takes_over) await (await web)?.web.stop();
  };
}

/** What a node that may have to wait is given. */
export interface StandbyOptions {
  readonly config: Config;
  readonly log: Log;
  readonly clock?: Clock;
  /** `stop` was asked for. */
  readonly onStop: () => void;
  /** The web process of this node, once it serves; undefined when it cannot. */
  readonly onWeb: (web: Promise<OpenWeb | undefined>) => void;
  /** The keys of this node, which it needs again when it takes over: to derive them takes time. */
  readonly onKeys: (keys: Keys) => void;
  /** Commands are answered now. */
  readonly onStandby?: () => void;
}

interface DispatcherOptions extends Required<Pick<StandbyOptions, 'config' | 'log' | 'clock' | 'onStop'>> {
  /** Of the database in which the other node writes: this one only reads. */
  readonly store: Store;
  readonly keys: Keys;
  readonly waiting: Waiting;
}

/** Answers commands as a standby does. */
function standbyDispatcher(options: DispatcherOptions): Dispatcher<StandbyModules> {
  const { config, log, clock, store, keys, waiting, onStop } = options;
  const known = new Set(standbyCommands.flatMap(({ name, aliases }) => [name, ...aliases]));
  const refuse: Refuse = (name) => {
    if (known.has(name)) return undefined;
    const who = waiting.holder() === '' ? 'no node works at the moment' : `the node that works is ${waiting.holder()}`;
    return (
      refusalOf(name) ??
      new RpcError('NODE_IS_STANDBY', `${name.slice(0, 80)}: this node is the standby of a pair, and ${who}: ask there`)
    );
  };
  const modules: StandbyModules = {
    invoices: new PolledInvoices({
      store,
      clock,
      randomBytes: secureRandomBytes,
      network: config.network,
      signer: { node_id: keys.node_id, sign: (digest) => keys.signRecoverable(digest) },
      payment_secret_key: keys.payment_secret_key,
      hints: { candidates: () => [] },
      features: INVOICE_FEATURES,
      onBackgroundError: (error) => log.error(`invoices: ${error instanceof Error ? error.message : String(error)}`),
    }),
    deposits: {
      ofInvoices: (created_indexes) => readDeposits(store, created_indexes),
      ofCoins: (outpoints) => readCoins(store, outpoints),
    },
    payments: {
      listParts: (query) => listParts(store, query),
      list: (query) => listPayments(store, query),
    },
    node: {
      info: async () => {
        const init = toHex(encodeFeatures(INIT_FEATURES));
        const { alias, color, addresses } = identityOf(config, keys.node_id);
        return {
          id: keys.node_id,
          alias,
          color,
          num_peers: 0,
          num_pending_channels: 0,
          num_active_channels: 0,
          num_inactive_channels: 0,
          address: addresses,
          binding: [],
          version: version(),
          blockheight: (await readTip(store))?.height ?? 0,
          network: config.network.name,
          fees_collected_msat: 0n,
          lightning_dir: config.network_dir,
          our_features: { init, node: init, channel: '', invoice: toHex(encodeFeatures(INVOICE_FEATURES)) },
        };
      },
      configs: () => configsOf(config),
      signMessage: (message) => signMessage(keys, message),
      stop: onStop,
    },
    pair: {
      state: async () => {
        const { name, warning } = waiting;
        return { state: 'standby', node_name: name, holder: waiting.holder(), standbys: [name], warning };
      },
      standbyToTakeOver: () => Promise.reject(new RpcError('NODE_IS_STANDBY', 'This node is the standby already')),
      handOver: () => {},
    },
    commands: tableOf(standbyCommands, refuse),
  };
  return new Dispatcher(standbyCommands, modules, {
    refuse,
    onUnexpected: (error, method) =>
      log.error(`${method}: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}`),
  });
}
