import type { Sendpay } from '../../node/payments/sendpay.ts';
import { answer } from '../rpc/answer.ts';
import { defineCommand } from './modules.ts';
import { paymentQuery, paymentQueryParams } from './payment-query.ts';
import { sendpayAnswer, sendpayRow } from './sendpay-row.ts';

async function* rowsOf(parts: AsyncIterable<Sendpay>) {
  for await (const part of parts) yield sendpayRow(part);
}

/** Finds the parts of our payments. */
export const listsendpays = defineCommand({
  name: 'listsendpays',
  category: 'payments',
  title: 'Command for querying the parts of payments that were sent',
  description: 'Lists every HTLC that this node sent to pay something, one by one. `listpays` groups them by payment.',
  params: paymentQueryParams,
  returns: { payments: answer.stream(sendpayAnswer, 'The result.') },
  errors: [],
  see_also: ['listpays', 'sendpay', 'pay'],
  access: 'read',
  run({ rest: _rest, ...params }, { payments }) {
    return { payments: rowsOf(payments.listParts(paymentQuery(params))) };
  },
});
