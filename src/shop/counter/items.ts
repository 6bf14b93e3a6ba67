/** The items of the price list: made, listed, changed and deleted by the owner. */
import { RpcError } from '../../base/errors.ts';
import type { CurrencyCode } from '../../base/types/currency.ts';
import { nextNumber } from '../../infra/store/counters.ts';
import type { Row, SqlValue, Store } from '../../infra/store/store.ts';
import { checkItem, type Item, type ItemSettings } from './item.ts';

/** As many as fit on a few screens: a shop with more has a till of its own, and uses the API. */
const MOST_ITEMS = 500;

const INSERT = `INSERT INTO items (item_id, name, currency, amount, place)
  SELECT ${nextNumber('items')}, CAST(? AS TEXT), CAST(? AS TEXT), CAST(? AS BIGINT), CAST(? AS BIGINT)
  WHERE (SELECT COUNT(*) FROM items) < ${MOST_ITEMS} RETURNING item_id`;
const UPDATE = 'UPDATE items SET name = ?, currency = ?, amount = ?, place = ? WHERE item_id = ?';
const LIST = `SELECT * FROM items ORDER BY place, item_id LIMIT ${MOST_ITEMS}`;

export class Items {
  readonly #store: Store;
  #changing: Promise<unknown> = Promise.resolve();

  constructor(store: Store) {
    this.#store = store;
  }

  /** A new item; resolves when it is durable. Throws RpcError. */
  async create(settings: ItemSettings): Promise<Item> {
    checkItem(settings);
    const insert = { sql: INSERT, params: columnsOf(settings), stop_if_no_row: true };
    const result = await this.#store.commit([insert]);
    if (!result.committed) {
      throw new RpcError('LIGHTNINGD', `There are ${MOST_ITEMS} items already: delete one with deleteitem`);
    }
    return { ...settings, item_id: Number(result.rows[0]?.[0]?.item_id) };
  }

  /** All of them, in their order. */
  async list(): Promise<readonly Item[]> {
    return (await this.#store.read(LIST)).map(itemOf);
  }

  /** One of them. Throws RpcError ITEM_NOT_FOUND. */
  async get(item_id: number): Promise<Item> {
    const [row] = await this.#store.read('SELECT * FROM items WHERE item_id = ?', [item_id]);
    if (row === undefined) throw new RpcError('ITEM_NOT_FOUND', `There is no item ${item_id}`);
    return itemOf(row);
  }

  /** Changes what is given; resolves when that is durable. What was sold stays as it was. Throws RpcError. */
  async update(item_id: number, changes: Partial<ItemSettings>): Promise<Item> {
    return await this.#inTurn(async () => {
      const changed = { ...(await this.get(item_id)), ...changes };
      checkItem(changed);
      await this.#store.commit([{ sql: UPDATE, params: [...columnsOf(changed), item_id] }]);
      return changed;
    });
  }

  /** Deletes it, and answers it as it was. Throws RpcError. */
  async delete(item_id: number): Promise<Item> {
    return await this.#inTurn(async () => {
      const item = await this.get(item_id);
      await this.#store.commit([{ sql: 'DELETE FROM items WHERE item_id = ?', params: [item_id] }]);
      return item;
    });
  }

  /** One change after the other: each begins with what the one before has made. */
  #inTurn<T>(change: () => Promise<T>): Promise<T> {
    const made = this.#changing.then(change, change);
    // The one who asked for it hears of its failure.
    this.#changing = made.catch(() => undefined);
    return made;
  }
}

function columnsOf({ name, currency, amount, place }: ItemSettings): readonly SqlValue[] {
  return [name, currency ?? null, amount, place];
}

function itemOf(row: Row): Item {
  return {
    item_id: Number(row.item_id),
    name: row.name as string,
    currency: (row.currency as CurrencyCode | null) ?? undefined,
    amount: row.amount as bigint,
    place: Number(row.place),
  };
}
