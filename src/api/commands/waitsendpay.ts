import { RpcError } from '../../base/errors.ts';
import { failureError } from '../../node/payments/failure-error.ts';
import { optional, required, withDefault } from '../rpc/command.ts';
import { field } from '../rpc/fields.ts';
import { defineCommand } from './modules.ts';
import { sendpayMembers, sendpayRow } from './sendpay-row.ts';

/** Waits for a part. */
export const waitsendpay = defineCommand({
  name: 'waitsendpay',
  category: 'payments',
  title: 'Command for waiting for the end of an outgoing payment',
  description:
    'Answers when the part is complete, or at once if it already is. If the part failed, the error says why.',
  params: {
    payment_hash: required(field.hash, 'The hash of the payment.'),
    timeout: optional(field.u32, 'Seconds to wait. Default: no limit.'),
    partid: withDefault(field.u64, 0n, 'The part.'),
    groupid: optional(field.u64, 'The attempt. Default: the latest.'),
  },
  returns: sendpayMembers,
  errors: [
    'PAY_IN_PROGRESS',
    'PAY_UNPARSEABLE_ONION',
    'PAY_DESTINATION_PERM_FAIL',
    'PAY_TRY_OTHER_ROUTE',
    'PAY_NO_SUCH_PAYMENT',
    'PAY_UNSPECIFIED_ERROR',
  ],
  see_also: ['sendpay', 'listsendpays'],
  access: 'read',
  async run({ payment_hash, timeout, partid, groupid }, { payments }, { signal }) {
    const part = await payments.waitForPart({ payment_hash, groupid, partid }, timeout, signal);
    if (part === undefined) throw new RpcError('PAY_IN_PROGRESS', 'Timed out while waiting');
    if (part.status === 'failed') throw failureError(part, payments.node_id);
    return sendpayRow(part);
  },
});
