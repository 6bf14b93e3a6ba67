/**
 * Prices of invoices, in a table of their own. A shop that asks for bitcoin alone pays nothing for them: until the first
 * one there is, no statement looks there.
 */
import type { Price } from '../../base/types/price.ts';
import { lastNumber } from '../../infra/store/counters.ts';
import type { Row, SqlValue, Store, Write } from '../../infra/store/store.ts';
import { priceJson } from './price.ts';
import { COLUMNS } from './row.ts';

const INSERT = `INSERT INTO invoice_prices (invoice_index, currency, amount, price)
  VALUES (${lastNumber('invoices_created')}, ?, ?, ?)`;
const PRICE_OF_ROW = '(SELECT price FROM invoice_prices WHERE invoice_index = created_index)';
const PRICED_COLUMNS = `${COLUMNS}, ${PRICE_OF_ROW} AS price`;

/** SQL for a member `price` of an event about a row of invoices, with a comma before it; empty where there is none. */
export const PRICE_MEMBER = `COALESCE((SELECT ',"price":' || price FROM invoice_prices WHERE invoice_index = created_index), '')`;

export class PriceRows {
  readonly #store: Store;
  /** Before it is known, there may be some. */
  #has_any = true;

  constructor(store: Store) {
    this.#store = store;
  }

  /** Looks whether there are any. */
  async start(): Promise<void> {
    this.#has_any = (await this.#store.read('SELECT 1 AS found FROM invoice_prices LIMIT 1')).length > 0;
  }

  /** Whether any invoice may have a price. */
  get hasAny(): boolean {
    return this.#has_any;
  }

  /** The columns of a record: `COLUMNS`, and the price where any invoice has one. */
  get columns(): string {
    return this.#has_any ? PRICED_COLUMNS : COLUMNS;
  }

  /** Reads records: `where` begins with FROM. The first price of all may come while the store is asked: then it is asked again. */
  async select(where: string, params: readonly SqlValue[]): Promise<readonly Row[]> {
    const { columns } = this;
    const rows = await this.#store.read(`SELECT ${columns} ${where}`, params);
    return columns === this.columns ? rows : await this.select(where, params);
  }

  /** For the unit that makes an invoice, behind its row. */
  insertion(price: Price | undefined): readonly Write[] {
    if (price === undefined) return [];
    this.#has_any = true;
    return [{ sql: INSERT, params: [price.currency, price.amount, priceJson(price)] }];
  }

  /** For the unit that deletes an unpaid invoice. The price of a payment is kept. */
  deletion(created_index: number): readonly Write[] {
    if (!this.#has_any) return [];
    return [{ sql: 'DELETE FROM invoice_prices WHERE invoice_index = ?', params: [created_index] }];
  }
}
