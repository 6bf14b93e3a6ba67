/** A part of a payment of ours, as the commands answer it. */
import type { Sendpay } from '../../node/payments/sendpay.ts';
import { answer } from '../rpc/answer.ts';

/** The members that every command answers for a part. */
export const sendpayMembers = {
  created_index: answer.integer('1, 2, 3 ... in the order of sending.'),
  id: answer.integer('The same number, under its old name.'),
  updated_index: answer.optional(
    answer.integer('A number that rises with every change of any part; absent before its first change.'),
  ),
  payment_hash: answer.hash('The hash of the preimage.'),
  groupid: answer.u64('The attempt to pay this hash that it belongs to; 1 is the first.'),
  partid: answer.optional(answer.u64('The number of the part in that attempt; absent if 0.')),
  status: answer.oneOf(['pending', 'complete', 'failed'], 'Its status.'),
  amount_msat: answer.msat('The amount that the payee gets.'),
  amount_sent_msat: answer.msat('The amount that we send, fees included.'),
  destination: answer.nodeId('The payee.'),
  created_at: answer.integer('The Unix time at which it was sent.'),
  completed_at: answer.optional(answer.integer('The Unix time at which it ended.')),
  payment_preimage: answer.optional(answer.secret('When complete: the proof of payment.')),
  label: answer.optional(answer.string('The label given.')),
  bolt11: answer.optional(answer.string('The invoice given.')),
  description: answer.optional(answer.string('The description given.')),
} as const;

/** The row of `listsendpays`. */
export const sendpayAnswer = answer.object(sendpayMembers, 'A part of a payment.');

/** The record as its row. */
export function sendpayRow(part: Sendpay) {
  return {
    created_index: part.created_index,
    id: part.created_index,
    updated_index: part.updated_index,
    payment_hash: part.payment_hash as string,
    groupid: part.groupid,
    partid: part.partid === 0n ? undefined : part.partid,
    status: part.status,
    amount_msat: part.amount_msat as bigint,
    amount_sent_msat: part.amount_sent_msat as bigint,
    destination: part.destination as string,
    created_at: part.created_at,
    completed_at: part.completed_at,
    payment_preimage: part.payment_preimage as string | undefined,
    label: part.label,
    bolt11: part.bolt11,
    description: part.description,
  };
}
