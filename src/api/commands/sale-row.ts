/** Sales of the counter as commands answer them. */
import { RpcError } from '../../base/errors.ts';
import type { Sale } from '../../shop/counter/sale.ts';
import type { Invoice } from '../../shop/invoices/invoice.ts';
import { answer } from '../rpc/answer.ts';

/** The members of a sale. */
export const saleMembers = {
  sale_id: answer.integer('Its number: 1, 2, 3 ... in the order of the sales, over all counters.'),
  counter: answer.string('The counter.'),
  label: answer.string('The label of its invoice.'),
  currency: answer.optional(answer.string('The currency of its amounts; absent: they are in millisatoshi.')),
  amount: answer.u64("What is asked for with the tip, in the currency's smallest unit."),
  tip: answer.u64('How much of that is a tip.'),
  items: answer.array(
    answer.object(
      {
        name: answer.string('What it is called.'),
        amount: answer.u64('The price of one.'),
        count: answer.integer('How many.'),
      },
      'An item.',
    ),
    'The items, with their prices at that time.',
  ),
  note: answer.optional(answer.string('The note of the cashier.')),
  created_at: answer.integer('When it was made, in Unix time.'),
  status: answer.oneOf(
    ['unpaid', 'paid', 'expired', 'deleted'],
    'How its invoice is; `deleted`: the invoice was deleted since.',
  ),
  amount_msat: answer.optional(answer.msat('What the invoice asks for.')),
  amount_received_msat: answer.optional(answer.msat('When paid: what was received.')),
  paid_at: answer.optional(answer.integer('When paid: the Unix time.')),
  expires_at: answer.optional(answer.integer('The Unix time from which it can no longer be paid.')),
  payment_hash: answer.optional(answer.hash('The hash of the preimage.')),
  bolt11: answer.optional(answer.string('The invoice: show it to the customer.')),
} as const;

/** The sale, if it is of the counter, or none is named. Throws RpcError SALE_NOT_FOUND: a cashier learns no more of others. */
export function ofCounter(sale: Sale, counter: string | undefined): Sale {
  if (counter === undefined || sale.counter === counter) return sale;
  throw new RpcError('SALE_NOT_FOUND', 'There is no such sale of this counter');
}

/** What a command answers for a sale. */
export function saleRow(sale: Sale, invoice: Invoice | undefined) {
  const { created_index: _created_index, items, currency, ...told } = sale;
  const paid = invoice?.status === 'paid' ? invoice : undefined;
  return {
    ...told,
    currency: currency as string | undefined,
    items: items.map(({ name, amount, count }) => ({ name, amount, count })),
    status: invoice?.status ?? ('deleted' as const),
    amount_msat: invoice?.amount_msat as bigint | undefined,
    amount_received_msat: paid?.amount_received_msat as bigint | undefined,
    paid_at: paid?.paid_at,
    expires_at: invoice?.expires_at,
    payment_hash: invoice?.payment_hash as string | undefined,
    bolt11: invoice?.bolt11,
  };
}
