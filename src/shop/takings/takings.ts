/**
 * What a shop took, by the time. Payments are counted in quarters of an hour, which every time zone's days and months are made
 * of: a month is read as fast beside a million invoices as beside ten. The payments themselves cost nothing more: this module follows
 * behind them by `pay_index`, whenever somebody asks.
 */
import { type Msat, msat } from '../../base/types/amount.ts';
import type { Row, Store } from '../../infra/store/store.ts';
import { u64FromColumn } from '../../infra/store/u64.ts';
import type { Period } from './calendar.ts';

/** What was taken in a period. */
export interface Taken {
  readonly payments: number;
  readonly amount_msat: Msat;
}

const QUARTER_SECONDS = 900;
const PAGE_ROWS = 500;

const POSITION = "SELECT value FROM counters WHERE name = 'takings'";
const PAID = (table: string): string =>
  `SELECT pay_index, paid_at, amount_received_msat FROM ${table}
    WHERE pay_index IS NOT NULL AND pay_index > ? ORDER BY pay_index LIMIT ${PAGE_ROWS}`;
const ADD = `INSERT INTO takings (quarter, payments, amount_msat) VALUES (?, ?, ?)
  ON CONFLICT (quarter) DO UPDATE SET payments = takings.payments + excluded.payments,
    amount_msat = takings.amount_msat + excluded.amount_msat`;
const SUM = `SELECT CAST(COALESCE(SUM(payments), 0) AS BIGINT) AS payments,
    CAST(COALESCE(SUM(amount_msat), 0) AS BIGINT) AS amount_msat FROM takings WHERE quarter >= ? AND quarter < ?`;

export class Takings {
  readonly #store: Store;
  #following: Promise<void> = Promise.resolve();
  #is_stopped = false;

  constructor(store: Store) {
    this.#store = store;
  }

  /** What was taken in each period; they begin and end with a quarter of an hour. */
  async read(periods: readonly Pick<Period, 'start' | 'end'>[]): Promise<readonly Taken[]> {
    await this.follow();
    const rows = periods.map(({ start, end }) =>
      this.#store.read(SUM, [Math.floor(start / QUARTER_SECONDS), Math.floor(end / QUARTER_SECONDS)]),
    );
    return (await Promise.all(rows)).map(([row]) => ({
      payments: Number(row?.payments ?? 0),
      amount_msat: msat((row?.amount_msat ?? 0n) as bigint),
    }));
  }

  /** Counts the payments that were not counted yet. */
  follow(): Promise<void> {
    const before = this.#following.catch(() => {
      // Who asked then was told.
    });
    this.#following = before.then(async () => {
      while (!this.#is_stopped && (await this.#countPage())) {
        // Others get their turn after each page.
        await new Promise((resolve) => setImmediate(resolve));
      }
    });
    return this.#following;
  }

  /** Counts nothing more, and waits for what is under way. */
  async stop(): Promise<void> {
    this.#is_stopped = true;
    await this.#following;
  }

  /** Counts a page of payments; false when there was none. */
  async #countPage(): Promise<boolean> {
    const store = this.#store;
    const position = ((await store.read(POSITION))[0]?.value ?? 0n) as bigint;
    // In this order: an invoice that is deleted between the two is in both, and not in neither.
    const kept = await store.read(PAID('invoices'), [position]);
    const deleted = await store.read(PAID('deleted_paid_invoices'), [position]);
    const rows = new Map([...kept, ...deleted].map((row) => [row.pay_index as bigint, row]));
    // Beyond the end of a full page the other table may have what this one has not shown yet.
    const ends = [kept, deleted].flatMap((page) =>
      page.length === PAGE_ROWS ? [page.at(-1)?.pay_index as bigint] : [],
    );
    const found = [...rows].filter(([pay_index]) => ends.every((end) => pay_index <= end));
    const last = found.reduce((most, [pay_index]) => (pay_index > most ? pay_index : most), position);
    if (last === position) return false;
    await store.commit([
      {
        sql: "UPDATE counters SET value = ? WHERE name = 'takings' AND value = ? RETURNING value",
        params: [last, position],
        stop_if_no_row: true,
      },
      ...[...byQuarter(found.map(([, row]) => row))].map(([quarter, { payments, amount_msat }]) => ({
        sql: ADD,
        params: [quarter, payments, amount_msat],
      })),
    ]);
    return true;
  }
}

function byQuarter(rows: readonly Row[]): ReadonlyMap<bigint, { payments: number; amount_msat: bigint }> {
  const quarters = new Map<bigint, { payments: number; amount_msat: bigint }>();
  for (const { paid_at, amount_received_msat } of rows) {
    const quarter = (paid_at as bigint) / BigInt(QUARTER_SECONDS);
    const counted = quarters.get(quarter) ?? { payments: 0, amount_msat: 0n };
    counted.payments++;
    counted.amount_msat += u64FromColumn(amount_received_msat as bigint);
    quarters.set(quarter, counted);
  }
  return quarters;
}
