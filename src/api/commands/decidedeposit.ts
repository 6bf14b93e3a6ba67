import { RpcError } from '../../base/errors.ts';
import { DECISIONS } from '../../shop/deposits/decisions.ts';
import { optional, required } from '../rpc/command.ts';
import { field } from '../rpc/fields.ts';
import { defineCommand } from './modules.ts';
import { unpaidDepositMembers, unpaidDepositRow } from './unpaid-deposit.ts';

/** The most characters of a note. */
const LONGEST_NOTE = 500;

/** Writes down what became of a deposit. */
export const decidedeposit = defineCommand({
  name: 'decidedeposit',
  category: 'invoices',
  title: 'Command for writing down what the shop decided about a deposit',
  description:
    'Writes down what the shop decided about a deposit that was too little or too late: the money stays (`kept`), or it was sent back (`returned`). It moves no money: to send it back, use `withdraw` first. A decision may be changed.',
  params: {
    outpoint: required(field.outpoint, 'The output: TXID:OUTNUM, as `listdeposits` names it.'),
    decision: required(field.oneOf(...DECISIONS), 'What was decided.'),
    note: optional(field.string, `Why, or how it was sent back: up to ${LONGEST_NOTE} characters.`),
  },
  returns: unpaidDepositMembers,
  errors: [],
  see_also: ['listdeposits', 'withdraw'],
  access: 'write',
  async run({ outpoint: { txid, output }, decision, note }, { deposits }) {
    if (note !== undefined && note.length > LONGEST_NOTE) {
      throw new RpcError('INVALID_PARAMS', `note: should have at most ${LONGEST_NOTE} characters`);
    }
    const decided = await deposits.decide({ txid, vout: output }, decision, note);
    if (decided !== undefined) return unpaidDepositRow(decided);
    throw new RpcError('INVALID_PARAMS', `outpoint: no deposit ${txid}:${output} wants a decision`);
  },
});
