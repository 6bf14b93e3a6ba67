/** Invoices on a real file, with the log of their events, in process. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { msat } from '../../src/base/types/amount.ts';
import type { PaymentHash } from '../../src/base/types/brand.ts';
import { systemClock } from '../../src/base/types/clock.ts';
import { openSqliteStore } from '../../src/infra/store/sqlite-store.ts';
import type { Store } from '../../src/infra/store/store.ts';
import { WatchedStore } from '../../src/infra/store/watched-store.ts';
import { EventLog } from '../../src/shop/events/event-log.ts';
import type { Invoices } from '../../src/shop/invoices/invoices.ts';
import { fail, startInvoices } from './invoices.ts';

export interface BenchShop {
  readonly store: WatchedStore;
  readonly invoices: Invoices;
  readonly log: EventLog;
  /** Makes so many invoices. */
  create(prefix: string, count: number): Promise<readonly PaymentHash[]>;
  close(): Promise<void>;
}

/** A new shop. `changed` may put something between the shop and its store. */
export async function openShop(changed: (store: Store) => Store = (store) => store): Promise<BenchShop> {
  const directory = mkdtempSync(join(tmpdir(), 'till-shop-'));
  const store = new WatchedStore(changed(await openSqliteStore({ directory, onFailure: fail })));
  const invoices = await startInvoices(store);
  return {
    store,
    invoices,
    log: new EventLog({ store, clock: systemClock, onBackgroundError: fail }),
    async create(prefix, count) {
      const made = await Promise.all(
        Array.from({ length: count }, (_, index) =>
          invoices.create({ amount_msat: msat(1000), label: `${prefix}-${index}`, description: 'coffee' }),
        ),
      );
      return made.map(({ invoice }) => invoice.payment_hash);
    },
    async close() {
      await invoices.stop();
      await store.close();
      rmSync(directory, { recursive: true });
    },
  };
}

/** Marks them paid, so many in flight. */
export async function payAll(invoices: Invoices, hashes: readonly PaymentHash[], in_flight: number): Promise<void> {
  let next = 0;
  const lane = async (): Promise<void> => {
    for (let hash = hashes[next++]; hash !== undefined; hash = hashes[next++]) {
      await invoices.markPaid(hash, msat(1000));
    }
  };
  await Promise.all(Array.from({ length: in_flight }, lane));
}
