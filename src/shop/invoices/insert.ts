/** A new row. The database's own constraints judge label and hash, so that of two writers exactly one wins. */
import { RpcError } from '../../base/errors.ts';
import type { PaymentPreimage, PaymentSecret } from '../../base/types/brand.ts';
import { fromHex } from '../../base/types/hex.ts';
import type { Secret } from '../../base/types/secret.ts';
import { nextNumber } from '../../infra/store/counters.ts';
import type { Write } from '../../infra/store/store.ts';
import type { InvoiceChanges } from './changes.ts';
import { createdEvent } from './events.ts';
import { type Finding, findInvoice } from './find.ts';
import type { Invoice, UnpaidInvoice } from './invoice.ts';
import { amountToColumn } from './row.ts';

/** An invoice before it has its place. */
export interface NewInvoice extends Omit<UnpaidInvoice, 'created_index' | 'updated_index' | 'status'> {
  readonly payment_preimage: Secret<PaymentPreimage>;
  /** Only when it is not the derived one. */
  readonly payment_secret?: PaymentSecret | undefined;
  /** Nothing is told of it before it is paid. */
  readonly is_transient?: boolean;
}

/** What is in the way of a new row. */
export interface Clash {
  readonly by: 'label' | 'payment_hash';
  readonly existing: Invoice;
}

const INSERT = `INSERT INTO invoices (created_index, label, payment_hash, state, amount_msat, created_at, expires_at,
    min_final_cltv_expiry, payment_preimage, payment_secret, bolt11, description, metadata, is_transient)
  VALUES (${nextNumber('invoices_created')}, ?, ?, 'unpaid', ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
  ON CONFLICT DO NOTHING RETURNING created_index`;

function insertion(invoice: NewInvoice): Write {
  return {
    sql: INSERT,
    params: [
      invoice.label,
      fromHex(invoice.payment_hash),
      amountToColumn(invoice.amount_msat),
      invoice.created_at,
      invoice.expires_at,
      invoice.min_final_cltv_expiry,
      fromHex(invoice.payment_preimage.reveal()),
      invoice.payment_secret === undefined ? null : fromHex(invoice.payment_secret),
      invoice.bolt11,
      invoice.description ?? null,
      invoice.metadata ?? null,
      invoice.is_transient === true ? 1 : 0,
    ],
    stop_if_no_row: true,
  };
}

/** How often a clash may be gone again when it is looked at, before the caller must try again. */
const ATTEMPTS = 10;

/**
 * Writes the invoice and, in the same unit, what belongs to it; resolves when all is durable, or with what is in its way
 * (the hash is looked at first).
 */
export async function insertInvoice(
  { changes, ...finding }: Finding & { readonly changes: InvoiceChanges },
  invoice: NewInvoice,
  writes: readonly Write[] = [],
): Promise<UnpaidInvoice | Clash> {
  const { store, price_rows } = finding;
  const prices = price_rows.insertion(invoice.price);
  const event = invoice.is_transient === true ? [] : createdEvent(invoice);
  const unit = [insertion(invoice), ...prices, ...writes, ...event];
  for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
    const result = await store.commit(unit);
    if (result.committed) {
      const created_index = Number(result.rows[0]?.[0]?.created_index);
      const { payment_preimage, payment_secret, is_transient, ...terms } = invoice;
      const created: UnpaidInvoice = { ...terms, created_index, updated_index: undefined, status: 'unpaid' };
      changes.announce({ what: 'created', counter: 'created', index: created_index, invoice: created });
      return created;
    }
    const byHash = await findInvoice(finding, { payment_hash: invoice.payment_hash });
    if (byHash !== undefined) return { by: 'payment_hash', existing: byHash };
    const byLabel = await findInvoice(finding, { label: invoice.label });
    if (byLabel !== undefined) return { by: 'label', existing: byLabel };
  }
  throw new RpcError('LIGHTNINGD', 'The label is being created and deleted by others at this moment: try again');
}

/** Whether a row was written. */
export function isCreated(outcome: UnpaidInvoice | Clash): outcome is UnpaidInvoice {
  return !('by' in outcome);
}
