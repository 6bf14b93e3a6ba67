/** What `getinfo` and `listfunds` say of the reserve, in the same words. */
import { satToMsat } from '../../base/types/amount.ts';
import type { ReserveState } from '../../node/reserve/reserve.ts';
import { answer } from '../rpc/answer.ts';

/** The fields, for a command's `returns`. */
export const RESERVE_FIELDS = {
  reserve: answer.object(
    {
      wanted_msat: answer.msat(
        'What the wallet should keep: for the channels that there are, and for fees as they may rise.',
      ),
      held_msat: answer.msat('What it has for that: all of its confirmed coins.'),
      coins_wanted: answer.integer('In how many coins it should be kept.'),
      coins_held: answer.integer('How many there are.'),
      feerate_perkw: answer.integer('The feerate that it is to bear, in satoshi per 1000 weight.'),
      undefended_msat: answer.msat('The option `undefended-msat`: payments on their way up to this need no reserve.'),
    },
    'What is kept for closing channels.',
  ),
  warning_reserve: answer.optional(
    answer.string('What the wallet lacks of the reserve, what follows from it, and what to do.'),
  ),
};

/** The fields as they are now. */
export function reserveRow(state: ReserveState) {
  return {
    reserve: {
      wanted_msat: satToMsat(state.wanted_sat),
      held_msat: satToMsat(state.held_sat),
      coins_wanted: state.wanted_coins,
      coins_held: state.coins,
      feerate_perkw: state.stress_per_kw,
      undefended_msat: state.allowance_msat,
    },
    ...(state.warning === undefined ? {} : { warning_reserve: state.warning }),
  };
}
