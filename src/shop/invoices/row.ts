/** Invoices as rows: the columns that readers may see, and what becomes of them. */

import type { Msat } from '../../base/types/amount.ts';
import type { PaymentHash, PaymentPreimage, Txid } from '../../base/types/brand.ts';
import { toHex } from '../../base/types/hex.ts';
import type { Row, SqlValue } from '../../infra/store/store.ts';
import { u64FromColumn, u64ToColumn } from '../../infra/store/u64.ts';
import type { Invoice } from './invoice.ts';
import { readPrice } from './price.ts';

/** The columns of a record without its price (price-rows.ts). The preimage of an invoice that is not paid stays in the database. */
export const COLUMNS = `created_index, updated_index, label, payment_hash, state, amount_msat, created_at, expires_at,
  min_final_cltv_expiry, bolt11, description, metadata, pay_index, amount_received_msat, opening_fee_msat, paid_at,
  paid_txid, paid_outnum,
  CASE WHEN state = 'paid' THEN payment_preimage END AS payment_preimage`;

/** A u64 amount in the 64 bits of a signed column. */
export function amountToColumn(amount_msat: Msat | undefined): SqlValue {
  return amount_msat === undefined ? null : u64ToColumn(amount_msat);
}

function amountFromColumn(value: Row[string] | undefined): Msat | undefined {
  return typeof value === 'bigint' ? (u64FromColumn(value) as Msat) : undefined;
}

/**
 * The record of a row of `COLUMNS`, perhaps with a price, at the time given: an invoice expires by the clock, not by being written to, unless
 * its state is `held`: then it stays unpaid while a deposit that covers it deepens in the chain.
 */
export function readInvoice(row: Row, now_seconds: number): Invoice {
  const terms = {
    created_index: Number(row.created_index),
    updated_index: row.updated_index === null ? undefined : Number(row.updated_index),
    label: row.label as string,
    payment_hash: toHex(row.payment_hash as Uint8Array) as PaymentHash,
    amount_msat: amountFromColumn(row.amount_msat),
    created_at: Number(row.created_at),
    expires_at: Number(row.expires_at),
    min_final_cltv_expiry: Number(row.min_final_cltv_expiry),
    bolt11: row.bolt11 as string,
    description: (row.description as string | null) ?? undefined,
    metadata: (row.metadata as string | null) ?? undefined,
    price: readPrice(row),
  };
  if (row.state === 'paid') {
    return {
      ...terms,
      status: 'paid',
      pay_index: Number(row.pay_index),
      amount_received_msat: amountFromColumn(row.amount_received_msat) as Msat,
      paid_at: Number(row.paid_at),
      ...(row.opening_fee_msat === null ? {} : { opening_fee_msat: amountFromColumn(row.opening_fee_msat) }),
      payment_preimage: toHex(row.payment_preimage as Uint8Array) as PaymentPreimage,
      ...(row.paid_txid === null
        ? {}
        : { paid_outpoint: { txid: row.paid_txid as Txid, outnum: Number(row.paid_outnum) } }),
    };
  }
  const isExpired = row.state === 'expired' || (row.state === 'unpaid' && terms.expires_at <= now_seconds);
  return { ...terms, status: isExpired ? 'expired' : 'unpaid' };
}
