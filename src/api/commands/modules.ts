/** What commands run on: the interfaces of the modules below, gathered. The daemon builds the one value of this type. */

import type { LogLevel } from '../../base/log.ts';
import type { CurrencyCode } from '../../base/types/currency.ts';
import type { NetworkName } from '../../base/types/network.ts';
import type { QueryRunner } from '../../infra/store/queries/runner.ts';
import type { SignedMessage } from '../../node/keys/signed-message.ts';
import type { Runes } from '../../shop/access/runes.ts';
import type { Addresses } from '../../shop/addresses/addresses.ts';
import type { Checkout } from '../../shop/checkout/checkout.ts';
import type { Items } from '../../shop/counter/items.ts';
import type { Sales } from '../../shop/counter/sales.ts';
import type { Deposits } from '../../shop/deposits/deposits.ts';
import type { EventLog } from '../../shop/events/event-log.ts';
import type { Invoices } from '../../shop/invoices/invoices.ts';
import type { Rates } from '../../shop/rates/rates.ts';
import type { Refunds } from '../../shop/refunds/refunds.ts';
import type { Calendar } from '../../shop/takings/calendar.ts';
import type { Takings } from '../../shop/takings/takings.ts';
import type { Webhooks } from '../../shop/webhooks/webhooks.ts';
import { commandsOn } from '../rpc/command.ts';
import type { CommandTable } from '../rpc/table.ts';
import type { ChannelModules } from './channel-modules.ts';
import type { LiquidityModules } from './liquidity-modules.ts';
import type { NetworkModules } from './network-modules.ts';
import type { PaymentModules } from './payment-modules.ts';
import type { PeopleModules } from './people-modules.ts';
import type { WalletModules } from './wallet-modules.ts';

/** What `getinfo` says of the node as it is now. */
export interface NodeInfo {
  readonly id: string;
  readonly alias: string;
  /** Three bytes, hex. */
  readonly color: string;
  readonly num_peers: number;
  readonly num_pending_channels: number;
  readonly num_active_channels: number;
  readonly num_inactive_channels: number;
  /** Where peers can reach the node. */
  readonly address: readonly NodeAddress[];
  /** Where the node listens. */
  readonly binding: readonly NodeAddress[];
  readonly version: string;
  readonly blockheight: number;
  readonly network: NetworkName;
  readonly fees_collected_msat: bigint;
  /** The directory of this network's files. */
  readonly lightning_dir: string;
  /** Feature bits as hex, by the message in which they are shown (BOLT 9). */
  readonly our_features: {
    readonly init: string;
    readonly node: string;
    readonly channel: string;
    readonly invoice: string;
  };
}

/** An address of a node, as `getinfo` shows it. */
export interface NodeAddress {
  readonly type: 'ipv4' | 'ipv6' | 'torv3' | 'dns' | 'local socket' | 'websocket';
  readonly address: string;
  readonly port: number;
}

/** A setting of the node and where it came from, as `listconfigs` shows it. */
export interface ConfigValue {
  /** The option's name, without dashes before it. */
  readonly name: string;
  readonly kind: 'flag' | 'string' | 'integer' | 'boolean' | 'msat' | 'strings';
  /** Undefined when it is not set and has no default. */
  readonly value: boolean | string | number | bigint | readonly string[] | undefined;
  /** `default`, `cmdline`, `FILE:LINE`, or `setconfig transient`. */
  readonly source: string;
  /** Whether it changes while the node runs. */
  readonly is_dynamic: boolean;
}

/** A line of the node's log. */
export interface LogLine {
  /** Unix time, milliseconds. */
  readonly time_ms: number;
  readonly level: LogLevel;
  readonly text: string;
}

/** The node itself: who it is, how it is set, and its end. */
export interface NodeControl {
  info(): NodeInfo | Promise<NodeInfo>;
  configs(): readonly ConfigValue[];
  /** Signs a text with the node's key. */
  signMessage(message: string): SignedMessage;
  /** Begins to stop the node. Called when the answer to `stop` has been written. */
  stop(): void;
}

/** What changes options while the node runs. */
export interface OptionChanger {
  /** Changes one that is dynamic. Throws RpcError INVALID_PARAMS, and then nothing has changed. */
  change(
    name: string,
    value: string,
    options: { readonly is_transient: boolean },
  ): {
    /** The command line says the option as well, and counts again at the next start. */
    readonly is_on_command_line: boolean;
  };
}

/** How a node stands to the other one of its pair. */
export interface PairState {
  readonly state: 'active' | 'standby';
  readonly node_name: string;
  /** Empty while no node works. */
  readonly holder: string;
  readonly standbys: readonly string[];
  /** What is wrong with the server's replication, and what to do. */
  readonly warning?: string | undefined;
}

/** The pair, as commands see it. */
export interface PairControl {
  /** Undefined for a node whose database is its own. */
  state(): Promise<PairState | undefined>;
  /** The name of a standby that is connected. Rejects with RpcError NO_STANDBY. */
  standbyToTakeOver(): Promise<string>;
  /** Begins to stop the node in favour of the standby. */
  handOver(): void;
}

/** All modules that commands may use. */
export interface Modules
  extends ChannelModules,
    LiquidityModules,
    NetworkModules,
    PaymentModules,
    PeopleModules,
    WalletModules {
  readonly invoices: Invoices;
  readonly options: OptionChanger;
  /** What arrived at addresses of invoices. */
  readonly deposits: Pick<Deposits, 'ofInvoices' | 'ofCoins' | 'unpaid' | 'decide'>;
  /** Pages on which customers pay. */
  readonly checkout: Pick<Checkout, 'newPage' | 'pageWrite' | 'ofInvoice' | 'urlOf'>;
  /** The counter, and the currency that it counts in; undefined: millisatoshi. */
  readonly counter: {
    readonly items: Items;
    readonly sales: Pick<Sales, 'create' | 'list' | 'get' | 'ofLabel'>;
    readonly currency: CurrencyCode | undefined;
  };
  /** The Lightning addresses. */
  readonly addresses: Pick<Addresses, 'create' | 'list' | 'get' | 'update' | 'delete' | 'url'>;
  /** What bitcoin costs in a currency. */
  readonly rates: Pick<Rates, 'agreed' | 'list' | 'ofSource' | 'price' | 'convert'>;
  /** Money that goes back. */
  readonly refunds: Pick<Refunds, 'refund' | 'list' | 'refunded' | 'ofPayment'>;
  /** What programs may ask of the node. */
  readonly runes: Pick<Runes, 'create' | 'check' | 'show' | 'changeBlacklist' | 'blacklist'>;
  /** What was taken, and the shop's days. */
  readonly takings: Pick<Takings, 'read'>;
  readonly calendar: Calendar;
  /** The end of the node's log. */
  readonly recent_log: { lines(): readonly LogLine[] };
  /** The log of what happened. */
  readonly events: EventLog;
  /** Where events are sent. */
  readonly webhooks: Webhooks;
  /** Queries over tables, in a process of their own. */
  readonly queries: Pick<QueryRunner, 'run'>;
  readonly node: NodeControl;
  readonly pair: PairControl;
  /** The commands themselves, for `help` and `check`. */
  readonly commands: CommandTable;
}

/** Defines a command of the node. */
export const defineCommand = commandsOn<Modules>();
