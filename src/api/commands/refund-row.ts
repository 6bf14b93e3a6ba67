/** Refunds as commands answer them. */
import { formatAmount } from '../../base/types/currency.ts';
import type { Refund } from '../../shop/refunds/refund.ts';
import { answer } from '../rpc/answer.ts';

/** The members of a refund. */
export const refundMembers = {
  refund_id: answer.integer('Its number: 1, 2, 3 ... in the order of recording.'),
  label: answer.string('The label of the invoice.'),
  created_index: answer.integer('The `created_index` of the invoice.'),
  status: answer.oneOf(
    ['pending', 'sent', 'failed'],
    '`pending`: recorded, and perhaps on its way. `failed`: nothing went out, and nothing will.',
  ),
  method: answer.oneOf(
    ['bolt11', 'lnurl', 'onchain'],
    'To an invoice, to a Lightning address or LNURL, or to an address on the chain.',
  ),
  destination: answer.string('To whom, as it was given.'),
  amount_msat: answer.msat('What the other side gets.'),
  currency: answer.optional(answer.string('The currency of the price of the invoice, if it has one.')),
  amount: answer.optional(
    answer.integer(
      "The part of that price that is given back, in the currency's smallest unit, at the rate that was pinned.",
    ),
  ),
  amount_text: answer.optional(answer.string('The same as a decimal number of the currency.')),
  fee_msat: answer.optional(answer.msat('When sent: what sending it cost the shop beside that.')),
  payment_hash: answer.optional(answer.hash('Over Lightning: the hash of the payment; `listpays` has more of it.')),
  bolt11: answer.optional(answer.string('Over Lightning: the invoice that is paid.')),
  txid: answer.optional(answer.txid('On the chain: the transaction.')),
  failure: answer.optional(answer.string('When failed: why.')),
  note: answer.optional(answer.string('What the shop wrote beside it.')),
  created_at: answer.integer('When it was recorded, in Unix time.'),
  ended_at: answer.optional(answer.integer('When it was sent or has failed, in Unix time.')),
} as const;

/** The record as its row. */
export function refundRow({ invoice_index, money, idempotency_key: _key, ...refund }: Refund) {
  return {
    ...refund,
    created_index: invoice_index,
    ...(money === undefined
      ? {}
      : {
          currency: money.currency as string,
          amount: Number(money.amount),
          amount_text: formatAmount(money.amount, money.currency),
        }),
  };
}
