/** Invoices on a real file, with the log of their events, in process. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { sha256 } from '../../src/base/crypto/hash.ts';
import { secureRandomBytes } from '../../src/base/crypto/random.ts';
import { curve } from '../../src/base/crypto/secp256k1.ts';
import { msat } from '../../src/base/types/amount.ts';
import type { NodeId, PaymentHash } from '../../src/base/types/brand.ts';
import { systemClock } from '../../src/base/types/clock.ts';
import { featureSet } from '../../src/base/types/features.ts';
import { toHex } from '../../src/base/types/hex.ts';
import { NETWORKS } from '../../src/base/types/network.ts';
import { Secret } from '../../src/base/types/secret.ts';
import { signWith } from '../../src/codec/bolt11/native.ts';
import { openSqliteStore } from '../../src/infra/store/sqlite-store.ts';
import type { Store } from '../../src/infra/store/store.ts';
import { WatchedStore } from '../../src/infra/store/watched-store.ts';
import { EventLog } from '../../src/shop/events/event-log.ts';
import { Invoices } from '../../src/shop/invoices/invoices.ts';

export const PRIVATE_KEY = sha256(Buffer.from('bench'));

/** Ends the bench. */
export function onFailure(error: unknown): never {
  throw error;
}

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
  const store = new WatchedStore(changed(await openSqliteStore({ directory, onFailure })));
  const invoices = new Invoices({
    store,
    clock: systemClock,
    randomBytes: secureRandomBytes,
    network: NETWORKS.regtest,
    signer: { node_id: toHex(curve.publicKey(PRIVATE_KEY)) as NodeId, sign: signWith(PRIVATE_KEY) },
    payment_secret_key: new Secret(PRIVATE_KEY),
    hints: { candidates: () => [] },
    features: featureSet({ var_onion_optin: 'required', payment_secret: 'required', basic_mpp: 'optional' }),
    onBackgroundError: onFailure,
  });
  return {
    store,
    invoices,
    log: new EventLog({ store, clock: systemClock, onBackgroundError: onFailure }),
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
