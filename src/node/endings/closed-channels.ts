/** Channels that are history: what `listclosedchannels` tells of them, read from the rows that they left. */

import { type Msat, msat, satToMsat, sum } from '../../base/types/amount.ts';
import type { ChannelId, NodeId, Txid } from '../../base/types/brand.ts';
import { fromHex } from '../../base/types/hex.ts';
import type { ShortChannelId } from '../../base/types/short-channel-id.ts';
import { buildCommitment } from '../../codec/tx/commitment.ts';
import { parseTransaction, txidOf } from '../../codec/tx/transaction.ts';
import { readAll } from '../../infra/store/read-all.ts';
import type { Row, Store } from '../../infra/store/store.ts';
import { decodeState } from '../../protocol/channel/codec.ts';
import { shortChannelId } from '../../protocol/channel/ready.ts';
import type { ChannelSigner } from '../../protocol/channel/signer.ts';
import type { ChannelState } from '../../protocol/channel/state.ts';
import { localCommitment } from './closing-channel.ts';
import type { EndingKind } from './row.ts';

/** A channel that was. The names are Core Lightning's where it has one. */
export interface ClosedChannel {
  readonly peer_id: NodeId;
  readonly channel_id: ChannelId;
  readonly short_channel_id: ShortChannelId | undefined;
  readonly state: ChannelState;
  readonly closer: 'local' | 'remote';
  readonly close_cause: string;
  readonly total_local_commitments: number;
  readonly total_remote_commitments: number;
  readonly total_htlcs_sent: bigint;
  readonly final_to_us_msat: Msat;
  readonly min_to_us_msat: Msat;
  readonly max_to_us_msat: Msat;
  /** The last commitment of ours, or the mutual close. */
  readonly last_commitment_txid: Txid;
  readonly last_commitment_fee_msat: Msat;
  /** What it ended with on the chain, and the transaction of that. */
  readonly ending: EndingKind | undefined;
  readonly closing_txid: Txid | undefined;
  /** The block at which nothing of it was left. */
  readonly resolved_height: number | undefined;
}

const SELECT_CLOSED = `SELECT channels.channel_id, peer_id, key_id, channels.state, closer, close_cause, min_to_us_msat,
    max_to_us_msat, ending, closing_txid, resolved_height
  FROM channels LEFT JOIN endings ON endings.channel_id = channels.channel_id
  WHERE is_closed = 1 ORDER BY channels.channel_id`;

/** All of them. `signerOf` gives the signer of a channel by its `key_id`. */
export async function readClosedChannels(
  store: Store,
  signerOf: (key_id: string) => ChannelSigner,
): Promise<readonly ClosedChannel[]> {
  const rows = await readAll(store, SELECT_CLOSED);
  return rows.map((row) => closedChannel(row, signerOf(row.key_id as string)));
}

function closedChannel(row: Row, signer: ChannelSigner): ClosedChannel {
  const state = decodeState(row.state as string);
  const height = row.resolved_height as bigint | null;
  return {
    peer_id: row.peer_id as NodeId,
    channel_id: row.channel_id as ChannelId,
    short_channel_id: shortChannelId(state),
    state,
    closer: (row.closer as 'local' | 'remote' | null) ?? 'remote',
    close_cause: (row.close_cause as string | null) ?? 'unknown',
    total_local_commitments: state.local_number + 1,
    total_remote_commitments: state.remote_number + 1,
    total_htlcs_sent: state.local_next_htlc_id,
    final_to_us_msat: state.local_msat,
    min_to_us_msat: msat((row.min_to_us_msat as bigint | null) ?? state.local_msat),
    max_to_us_msat: msat((row.max_to_us_msat as bigint | null) ?? state.local_msat),
    ...lastCommitment(state, signer),
    ending: (row.ending as EndingKind | null) ?? undefined,
    closing_txid: (row.closing_txid as Txid | null) ?? undefined,
    resolved_height: height === null ? undefined : Number(height),
  };
}

function lastCommitment(
  state: ChannelState,
  signer: ChannelSigner,
): Pick<ClosedChannel, 'last_commitment_txid' | 'last_commitment_fee_msat'> {
  const closing = state.closing_transactions.at(-1);
  if (closing === undefined) {
    const { txid, fee_sat } = buildCommitment(state.terms, localCommitment({ state, signer }).view);
    return { last_commitment_txid: txid, last_commitment_fee_msat: satToMsat(fee_sat) };
  }
  const tx = parseTransaction(fromHex(closing));
  const paid_sat = sum(tx.outputs.map(({ amount_sat }) => amount_sat));
  const fee_msat = msat((state.terms.funding_satoshis - paid_sat) * 1000n);
  return { last_commitment_txid: txidOf(tx), last_commitment_fee_msat: fee_msat };
}
