/**
 * What a shop took, by the time. Payments are counted in quarters of an hour, which every time zone's days and months are made
 * of: a month is read as fast beside a million invoices as beside ten. The payments themselves cost nothing more: this module follows
 * behind them by `pay_index`, whenever somebody asks. Payments of invoices with a price are counted in its currency as well, by the
 * rate that was pinned with it: what a day brought never changes afterwards.
 */
import { type Msat, msat } from '../../base/types/amount.ts';
import type { CurrencyCode } from '../../base/types/currency.ts';
import { moneyAtPrice } from '../../base/types/price.ts';
import type { Row, Store } from '../../infra/store/store.ts';
import { u64FromColumn } from '../../infra/store/u64.ts';
import type { Period } from './calendar.ts';

/** What was taken in a period. */
export interface Taken {
  readonly payments: number;
  readonly amount_msat: Msat;
  /** Of it what was asked in a currency, by the codes of the currencies. What is not in here was asked in bitcoin. */
  readonly currencies: readonly TakenMoney[];
}

/** What was taken for prices in a currency. */
export interface TakenMoney {
  readonly currency: CurrencyCode;
  readonly payments: number;
  /** In the smallest unit, at the rate that was pinned with each invoice: its price, and its share of what was paid beyond it. */
  readonly amount: bigint;
  /** What was received for them. */
  readonly amount_msat: Msat;
}

const QUARTER_SECONDS = 900;
const PAGE_ROWS = 500;

const POSITION = "SELECT value FROM counters WHERE name = 'takings'";
const PAID = (table: string): string =>
  `SELECT pay_index, paid_at, amount_received_msat, opening_fee_msat, amount_msat, currency, amount
    FROM ${table} LEFT JOIN invoice_prices ON invoice_index = created_index
    WHERE pay_index IS NOT NULL AND pay_index > ? ORDER BY pay_index LIMIT ${PAGE_ROWS}`;
const ADD = `INSERT INTO takings (quarter, payments, amount_msat) VALUES (?, ?, ?)
  ON CONFLICT (quarter) DO UPDATE SET payments = takings.payments + excluded.payments,
    amount_msat = takings.amount_msat + excluded.amount_msat`;
const ADD_MONEY = `INSERT INTO takings_money (quarter, currency, payments, amount, amount_msat) VALUES (?, ?, ?, ?, ?)
  ON CONFLICT (quarter, currency) DO UPDATE SET payments = takings_money.payments + excluded.payments,
    amount = takings_money.amount + excluded.amount, amount_msat = takings_money.amount_msat + excluded.amount_msat`;
const SUM_MONEY = `SELECT currency, CAST(SUM(payments) AS BIGINT) AS payments, CAST(SUM(amount) AS BIGINT) AS amount,
    CAST(SUM(amount_msat) AS BIGINT) AS amount_msat
  FROM takings_money WHERE quarter >= ? AND quarter < ? GROUP BY currency ORDER BY currency`;
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
    return await Promise.all(periods.map((period) => this.#sum(period)));
  }

  async #sum({ start, end }: Pick<Period, 'start' | 'end'>): Promise<Taken> {
    const quarters = [Math.floor(start / QUARTER_SECONDS), Math.floor(end / QUARTER_SECONDS)];
    const [[all], money] = await Promise.all([this.#store.read(SUM, quarters), this.#store.read(SUM_MONEY, quarters)]);
    return {
      payments: Number(all?.payments ?? 0),
      amount_msat: msat((all?.amount_msat ?? 0n) as bigint),
      currencies: money.map((row) => ({
        currency: row.currency as CurrencyCode,
        payments: Number(row.payments),
        amount: row.amount as bigint,
        amount_msat: msat(row.amount_msat as bigint),
      })),
    };
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
      ...[...byQuarter(found.map(([, row]) => row))].flatMap(([quarter, { payments, amount_msat, currencies }]) => [
        { sql: ADD, params: [quarter, payments, amount_msat] },
        ...[...currencies].map(([currency, money]) => ({
          sql: ADD_MONEY,
          params: [quarter, currency, money.payments, money.amount, money.amount_msat],
        })),
      ]),
    ]);
    return true;
  }
}

/** What a quarter of an hour brought. */
interface Counted {
  payments: number;
  amount_msat: bigint;
  readonly currencies: Map<string, { payments: number; amount: bigint; amount_msat: bigint }>;
}

function byQuarter(rows: readonly Row[]): ReadonlyMap<bigint, Counted> {
  const quarters = new Map<bigint, Counted>();
  for (const row of rows) {
    const quarter = (row.paid_at as bigint) / BigInt(QUARTER_SECONDS);
    const counted = quarters.get(quarter) ?? { payments: 0, amount_msat: 0n, currencies: new Map() };
    const received_msat = u64FromColumn(row.amount_received_msat as bigint);
    counted.payments++;
    counted.amount_msat += received_msat;
    countMoney(counted, row, received_msat);
    quarters.set(quarter, counted);
  }
  return quarters;
}

/** What a payment was in the currency of its price; nothing for one that was asked in bitcoin. */
function countMoney({ currencies }: Counted, row: Row, received_msat: bigint): void {
  const { currency, amount, amount_msat, opening_fee_msat } = row;
  if (typeof currency !== 'string' || amount_msat === null) return;
  // What a provider took off a payment the customer has paid all the same.
  const paid_msat = received_msat + (opening_fee_msat === null ? 0n : u64FromColumn(opening_fee_msat as bigint));
  const money = currencies.get(currency) ?? { payments: 0, amount: 0n, amount_msat: 0n };
  money.payments++;
  money.amount += moneyAtPrice({ amount: amount as bigint }, u64FromColumn(amount_msat as bigint), paid_msat);
  money.amount_msat += received_msat;
  currencies.set(currency, money);
}
