import { RpcError } from '../../base/errors.ts';
import { answer } from '../rpc/answer.ts';
import { optional } from '../rpc/command.ts';
import { field } from '../rpc/fields.ts';
import { defineCommand } from './modules.ts';

/** A setting of contributions: there are none to be set. */
const contribution = optional(field.any, 'Refused: Till contributes nothing.');

/** What we put into channels that peers open. */
export const funderupdate = defineCommand({
  name: 'funderupdate',
  category: 'channels',
  title: 'Command for adjusting node funding v2 channels',
  description:
    'Answers what this node puts into channels that peers open: nothing. Till speaks no dual funding, so the policy is always `fixed` with 0, and any other is refused. To put money into a channel, open it with `fundchannel`.',
  params: {
    policy: optional(field.oneOf('match', 'available', 'fixed'), 'Only `fixed`.'),
    policy_mod: optional(field.msat, 'Only 0.'),
    leases_only: contribution,
    min_their_funding_msat: contribution,
    max_their_funding_msat: contribution,
    per_channel_min_msat: contribution,
    per_channel_max_msat: contribution,
    reserve_tank_msat: contribution,
    fuzz_percent: contribution,
    fund_probability: contribution,
    lease_fee_base_msat: contribution,
    lease_fee_basis: contribution,
    funding_weight: contribution,
    channel_fee_max_base_msat: contribution,
    channel_fee_max_proportional_thousandths: contribution,
    compact_lease: contribution,
  },
  returns: {
    summary: answer.string('The policy in words.'),
    policy: answer.oneOf(['fixed'], 'The policy.'),
    policy_mod: answer.integer('The amount in satoshi: 0.'),
    leases_only: answer.boolean('Whether we contribute for a fee only: false.'),
    min_their_funding_msat: answer.msat('0.'),
    max_their_funding_msat: answer.msat('0.'),
    per_channel_min_msat: answer.msat('0.'),
    per_channel_max_msat: answer.msat('0.'),
    reserve_tank_msat: answer.msat('0.'),
    fuzz_percent: answer.integer('0.'),
    fund_probability: answer.integer('In how many of 100 openings we contribute: 0.'),
  },
  errors: ['NOT_SUPPORTED'],
  see_also: ['fundchannel'],
  access: 'write',
  run({ policy, policy_mod, rest: _rest, ...others }) {
    const isOther = Object.values(others).some((each) => each !== undefined);
    if (isOther || (policy !== undefined && policy !== 'fixed') || (policy_mod !== undefined && policy_mod !== 0n)) {
      throw new RpcError(
        'NOT_SUPPORTED',
        'funderupdate: Till puts nothing into channels that peers open; open one yourself with fundchannel',
      );
    }
    return {
      summary: 'fixed (0sat)',
      policy: 'fixed' as const,
      policy_mod: 0,
      leases_only: false,
      min_their_funding_msat: 0n,
      max_their_funding_msat: 0n,
      per_channel_min_msat: 0n,
      per_channel_max_msat: 0n,
      reserve_tank_msat: 0n,
      fuzz_percent: 0,
      fund_probability: 0,
    };
  },
});
