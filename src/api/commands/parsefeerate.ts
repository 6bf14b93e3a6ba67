import { answer } from '../rpc/answer.ts';
import { required } from '../rpc/command.ts';
import { field } from '../rpc/fields.ts';
import { requestedFeerate } from './fee-estimates.ts';
import { defineCommand } from './modules.ts';

/** What a fee rate comes to now. */
export const parsefeerate = defineCommand({
  name: 'parsefeerate',
  category: 'wallet',
  title: 'Command for parsing a feerate string to a feerate',
  description:
    'Answers what a fee rate, by name or number, comes to now. `withdraw` and `fundchannel` take the same words.',
  params: { feerate_str: required(field.feerate, 'The fee rate, such as `normal`, `6blocks` or `5000perkb`.') },
  returns: { perkw: answer.integer('The fee rate in satoshi per 1000 weight.') },
  errors: ['BCLI_NO_FEE_ESTIMATES'],
  see_also: ['feerates', 'withdraw', 'fundchannel'],
  access: 'read',
  run({ feerate_str }, { chain }) {
    return { perkw: requestedFeerate(chain, feerate_str) };
  },
});
