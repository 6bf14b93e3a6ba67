/** An invoice as the commands answer it. */
import { LEAST_FINAL_CLTV_BLOCKS } from '../../protocol/channel/final-cltv.ts';
import type { Invoice } from '../../shop/invoices/invoice.ts';
import { answer } from '../rpc/answer.ts';
import { Literal } from '../rpc/json.ts';
import { priceAnswer, priceRow } from './price-row.ts';

/** The members that every command of the family answers for an invoice. */
export const invoiceMembers = {
  label: answer.string('The label that it was created with.'),
  bolt11: answer.string('The invoice, as given to the payer.'),
  payment_hash: answer.hash('The hash of the preimage.'),
  amount_msat: answer.optional(answer.msat('The amount; absent if the payer chooses it.')),
  status: answer.oneOf(['unpaid', 'paid', 'expired'], '`unpaid` can still be paid, `expired` no longer can.'),
  pay_index: answer.optional(answer.integer('When paid: 1, 2, 3 ... in the order of payment.')),
  amount_received_msat: answer.optional(
    answer.msat('When paid: the amount received, which may be more than the invoice asks for.'),
  ),
  opening_fee_msat: answer.optional(
    answer.msat(
      'When paid through a channel that was bought for it: what the provider took off the payment. The payer paid `amount_received_msat` and this.',
    ),
  ),
  paid_at: answer.optional(answer.integer('When paid: the Unix time.')),
  paid_outpoint: answer.optional(
    answer.object(
      {
        txid: answer.txid('The transaction.'),
        outnum: answer.integer('The index of its output.'),
      },
      'When paid on chain: the deposit that paid it, or the last one of several.',
    ),
  ),
  payment_preimage: answer.optional(answer.secret('When paid: the proof of payment.')),
  description: answer.optional(answer.string('The description; absent once it was removed.')),
  expires_at: answer.integer('The Unix time from which it can no longer be paid.'),
  created_index: answer.integer('1, 2, 3 ... in the order of creation.'),
  updated_index: answer.optional(
    answer.integer('A number that rises with every change of any invoice; absent before its first change.'),
  ),
  metadata: answer.optional(answer.any('The object that was stored with it.')),
  price: answer.optional(priceAnswer),
  warning_cltv: answer.optional(
    answer.string(
      `It can be paid, but asks the payer for fewer than ${LEAST_FINAL_CLTV_BLOCKS} blocks: a payment that leaves no more than it asks for is refused. Make a new invoice.`,
    ),
  ),
} as const;

/** The row of `listinvoices`. */
export const invoiceAnswer = answer.object(invoiceMembers, 'An invoice.');

/** The record as its row. */
export function invoiceRow(invoice: Invoice) {
  const paid = invoice.status === 'paid' ? invoice : undefined;
  return {
    label: invoice.label,
    bolt11: invoice.bolt11,
    payment_hash: invoice.payment_hash as string,
    amount_msat: invoice.amount_msat as bigint | undefined,
    status: invoice.status,
    pay_index: paid?.pay_index,
    amount_received_msat: paid?.amount_received_msat as bigint | undefined,
    opening_fee_msat: paid?.opening_fee_msat as bigint | undefined,
    paid_at: paid?.paid_at,
    paid_outpoint: paid?.paid_outpoint && { ...paid.paid_outpoint },
    payment_preimage: paid?.payment_preimage as string | undefined,
    description: invoice.description,
    expires_at: invoice.expires_at,
    created_index: invoice.created_index,
    updated_index: invoice.updated_index,
    metadata: invoice.metadata === undefined ? undefined : new Literal(invoice.metadata, invoice.metadata),
    price: invoice.price && priceRow(invoice.price),
    warning_cltv: cltvWarning(invoice),
  };
}

/** What is wrong with an invoice that an earlier version made, or that `createinvoice` took in. */
function cltvWarning({ status, min_final_cltv_expiry }: Invoice): string | undefined {
  if (status !== 'unpaid' || min_final_cltv_expiry >= LEAST_FINAL_CLTV_BLOCKS) return undefined;
  return (
    `The invoice asks the payer for ${min_final_cltv_expiry} blocks, and a payment that leaves fewer than ` +
    `${LEAST_FINAL_CLTV_BLOCKS} is refused: make a new invoice and hand out that one`
  );
}
