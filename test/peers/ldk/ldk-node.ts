/** An LDK node put together from its parts, with its state in files, so that it can be killed and started again. */
import { mkdirSync, readdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import * as ldk from 'lightningdevkit';
import { LdkCoins } from './ldk-coins.ts';
import { toldOf } from './ldk-events.ts';
import { LdkSockets } from './ldk-sockets.ts';
import type { FedBlock, LdkChannel, LdkCommands, LdkEvent, LdkHop } from './protocol.ts';

const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex');
const bytes = (text: string): Uint8Array => new Uint8Array(Buffer.from(text, 'hex'));

/** LDK's results are classes; only the good one has what we want. */
function ok<T>(result: { is_ok(): boolean }, what: string): T {
  if (result.is_ok()) return (result as unknown as { res: T }).res;
  const { err } = result as unknown as { err?: { constructor: { name: string }; err?: string; reason?: string } };
  throw new Error(
    `LDK refused ${what}: ${err?.constructor?.name ?? ''} ${err?.err ?? err?.reason ?? JSON.stringify(err)}`,
  );
}

function some(option: ldk.Option_u64Z): bigint | null {
  return option instanceof ldk.Option_u64Z_Some ? option.some : null;
}

function routeHop({ node_id, scid, fee_msat, cltv_expiry_delta }: LdkHop): ldk.RouteHop {
  return ldk.RouteHop.constructor_new(
    bytes(node_id),
    ldk.NodeFeatures.constructor_empty(),
    scid,
    ldk.ChannelFeatures.constructor_empty(),
    fee_msat,
    cltv_expiry_delta,
    false,
  );
}

function write(path: string, data: Uint8Array): void {
  writeFileSync(`${path}.new`, data);
  renameSync(`${path}.new`, path);
}

/** The fee rate that the node is told for everything: also what the tests' chain relays. */
const FEERATE_PER_KW = 1000;

export class LdkNode {
  readonly #channels: ldk.ChannelManager;
  readonly #monitors: ldk.ChainMonitor;
  readonly #peers: ldk.PeerManager;
  readonly #sockets: LdkSockets;
  readonly #coins: LdkCoins;
  readonly #bumps: ldk.BumpTransactionEventHandler;
  readonly #tell: (event: LdkEvent) => void;
  readonly #dir: string;
  readonly #queue: ldk.Event[] = [];
  /** Events that are not acted upon while the node is told to hold its HTLCs. */
  readonly #held: ldk.Event[] = [];
  readonly #trusted = new Set<string>();
  #isHolding: boolean;
  /** What LDK calls back into: it keeps no strong reference of its own. */
  readonly #kept: unknown[];
  readonly node_id: string;

  static async create(options: Parameters<LdkCommands['start']>[0], tell: (event: LdkEvent) => void): Promise<LdkNode> {
    const wasm = createRequire(import.meta.url)
      .resolve('lightningdevkit')
      .replace('index.mjs', 'liblightningjs.wasm');
    await ldk.initializeWasmFromBinary(readFileSync(wasm));
    return new LdkNode(options, tell);
  }

  private constructor(options: Parameters<LdkCommands['start']>[0], tell: (event: LdkEvent) => void) {
    const { dir, seed, tip, time_seconds } = options;
    this.#tell = tell;
    this.#dir = dir;
    this.#isHolding = options.is_holding;
    mkdirSync(join(dir, 'monitors'), { recursive: true });

    const fees = ldk.FeeEstimator.new_impl({ get_est_sat_per_1000_weight: () => FEERATE_PER_KW });
    const broadcaster = ldk.BroadcasterInterface.new_impl({
      broadcast_transactions: (transactions) => {
        for (const transaction of transactions) tell({ kind: 'broadcast', transaction: new Uint8Array(transaction) });
      },
    });
    const logger = ldk.Logger.new_impl({
      log: (record) => {
        const text = record.get_args();
        if (text.startsWith('Onion Error')) tell({ kind: 'onion_error', text });
        if (record.get_level() >= ldk.Level.LDKLevel_Warn || process.env.TILL_LDK_LOG) {
          tell({ kind: 'log', level: record.get_level(), text });
        }
      },
    });
    const save = (outpoint: ldk.OutPoint, monitor: ldk.ChannelMonitor): ldk.ChannelMonitorUpdateStatus => {
      write(join(dir, 'monitors', `${hex(outpoint.get_txid())}-${outpoint.get_index()}`), monitor.write());
      return ldk.ChannelMonitorUpdateStatus.LDKChannelMonitorUpdateStatus_Completed;
    };
    const persist = ldk.Persist.new_impl({
      persist_new_channel: (outpoint, monitor) => save(outpoint, monitor),
      update_persisted_channel: (outpoint, _update, monitor) => save(outpoint, monitor),
      archive_persisted_channel: () => {},
    });
    this.#monitors = ldk.ChainMonitor.constructor_new(
      ldk.Option_FilterZ.constructor_none(),
      broadcaster,
      logger,
      fees,
      persist,
    );
    // The second argument only has to differ between two runs of one seed.
    const keys = ldk.KeysManager.constructor_new(seed, BigInt(time_seconds), readdirSync(dir).length);
    const graph = ldk.NetworkGraph.constructor_new(ldk.Network.LDKNetwork_Regtest, logger);
    const scorer = ldk.ProbabilisticScorer.constructor_new(
      ldk.ProbabilisticScoringDecayParameters.constructor_default(),
      graph,
      logger,
    );
    const locked = ldk.MultiThreadedLockableScore.constructor_new(scorer.as_Score());
    const router = ldk.DefaultRouter.constructor_new(
      graph,
      logger,
      keys.as_EntropySource(),
      locked.as_LockableScore(),
      ldk.ProbabilisticScoringFeeParameters.constructor_default(),
    );
    const message_router = ldk.DefaultMessageRouter.constructor_new(graph, keys.as_EntropySource());
    const config = ldk.UserConfig.constructor_default();
    const handshake = ldk.ChannelHandshakeConfig.constructor_default();
    handshake.set_negotiate_anchors_zero_fee_htlc_tx(true);
    handshake.set_minimum_depth(1);
    handshake.set_max_inbound_htlc_value_in_flight_percent_of_channel(100);
    config.set_channel_handshake_config(handshake);
    config.set_manually_accept_inbound_channels(true);
    config.set_accept_forwards_to_priv_channels(true);

    const parts = [
      fees,
      this.#monitors.as_Watch(),
      broadcaster,
      router.as_Router(),
      message_router.as_MessageRouter(),
      logger,
      keys.as_EntropySource(),
      keys.as_NodeSigner(),
      keys.as_SignerProvider(),
    ] as const;
    this.#channels =
      this.#load(parts, keys, config) ??
      ldk.ChannelManager.constructor_new(
        ...parts,
        config,
        ldk.ChainParameters.constructor_new(
          ldk.Network.LDKNetwork_Regtest,
          ldk.BestBlock.constructor_new(tip.hash, tip.height),
        ),
        time_seconds,
      );
    const ignoring = ldk.IgnoringMessageHandler.constructor_new();
    this.#peers = ldk.PeerManager.constructor_new(
      this.#channels.as_ChannelMessageHandler(),
      ignoring.as_RoutingMessageHandler(),
      ignoring.as_OnionMessageHandler(),
      ignoring.as_CustomMessageHandler(),
      time_seconds,
      new Uint8Array(32).fill(7),
      logger,
      keys.as_NodeSigner(),
    );
    this.#coins = new LdkCoins(seed);
    const wallet = ldk.Wallet.constructor_new(this.#coins.source, logger);
    this.#bumps = ldk.BumpTransactionEventHandler.constructor_new(
      broadcaster,
      wallet.as_CoinSelectionSource(),
      keys.as_SignerProvider(),
      logger,
    );
    this.#sockets = new LdkSockets(this.#peers, () => this.processAll());
    const handler = ldk.EventHandler.new_impl({
      handle_event: (event) => {
        this.#queue.push(event.clone());
        return ldk.Result_NoneReplayEventZ.constructor_ok();
      },
    });
    this.#kept = [
      ...parts,
      wallet,
      persist,
      keys,
      graph,
      scorer,
      locked,
      router,
      message_router,
      ignoring,
      config,
      handler,
    ];
    this.node_id = hex(this.#channels.get_our_node_id());
    this.#eventHandler = handler;
  }

  readonly #eventHandler: ldk.EventHandler;

  /** The node as it was when it was last written, or undefined when it never ran. */
  #load(
    parts: readonly [
      ldk.FeeEstimator,
      ldk.Watch,
      ldk.BroadcasterInterface,
      ldk.Router,
      ldk.MessageRouter,
      ldk.Logger,
      ldk.EntropySource,
      ldk.NodeSigner,
      ldk.SignerProvider,
    ],
    keys: ldk.KeysManager,
    config: ldk.UserConfig,
  ): ldk.ChannelManager | undefined {
    let written: Uint8Array;
    try {
      written = new Uint8Array(readFileSync(join(this.#dir, 'manager')));
    } catch {
      return undefined;
    }
    const [fees, watch, broadcaster, router, message_router, logger, entropy, node_signer, signer_provider] = parts;
    const monitors = readdirSync(join(this.#dir, 'monitors'))
      .filter((name) => !name.endsWith('.new'))
      .map((name) => {
        const data = new Uint8Array(readFileSync(join(this.#dir, 'monitors', name)));
        const read = ldk.UtilMethods.constructor_C2Tuple_ThirtyTwoBytesChannelMonitorZ_read(
          data,
          keys.as_EntropySource(),
          keys.as_SignerProvider(),
        );
        return ok<ldk.TwoTuple_ThirtyTwoBytesChannelMonitorZ>(read, 'a monitor').get_b();
      });
    const read = ldk.UtilMethods.constructor_C2Tuple_ThirtyTwoBytesChannelManagerZ_read(
      written,
      entropy,
      node_signer,
      signer_provider,
      fees,
      watch,
      broadcaster,
      router,
      message_router,
      logger,
      config,
      monitors,
    );
    const channels = ok<ldk.TwoTuple_ThirtyTwoBytesChannelManagerZ>(read, 'its own state').get_b();
    for (const monitor of monitors) {
      ok(watch.watch_channel(monitor.get_funding_txo().get_a(), monitor), 'a monitor of its own');
    }
    return channels;
  }

  /** The last block that it knows of. */
  get height(): number {
    return this.#channels.current_best_block().get_height();
  }

  listen(): Promise<number> {
    return this.#sockets.listen();
  }

  connect(node_id: string, port: number): Promise<void> {
    return this.#sockets.connect(bytes(node_id), port);
  }

  disconnect(node_id: string): void {
    this.#peers.disconnect_by_node_id(bytes(node_id));
  }

  /** The script that the coins of this node are paid to, hex. */
  get script_pubkey(): string {
    return this.#coins.script_pubkey;
  }

  feed({ header, height, transactions }: FedBlock): void {
    for (const each of transactions) this.#coins.see(each.bytes);
    for (const confirm of [this.#channels.as_Confirm(), this.#monitors.as_Confirm()]) {
      const list = transactions.map(({ index, bytes: data }) =>
        ldk.TwoTuple_usizeTransactionZ.constructor_new(index, data),
      );
      if (list.length > 0) confirm.transactions_confirmed(header, list, height);
      confirm.best_block_updated(header, height);
    }
  }

  unconfirm(txid: string): void {
    const wire = bytes(txid).reverse();
    for (const confirm of [this.#channels.as_Confirm(), this.#monitors.as_Confirm()])
      confirm.transaction_unconfirmed(wire);
  }

  openChannel(node_id: string, amount_sat: bigint, push_msat: bigint, announced: boolean): string {
    const config = this.#channels.get_current_default_configuration();
    config.get_channel_handshake_config().set_announce_for_forwarding(announced);
    config.get_channel_handshake_config().set_negotiate_scid_privacy(!announced);
    const result = this.#channels.create_channel(bytes(node_id), amount_sat, push_msat, 1n, null, config);
    return hex(ok<ldk.ChannelId>(result, 'to open a channel').get_a());
  }

  fundingTransaction(temporary_channel_id: string, node_id: string, transaction: Uint8Array): void {
    const id = ldk.ChannelId.constructor_new(bytes(temporary_channel_id));
    ok(this.#channels.funding_transaction_generated(id, bytes(node_id), transaction), 'a funding transaction');
  }

  createInvoice(amount_msat: bigint | null, description: string): string {
    const text = ok<ldk.Description>(ldk.Description.constructor_new(description), 'a description');
    const result = this.#channels.create_bolt11_invoice(
      amount_msat === null ? ldk.Option_u64Z.constructor_none() : ldk.Option_u64Z.constructor_some(amount_msat),
      ldk.Bolt11InvoiceDescription.constructor_direct(text),
      ldk.Option_u32Z.constructor_some(3600),
      ldk.Option_u16Z.constructor_none(),
      ldk.Option_ThirtyTwoBytesZ.constructor_none(),
    );
    return ok<ldk.Bolt11Invoice>(result, 'to make an invoice').to_str();
  }

  pay(bolt11: string, amount_msat: bigint | null): string {
    const invoice = this.#invoice(bolt11);
    const parameters =
      amount_msat === null
        ? ldk.UtilMethods.constructor_payment_parameters_from_invoice(invoice)
        : ldk.UtilMethods.constructor_payment_parameters_from_variable_amount_invoice(invoice, amount_msat);
    const tuple = ok<ldk.ThreeTuple_ThirtyTwoBytesRecipientOnionFieldsRouteParametersZ>(parameters, 'the invoice');
    const hash = tuple.get_a();
    ok(
      this.#channels.send_payment(hash, tuple.get_b(), hash, tuple.get_c(), ldk.Retry.constructor_attempts(1)),
      'to pay',
    );
    return hex(hash);
  }

  /** Sends parts over routes of the test's making. The total that the payee is told is the sum of what the parts bring. */
  sendParts(payment_hash: string, payment_secret: string, paths: readonly (readonly LdkHop[])[]): void {
    const hash = bytes(payment_hash);
    const last = paths[0]?.at(-1);
    if (last === undefined) throw new Error('a payment has a part, and a part a hop');
    const total = paths.reduce((sum, path) => sum + (path.at(-1)?.fee_msat ?? 0n), 0n);
    const route = ldk.Route.constructor_new(
      paths.map((path) => ldk.Path.constructor_new(path.map(routeHop), null)),
      ldk.RouteParameters.constructor_new(
        ldk.PaymentParameters.constructor_from_node_id(bytes(last.node_id), last.cltv_expiry_delta),
        total,
        ldk.Option_u64Z.constructor_none(),
      ),
    );
    const onion = ldk.RecipientOnionFields.constructor_secret_only(bytes(payment_secret));
    ok(this.#channels.send_payment_with_route(route, hash, onion, hash), 'to pay');
  }

  /** From now on HTLCs that arrived are neither forwarded nor claimed; false lets them go on. */
  hold(is_holding: boolean): void {
    this.#isHolding = is_holding;
    if (!is_holding) for (const event of this.#held.splice(0)) this.#act(event);
  }

  /** Channels of this node may be used before they confirm. */
  trust(node_id: string): void {
    this.#trusted.add(node_id);
  }

  decode(bolt11: string): ReturnType<LdkCommands['decode']> {
    const invoice = this.#invoice(bolt11);
    return {
      payment_hash: hex(invoice.payment_hash()),
      payment_secret: hex(invoice.payment_secret()),
      payee: hex(invoice.recover_payee_pub_key()),
      amount_msat: some(invoice.amount_milli_satoshis()),
      expiry_seconds: invoice.expiry_time(),
      min_final_cltv_expiry: invoice.min_final_cltv_expiry_delta(),
    };
  }

  #invoice(bolt11: string): ldk.Bolt11Invoice {
    return ok<ldk.Bolt11Invoice>(ldk.Bolt11Invoice.constructor_from_str(bolt11), 'an invoice');
  }

  channels(): LdkChannel[] {
    return this.#channels.list_channels().map((channel) => ({
      channel_id: hex(channel.get_channel_id().get_a()),
      node_id: hex(channel.get_counterparty().get_node_id()),
      is_usable: Boolean(channel.get_is_usable()),
      is_outbound: Boolean(channel.get_is_outbound()),
      is_announced: Boolean(channel.get_is_announced()),
      scid_out: some(channel.get_outbound_payment_scid()),
      scid_alias: some(channel.get_outbound_scid_alias()),
      outbound_capacity_msat: channel.get_outbound_capacity_msat(),
      inbound_capacity_msat: channel.get_inbound_capacity_msat(),
      channel_value_sat: channel.get_channel_value_satoshis(),
      pending_inbound_htlcs: channel.get_pending_inbound_htlcs().length,
      committed_inbound_htlcs: channel.get_pending_inbound_htlcs().filter(isCommitted).length,
      pending_outbound_htlcs: channel.get_pending_outbound_htlcs().length,
    }));
  }

  close(channel_id: string, node_id: string): void {
    const id = ldk.ChannelId.constructor_new(bytes(channel_id));
    ok(this.#channels.close_channel(id, bytes(node_id)), 'to close');
  }

  forceClose(channel_id: string, node_id: string): void {
    const id = ldk.ChannelId.constructor_new(bytes(channel_id));
    ok(this.#channels.force_close_broadcasting_latest_txn(id, bytes(node_id), 'asked by the test'), 'to force-close');
  }

  /** What of its closed channels is not yet back in its hands and deep in the chain: the kinds of it. */
  unresolved(): string[] {
    return this.#monitors
      .get_claimable_balances(this.#channels.list_channels())
      .map((balance) => balance.constructor.name);
  }

  tick(): void {
    this.#channels.timer_tick_occurred();
    this.#peers.timer_tick_occurred();
  }

  /** Lets LDK say and do what it has pending, until it has nothing more; then keeps its state. */
  processAll(): void {
    for (;;) {
      this.#peers.process_events();
      this.#channels.as_EventsProvider().process_pending_events(this.#eventHandler);
      this.#monitors.as_EventsProvider().process_pending_events(this.#eventHandler);
      const events = this.#queue.splice(0);
      if (events.length === 0) break;
      for (const event of events) this.#act(event);
    }
    if (this.#channels.get_and_clear_needs_persistence()) write(join(this.#dir, 'manager'), this.#channels.write());
    void this.#kept;
  }

  #act(event: ldk.Event): void {
    const isOfHtlcs = event instanceof ldk.Event_PendingHTLCsForwardable || event instanceof ldk.Event_PaymentClaimable;
    if (isOfHtlcs && this.#isHolding) {
      this.#held.push(event);
      this.#tell({ kind: 'held' });
    } else if (event instanceof ldk.Event_PendingHTLCsForwardable) this.#channels.process_pending_htlc_forwards();
    else if (event instanceof ldk.Event_OpenChannelRequest) {
      const { temporary_channel_id: id, counterparty_node_id: node_id } = event;
      const answer = this.#trusted.has(hex(node_id))
        ? this.#channels.accept_inbound_channel_from_trusted_peer_0conf(id, node_id, 2n)
        : this.#channels.accept_inbound_channel(id, node_id, 2n);
      ok(answer, 'to accept a channel');
    } else if (event instanceof ldk.Event_FundingGenerationReady) {
      this.#tell({
        kind: 'funding_needed',
        temporary_channel_id: hex(event.temporary_channel_id.get_a()),
        node_id: hex(event.counterparty_node_id),
        amount_sat: event.channel_value_satoshis,
        script_pubkey: hex(event.output_script),
      });
    } else if (event instanceof ldk.Event_PaymentClaimable) {
      const preimage = event.purpose.preimage();
      if (preimage instanceof ldk.Option_ThirtyTwoBytesZ_Some) this.#channels.claim_funds(preimage.some);
      else this.#channels.fail_htlc_backwards(event.payment_hash);
    } else if (event instanceof ldk.Event_BumpTransaction) this.#bumps.handle_event(event.bump_transaction);
    else {
      const told = toldOf(event);
      if (told !== undefined) this.#tell(told);
    }
  }
}

function isCommitted(htlc: ldk.InboundHTLCDetails): boolean {
  const state = htlc.get_state();
  return (
    state instanceof ldk.Option_InboundHTLCStateDetailsZ_Some &&
    state.some === ldk.InboundHTLCStateDetails.LDKInboundHTLCStateDetails_Committed
  );
}
