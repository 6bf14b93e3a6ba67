import { answer } from '../rpc/answer.ts';
import { byName, withDefault } from '../rpc/command.ts';
import { field } from '../rpc/fields.ts';
import { defineCommand } from './modules.ts';
import { unpaidDepositMembers, unpaidDepositRow } from './unpaid-deposit.ts';

/** Deposits that did not pay. */
export const listdeposits = defineCommand({
  name: 'listdeposits',
  category: 'invoices',
  title: 'Command for listing deposits that did not pay their invoice',
  description:
    'Lists deposits to addresses of invoices that were too little or too late, the newest first. The coins are in the wallet; whether the customer gets them back is for the shop to decide: `decidedeposit` writes the decision down. Deposits that paid, or wait for confirmations, are in `listinvoices`.',
  params: {
    which: withDefault(field.oneOf('open', 'decided'), 'open', 'Those that want a decision, or those that have one.'),
    limit: byName(withDefault(field.u16, 100, 'The maximum number of deposits.')),
  },
  returns: {
    deposits: answer.array(answer.object(unpaidDepositMembers, 'A deposit.'), 'The deposits.'),
  },
  errors: [],
  see_also: ['decidedeposit', 'listinvoices', 'listfunds'],
  access: 'read',
  async run({ which, limit }, { deposits }) {
    return { deposits: (await deposits.unpaid(which, Math.min(limit, 1000))).map(unpaidDepositRow) };
  },
});
