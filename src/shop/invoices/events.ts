/** The events of invoices: rows of the log, written by the units that make, pay, expire and delete them. */
import type { Msat } from '../../base/types/amount.ts';
import type { PaymentHash } from '../../base/types/brand.ts';
import { toHex } from '../../base/types/hex.ts';
import { lastNumber } from '../../infra/store/counters.ts';
import { eventData, eventWrites, selectedEvents } from '../../infra/store/event-rows.ts';
import type { Row, Write } from '../../infra/store/store.ts';
import { u64FromColumn } from '../../infra/store/u64.ts';
import type { Invoice, PaidOutpoint } from './invoice.ts';
import { priceJson } from './price.ts';
import { PRICE_MEMBER, type PriceRows } from './price-rows.ts';

const CREATED = selectedEvents({
  type: 'invoice.created',
  label: 'CAST(? AS TEXT)',
  data: `'{"created_index":' || ${lastNumber('invoices_created')} || ',' || CAST(? AS TEXT)`,
});

const PAID_DATA = `'{"created_index":' || created_index || ',"pay_index":' || pay_index
    || COALESCE(',"amount_msat":' || amount_msat, '')`;

function paidEvents(data: string) {
  return selectedEvents({
    type: 'invoice.paid',
    label: 'label',
    data: `${data} || ',' || CAST(? AS TEXT)`,
    from: `invoices WHERE pay_index = ${lastNumber('invoices_paid')}`,
  });
}

const PAID = paidEvents(PAID_DATA);
const PRICED_PAID = paidEvents(`${PAID_DATA} || ${PRICE_MEMBER}`);

/** Of an invoice that gets its index in this unit. */
export function createdEvent(
  invoice: Pick<Invoice, 'label' | 'payment_hash' | 'amount_msat' | 'created_at' | 'expires_at' | 'price'>,
): readonly Write[] {
  const { label, payment_hash, amount_msat, created_at, expires_at, price } = invoice;
  const data = eventData({ payment_hash, amount_msat, expires_at }).slice(1);
  const told = price === undefined ? data : `"price":${priceJson(price)},${data}`;
  return CREATED(created_at, [label, told]);
}

/** Of an invoice that gets its `pay_index` in this unit. */
export function paidEvent(
  paid: {
    readonly payment_hash: PaymentHash;
    readonly amount_received_msat: Msat;
    readonly opening_fee_msat?: Msat | undefined;
    readonly paid_at: number;
    readonly paid_outpoint?: PaidOutpoint;
  },
  price_rows: Pick<PriceRows, 'hasAny'>,
): readonly Write[] {
  const { payment_hash, amount_received_msat, opening_fee_msat, paid_at, paid_outpoint } = paid;
  const { txid, outnum } = paid_outpoint ?? {};
  const data = { amount_received_msat, opening_fee_msat, payment_hash, paid_at, txid, outnum };
  const events = price_rows.hasAny ? PRICED_PAID : PAID;
  return events(paid_at, [eventData(data).slice(1)]);
}

/** Of an invoice whose time has passed: a row with created_index, label, payment_hash, amount_msat and expires_at. */
export function expiredEvent(row: Row, now_seconds: number): readonly Write[] {
  const data = eventData({
    created_index: Number(row.created_index),
    payment_hash: toHex(row.payment_hash as Uint8Array),
    amount_msat: row.amount_msat === null ? undefined : u64FromColumn(row.amount_msat as bigint),
    expires_at: Number(row.expires_at),
  });
  return eventWrites({ type: 'invoice.expired', at: now_seconds, label: row.label as string, data });
}

/** Of an invoice that is deleted; `status` is what it was. */
export function deletedEvent(invoice: Invoice, now_seconds: number): readonly Write[] {
  const { created_index, label, payment_hash, amount_msat, status } = invoice;
  const data = eventData({ created_index, payment_hash, amount_msat, status });
  return eventWrites({ type: 'invoice.deleted', at: now_seconds, label, data });
}
