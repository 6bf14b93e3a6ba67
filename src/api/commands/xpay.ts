import { type Msat, msat } from '../../base/types/amount.ts';
import { answer } from '../rpc/answer.ts';
import { optional, required, withDefault } from '../rpc/command.ts';
import { field } from '../rpc/fields.ts';
import { askedFor, PAY_ERRORS } from './pay-request.ts';
import { defineCommand } from './rooms.ts';

/** Five satoshi or one percent, whichever is more: what fees may come to when nobody says. */
function usualFee(amount_msat: Msat): Msat {
  const share = msat(amount_msat / 100n);
  return share > 5000n ? share : msat(5000);
}

/** Pays an invoice, by the newer name. */
export const xpay = defineCommand({
  name: 'xpay',
  category: 'payments',
  title: 'Command for sending a payment for an invoice',
  description: 'Pays an invoice as `pay` does, with the parameters and the answer of the newer command.',
  params: {
    invstring: required(field.string, 'The invoice; `lightning:` before it and upper case are fine.'),
    amount_msat: optional(field.msat, 'What to pay, for an invoice that leaves it open.'),
    maxfee: optional(field.msat, 'The most that fees may come to. 1 percent or 5000 msat unless given.'),
    layers: optional(field.arrayOf(field.string), 'Accepted; there is no map of the network to lay anything over.'),
    retry_for: withDefault(field.u32, 60, 'Seconds after which nothing more is tried; the first try is always made.'),
    partial_msat: optional(field.msat, 'Pay only so much: others pay the rest of the invoice.'),
    maxdelay: withDefault(field.u32, 2016, 'The most blocks that the money may be locked for.'),
    payer_note: optional(field.string, 'Accepted; a BOLT 11 invoice takes no note.'),
    label: optional(field.label, 'A label, kept with the payment.'),
  },
  returns: {
    payment_preimage: answer.secret('The proof of payment.'),
    failed_parts: answer.integer('How many parts came back on the way.'),
    successful_parts: answer.integer('How many parts it took.'),
    amount_msat: answer.msat('What the payee gets.'),
    amount_sent_msat: answer.msat('What we give, fees included.'),
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
    return {
      payment_preimage: paid.payment_preimage as string,
      failed_parts: paid.failed_parts,
      successful_parts: paid.number_of_parts,
      amount_msat: paid.amount_msat as bigint,
      amount_sent_msat: paid.amount_sent_msat as bigint,
    };
  },
});
