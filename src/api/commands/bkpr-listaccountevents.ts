import { answer } from '../rpc/answer.ts';
import { optional } from '../rpc/command.ts';
import { field } from '../rpc/fields.ts';
import { chainMovements, movementMembers } from './account-events.ts';
import { defineCommand } from './modules.ts';

const event = answer.object(
  {
    ...movementMembers,
    type: answer.oneOf(['chain', 'onchain_fee'], 'An output on the chain, or the fee of a transaction of ours.'),
    outpoint: answer.optional(answer.string('Of `chain`: the output.')),
    blockheight: answer.optional(answer.integer('Of `chain`: the height of the block.')),
    origin: answer.optional(answer.string('The account that it came from.')),
    txid: answer.optional(answer.txid('The transaction that spent the output, or whose fee it is.')),
  },
  'An event.',
);

/** What happened to the accounts on the chain. */
export const bkprListaccountevents = defineCommand({
  name: 'bkpr-listaccountevents',
  category: 'wallet',
  title: 'Command for listing recorded bookkeeping events',
  description:
    'Lists what came to the wallet and left it, in the order of blocks: coins (`deposit`, `withdrawal`), payments to others (`deposit` of the account `external`), channels that we funded (`channel_open`), channels that closed (`channel_close`), and fees. It is made of what Till keeps anyway; what was mined before Till kept it is missing, and payments in channels are in `bkpr-listincome`.',
  params: {
    account: optional(field.string, 'Only this account.'),
    payment_id: optional(field.string, 'Only events of this payment: none, since these are events on the chain.'),
  },
  returns: { events: answer.array(event, 'The events.') },
  errors: [],
  see_also: ['bkpr-listincome', 'bkpr-listbalances', 'listtransactions'],
  access: 'read',
  async run({ account, payment_id }, modules) {
    if (payment_id !== undefined) return { events: [] };
    const all = await chainMovements(modules);
    return { events: all.filter((each) => account === undefined || each.account === account) };
  },
});
