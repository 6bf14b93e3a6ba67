/** Builds the layer of the Lightning node: keys, wallet, channels and their endings, payments, backups, peers. */
import { secureRandomBytes } from '../../base/crypto/random.ts';
import type { Msat } from '../../base/types/amount.ts';
import type { NodeId, PaymentHash, PaymentPreimage } from '../../base/types/brand.ts';
import { channelPublicKeys } from '../../codec/tx/channel-keys.ts';
import type { Write } from '../../infra/store/store.ts';
import { Backups } from '../../node/backup/backups.ts';
import { PeerStorage } from '../../node/backup/peer-storage.ts';
import { Channels } from '../../node/channels/channels.ts';
import { claimIncoming, type IncomingHtlc } from '../../node/channels/incoming.ts';
import type { LiveChannel } from '../../node/channels/live-channel.ts';
import { closedWays, waysOut } from '../../node/channels/ways-out.ts';
import { Endings } from '../../node/endings/endings.ts';
import type { Keys } from '../../node/keys/keys.ts';
import type { PublicNetwork } from '../../node/network/public-network.ts';
import { Payer } from '../../node/payments/pay.ts';
import { IncomingPayments, type InvoicePort } from '../../node/payments/receive.ts';
import { OutgoingPayments } from '../../node/payments/send.ts';
import { formatNetAddress, INIT_FEATURES, type NetAddress, netDial, Peers } from '../../node/peers/index.ts';
import type { Reserve } from '../../node/reserve/reserve.ts';
import type { Wallet, WalletOptions } from '../../node/wallet/wallet.ts';
import { DEFAULT_POLICY } from '../../protocol/channel/policy.ts';
import { DEFAULT_ONCHAIN_POLICY } from '../../protocol/onchain/closing-channel.ts';
import type { Infra } from './build-infra.ts';
import { buildLiquidity, type Liquidity } from './build-liquidity.ts';
import { buildNetwork } from './build-network.ts';
import { buildPurchases, type Purchases } from './build-purchases.ts';
import { buildReserve } from './build-reserve.ts';
import { rememberTip, tipWrite } from './chain-tip.ts';
import { feePromises } from './fee-promises.ts';
import { releaseOrphans, resumeFundings } from './held-fundings.ts';
import type { IncomingCapacities } from './incoming-capacities.ts';
import type { Part } from './lifecycle.ts';
import { type Learner, learnFromMap } from './map-addresses.ts';
import { networkWays } from './network-ways.ts';
import { confirmations, openKeys, openWallet } from './open.ts';
import { callNewPeers, connectTo, listen, readPeerAddresses } from './peer-book.ts';
import { peerHost } from './peer-host.ts';
import { PeerNotices } from './peer-notices.ts';
import { proxyOf } from './proxy.ts';

/** The shop, as far as the node asks it. It is built on the node, so it answers only once it is there. */
export interface ShopPort {
  judge: InvoicePort['judge'];
  markPaid(
    payment_hash: PaymentHash,
    amount_received_msat: Parameters<InvoicePort['markPaid']>[1],
    claims: readonly Write[],
    opening_fee_msat: Msat | undefined,
  ): Promise<PaymentPreimage | undefined>;
  paidPreimage(payment_hash: PaymentHash): Promise<PaymentPreimage | undefined>;
  coinWrites: NonNullable<WalletOptions['coinWrites']>;
}

/** A Lightning node. */
export interface Node {
  readonly keys: Keys;
  readonly wallet: Wallet;
  /** What of the wallet is kept for closing channels. */
  readonly reserve: Reserve;
  /** What buys inbound liquidity. */
  readonly liquidity: Liquidity;
  /** Channels that are bought ahead. */
  readonly purchases: Purchases;
  readonly channels: Channels;
  /** Channels that end on the chain. */
  readonly endings: Endings;
  /** Payments to us. */
  readonly payments: IncomingPayments;
  /** Payments of ours. */
  readonly outgoing: OutgoingPayments;
  readonly payer: Payer;
  readonly backups: Backups;
  readonly peers: Peers;
  /** The map of the public network. */
  readonly public_network: PublicNetwork;
  /** What the network can bring to our peers. */
  readonly incoming: IncomingCapacities;
  /** What is told of peers while it happens. */
  readonly peerNotices: PeerNotices;
  /** Where we listen for peers. */
  readonly bindings: readonly NetAddress[];
  /** Started before the shop. */
  readonly parts: readonly Part[];
  /** Started when the shop can take payments: from here on peers hear of us. */
  readonly outward: readonly Part[];
}

/** Rejects with a typed error whose sentence is for the operator. `derived`: see openKeys. */
export async function buildNode(infra: Infra, shop: () => ShopPort, derived?: Keys): Promise<Node> {
  const { config, log, clock, store, chain, unattended } = infra;
  const { values, network } = config;
  const peerNotices = new PeerNotices();
  const keys = await openKeys(config, log, store, derived);
  const wallet = await openWallet(config, log, store, keys, {
    hasAnchorChannel: () => channels.list().length > 0,
    coinWrites: (coin) => shop().coinWrites(coin),
    wantedSat: (more_channels) => reserve.wantedSat(more_channels),
  });
  const reserve: Reserve = buildReserve(infra, { wallet, endings: () => endings, channels: () => channels });
  const liquidity = buildLiquidity(infra, reserve, (provider_id, funding_satoshis) =>
    purchases.channel_orders.expects(provider_id, funding_satoshis),
  );
  const { orders } = liquidity;
  const payments: IncomingPayments = new IncomingPayments({
    clock,
    height: () => chain.tip().height,
    isCurrent: () => chain.isCurrent(),
    fulfill_deadline_blocks: DEFAULT_POLICY.fulfill_deadline_blocks,
    defence: reserve,
    promises: feePromises(orders, () => channels),
    onBackgroundError: (error) => void unattended('judging a payment', Promise.reject(error)),
    htlcs: {
      fulfil: (channel_id, htlc_id, preimage) => channels.fulfil(channel_id, htlc_id, preimage),
      fail: (channel_id, htlc_id, failure) => channels.fail(channel_id, htlc_id, failure),
    },
    invoices: {
      judge: (set) => shop().judge(set),
      async markPaid(payment_hash, amount_received_msat, parts, opening_fee_msat) {
        const channel_ids = parts.map(({ channel_id }) => channel_id);
        const writes = [...parts.map(claimIncoming), ...orders.paidWrites(payment_hash, channel_ids)];
        const preimage = await shop().markPaid(payment_hash, amount_received_msat, writes, opening_fee_msat);
        if (preimage !== undefined) orders.paid(payment_hash, channel_ids);
        return preimage;
      },
    },
  });
  const outgoing = new OutgoingPayments({
    store,
    clock,
    node_id: keys.node_id,
    randomBytes: secureRandomBytes,
    network: networkWays(keys.node_id, () => public_network),
    sender: {
      usableChannels: () => waysOut(channels.list()),
      closedChannels: () => closedWays(channels.list()),
      offer: (channel_id, htlc, writesOf) => channels.offer(channel_id, htlc, writesOf),
      afterwards: (action) => channels.book.speak(action),
      height: () => chain.tip().height,
    },
  });
  const endings: Endings = new Endings({
    store,
    chain,
    wallet,
    keys,
    channels: {
      write: (...writes) => channels.book.write(...writes),
      speak: (output) => channels.book.speak(output),
      resolved: (channel_id) => channels.resolved(channel_id),
    },
    outgoing,
    policy: { ...DEFAULT_ONCHAIN_POLICY, irrevocable_depth: values['closing-confirms'] },
    log,
  });
  /** The invoice was paid before the last run ended, and its HTLC not yet fulfilled. */
  const resume = async ({ channel_id, htlc_id, payment_hash }: IncomingHtlc): Promise<void> => {
    const preimage = await shop().paidPreimage(payment_hash);
    if (preimage === undefined) throw new Error(`the invoice ${payment_hash} of a claimed HTLC is gone`);
    channels.fulfil(channel_id, htlc_id, preimage);
  };
  const channels: Channels = new Channels({
    store,
    keys,
    network,
    chain,
    wallet: {
      // A script that every peer can close to: not all know those of later witness versions.
      newScript: async () => (await wallet.newAddress('bech32')).script_pubkey,
      fund: async (script, amount_sat, options) => {
        const { txid, vout } = await wallet.fund(Buffer.from(script, 'hex'), amount_sat, options);
        return { txid, vout };
      },
      publish: (txid) => wallet.publish(txid),
      release: (txid) => void unattended('releasing the coins of a channel', wallet.release(txid)),
      payForParent: (parent, fees) => wallet.payForParent(parent, fees),
      dropChildren: (parents) => void unattended('releasing coins', wallet.dropChildren(parents)),
    },
    incoming: {
      offer: (htlc) => void unattended('judging a payment', payments.offer(htlc)),
      resume: (htlc) => void unattended('fulfilling a payment', resume(htlc)),
      expire: (channel_id, htlc_id) => payments.expire(channel_id, htlc_id),
    },
    outgoing,
    endings,
    features: INIT_FEATURES,
    policy: {
      ...DEFAULT_POLICY,
      minimum_depth: confirmations(config, 'funding-confirms'),
      irrevocable_depth: values['closing-confirms'],
      ignore_fee_limits: values['ignore-fee-limits'],
    },
    forwarding: {
      cltv_expiry_delta: values['cltv-delta'],
      fee_base_msat: values['fee-base'],
      fee_proportional_millionths: values['fee-per-satoshi'],
    },
    zeroconf_peers: new Set(values['zeroconf-peer'] as readonly NodeId[]),
    bought: orders,
    clock,
    randomBytes: secureRandomBytes,
    log,
    onListChanged: () => {
      backups.changed();
      void unattended('calling a peer again', callNewPeers(config, store, peers, channels.list()));
    },
    onPublic: (message) => built_network.onPublic(message),
  });
  const backups: Backups = new Backups({
    dir: config.network_dir,
    seal: {
      key: keys.backup_key,
      network: network.name,
      channelPoints: (key_id) => channelPublicKeys(keys.channelKeys(key_id)),
    },
    store,
    randomBytes: secureRandomBytes,
    channels,
    newScript: async () => (await wallet.newAddress('p2tr')).script_pubkey,
    callPeer: (peer_id, address) => connectTo(config, store, peers, peer_id, address),
    onChanged: () => peer_storage.changed(),
    log,
  });
  const peer_storage: PeerStorage = new PeerStorage({
    store,
    clock,
    backups,
    hasChannel: (node_id) => channels.list().some(({ peer_id }) => peer_id === node_id),
    hasFunded: (node_id) => channels.hasFunded(node_id),
    height: () => chain.tip().height,
    inBackground: (what, work) => void unattended(what, work),
  });
  const proxy = proxyOf(config);
  const peers = new Peers({
    static_key: keys.node_key,
    network,
    features: INIT_FEATURES,
    host: peerHost(peer_storage, liquidity.providers, channels),
    gossip: {
      peerConnected: (peer) => public_network.peerConnected(peer),
      peerDisconnected: (peer) => public_network.peerDisconnected(peer),
      takes: (peer, message) => public_network.takes(peer, message),
    },
    hasChannel: (node_id) => channels.hasFunded(node_id),
    fence: () => store.fence(),
    dial: netDial(proxy && { address: proxy, always: values['always-use-proxy'] }),
    clock,
    randomBytes: secureRandomBytes,
    log: (event, fields) => {
      if (event === 'peer_connected') {
        peerNotices.tell('connect', { id: fields.node_id, direction: fields.direction, address: fields.address });
      } else if (event === 'peer_disconnected') peerNotices.tell('disconnect', { id: fields.node_id });
      if (event !== 'peer_refused') log.debug(`${event} ${JSON.stringify(fields)}`);
      else log.warn(`node ${fields.node_id} and Till do not come to terms: ${fields.reason}`);
    },
  });
  const built_network = buildNetwork(infra, keys, channels);
  const { public_network, incoming } = built_network;
  const bindings: NetAddress[] = [];
  const giveUp = (channel: LiveChannel, reason: string): void =>
    void channels.apply(channel, { kind: 'give_up', reason });
  let stopFollowing = (): void => {};
  let stopAgeing = (): void => {};
  let stopLearning = (): void => {};
  const learner: Learner = {
    store,
    map: public_network,
    backups,
    has_proxy: proxy !== undefined,
    keepConnected: (node_id, addresses) => {
      if (!values.offline) peers.keepConnected(node_id, addresses);
    },
  };

  const parts: readonly Part[] = [
    {
      name: 'wallet',
      start: () => wallet.start(chain, infra.resumePoint().tip.height, rescanHeight(values.rescan, chain.tip().height)),
      stop: () => wallet.stop(),
    },
    { name: 'payments of ours', start: () => outgoing.start() },
    // Before the channels, which ask for what was promised.
    {
      name: 'liquidity',
      start: () => orders.start(),
      stop: () => {
        orders.stop();
        liquidity.providers.stop();
      },
    },
    {
      name: 'backups',
      async start() {
        const addresses = await readPeerAddresses(store);
        await backups.start(
          new Map([...addresses].map(([peer_id, [best]]) => [peer_id, formatNetAddress(best as NetAddress)])),
        );
      },
    },
    {
      name: 'channels',
      async start() {
        await channels.start(infra.resumePoint().tip.height + 1);
        backups.changed();
        await unattended('resuming fundings', resumeFundings(wallet, channels.list(), log, giveUp));
        stopFollowing = chain.onTip(() => {
          void unattended('releasing coins', releaseOrphans(wallet, channels, log));
          reserve.checkBlock();
          if (chain.isCurrent()) void unattended('splitting the reserve', reserve.splitIfDue());
        });
      },
      async stop() {
        stopFollowing();
        await channels.stop();
      },
    },
    {
      name: 'backups of peers',
      async start() {
        await peer_storage.start();
        stopAgeing = chain.onTip(() => peer_storage.blockConnected());
      },
      async stop() {
        stopAgeing();
        await peer_storage.stop();
      },
    },
    // The channels start them: they are theirs.
    { name: 'endings', stop: () => endings.stop() },
    ...built_network.parts,
    {
      name: 'addresses of peers',
      start() {
        const learn = () => unattended('looking up the addresses of peers', learnFromMap(learner));
        stopLearning = chain.onTip(() => void learn());
        void learn();
      },
      stop: () => stopLearning(),
    },
  ];
  let stopRemembering = (): void => {};
  const outward: readonly Part[] = [
    {
      // Stopped before whatever follows the chain: a block that is remembered has been seen by all.
      name: 'tip of the chain',
      start() {
        stopRemembering = rememberTip(chain, (...writes) => channels.book.write(...writes));
        const { isFirstRun, tip } = infra.resumePoint();
        if (isFirstRun) channels.book.write(tipWrite(tip));
      },
      stop: () => stopRemembering(),
    },
    {
      name: 'peers',
      async start() {
        if (values.offline) return;
        bindings.push(...(await listen(config, peers)));
        await liquidity.keepConnected(peers);
      },
      stop: () => peers.close(),
    },
  ];
  const payer = new Payer(outgoing, clock, keys.node_id);
  const purchases: Purchases = buildPurchases(infra, {
    providers: liquidity.providers,
    invoice_orders: orders,
    payer,
    wallet,
    reserve,
    channels,
  });
  return {
    keys,
    wallet,
    reserve,
    liquidity,
    purchases,
    channels,
    endings,
    payments,
    outgoing,
    payer,
    backups,
    peers,
    public_network,
    incoming,
    peerNotices,
    bindings,
    parts,
    outward: [...outward, ...purchases.parts],
  };
}

/** Where the search begins: `rescan` is, as in Core Lightning, a height when it is negative, else a number of blocks. */
export function rescanHeight(rescan: number | undefined, tip_height: number): number | undefined {
  if (rescan === undefined) return undefined;
  return rescan <= 0 ? Math.abs(rescan) : Math.max(0, tip_height - rescan + 1);
}
