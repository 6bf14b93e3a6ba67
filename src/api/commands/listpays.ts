import type { Payment } from '../../node/payments/history.ts';
import { answer } from '../rpc/answer.ts';
import { defineCommand } from './modules.ts';
import { paymentQuery, paymentQueryParams } from './payment-query.ts';

const payment = answer.object(
  {
    payment_hash: answer.hash('The hash of the preimage.'),
    status: answer.oneOf(['pending', 'complete', 'failed'], 'Its status: complete if any of its parts is.'),
    destination: answer.nodeId('The payee.'),
    created_at: answer.integer('The Unix time of its first part.'),
    completed_at: answer.optional(answer.integer('The Unix time of its completion.')),
    label: answer.optional(answer.string('The label given.')),
    bolt11: answer.optional(answer.string('The invoice given.')),
    description: answer.optional(answer.string('The description given.')),
    preimage: answer.optional(answer.secret('When complete: the proof of payment.')),
    amount_msat: answer.optional(answer.msat('The amount that the payee gets; absent if it failed.')),
    amount_sent_msat: answer.msat('The amount that we send, fees included; 0 if it failed.'),
    number_of_parts: answer.optional(answer.integer('The number of parts, if more than one.')),
    created_index: answer.integer('The index of its first part.'),
    updated_index: answer.optional(answer.integer('The index of the last change of a part.')),
  },
  'A payment.',
);

async function* rowsOf(found: AsyncIterable<Payment>) {
  for await (const each of found) {
    const { groupid: _groupid, amount_msat, number_of_parts, ...row } = each;
    yield {
      ...row,
      amount_msat: each.status === 'failed' ? undefined : (amount_msat as bigint),
      number_of_parts: number_of_parts > 1 ? number_of_parts : undefined,
    };
  }
}

/** Finds our payments. */
export const listpays = defineCommand({
  name: 'listpays',
  category: 'payments',
  title: 'Command for querying payments that were sent',
  description: 'Lists what this node paid or tried to pay, with one row for each attempt, its parts added up.',
  params: paymentQueryParams,
  returns: { pays: answer.stream(payment, 'The result.') },
  errors: [],
  see_also: ['listsendpays', 'pay'],
  access: 'read',
  run({ rest: _rest, ...params }, { payments }) {
    return { pays: rowsOf(payments.list(paymentQuery(params))) };
  },
});
