/** What `listsendpays` and `listpays` are asked, alike. */
import { RpcError } from '../../base/errors.ts';
import type { SendpayQuery } from '../../node/payments/history.ts';
import { optional, type ParamValues, withDefault } from '../rpc/command.ts';
import { field } from '../rpc/fields.ts';
import { decodeAny } from './decoded.ts';

/** Their parameters. */
export const paymentQueryParams = {
  bolt11: optional(field.string, 'Only payments of this invoice.'),
  payment_hash: optional(field.hash, 'Only payments of this hash.'),
  status: optional(field.oneOf('pending', 'complete', 'failed'), 'Only those that stand so.'),
  index: optional(
    field.oneOf('created', 'updated'),
    'The order: of sending (default), or of the last change, which leaves out what is as it was sent.',
  ),
  start: withDefault(field.u64, 0n, 'The first index to list. Needs `index`.'),
  limit: optional(field.u32, 'The most to list. Needs `index`.'),
} as const;

/** The query as node/payments/ takes it. Throws RpcError when its parts contradict each other. */
export function paymentQuery(params: ParamValues<typeof paymentQueryParams>): SendpayQuery {
  const { bolt11, payment_hash, status, index, start, limit } = params;
  if (bolt11 !== undefined && payment_hash !== undefined) {
    throw new RpcError('INVALID_PARAMS', 'Can only specify one of {bolt11} or {payment_hash}');
  }
  if (index === undefined && start !== 0n) {
    throw new RpcError('INVALID_PARAMS', 'Can only specify {start} with {index}');
  }
  if (index === undefined && limit !== undefined) {
    throw new RpcError('INVALID_PARAMS', 'Can only specify {limit} with {index}');
  }
  const hash = bolt11 === undefined ? payment_hash : decodeAny('bolt11', bolt11).payment_hash;
  return { payment_hash: hash, status, index: index ?? 'created', start, limit };
}
