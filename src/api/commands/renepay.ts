import { optional, required, withDefault } from '../rpc/command.ts';
import { field } from '../rpc/fields.ts';
import { defineCommand } from './modules.ts';
import { payInvoice, payMembers } from './pay.ts';
import { PAY_ERRORS } from './pay-request.ts';

/** Pays an invoice, by the name of Core Lightning's other way to pay. */
export const renepay = defineCommand({
  name: 'renepay',
  category: 'payments',
  title: 'Command for sending a payment to a BOLT11 invoice',
  description:
    'Pays an invoice as `pay` does, with the parameters of this command. In Core Lightning the two search for routes differently; in Till there is one way to pay.',
  params: {
    invstring: required(field.string, 'The invoice. It may be in upper case and begin with `lightning:`.', {
      aliases: ['bolt11'],
    }),
    amount_msat: optional(field.msat, 'The amount, for an invoice that does not name one.'),
    maxfee: optional(field.msat, 'The maximum fee. Default: 0.5 percent or 5000 msat, whichever is more.'),
    maxdelay: withDefault(field.u16, 2016, 'The maximum number of blocks that the money may be locked.'),
    retry_for: withDefault(field.u16, 60, 'Seconds after which Till stops trying. The first attempt is always made.'),
    description: optional(
      field.string,
      'The description. It must match the description hash in the invoice, if there is one.',
    ),
    label: optional(field.label, 'A label, stored with the payment.'),
    exclude: withDefault(
      field.arrayOf(field.string),
      [],
      'Channels (`SCID` or `SCID/DIRECTION`) and nodes to leave out.',
    ),
  },
  returns: payMembers,
  errors: PAY_ERRORS,
  see_also: ['pay', 'xpay', 'listpays'],
  access: 'write',
  run(given, modules, { signal }) {
    const asked = {
      ...given,
      bolt11: given.invstring,
      riskfactor: undefined,
      maxfeepercent: undefined,
      exemptfee: undefined,
      localinvreqid: undefined,
      partial_msat: undefined,
    };
    return payInvoice(asked, modules, signal);
  },
});
