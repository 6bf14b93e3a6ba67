/** What the registry of channels is given by the daemon. */

import type { RandomBytes } from '../../base/crypto/random.ts';
import type { NodeId } from '../../base/types/brand.ts';
import type { Clock } from '../../base/types/clock.ts';
import type { Features } from '../../base/types/features.ts';
import type { Network } from '../../base/types/network.ts';
import { type ChainSource, FEERATE_FLOOR_PER_KW } from '../../infra/chain/source.ts';
import type { Store } from '../../infra/store/store.ts';
import type { ChannelPolicy, Feerates } from '../../protocol/channel/policy.ts';
import type { ForwardingTerms } from './gossip/signing.ts';
import type { PassingPort } from './passing.ts';
import type {
  BoughtPort,
  ChannelLog,
  EndingPort,
  FundingWallet,
  IncomingPort,
  NodeKeys,
  OutgoingPort,
  PublicMessage,
} from './ports.ts';

/** The chain, as this module needs it. */
export interface ChannelChain extends ChainSource {
  /** Resolves when all that the source knows has been told, older blocks for new watches included. */
  refresh(): Promise<void>;
}

export interface ChannelsOptions {
  readonly store: Store;
  readonly keys: NodeKeys;
  readonly network: Network;
  readonly chain: ChannelChain;
  readonly wallet: FundingWallet;
  readonly incoming: IncomingPort;
  readonly outgoing: OutgoingPort;
  /** HTLCs for others. A shop gives none, and forwards nothing. */
  readonly passing?: PassingPort | undefined;
  readonly endings: EndingPort;
  /** Absent: no channel is bought. */
  readonly bought?: BoughtPort | undefined;
  /** What we offer to peers. */
  readonly features: Features;
  readonly policy: ChannelPolicy;
  readonly forwarding: ForwardingTerms;
  /** Peers whose channels may be used before they confirm. */
  readonly zeroconf_peers: ReadonlySet<NodeId>;
  readonly clock: Clock;
  readonly randomBytes: RandomBytes;
  readonly log: ChannelLog;
  /** A channel has come, gone or been funded, and that is durable. Nothing else has followed from it yet. */
  readonly onListChanged: () => void;
  /** Something of a public channel is for everybody, and is durable. Said again after each start. */
  readonly onPublic?: ((message: PublicMessage) => void) | undefined;
}

/** When an estimate is missing: enough to be relayed and mined on a quiet chain. */
const FALLBACK_PER_KW = 1000;
/**
 * 10 sat per virtual byte, as LND has it: a commitment with anchors only has to get into the mempool, children pay for its
 * place in a block. Above it peers with lower estimates close the channel for the dust or the fee in it.
 */
const MAX_COMMITMENT_PER_KW = 2_500;

/**
 * Feerates for channels, from the chain's estimates. A peer's commitments must pay what enters mempools today, and when it
 * opens half of what the slowest estimate asks for; never more than we would pay ourselves, since with anchors a child
 * does the rest. Later only the mempool counts: estimates differ from node to node, and a refusal costs the channel more.
 */
export function feeratesOf(chain: Pick<ChainSource, 'feeratePerKw' | 'mempoolMinimumPerKw'>): Feerates {
  const mempool_per_kw = Math.max(chain.mempoolMinimumPerKw(), FEERATE_FLOOR_PER_KW);
  const slowest_per_kw = chain.feeratePerKw(100) ?? FEERATE_FLOOR_PER_KW;
  const urgent = chain.feeratePerKw(2) ?? FALLBACK_PER_KW;
  const normal = chain.feeratePerKw(6) ?? FALLBACK_PER_KW;
  return {
    floor_per_kw: FEERATE_FLOOR_PER_KW,
    peer_floor_per_kw: Math.min(Math.max(mempool_per_kw, Math.ceil(slowest_per_kw / 2)), MAX_COMMITMENT_PER_KW),
    peer_least_per_kw: Math.min(mempool_per_kw, MAX_COMMITMENT_PER_KW),
    mempool_per_kw: chain.mempoolMinimumPerKw(),
    commitment_per_kw: Math.max(
      chain.mempoolMinimumPerKw(),
      Math.min(chain.feeratePerKw(12) ?? FALLBACK_PER_KW, MAX_COMMITMENT_PER_KW),
    ),
    closing_per_kw: normal,
    max_closing_per_kw: Math.max(normal, urgent),
  };
}
