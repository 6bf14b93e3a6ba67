/**
 * Deposits that did not pay their invoice: too little, or too late. The coins are the wallet's; what is owed to the customer is
 * for the shop to decide, and the decision is kept here so that nobody has to ask twice.
 */
import type { Txid } from '../../base/types/brand.ts';
import type { Row, Store } from '../../infra/store/store.ts';
import { type Deposit, depositOfRow } from './rows.ts';

/** What a shop may decide: the money stays, or it was sent back. */
export const DECISIONS = ['kept', 'returned'] as const;
export type Decision = (typeof DECISIONS)[number];

/** A deposit that did not pay, and what was decided. */
export interface UnpaidDeposit extends Deposit {
  readonly decision: Decision | undefined;
  readonly note: string | undefined;
  /** Unix time. */
  readonly decided_at: number | undefined;
}

const OPEN = `SELECT * FROM deposits WHERE outcome IN ('short', 'late') AND decision IS NULL
  ORDER BY created_index DESC, txid, vout LIMIT ?`;
const DECIDED = `SELECT * FROM deposits WHERE outcome IN ('short', 'late') AND decision IS NOT NULL
  ORDER BY decided_at DESC, txid, vout LIMIT ?`;
const DECIDE = `UPDATE deposits SET decision = ?, decision_note = ?, decided_at = ?
  WHERE txid = ? AND vout = ? AND outcome IN ('short', 'late') RETURNING *`;

/** The newest of them, which want a decision or have one. */
export async function readUnpaidDeposits(
  store: Store,
  which: 'open' | 'decided',
  limit: number,
): Promise<readonly UnpaidDeposit[]> {
  return (await store.read(which === 'open' ? OPEN : DECIDED, [limit])).map(unpaidOfRow);
}

/** Writes a decision down; durable when this resolves. Undefined when there is no such deposit, or it paid. */
export async function decideDeposit(
  store: Store,
  { txid, vout }: { readonly txid: Txid; readonly vout: number },
  {
    decision,
    note,
    decided_at,
  }: { readonly decision: Decision; readonly note: string | undefined; readonly decided_at: number },
): Promise<UnpaidDeposit | undefined> {
  const result = await store.commit([
    { sql: DECIDE, params: [decision, note ?? null, decided_at, txid, vout], stop_if_no_row: true },
  ]);
  const row = result.committed ? result.rows[0]?.[0] : undefined;
  return row && unpaidOfRow(row);
}

function unpaidOfRow(row: Row): UnpaidDeposit {
  return {
    ...depositOfRow(row),
    decision: (row.decision as Decision | null) ?? undefined,
    note: (row.decision_note as string | null) ?? undefined,
    decided_at: row.decided_at === null ? undefined : Number(row.decided_at),
  };
}
