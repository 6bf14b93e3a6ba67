/** What liquidity asks of other modules. The daemon joins them. */
import type { NodeId } from '../../base/types/brand.ts';
import type { KnownMessage } from '../../codec/wire/index.ts';

/** A connection to a provider. */
export interface ProviderPeer {
  readonly node_id: NodeId;
  send(messages: readonly KnownMessage[]): void;
}

/** For the operator; `debug` also for what a provider says in its own words. */
export interface LiquidityLog {
  debug(text: string): void;
  info(text: string): void;
  warn(text: string): void;
}
