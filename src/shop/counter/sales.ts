/**
 * Sales at the counter. A sale and its invoice are one unit: there is none without the other. Whether it is paid is the
 * invoice's affair, and is asked there.
 */
import type { RandomBytes } from '../../base/crypto/random.ts';
import { RpcError } from '../../base/errors.ts';
import { type Msat, msat } from '../../base/types/amount.ts';
import type { Clock } from '../../base/types/clock.ts';
import { toHex } from '../../base/types/hex.ts';
import type { PriceRequest } from '../../base/types/price.ts';
import { lastNumber, nextNumber } from '../../infra/store/counters.ts';
import type { SqlValue, Store, Write } from '../../infra/store/store.ts';
import type { Items } from './items.ts';
import type { CounterInvoices } from './ports.ts';
import {
  addUp,
  descriptionOf,
  itemsToColumn,
  metadataOf,
  type NewSale,
  type Sale,
  type SaleRequest,
  saleOf,
} from './sale.ts';

/** How long a customer at the counter has. */
export const SALE_EXPIRY_SECONDS = 600;
/** What the labels of these invoices begin with. */
export const SALE_LABEL_PREFIX = 'pos/';

// When the label is taken, the invoice stops the unit; a database that runs both statements at once must not fail here before.
const INSERT = `INSERT INTO sales (sale_id, created_index, counter, label, currency, amount, tip, items, note, created_at)
  SELECT ${nextNumber('sales')}, ${lastNumber('invoices_created')},
    CAST(? AS TEXT), CAST(? AS TEXT), CAST(? AS TEXT), CAST(? AS BIGINT), CAST(? AS BIGINT), CAST(? AS TEXT),
    CAST(? AS TEXT), CAST(? AS BIGINT)
  WHERE true ON CONFLICT DO NOTHING`;

export interface SalesOptions {
  readonly store: Store;
  readonly clock: Clock;
  readonly randomBytes: RandomBytes;
  readonly items: Pick<Items, 'list'>;
  readonly invoices: CounterInvoices;
}

/** Which sales somebody wants: the newest first. */
export interface SaleQuery {
  readonly counter?: string | undefined;
  /** Only those before this one. */
  readonly before?: number | undefined;
  readonly limit: number;
}

export class Sales {
  readonly #options: SalesOptions;

  constructor(options: SalesOptions) {
    this.#options = options;
  }

  /** Makes a sale and its invoice; resolves when both are durable. Rejects with RpcError, and then there is neither. */
  async create(request: SaleRequest): Promise<Sale> {
    const { clock, randomBytes, items, invoices } = this.#options;
    const sale: NewSale = {
      ...addUp(request, await items.list()),
      label: SALE_LABEL_PREFIX + toHex(randomBytes(8)),
      created_at: clock.nowSeconds(),
    };
    const wanted = {
      label: sale.label,
      amount_msat: askedFor(sale),
      description: descriptionOf(sale),
      metadata: metadataOf(sale),
      expiry_seconds: SALE_EXPIRY_SECONDS,
    };
    await invoices.make(wanted, writesOf(sale));
    return await this.#only('label', sale.label);
  }

  /** The sale of a number. Throws RpcError SALE_NOT_FOUND. */
  get(sale_id: number): Promise<Sale> {
    return this.#only('sale_id', sale_id);
  }

  /** The sale of an invoice's label. Throws RpcError SALE_NOT_FOUND. */
  ofLabel(label: string): Promise<Sale> {
    return this.#only('label', label);
  }

  /** The newest sales, the newest first. */
  async list({ counter, before, limit }: SaleQuery): Promise<readonly Sale[]> {
    const conditions = [
      ...(counter === undefined ? [] : ['counter = ?']),
      ...(before === undefined ? [] : ['sale_id < ?']),
    ];
    const where = conditions.length === 0 ? '' : ` WHERE ${conditions.join(' AND ')}`;
    const params = [...(counter === undefined ? [] : [counter]), ...(before === undefined ? [] : [before]), limit];
    const rows = await this.#options.store.read(`SELECT * FROM sales${where} ORDER BY sale_id DESC LIMIT ?`, params);
    return rows.map(saleOf);
  }

  async #only(column: 'sale_id' | 'label', value: SqlValue): Promise<Sale> {
    const [row] = await this.#options.store.read(`SELECT * FROM sales WHERE ${column} = ?`, [value]);
    if (row === undefined) throw new RpcError('SALE_NOT_FOUND', `There is no sale ${value}`);
    return saleOf(row);
  }
}

/** A sale in a currency becomes an amount of bitcoin when the invoice is made, at the rate of that moment. */
function askedFor({ currency, amount }: NewSale): Msat | PriceRequest {
  return currency === undefined ? msat(amount) : { currency, amount };
}

function writesOf(sale: NewSale): readonly Write[] {
  const { counter, label, currency, amount, tip, items, note, created_at } = sale;
  return [
    {
      sql: INSERT,
      params: [counter, label, currency ?? null, amount, tip, itemsToColumn(items), note ?? null, created_at],
    },
  ];
}
