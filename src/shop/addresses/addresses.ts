/** The Lightning addresses of the shop: made, listed, changed and deleted by the owner. */
import { RpcError } from '../../base/errors.ts';
import type { Msat } from '../../base/types/amount.ts';
import type { Clock } from '../../base/types/clock.ts';
import { readAll } from '../../infra/store/read-all.ts';
import type { Row, SqlValue, Store } from '../../infra/store/store.ts';
import { type AddressSettings, checkName, checkSettings, type LightningAddress, type PayerData } from './address.ts';

/** Enough for every counter, table and cause of a shop. */
const MOST_ADDRESSES = 1_000;

const SETTINGS = [
  'description',
  'min_msat',
  'max_msat',
  'comment_length',
  'payer_data',
  'success_message',
  'success_url',
  'success_secret',
  'is_enabled',
] as const;
const INSERT = `INSERT INTO lightning_addresses (name, created_at, ${SETTINGS.join(', ')})
  SELECT CAST(? AS TEXT), CAST(? AS BIGINT), CAST(? AS TEXT), CAST(? AS BIGINT), CAST(? AS BIGINT), CAST(? AS BIGINT),
    CAST(? AS TEXT), CAST(? AS TEXT), CAST(? AS TEXT), CAST(? AS TEXT), CAST(? AS BIGINT)
  WHERE (SELECT COUNT(*) FROM lightning_addresses) < ${MOST_ADDRESSES}
  ON CONFLICT DO NOTHING RETURNING name`;
const UPDATE = `UPDATE lightning_addresses SET ${SETTINGS.map((column) => `${column} = ?`).join(', ')}
  WHERE name = ? RETURNING name`;

export interface AddressesOptions {
  readonly store: Store;
  readonly clock: Clock;
}

export class Addresses {
  readonly #options: AddressesOptions;
  #changing: Promise<unknown> = Promise.resolve();
  #url: string | undefined;

  constructor(options: AddressesOptions) {
    this.#options = options;
  }

  /** Where wallets reach the shop, such as `https://shop.example`; undefined: nowhere. */
  get url(): string | undefined {
    return this.#url;
  }

  /** The shop's pages are served there now. */
  servedAt(url: string | undefined): void {
    this.#url = url;
  }

  /** A new address; resolves when it is durable. Throws RpcError. */
  async create(name: string, settings: AddressSettings): Promise<LightningAddress> {
    const { store, clock } = this.#options;
    checkName(name);
    checkSettings(settings);
    const created_at = clock.nowSeconds();
    const insert = { sql: INSERT, params: [name, created_at, ...columnsOf(settings)], stop_if_no_row: true };
    const result = await store.commit([insert]);
    if (result.committed) return { ...settings, name, created_at };
    if ((await this.find(name)) !== undefined) {
      throw new RpcError('LIGHTNING_ADDRESS_EXISTS', `There is a Lightning address ${name} already`);
    }
    throw new RpcError('LIGHTNINGD', `There are ${MOST_ADDRESSES} Lightning addresses already: delete one first`);
  }

  /** The address of a name, if there is one. */
  async find(name: string): Promise<LightningAddress | undefined> {
    const [row] = await this.#options.store.read('SELECT * FROM lightning_addresses WHERE name = ?', [name]);
    return row && addressOf(row);
  }

  /** The same. Throws RpcError LIGHTNING_ADDRESS_NOT_FOUND. */
  async get(name: string): Promise<LightningAddress> {
    const found = await this.find(name);
    if (found === undefined) {
      throw new RpcError('LIGHTNING_ADDRESS_NOT_FOUND', `There is no Lightning address ${name.slice(0, 64)}`);
    }
    return found;
  }

  /** All of them, by name. */
  async list(): Promise<readonly LightningAddress[]> {
    return (await readAll(this.#options.store, 'SELECT * FROM lightning_addresses ORDER BY name')).map(addressOf);
  }

  /** Changes what is given, to undefined as well; resolves when that is durable. Throws RpcError. */
  async update(name: string, changes: Partial<AddressSettings>): Promise<LightningAddress> {
    return await this.#inTurn(async () => {
      const changed = { ...(await this.get(name)), ...changes };
      checkSettings(changed);
      await this.#options.store.commit([{ sql: UPDATE, params: [...columnsOf(changed), name] }]);
      return changed;
    });
  }

  /** Deletes it, and answers it as it was. Invoices that were made for it stay. Throws RpcError. */
  async delete(name: string): Promise<LightningAddress> {
    return await this.#inTurn(async () => {
      const address = await this.get(name);
      await this.#options.store.commit([{ sql: 'DELETE FROM lightning_addresses WHERE name = ?', params: [name] }]);
      return address;
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

/** In the order of SETTINGS. */
function columnsOf(settings: AddressSettings): readonly SqlValue[] {
  return [
    settings.description,
    settings.min_msat,
    settings.max_msat,
    settings.comment_length,
    JSON.stringify(settings.payer_data),
    settings.success_message ?? null,
    settings.success_url ?? null,
    settings.success_secret ?? null,
    settings.is_enabled ? 1 : 0,
  ];
}

function addressOf(row: Row): LightningAddress {
  const text = (name: string): string | undefined => (row[name] as string | null) ?? undefined;
  return {
    name: row.name as string,
    description: row.description as string,
    min_msat: row.min_msat as Msat,
    max_msat: row.max_msat as Msat,
    comment_length: Number(row.comment_length),
    payer_data: JSON.parse(row.payer_data as string) as PayerData,
    success_message: text('success_message'),
    success_url: text('success_url'),
    success_secret: text('success_secret'),
    is_enabled: row.is_enabled === 1n,
    created_at: Number(row.created_at),
  };
}
