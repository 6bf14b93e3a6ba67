/** Invoices on any store, and how fast they are made. */
import { sha256 } from '../../src/base/crypto/hash.ts';
import { secureRandomBytes } from '../../src/base/crypto/random.ts';
import { curve } from '../../src/base/crypto/secp256k1.ts';
import { msat } from '../../src/base/types/amount.ts';
import type { NodeId } from '../../src/base/types/brand.ts';
import { systemClock } from '../../src/base/types/clock.ts';
import { featureSet } from '../../src/base/types/features.ts';
import { toHex } from '../../src/base/types/hex.ts';
import { NETWORKS } from '../../src/base/types/network.ts';
import { Secret } from '../../src/base/types/secret.ts';
import { signWith } from '../../src/codec/bolt11/native.ts';
import type { Store } from '../../src/infra/store/store.ts';
import type { Invoice } from '../../src/shop/invoices/invoice.ts';
import { Invoices } from '../../src/shop/invoices/invoices.ts';

/** The key of every shop here. */
export const PRIVATE_KEY = sha256(Buffer.from('bench'));

/** Nothing may fail in a bench. */
export function fail(error: unknown): never {
  throw error;
}

/** The module on a store that is open. */
export async function startInvoices(store: Store): Promise<Invoices> {
  const invoices = new Invoices({
    store,
    clock: systemClock,
    randomBytes: secureRandomBytes,
    network: NETWORKS.regtest,
    signer: { node_id: toHex(curve.publicKey(PRIVATE_KEY)) as NodeId, sign: signWith(PRIVATE_KEY) },
    payment_secret_key: new Secret(PRIVATE_KEY),
    hints: { candidates: () => [] },
    features: featureSet({ var_onion_optin: 'required', payment_secret: 'required', basic_mpp: 'optional' }),
    onBackgroundError: fail,
  });
  await invoices.start();
  return invoices;
}

/** Makes one. */
export function create(invoices: Invoices, label: string): Promise<{ readonly invoice: Invoice }> {
  return invoices.create({ amount_msat: msat(1000), label, description: '1 cup of coffee', expiry: 86_400n });
}

/** Invoices per second, so many in flight, each durable before its place is taken by the next. */
export async function createRate(
  invoices: Invoices,
  prefix: string,
  count: number,
  in_flight: number,
): Promise<number> {
  let next = 0;
  const start = performance.now();
  const lane = async (): Promise<void> => {
    while (next < count) await create(invoices, `${prefix}-${next++}`);
  };
  await Promise.all(Array.from({ length: in_flight }, lane));
  return (count / (performance.now() - start)) * 1000;
}

/** How long each of so many runs takes, one after the other, in milliseconds. */
export async function latencies(count: number, run: (index: number) => Promise<unknown>): Promise<number[]> {
  const taken: number[] = [];
  for (let index = 0; index < count; index++) {
    const start = performance.now();
    await run(index);
    taken.push(performance.now() - start);
  }
  return taken;
}
