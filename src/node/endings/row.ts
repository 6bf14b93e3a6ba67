/** Endings in the store: one row for each channel, with the on-chain machine's state as text. */

import type { ChannelId, Txid } from '../../base/types/brand.ts';
import type { Row, Write } from '../../infra/store/store.ts';
import type { Ending } from '../../protocol/onchain/ending.ts';
import type { OnchainState } from '../../protocol/onchain/state.ts';

/** What the chain said a channel ended with. */
export type EndingKind = Ending['kind'];

/** What is kept of an ending. */
export interface EndingRecord {
  readonly channel_id: ChannelId;
  /** No block before this one can hold the spend of the funding output. */
  readonly began_height: number;
  readonly state: OnchainState;
  /** Undefined as long as the funding output is unspent. */
  readonly ending: EndingKind | undefined;
  readonly closing_txid: Txid | undefined;
  /** Every transaction that the wallet has made for this ending. */
  readonly funded_txids: readonly Txid[];
}

/** Amounts and ids are bigint: in text, a record of one field that nothing else has. */
function encodeState(state: OnchainState): string {
  return JSON.stringify(state, (_key, value: unknown) => (typeof value === 'bigint' ? { bigint: `${value}` } : value));
}

/** What was written before `accepted_ids` was kept has none: they are said again at the start. */
function decodeState(text: string): OnchainState {
  const state = JSON.parse(text, (_key, value: unknown) =>
    typeof value === 'object' && value !== null && 'bigint' in value ? BigInt(value.bigint as string) : value,
  ) as OnchainState;
  return { ...state, accepted_ids: state.accepted_ids ?? [] };
}

/** Writes the row. */
export function saveEnding(record: EndingRecord): Write {
  const { channel_id, began_height, state, ending, closing_txid, funded_txids } = record;
  return {
    sql: `INSERT INTO endings (channel_id, began_height, state, ending, closing_txid, funded_txids)
      VALUES (?, ?, ?, ?, ?, ?)
      ON CONFLICT (channel_id) DO UPDATE SET began_height = excluded.began_height, state = excluded.state, ending = excluded.ending,
        closing_txid = excluded.closing_txid, funded_txids = excluded.funded_txids`,
    params: [
      channel_id,
      BigInt(began_height),
      encodeState(state),
      ending ?? null,
      closing_txid ?? null,
      funded_txids.join(),
    ],
    whole_row: `ending ${channel_id}`,
  };
}

/** The ending is over: what a penalty or a claim would have needed is no longer kept. */
export function closeEnding(channel_id: ChannelId, height: number): readonly Write[] {
  return [
    {
      sql: 'UPDATE endings SET state = NULL, resolved_height = ? WHERE channel_id = ?',
      params: [BigInt(height), channel_id],
    },
    { sql: 'DELETE FROM revoked_htlcs WHERE channel_id = ?', params: [channel_id] },
  ];
}

/** Reads the endings that are not over. */
export const SELECT_ENDINGS = `SELECT channel_id, began_height, state, ending, closing_txid, funded_txids
  FROM endings WHERE state IS NOT NULL ORDER BY channel_id`;

/** A row of the table. */
export function endingRecord(row: Row): EndingRecord {
  const funded = row.funded_txids as string;
  return {
    channel_id: row.channel_id as ChannelId,
    began_height: Number(row.began_height),
    state: decodeState(row.state as string),
    ending: (row.ending as EndingKind | null) ?? undefined,
    closing_txid: (row.closing_txid as Txid | null) ?? undefined,
    funded_txids: funded === '' ? [] : (funded.split(',') as Txid[]),
  };
}
