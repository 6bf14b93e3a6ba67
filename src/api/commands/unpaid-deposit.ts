/** Deposits that did not pay their invoice, as commands answer them. */
import { satToMsat } from '../../base/types/amount.ts';
import { DECISIONS, type UnpaidDeposit } from '../../shop/deposits/decisions.ts';
import { answer } from '../rpc/answer.ts';

/** The members of one. */
export const unpaidDepositMembers = {
  txid: answer.txid('The transaction.'),
  outnum: answer.integer('The index of its output.'),
  label: answer.string('The label of the invoice that it was meant for.'),
  created_index: answer.integer('The number of that invoice, which may have been deleted.'),
  amount_msat: answer.msat('Its amount.'),
  blockheight: answer.optional(answer.integer('The height of its block.')),
  status: answer.oneOf(
    ['short', 'late'],
    '`short`: all deposits together are less than the invoice asks for; `late`: it came when the invoice had expired, was paid or was deleted.',
  ),
  decision: answer.optional(answer.oneOf(DECISIONS, 'What the shop decided.')),
  note: answer.optional(answer.string('What the shop wrote to it.')),
  decided_at: answer.optional(answer.integer('When, in Unix time.')),
};

/** The row of one. */
export function unpaidDepositRow(deposit: UnpaidDeposit) {
  const { txid, vout, label, created_index, amount_sat, blockheight, outcome, decision, note, decided_at } = deposit;
  return {
    txid: txid as string,
    outnum: vout,
    label,
    created_index,
    amount_msat: satToMsat(amount_sat) as bigint,
    blockheight,
    status: outcome === 'short' ? ('short' as const) : ('late' as const),
    decision,
    note,
    decided_at,
  };
}
