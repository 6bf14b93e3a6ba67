import { answer } from '../rpc/answer.ts';
import { optional, required, withDefault } from '../rpc/command.ts';
import { field } from '../rpc/fields.ts';
import { extraTlvs, refuseKeysend } from './keysend-request.ts';
import { defineCommand } from './modules.ts';
import { PAY_ERRORS, usualFee } from './pay-request.ts';
import { xpaid } from './xpay.ts';

/** Pays a node without an invoice. */
export const xkeysend = defineCommand({
  name: 'xkeysend',
  category: 'payments',
  title: 'Send funds to a node without an invoice',
  description: `Pays a node that did not ask for it, in one part. The way is found as \`pay\` finds it.

A spontaneous payment is no proof of anything: the payer chooses the preimage, so that nobody else can show later what was paid for. The payee has to accept such payments; Till itself takes payments for its invoices only. Asking again pays again.`,
  params: {
    destination: required(field.nodeId, 'The node that is paid.'),
    amount_msat: required(field.msat, 'What it gets.'),
    label: optional(field.label, 'A label, stored with the payment. The payee does not see it.'),
    maxfee: optional(field.msat, 'The maximum fee. Default: 1 percent or 5000 msat, whichever is more.'),
    layers: optional(
      field.arrayOf(field.string),
      'Accepted and ignored: Till always uses its own channels, the map and what payments taught.',
    ),
    retry_for: withDefault(field.u32, 60, 'Seconds after which Till stops trying. The first attempt is always made.'),
    maxdelay: withDefault(field.u32, 2016, 'The maximum number of blocks that the money may be locked.'),
    extratlvs: withDefault(
      extraTlvs,
      [],
      'Records for the payee, by their numbers (65536 or more), each in hex: `{"133773310": "68656c6c6f"}`.',
    ),
  },
  returns: {
    payment_preimage: answer.secret('What the payee got the payment with.'),
    failed_parts: answer.integer('How many attempts failed.'),
    successful_parts: answer.integer('How many parts succeeded.'),
    amount_msat: answer.msat('The amount that the payee gets.'),
    amount_sent_msat: answer.msat('The amount that we send, fees included.'),
  },
  errors: PAY_ERRORS,
  see_also: ['keysend', 'xpay', 'listpays'],
  access: 'write',
  async run(given, { payer, payments }, { signal }) {
    const { destination, amount_msat, maxfee = usualFee(amount_msat) } = given;
    refuseKeysend(destination, payments.node_id, amount_msat);
    const paid = await payer.keysend(
      {
        payee: destination,
        routes: [],
        custom_records: given.extratlvs,
        amount_msat,
        maxfee_msat: maxfee,
        max_delay: given.maxdelay,
        retry_for_seconds: given.retry_for,
        label: given.label,
      },
      signal,
    );
    return xpaid(paid);
  },
});
