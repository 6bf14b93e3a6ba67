/** A table of invoices as full as a bench wants it. */
import { sha256 } from '../../src/base/crypto/hash.ts';
import { secureRandomBytes } from '../../src/base/crypto/random.ts';
import { toHex } from '../../src/base/types/hex.ts';
import { nextNumber } from '../../src/infra/store/counters.ts';
import type { Store } from '../../src/infra/store/store.ts';

/** What all rows have alike. */
export interface Sample {
  readonly created_at: number;
  readonly expires_at: number;
  readonly bolt11: string;
}

/** Fills the table with rows that are as an invoice is, but unsigned: quicker than signing them all. */
export async function fill(store: Store, sample: Sample, count: number): Promise<void> {
  const sql = `INSERT INTO invoices (created_index, label, payment_hash, state, amount_msat, created_at, expires_at,
    min_final_cltv_expiry, payment_preimage, bolt11, description) 
    VALUES (${nextNumber('invoices_created')}, ?, ?, 'unpaid', 1000, ?, ?, 10, ?, ?, 'x')`;
  const units: Promise<unknown>[] = [];
  for (let index = 0; index < count; index++) {
    const preimage = secureRandomBytes(32);
    const hash = sha256(preimage);
    const { created_at, expires_at, bolt11 } = sample;
    const params = [`filled ${toHex(hash).slice(0, 16)}`, hash, created_at, expires_at, preimage, bolt11];
    units.push(store.commit([{ sql, params }]));
    if (units.length === 20_000) await Promise.all(units.splice(0));
  }
  await Promise.all(units);
}
