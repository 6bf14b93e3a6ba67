/** Channels that are history: what `listclosedchannels` tells of them, read from the rows that they left. */

import { type Msat, msat, satToMsat, sum } from '../../base/types/amount.ts';
import type { ChannelId, NodeId, Txid } from '../../base/types/brand.ts';
import { fromHex } from '../../base/types/hex.ts';
import type { ShortChannelId } from '../../base/types/short-channel-id.ts';
import { buildCommitment } from '../../codec/tx/commitment.ts';
import { parseTransaction, TxError, txidOf } from '../../codec/tx/transaction.ts';
import { readAll } from '../../infra/store/read-all.ts';
import type { Row, Store } from '../../infra/store/store.ts';
import { publishableCloses } from '../../protocol/channel/close-agreed.ts';
import { decodeState } from '../../protocol/channel/codec.ts';
import { type ChannelFigures, figuresOf } from '../../protocol/channel/lost.ts';
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
  /** What passed over it; undefined when it is unknown, because only its terms were left. */
  readonly figures: ClosedFigures | undefined;
  /** The mutual close, or the last commitment of ours; undefined when neither is known. */
  readonly last_commitment: { readonly txid: Txid; readonly fee_msat: Msat } | undefined;
  /** What it ended with on the chain, and the transaction of that. */
  readonly ending: EndingKind | undefined;
  readonly closing_txid: Txid | undefined;
  /** The block at which nothing of it was left. */
  readonly resolved_height: number | undefined;
  /** When its connection last lasted a minute: Unix time. */
  readonly last_stable_connection: number | undefined;
}

/** What is known of a channel whose state was never lost. */
export interface ClosedFigures extends ChannelFigures {
  readonly min_to_us_msat: Msat;
  readonly max_to_us_msat: Msat;
}

const SELECT_CLOSED = `SELECT channels.channel_id, peer_id, key_id, channels.state, closer, close_cause, min_to_us_msat,
    max_to_us_msat, last_stable_connection, ending, closing_txid, resolved_height
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
  const last_stable_connection = row.last_stable_connection as bigint | null;
  return {
    peer_id: row.peer_id as NodeId,
    channel_id: row.channel_id as ChannelId,
    short_channel_id: shortChannelId(state),
    state,
    closer: (row.closer as 'local' | 'remote' | null) ?? 'remote',
    close_cause: (row.close_cause as string | null) ?? 'unknown',
    figures: closedFigures(state, row),
    last_commitment: lastCommitment(state, signer, row.closing_txid as string | null),
    ending: (row.ending as EndingKind | null) ?? undefined,
    closing_txid: (row.closing_txid as Txid | null) ?? undefined,
    resolved_height: height === null ? undefined : Number(height),
    last_stable_connection: last_stable_connection === null ? undefined : Number(last_stable_connection),
  };
}

function closedFigures(state: ChannelState, row: Row): ClosedFigures | undefined {
  const figures = figuresOf(state);
  if (figures === undefined) return undefined;
  const { min_to_us_msat, max_to_us_msat } = row;
  return {
    ...figures,
    min_to_us_msat: msat((min_to_us_msat as bigint | null) ?? figures.to_us_msat),
    max_to_us_msat: msat((max_to_us_msat as bigint | null) ?? figures.to_us_msat),
  };
}

function lastCommitment(
  state: ChannelState,
  signer: ChannelSigner,
  closing_txid: string | null,
): ClosedChannel['last_commitment'] {
  const closes = publishableCloses(state).map((text) => parseTransaction(fromHex(text)));
  // Either side's may have been mined.
  const tx = closes.find((close) => txidOf(close) === closing_txid) ?? closes.at(-1);
  if (tx !== undefined) {
    const paid_sat = sum(tx.outputs.map(({ amount_sat }) => amount_sat));
    return { txid: txidOf(tx), fee_msat: msat((state.terms.funding_satoshis - paid_sat) * 1000n) };
  }
  if (state.knowledge === 'terms') return undefined;
  try {
    const { txid, fee_sat } = buildCommitment(state.terms, localCommitment({ state, signer }).view);
    return { txid, fee_msat: satToMsat(fee_sat) };
  } catch (error) {
    // A state that no commitment can be built of, as a fault or a damaged store leaves it, hides no other channel.
    if (error instanceof RangeError || error instanceof TxError) return undefined;
    throw error;
  }
}
