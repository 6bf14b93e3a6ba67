import type { PaidReply } from '../../node/payments/pay.ts';
import { answer } from '../rpc/answer.ts';
import { optional, required, withDefault } from '../rpc/command.ts';
import { field } from '../rpc/fields.ts';
import { defineCommand } from './modules.ts';
import { askedFor, PAY_ERRORS, usualFee } from './pay-request.ts';

/** Pays an invoice, by the newer name. */
export const xpay = defineCommand({
  name: 'xpay',
  category: 'payments',
  title: 'Command for sending a payment for an invoice',
  description: 'Pays an invoice as `pay` does, with the parameters and the answer of this newer command.',
  params: {
    invstring: required(field.string, 'The invoice. It may be in upper case and begin with `lightning:`.'),
    amount_msat: optional(field.msat, 'The amount, for an invoice that does not name one.'),
    maxfee: optional(field.msat, 'The maximum fee. Default: 1 percent or 5000 msat, whichever is more.'),
    layers: optional(
      field.arrayOf(field.string),
      'Accepted and ignored: Till always uses its own channels, the hints of the invoice and what payments taught.',
    ),
    retry_for: withDefault(field.u32, 60, 'Seconds after which Till stops trying. The first attempt is always made.'),
    partial_msat: optional(field.msat, 'Pay only this amount; others pay the rest of the invoice.'),
    maxdelay: withDefault(field.u32, 2016, 'The maximum number of blocks that the money may be locked.'),
    payer_note: optional(field.string, 'Accepted and ignored: a BOLT 11 invoice has no payer note.'),
    label: optional(field.label, 'A label, stored with the payment.'),
  },
  returns: {
    payment_preimage: answer.secret('The proof of payment.'),
    failed_parts: answer.integer('How many parts failed.'),
    successful_parts: answer.integer('How many parts succeeded.'),
    amount_msat: answer.msat('The amount that the payee gets.'),
    amount_sent_msat: answer.msat('The amount that we send, fees included.'),
  },
  errors: PAY_ERRORS,
  see_also: ['pay', 'listpays'],
  access: 'write',
  async run(given, { payer, wallet }, { signal }) {
    const asked = askedFor('invstring', given.invstring, wallet.network, given);
    const paid = await payer.pay(
      {
        ...asked,
        maxfee_msat: given.maxfee ?? usualFee(asked.amount_msat),
        max_delay: given.maxdelay,
        retry_for_seconds: given.retry_for,
        exclude: new Set(),
        label: given.label,
        description: asked.invoice.description,
      },
      signal,
    );
    return xpaid(paid);
  },
});

/** A payment as the newer commands answer it. */
export function xpaid({ payment_preimage, failed_parts, number_of_parts, amount_msat, amount_sent_msat }: PaidReply) {
  return {
    payment_preimage: payment_preimage as string,
    failed_parts,
    successful_parts: number_of_parts,
    amount_msat: amount_msat as bigint,
    amount_sent_msat: amount_sent_msat as bigint,
  };
}
