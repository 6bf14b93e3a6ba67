/** An invoices fixture on a store in memory, with a clock turned by hand and randomness that can be replayed. */
import assert from 'node:assert/strict';
import { sha256 } from '../../../src/base/crypto/hash.ts';
import { curve } from '../../../src/base/crypto/secp256k1.ts';
import { msat } from '../../../src/base/types/amount.ts';
import type { NodeId } from '../../../src/base/types/brand.ts';
import { ManualClock } from '../../../src/base/types/clock.ts';
import { featureSet } from '../../../src/base/types/features.ts';
import { toHex } from '../../../src/base/types/hex.ts';
import { NETWORKS } from '../../../src/base/types/network.ts';
import { Secret } from '../../../src/base/types/secret.ts';
import { signWith } from '../../../src/codec/bolt11/native.ts';
import type { Store } from '../../../src/infra/store/store.ts';
import type { CreateRequest } from '../../../src/shop/invoices/create-request.ts';
import type { Invoice, PaidInvoice } from '../../../src/shop/invoices/invoice.ts';
import { Invoices } from '../../../src/shop/invoices/invoices.ts';
import type { HintCandidate, InvoicesOptions } from '../../../src/shop/invoices/ports.ts';
import { calmTurns, testStore } from '../../support/test-store.ts';

const PRIVATE_KEY = sha256(Buffer.from('the key of the test node'));

export interface Fixture {
  readonly invoices: Invoices;
  readonly store: Store;
  readonly clock: ManualClock;
  readonly candidates: HintCandidate[];
  readonly options: InvoicesOptions;
  /** Creates an invoice of 1000 msat unless told otherwise. */
  create(label: string, request?: Partial<CreateRequest>): Promise<Invoice>;
  /** Pays it in full, and a little more if asked. */
  pay(label: string, amount?: number): Promise<PaidInvoice>;
  close(): Promise<void>;
}

/** A new fixture. Pages have three rows, so that every listing pages. */
export function openFixture(overrides: Partial<InvoicesOptions> = {}): Fixture {
  const store = overrides.store ?? testStore({ onFailure: (error) => assert.fail(error) });
  const clock = new ManualClock();
  const candidates: HintCandidate[] = [];
  let drawn = 0;
  const options: InvoicesOptions = {
    store,
    clock,
    randomBytes: (length) => sha256(Buffer.from(`draw ${drawn++}`)).subarray(0, length),
    network: NETWORKS.regtest,
    signer: { node_id: toHex(curve.publicKey(PRIVATE_KEY)) as NodeId, sign: signWith(PRIVATE_KEY) },
    payment_secret_key: new Secret(sha256(Buffer.from('payment secrets'))),
    hints: { candidates: () => candidates },
    features: featureSet({ var_onion_optin: 'required', payment_secret: 'required', basic_mpp: 'optional' }),
    page_rows: 3,
    onBackgroundError: (error) => assert.fail(error as Error),
    ...overrides,
  };
  const invoices = new Invoices(options);
  return {
    invoices,
    store,
    clock,
    candidates,
    options,
    async create(label, request = {}) {
      const created = await invoices.create({ amount_msat: msat(1000), label, description: 'coffee', ...request });
      return created.invoice;
    },
    async pay(label, amount = 1000) {
      const invoice = await invoices.find({ label });
      assert.ok(invoice);
      assert.ok(await invoices.markPaid(invoice.payment_hash, msat(amount)), `${label} can be paid`);
      const paid = await invoices.find({ label });
      assert.equal(paid?.status, 'paid');
      return paid as PaidInvoice;
    },
    async close() {
      await invoices.stop();
      await store.close();
    },
  };
}

/** Writes so many unpaid invoices behind the one that there is, as rows without a signature: one each second, `bulk-2` and on. */
export async function addRows({ store, clock }: Fixture, count: number, expires_at: number): Promise<void> {
  const start = clock.nowSeconds();
  const rows = Array.from({ length: count }, (_, index) => {
    const number = index + 2;
    return {
      sql: `INSERT INTO invoices (created_index, label, payment_hash, state, created_at, expires_at,
          min_final_cltv_expiry, payment_preimage, bolt11, description)
        VALUES (?, ?, ?, 'unpaid', ?, ?, 18, ?, 'lnbcrt1', 'coffee')`,
      params: [
        number,
        `bulk-${number}`,
        sha256(Buffer.from(`${number}`)),
        start + number,
        expires_at,
        new Uint8Array(32),
      ],
    };
  });
  for (let from = 0; from < count; from += 500) await store.commit(rows.slice(from, from + 500));
}

/** Lets everything that is under way in the store and the fixture come to its end. */
export async function idle(fixture: Fixture): Promise<void> {
  for (let round = 0; round < 5; round++) {
    // On a server reads have two connections.
    await Promise.all([fixture.store.read('SELECT 1 AS found'), fixture.store.read('SELECT 1 AS found')]);
    await fixture.store.commit([]);
  }
  // A commit of nothing may overtake one that waits for a server's disk, and what follows from that one reads again.
  await calmTurns(1);
}

/** The data of the events of a type, in their order. */
export async function toldOf(fixture: Fixture, type: string): Promise<readonly Record<string, unknown>[]> {
  const rows = await fixture.store.read('SELECT data FROM events WHERE type = ? ORDER BY event_id', [type]);
  return rows.map(({ data }) => JSON.parse(data as string) as Record<string, unknown>);
}

/** All that a listing yields. */
export async function collect<T>(source: AsyncIterable<T>): Promise<T[]> {
  const all: T[] = [];
  for await (const item of source) all.push(item);
  return all;
}
