/** The wallet's rows in the store: how each is written, and how all are read at start. */

import { sat } from '../../base/types/amount.ts';
import type { Txid } from '../../base/types/brand.ts';
import { fromHex, toHex } from '../../base/types/hex.ts';
import { parseTransaction, serializeTransaction } from '../../codec/tx/transaction.ts';
import { readAll } from '../../infra/store/read-all.ts';
import type { Row, Store, Write } from '../../infra/store/store.ts';
import type { AddressKind, Coin, KeyPath } from './coin.ts';
import type { OwnTransaction, OwnTransactionState, Purpose } from './own-transaction.ts';

/** A script of ours and its key's place. */
export interface OwnScript {
  /** Hex. */
  readonly script_pubkey: string;
  readonly path: KeyPath;
}

/** Everything that the store knows of the wallet. */
export interface WalletRows {
  readonly scripts: readonly OwnScript[];
  readonly coins: readonly Coin[];
  readonly transactions: readonly OwnTransaction[];
}

/** A script is written once, before anyone sees its address. */
export function scriptWrite({ script_pubkey, path }: OwnScript): Write {
  return {
    sql: 'INSERT INTO wallet_scripts (script_pubkey, kind, change, address_index) VALUES (?, ?, ?, ?)',
    params: [script_pubkey, path.kind, path.change, path.index],
  };
}

/** Writes the coin as it is now. */
export function coinWrite(coin: Coin): Write {
  return {
    sql: `INSERT INTO wallet_coins
        (txid, vout, amount_sat, script_pubkey, is_coinbase, blockheight, spent_by, spent_height)
      VALUES (?, ?, ?, ?, ?, ?, ?, ?)
      ON CONFLICT (txid, vout) DO UPDATE SET
        blockheight = excluded.blockheight, spent_by = excluded.spent_by, spent_height = excluded.spent_height`,
    params: [
      coin.txid,
      coin.vout,
      coin.amount_sat,
      coin.script_pubkey,
      coin.is_coinbase ? 1 : 0,
      coin.blockheight ?? null,
      coin.spent_by ?? null,
      coin.spent_height ?? null,
    ],
  };
}

/** Removes a coin that will not exist. */
export function coinDelete({ txid, vout }: Coin): Write {
  return { sql: 'DELETE FROM wallet_coins WHERE txid = ? AND vout = ?', params: [txid, vout] };
}

/** Writes the transaction as it is now. */
export function transactionWrite(own: OwnTransaction): Write {
  return {
    sql: `INSERT INTO wallet_transactions
        (txid, number, state, purpose, raw, fee_sat, change_index, is_sweep, parents, blockheight)
      VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
      ON CONFLICT (txid) DO UPDATE SET
        state = excluded.state, parents = excluded.parents, blockheight = excluded.blockheight`,
    params: [
      own.txid,
      own.number,
      own.state,
      own.purpose,
      serializeTransaction(own.transaction),
      own.fee_sat,
      own.change_index ?? null,
      own.is_sweep ? 1 : 0,
      own.parents.map(toHex).join(','),
      own.blockheight ?? null,
    ],
  };
}

/** Reads everything. Rejects as Store.read does. */
export async function readWallet(store: Store): Promise<WalletRows> {
  const scripts = (await readAll(store, 'SELECT * FROM wallet_scripts ORDER BY script_pubkey')).map(scriptOfRow);
  const paths = new Map(scripts.map(({ script_pubkey, path }) => [script_pubkey, path]));
  const coins = (await readAll(store, 'SELECT * FROM wallet_coins ORDER BY txid, vout')).map((row) =>
    coinOfRow(row, paths),
  );
  return {
    scripts,
    coins,
    transactions: (await readAll(store, 'SELECT * FROM wallet_transactions ORDER BY number, txid')).map(ownOfRow),
  };
}

function numberOf(value: Row[string] | undefined): number | undefined {
  return value === null || value === undefined ? undefined : Number(value);
}

function scriptOfRow(row: Row): OwnScript {
  const path: KeyPath = {
    kind: row.kind as AddressKind,
    change: Number(row.change) as 0 | 1,
    index: Number(row.address_index),
  };
  return { script_pubkey: row.script_pubkey as string, path };
}

function coinOfRow(row: Row, paths: ReadonlyMap<string, KeyPath>): Coin {
  const script_pubkey = row.script_pubkey as string;
  const path = paths.get(script_pubkey);
  if (path === undefined) throw new Error(`the store has coin ${row.txid}:${row.vout}, but not the key of its script`);
  return {
    txid: row.txid as Txid,
    vout: Number(row.vout),
    amount_sat: sat(row.amount_sat as bigint),
    script_pubkey,
    path,
    is_coinbase: row.is_coinbase === 1n,
    blockheight: numberOf(row.blockheight),
    spent_by: (row.spent_by as Txid | null) ?? undefined,
    spent_height: numberOf(row.spent_height),
  };
}

function ownOfRow(row: Row): OwnTransaction {
  const parents = row.parents as string;
  return {
    txid: row.txid as Txid,
    number: Number(row.number),
    state: row.state as OwnTransactionState,
    purpose: row.purpose as Purpose,
    transaction: parseTransaction(row.raw as Uint8Array),
    fee_sat: sat(row.fee_sat as bigint),
    change_index: numberOf(row.change_index),
    is_sweep: row.is_sweep === 1n,
    parents: parents === '' ? [] : parents.split(',').map(fromHex),
    blockheight: numberOf(row.blockheight),
  };
}
