/**
 * The parts that sell channels, joined to each other, and the ports by which they are joined to a node. The provider of
 * the sandbox and that of the simulation both get them here.
 */
import type { RandomBytes } from '../../../base/crypto/random.ts';
import type { Log } from '../../../base/log.ts';
import type { Clock } from '../../../base/types/clock.ts';
import type { Network } from '../../../base/types/network.ts';
import type { Secret } from '../../../base/types/secret.ts';
import type { Keys } from '../../../node/keys/keys.ts';
import { ChannelSales } from './channel-sales.ts';
import type { Conduct } from './conduct.ts';
import { type JitPrice, JitSales } from './jit-sales.ts';
import { answerRequest, type LspsMethod } from './lsps0.ts';
import { ChannelOpener } from './opener.ts';
import type { ChannelPrice } from './order-request.ts';
import { PassingPayments } from './passing-payments.ts';
import type { ProviderPorts, SellingNode } from './provider-node.ts';
import type { Records } from './records.ts';

export interface SellingOptions {
  readonly records: Records;
  readonly conduct: Conduct;
  readonly jit_price: JitPrice;
  readonly channel_price: ChannelPrice;
  /** Proves that an offer is ours. */
  readonly promise_key: Secret<Uint8Array>;
  readonly keys: Keys;
  readonly network: Network;
  readonly clock: Clock;
  readonly randomBytes: RandomBytes;
  readonly log: Log;
  /** Asked for once something comes to the ports. */
  readonly node: () => SellingNode;
  /** Something failed that nobody waits for. */
  readonly onFault: (what: string, error: unknown) => void;
}

export interface Selling {
  readonly ports: ProviderPorts;
  /** Goes on with fundings of an earlier run. Comes after the channels, and before `begin`. */
  resumeFundings(): Promise<void>;
  /** The node is up: what waits is done from now on. */
  begin(): void;
}

/** Joins the parts. Nothing moves before `begin`. */
export function joinSelling(options: SellingOptions): Selling {
  const { records, conduct, log, node, onFault } = options;
  const opener = new ChannelOpener(node, conduct, log);
  const passing: PassingPayments = new PassingPayments({
    records,
    conduct,
    log,
    channels: () => node().channels,
    sold: (htlc) => jit.take(htlc),
    resumed: (htlc) => jit.resumed(htlc),
  });
  const jit: JitSales = new JitSales({ ...options, price: options.jit_price, opener, passing });
  const sales = new ChannelSales({ ...options, price: options.channel_price, opener });
  const methods = new Map<string, LspsMethod>([
    ['lsps0.list_protocols', { known: [], run: async () => ({ protocols: [1, 2] }) }],
    ...jit.methods,
    ...sales.methods,
  ]);
  const answer: ProviderPorts['request'] = async (peer, request) => {
    const { method, payload } = await answerRequest(peer.node_id, request, methods);
    const said = conduct.answer(method, payload);
    if (said !== undefined) peer.send([{ type: 'lsps0_message', payload: said }]);
  };
  let isUp = false;
  const moved = (): void => {
    if (!isUp) return;
    jit.moved();
    sales.moved();
    sales.lookForPayments().catch((error: unknown) => onFault('payments on the chain', error));
  };
  return {
    ports: {
      incoming: {
        offer: (htlc) => sales.take(htlc),
        resume: () => {},
        expire: (channel_id, htlc_id) => {
          passing.expire(channel_id, htlc_id);
          sales.expire(channel_id, htlc_id);
        },
      },
      outgoing: {
        fulfilled: (_channel_id, _htlc_id, payment_hash, preimage) => {
          jit.fulfilled(payment_hash);
          passing.fulfilled(payment_hash, preimage);
          return [];
        },
        removed: (channel_id, htlc) => {
          passing.removed(channel_id, htlc);
          return [];
        },
        told: () => moved(),
      },
      passing,
      say: (message) => conduct.message(message),
      request: (peer, request) =>
        answer(peer, request).catch((error: unknown) => onFault('answering a request', error)),
      moved,
      beforeFunding: () => conduct.beforeFunding(),
      beforePublishing: async (txid) => {
        await opener.beforePublishing(txid);
        await conduct.beforePublishing(txid);
      },
    },
    resumeFundings: () => jit.resumeFundings(),
    begin() {
      isUp = true;
      moved();
    },
  };
}
