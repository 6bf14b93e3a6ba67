/**
 * The wallet's history: every transaction in a block that gave it a coin or took one. What happened before this was kept
 * is known from the wallet's own transactions only.
 */
import type { Txid } from '../../base/types/brand.ts';
import { parseTransaction, serializeTransaction, type Transaction } from '../../codec/tx/transaction.ts';
import type { Confirmation } from '../../infra/chain/source.ts';
import { readAll } from '../../infra/store/read-all.ts';
import type { Store, Write } from '../../infra/store/store.ts';
import type { OwnTransaction } from './own-transaction.ts';

/** A transaction of the history. */
export interface HistoryEntry {
  readonly txid: Txid;
  readonly raw: Uint8Array;
  readonly transaction: Transaction;
  /** The height of its block; undefined while it waits for one. */
  readonly blockheight: number | undefined;
  /** Its place in the block and the block's time (Unix); undefined while that is not known. */
  readonly transaction_index: number | undefined;
  readonly mined_at: number | undefined;
  /** What the wallet knows of it, if the wallet made it. */
  readonly own: OwnTransaction | undefined;
}

/** Keeps a transaction of a block. It may come again, also in another block. */
export function historyWrite({ txid, transaction, block, transaction_index, mined_at }: Confirmation): Write {
  return {
    sql: `INSERT INTO wallet_history (txid, raw, blockheight, transaction_index, mined_at) VALUES (?, ?, ?, ?, ?)
      ON CONFLICT (txid) DO UPDATE SET blockheight = excluded.blockheight,
        transaction_index = excluded.transaction_index, mined_at = excluded.mined_at`,
    params: [txid, transaction, block.height, transaction_index, mined_at],
  };
}

/** The blocks from this height on are gone, or will be told again. */
export function historyUndo(height: number): Write {
  return { sql: 'DELETE FROM wallet_history WHERE blockheight >= ?', params: [height] };
}

/** The whole history in the order of the chain; what waits for a block comes last. Rejects as Store.read does. */
export async function readHistory(store: Store, own: readonly OwnTransaction[]): Promise<readonly HistoryEntry[]> {
  const by_txid = new Map(own.map((each) => [each.txid, each]));
  const rows = await readAll(store, 'SELECT * FROM wallet_history ORDER BY blockheight, transaction_index, txid');
  const mined = rows.map((row): HistoryEntry => {
    const raw = row.raw as Uint8Array;
    const txid = row.txid as Txid;
    return {
      txid,
      raw,
      transaction: parseTransaction(raw),
      blockheight: Number(row.blockheight),
      transaction_index: Number(row.transaction_index),
      mined_at: Number(row.mined_at),
      own: by_txid.get(txid),
    };
  });
  const known = new Set(mined.map(({ txid }) => txid));
  const rest = own
    .filter(({ txid, state, blockheight }) => !known.has(txid) && (blockheight !== undefined || state === 'sent'))
    .map(
      (each): HistoryEntry => ({
        txid: each.txid,
        raw: serializeTransaction(each.transaction),
        transaction: each.transaction,
        blockheight: each.blockheight,
        transaction_index: undefined,
        mined_at: undefined,
        own: each,
      }),
    );
  return [...rest, ...mined].sort((a, b) => placeOf(a) - placeOf(b));
}

function placeOf({ blockheight }: HistoryEntry): number {
  return blockheight ?? Number.MAX_SAFE_INTEGER;
}
