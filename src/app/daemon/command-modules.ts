/** What commands run on, made of the layers of a node. */
import { commands } from '../../api/commands/index.ts';
import type { ConfigValue, Modules, NodeInfo } from '../../api/commands/modules.ts';
import { addressRow } from '../../api/commands/peer-address.ts';
import { refusalOf } from '../../api/commands/refusals.ts';
import type { ChannelFunds, SweptFunds } from '../../api/commands/wallet-modules.ts';
import { tableOf } from '../../api/rpc/table.ts';
import { RpcError } from '../../base/errors.ts';
import { satToMsat } from '../../base/types/amount.ts';
import { encodeFeatures } from '../../base/types/features.ts';
import { toHex } from '../../base/types/hex.ts';
import { version } from '../../base/version.ts';
import type { QueryRunner } from '../../infra/store/queries/runner.ts';
import type { Channels } from '../../node/channels/channels.ts';
import { expectedOutputs } from '../../node/channels/closing/outputs.ts';
import type { LiveChannel } from '../../node/channels/live-channel.ts';
import { stateName } from '../../node/channels/state-name.ts';
import type { Endings } from '../../node/endings/endings.ts';
import type { EndingView } from '../../node/endings/view.ts';
import { signMessage } from '../../node/keys/signed-message.ts';
import { formatNetAddress, INIT_FEATURES } from '../../node/peers/index.ts';
import { isAbsent } from '../../protocol/channel/funding.ts';
import { figuresOf } from '../../protocol/channel/lost.ts';
import { shortChannelId } from '../../protocol/channel/ready.ts';
import type { Config } from '../config/config.ts';
import { ConfigError, type OptionDefinition } from '../config/option.ts';
import { OPTIONS, type OptionName } from '../config/options.ts';
import { backupState, copyAndRemember } from './backup-copies.ts';
import type { Infra } from './build-infra.ts';
import type { Node } from './build-node.ts';
import type { Shop } from './build-shop.ts';
import { INVOICE_FEATURES } from './features.ts';
import { identityOf } from './identity.ts';
import { addressesInMap } from './map-addresses.ts';
import { pairControl } from './pair-control.ts';
import { readPeerAddresses, savePeerAddress } from './peer-book.ts';
import type { RecentLog } from './recent-log.ts';
import { shopCurrency } from './shop-currency.ts';

/** The layers below the commands. */
export interface BuiltLayers {
  readonly infra: Infra;
  readonly node: Node;
  readonly shop: Shop;
  readonly queries: QueryRunner;
  /** The log, for those who look at its end. */
  readonly recent_log: RecentLog;
  /** `stop` was asked for. */
  readonly onStop: () => void;
  /** `switchover` was asked for, and there is a standby. */
  readonly onHandOver: () => void;
}

/** The modules as commands see them. */
export function modulesOf(layers: BuiltLayers): Modules {
  const { infra, node, shop, queries, onStop, onHandOver } = layers;
  const { config, store, chain, clock } = infra;
  const { channels, endings, peers, public_network, backups, wallet, reserve, liquidity, outgoing, payer } = node;
  return {
    commands: tableOf(commands, refusalOf),
    invoices: shop.invoices,
    deposits: shop.deposits,
    checkout: shop.checkout,
    runes: shop.runes,
    takings: shop.takings,
    get calendar() {
      return shop.calendar;
    },
    recent_log: layers.recent_log,
    users: shop.people.users,
    sessions: shop.people.sessions,
    passkeys: shop.people.passkeys,
    sign_in: shop.people.sign_in,
    actions: shop.people.actions,
    served: shop.people.served,
    events: shop.events,
    counter: {
      items: shop.items,
      sales: shop.sales,
      get currency() {
        return shopCurrency(config);
      },
    },
    options: optionChanger(infra),
    addresses: shop.addresses,
    webhooks: shop.webhooks,
    rates: shop.rates,
    refunds: shop.refunds,
    queries,
    payments: outgoing,
    payer,
    wallet,
    reserve,
    liquidity: { ...liquidity, channel_orders: node.purchases.channel_orders },
    chain,
    channels,
    endings,
    peers,
    network: public_network,
    backups: {
      each: () => backups.each(),
      withoutAddress: () => backups.withoutAddress(),
      recover: (sealed) => backups.recover(sealed),
      recoverFile: () => backups.recoverFile(),
      copyDatabase: (destination) => copyAndRemember(infra, destination),
      state: () => backupState(infra),
    },
    peerBook: {
      find: async (node_id) =>
        (await readPeerAddresses(store)).get(node_id) ??
        (await addressesInMap(public_network, node_id, config.values.proxy !== undefined)),
      save: async (node_id, address, source) => {
        const known = await savePeerAddress(store, node_id, address, source);
        backups.foundAt(node_id, formatNetAddress(known[0] ?? address));
        return known;
      },
    },
    clock,
    channelFunds: () => fundsListed(channels, endings),
    closingFunds: () =>
      channels
        .list()
        .flatMap(expectedOutputs)
        .filter((output) => wallet.owns(output.script_pubkey) && wallet.spenderOf(output) === undefined),
    sweptFunds: () => endings.list().flatMap(sweptBy),
    node: {
      info: () => infoOf(layers),
      configs: () => configsOf(config),
      signMessage: (message) => signMessage(node.keys, message),
      stop: onStop,
    },
    pair: pairControl(infra.database.pair, onHandOver),
  };
}

const INIT = toHex(encodeFeatures(INIT_FEATURES));
const OUR_FEATURES = { init: INIT, node: INIT, channel: '', invoice: toHex(encodeFeatures(INVOICE_FEATURES)) };

/** Changes options while the node runs, and says so in the log. */
function optionChanger({ options, log }: Infra): Modules['options'] {
  return {
    change(name, value, { is_transient }) {
      try {
        const changed = options.set(name as OptionName, value, { is_transient });
        log.info(`setconfig: ${name} ${value} (${changed.source})`);
        return changed;
      } catch (error) {
        throw error instanceof ConfigError ? new RpcError('INVALID_PARAMS', error.message) : error;
      }
    },
  };
}

function infoOf({ infra: { config, chain }, node: { keys, channels, peers, bindings } }: BuiltLayers): NodeInfo {
  const phases = channels
    .list()
    .map(({ state }) => (isAbsent(state) && state.phase === 'normal' ? 'opening' : state.phase));
  const count = (...of: readonly string[]): number => phases.filter((phase) => of.includes(phase)).length;
  const identity = identityOf(config, keys.node_id);
  return {
    id: keys.node_id,
    alias: identity.alias,
    color: identity.color,
    num_peers: peers.list().length,
    num_pending_channels: count('opening'),
    num_active_channels: count('normal'),
    num_inactive_channels: count('closing', 'closed', 'failed', 'spent'),
    address: identity.addresses,
    binding: bindings.map(addressRow),
    version: version(),
    blockheight: chain.tip().height,
    network: config.network.name,
    fees_collected_msat: 0n,
    lightning_dir: config.network_dir,
    our_features: OUR_FEATURES,
  };
}

/** The money in channels. One whose funding has left the chain holds none. */
export function fundsListed(channels: Pick<Channels, 'list'>, endings: Pick<Endings, 'view'>): readonly ChannelFunds[] {
  return channels
    .list()
    .filter(({ state }) => !isAbsent(state))
    .map((channel) => fundsOf(channel, endings.view(channel.channel_id)?.state));
}

/** `ending`: how a channel stands that is over. */
function fundsOf({ channel_id, peer_id, peer, state }: LiveChannel, ending: string | undefined): ChannelFunds {
  const { terms } = state;
  return {
    peer_id,
    our_amount_msat: figuresOf(state)?.to_us_msat,
    amount_msat: terms.funding_satoshis * 1000n,
    funding_txid: terms.funding_txid,
    funding_output: terms.funding_output_index,
    connected: peer !== undefined,
    state: ending ?? stateName(state),
    channel_id,
    short_channel_id: shortChannelId(state),
  };
}

/** What one closed channel left for us. */
function sweptBy({ channel_id, peer_id, sweeps }: EndingView): readonly SweptFunds[] {
  return sweeps.map(({ txid, vout, amount_sat, output_type, valid_height, sweep_txid }) => ({
    channel_id,
    peer_id,
    txid,
    output: vout,
    amount_msat: satToMsat(amount_sat),
    output_type,
    claimable_height: valid_height,
    sweep_txid,
  }));
}

/** Every option with its value, as `listconfigs` shows it. */
export function configsOf({ values, sources }: Pick<Config, 'values' | 'sources'>): readonly ConfigValue[] {
  const shown: ConfigValue[] = [];
  for (const [name, option] of Object.entries(OPTIONS) as [keyof typeof OPTIONS, OptionDefinition][]) {
    const value = values[name];
    const isHidden = option.is_secret && value !== undefined;
    shown.push({
      name,
      kind: option.kind,
      value: isHidden ? '...' : value,
      source: sources[name],
      is_dynamic: option.is_dynamic === true,
    });
  }
  return shown;
}
