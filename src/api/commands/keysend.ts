import { optional, required, withDefault } from '../rpc/command.ts';
import { field } from '../rpc/fields.ts';
import { extraTlvs, refuseKeysend, routeHints } from './keysend-request.ts';
import { defineCommand } from './modules.ts';
import { paidAnswer, payMembers } from './pay.ts';
import { feeLimit, PAY_ERRORS } from './pay-request.ts';

/** Pays a node without an invoice, by the older name. */
export const keysend = defineCommand({
  name: 'keysend',
  category: 'payments',
  title: 'Send funds to a node without an invoice',
  description: `Pays a node that did not ask for it, as \`xkeysend\` does, with the parameters and the answer of this older command.

A spontaneous payment is no proof of anything: the payer chooses the preimage, so that nobody else can show later what was paid for. The payee has to accept such payments; Till itself takes payments for its invoices only. Asking again pays again.`,
  params: {
    destination: required(field.nodeId, 'The node that is paid.'),
    amount_msat: required(field.msat, 'What it gets.'),
    label: optional(field.label, 'A label, stored with the payment. The payee does not see it.'),
    maxfeepercent: optional(field.percent, 'The maximum fee in percent of the amount. Default: 0.5.'),
    retry_for: withDefault(field.u32, 60, 'Seconds after which Till stops trying. The first attempt is always made.'),
    maxdelay: withDefault(field.u32, 2016, 'The maximum number of blocks that the money may be locked.'),
    exemptfee: optional(
      field.msat,
      'Fees up to this amount are allowed whatever `maxfeepercent` says. Default: 5000 msat.',
    ),
    routehints: withDefault(
      routeHints,
      [],
      'Ways to a payee that the map does not have: arrays of hops with `id`, `scid`, `feebase`, `feeprop` and `expirydelta`.',
    ),
    extratlvs: withDefault(
      extraTlvs,
      [],
      'Records for the payee, by their numbers (65536 or more), each in hex: `{"133773310": "68656c6c6f"}`.',
    ),
    maxfee: optional(field.msat, 'The maximum fee, instead of `maxfeepercent` and `exemptfee`.'),
  },
  returns: payMembers,
  errors: PAY_ERRORS,
  examples: [
    {
      title: '10 sat to a node',
      params: ['02c6047f9441ed7d6d3045406e95c07cd85c778e4b8cef3ca7abac09b95c709ee5', 10000],
    },
  ],
  see_also: ['xkeysend', 'pay', 'listpays'],
  access: 'write',
  async run(given, { payer, payments }, { signal }) {
    const { destination, amount_msat } = given;
    refuseKeysend(destination, payments.node_id, amount_msat);
    const paid = await payer.keysend(
      {
        payee: destination,
        routes: given.routehints,
        custom_records: given.extratlvs,
        amount_msat,
        maxfee_msat: feeLimit(amount_msat, given),
        max_delay: given.maxdelay,
        retry_for_seconds: given.retry_for,
        label: given.label,
      },
      signal,
    );
    return paidAnswer(paid);
  },
});
