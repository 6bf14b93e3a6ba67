/** What a machine does beside being a node: it buys channels, or sells them. */
import type { Txid } from '../../src/base/types/brand.ts';
import type { KnownMessage } from '../../src/codec/wire/index.ts';
import type { PassingPort } from '../../src/node/channels/passing.ts';
import type { ConnectedPeer, IncomingPort, OutgoingPort } from '../../src/node/channels/ports.ts';
import type { Bargain, Purchase } from '../../src/node/liquidity/buyer.ts';
import type { OrdersOptions } from '../../src/node/liquidity/orders.ts';
import type { Life } from './life.ts';
import type { TillNode } from './machine.ts';

/** One life of it. What is left out is as with any node. */
export interface Trade {
  readonly passing?: PassingPort;
  readonly incoming?: IncomingPort;
  readonly outgoing?: OutgoingPort;
  readonly isBoughtAhead?: OrdersOptions['isBoughtAhead'];
  buy?(purchase: Purchase): Promise<Bargain>;
  beforeFunding?(): Promise<void>;
  /** Comes before a funding is sent. */
  beforePublishing?(funding_txid: Txid): Promise<void>;
  /** Goes on with fundings of earlier lives, in the place of what the daemon does. */
  resumeFundings?(): Promise<void>;
  /** The channels are there. */
  start?(): Promise<void>;
  /** A message 37913. */
  hear?(peer: ConnectedPeer, payload: Uint8Array): void;
  connected?(peer: ConnectedPeer): void;
  disconnected?(peer: ConnectedPeer): void;
  /** Something may have moved on. */
  moved?(): void;
  /** Messages on their way out. */
  say?(message: KnownMessage): readonly KnownMessage[];
}

/** Begins one with each life of a machine. */
export type BeginTrade = (node: TillNode, life: Life) => Trade;

/** A node that does nothing else. */
export const NO_TRADE: BeginTrade = () => ({});
