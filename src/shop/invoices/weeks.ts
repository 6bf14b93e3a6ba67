/** What was paid over Lightning lately: what a shop needs its channels for. */
import { type Msat, msat } from '../../base/types/amount.ts';
import type { Store } from '../../infra/store/store.ts';

/** The payments of one week. */
export interface WeekOfPayments {
  /** All together. */
  readonly received_msat: Msat;
  /** The largest single one. */
  readonly largest_msat: Msat;
}

const WEEK_SECONDS = 7 * 24 * 3600;

const SELECT = `SELECT CAST(SUM(amount_received_msat) AS BIGINT) AS received_msat,
    MAX(amount_received_msat) AS largest_msat
  FROM invoices WHERE pay_index IS NOT NULL AND paid_at > ? AND paid_at <= ? AND paid_txid IS NULL`;

/** The last weeks, the latest first. Rejects as Store.read does. */
export async function readWeeks(store: Store, now_seconds: number, weeks: number): Promise<readonly WeekOfPayments[]> {
  const found: WeekOfPayments[] = [];
  // Each week is a read of its own: none holds the event loop for long.
  for (let week = 0; week < weeks; week++) {
    const end = now_seconds - week * WEEK_SECONDS;
    const [row] = await store.read(SELECT, [BigInt(end - WEEK_SECONDS), BigInt(end)]);
    found.push({
      received_msat: msat((row?.received_msat as bigint | null) ?? 0n),
      largest_msat: msat((row?.largest_msat as bigint | null) ?? 0n),
    });
    await new Promise((resolve) => setImmediate(resolve));
  }
  return found;
}
