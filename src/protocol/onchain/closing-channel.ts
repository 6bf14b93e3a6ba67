/**
 * What this module knows of a channel that ends on the chain (BOLT 5). All of it comes from the channel's stored state and
 * none of it changes any more, so it is handed over with every step instead of being kept a second time.
 */
import type { ChannelKeys } from '../../codec/tx/channel-keys.ts';
import type { CommitmentHtlc, CommitmentView } from '../../codec/tx/commitment.ts';
import type { SecretStore } from '../../codec/tx/secrets.ts';
import type { CommitmentSignatures } from '../../codec/tx/signer.ts';
import type { TransactionTerms } from '../../codec/tx/terms.ts';

/** An HTLC in flight when the channel ended; `id` and `offered_by` name it. */
export interface ClosingHtlc extends CommitmentHtlc {
  readonly id: bigint;
}

/** The channel's last state. */
export interface ClosingChannel {
  readonly terms: TransactionTerms;
  readonly keys: ChannelKeys;
  /** Our latest commitment with the peer's signatures; undefined when our state is lost or known to be old. */
  readonly local: { readonly view: CommitmentView<ClosingHtlc>; readonly signatures: CommitmentSignatures } | undefined;
  /** The peer's commitments that it has not revoked: the current one and, when we signed it, the next. */
  readonly remote: readonly CommitmentView<ClosingHtlc>[];
  /** The secrets of those that it has revoked. */
  readonly remote_secrets: SecretStore;
}

/** How long to wait, and how to spend. Depth 1 is the block that holds the transaction. */
export interface OnchainPolicy {
  /** When a payment that was claimed or timed out on the chain counts as such. */
  readonly paid_depth: number;
  /** When nothing is watched any more (BOLT 5: 100). */
  readonly irrevocable_depth: number;
  /** So close to its deadline an output is claimed by a transaction of its own, and that is bumped until it is mined. */
  readonly single_claim_blocks: number;
}

/** BOLT 5's own numbers; 18 blocks is what it recommends for its `security_delay`. */
export const DEFAULT_ONCHAIN_POLICY: OnchainPolicy = {
  paid_depth: 6,
  irrevocable_depth: 100,
  single_claim_blocks: 18,
};

/** How soon a transaction should confirm, as a number of blocks. */
export type FeeTargetBlocks = 2 | 6 | 12 | 100;

/** What the world looks like at the time of a step. */
export interface OnchainEnvironment {
  readonly policy: OnchainPolicy;
  /** Satoshi per 1000 weight; undefined when there is no estimate. */
  feeratePerKw(target: FeeTargetBlocks): number | undefined;
  /** The least that the mempool of our source takes now, satoshi per 1000 weight; undefined where it does not say. */
  mempoolMinimumPerKw?(): number | undefined;
  /** Where claimed money goes: an output script of our wallet, always the same for a channel. */
  readonly sweep_script: Uint8Array;
}

/** Below this feerate nothing is relayed, and by this much a replacement must pay more (satoshi per 1000 weight). */
export const FEERATE_FLOOR_PER_KW = 253;
