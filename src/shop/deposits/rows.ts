/** The addresses of invoices and the deposits to them, as rows. */

import { type Sat, sat } from '../../base/types/amount.ts';
import type { Txid } from '../../base/types/brand.ts';
import { HASH_IS, hashValues } from '../../infra/store/invoice-hash.ts';
import { readAll } from '../../infra/store/read-all.ts';
import type { Row, Store, Write } from '../../infra/store/store.ts';
import type { Outpoint, PaidCoin } from './ports.ts';

/**
 * What became of a deposit. `pending`: not deep enough yet. `paid`: it paid the invoice, alone or with others.
 * `short`: deep enough, and in time, but all of them together are too little. `late`: it came when the invoice had
 * expired, was paid, or was deleted.
 */
export type DepositOutcome = 'pending' | 'paid' | 'short' | 'late';

/** An output that pays to the address of an invoice. */
export interface Deposit extends Outpoint {
  /** Of the invoice. */
  readonly created_index: number;
  /** Of the invoice. */
  readonly label: string;
  readonly amount_sat: Sat;
  /** Undefined while it is in no block: a reorg took it out. */
  readonly blockheight: number | undefined;
  /** Whether it was in a block before the invoice expired. */
  readonly is_in_time: boolean;
  readonly outcome: DepositOutcome;
}

/** Ties an address to the invoice; part of the unit that makes the invoice. */
export function addressWrite(script_pubkey: string, payment_hash: Uint8Array): Write {
  return {
    sql: `INSERT INTO invoice_addresses (script_pubkey, created_index, label, expires_at)
      SELECT CAST(? AS TEXT), created_index, label, expires_at FROM invoices WHERE ${HASH_IS}`,
    params: [script_pubkey, ...hashValues(payment_hash)],
  };
}

/**
 * Enters a coin as a deposit if its script is the address of an invoice; part of the unit that makes it a coin. Whether
 * it is in time is judged when it is first seen: what a reorg does to it later is not the payer's doing.
 */
export function depositWrite(coin: PaidCoin, now_seconds: number): Write {
  return {
    sql: `INSERT INTO deposits (txid, vout, created_index, label, amount_sat, blockheight, is_in_time, outcome)
      SELECT CAST(? AS TEXT), CAST(? AS BIGINT), created_index, label, CAST(? AS BIGINT), CAST(? AS BIGINT), CASE WHEN ? < expires_at THEN 1 ELSE 0 END, 'pending'
      FROM invoice_addresses WHERE script_pubkey = ?
      ON CONFLICT (txid, vout) DO UPDATE SET blockheight = excluded.blockheight`,
    params: [
      coin.txid,
      coin.vout,
      coin.amount_sat,
      coin.blockheight,
      // After a while without blocks our own clock would call late what was not.
      Math.min(now_seconds, coin.mined_at),
      coin.script_pubkey,
    ],
  };
}

/** Writes down what became of a deposit, or where it is now. */
export function outcomeWrite({ txid, vout, blockheight }: Deposit, outcome: DepositOutcome): Write {
  return {
    sql: 'UPDATE deposits SET outcome = ?, blockheight = ? WHERE txid = ? AND vout = ?',
    params: [outcome, blockheight ?? null, txid, vout],
  };
}

/** Whether the script is the address of an invoice. */
export async function isInvoiceAddress(store: Store, script_pubkey: string): Promise<boolean> {
  const rows = await store.read('SELECT 1 AS found FROM invoice_addresses WHERE script_pubkey = ?', [script_pubkey]);
  return rows.length > 0;
}

/** Invoices in a page of `readPendingInvoices`. */
export const PENDING_PAGE_ROWS = 500;

/** The invoices (created_index) above this one that wait for a deposit to be deep enough: a page of them. */
export async function readPendingInvoices(store: Store, above: number): Promise<readonly number[]> {
  const rows = await store.read(
    `SELECT DISTINCT created_index FROM deposits WHERE outcome = 'pending' AND created_index > ?
      ORDER BY created_index LIMIT ${PENDING_PAGE_ROWS}`,
    [above],
  );
  return rows.map((row) => Number(row.created_index));
}

/** The deposits of these invoices, in the order of the chain. */
export async function readDeposits(store: Store, created_indexes: readonly number[]): Promise<readonly Deposit[]> {
  if (created_indexes.length === 0) return [];
  const places = created_indexes.map(() => '?').join(', ');
  const rows = await readAll(
    store,
    `SELECT * FROM deposits WHERE created_index IN (${places})
      ORDER BY created_index, blockheight IS NULL, blockheight, txid, vout`,
    created_indexes,
  );
  return rows.map(depositOfRow);
}

/** Outputs that one statement asks for. */
const ASKED_AT_ONCE = 500;

/** Those of the outputs that are deposits. */
export async function readCoins(store: Store, outpoints: readonly Outpoint[]): Promise<readonly Deposit[]> {
  const asked = new Set(outpoints.map(({ txid, vout }) => `${txid}:${vout}`));
  const found = new Map<string, Deposit>();
  for (let from = 0; from < outpoints.length; from += ASKED_AT_ONCE) {
    const txids = [...new Set(outpoints.slice(from, from + ASKED_AT_ONCE).map(({ txid }) => txid))];
    const places = txids.map(() => '?').join(', ');
    const rows = await readAll(store, `SELECT * FROM deposits WHERE txid IN (${places}) ORDER BY txid, vout`, txids);
    for (const deposit of rows.map(depositOfRow)) {
      const name = `${deposit.txid}:${deposit.vout}`;
      if (asked.has(name)) found.set(name, deposit);
    }
  }
  return [...found.values()];
}

/** The deposit of a row of the table. */
export function depositOfRow(row: Row): Deposit {
  return {
    txid: row.txid as Txid,
    vout: Number(row.vout),
    created_index: Number(row.created_index),
    label: row.label as string,
    amount_sat: sat(row.amount_sat as bigint),
    blockheight: row.blockheight === null ? undefined : Number(row.blockheight),
    is_in_time: row.is_in_time === 1n,
    outcome: row.outcome as DepositOutcome,
  };
}
