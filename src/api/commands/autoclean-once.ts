import { RpcError } from '../../base/errors.ts';
import { AUTOCLEAN_SUBSYSTEMS } from '../../shop/invoices/autoclean.ts';
import { answer } from '../rpc/answer.ts';
import { required } from '../rpc/command.ts';
import { fieldOf } from '../rpc/field.ts';
import { field } from '../rpc/fields.ts';
import { subsystemOf } from './autoclean-subsystem.ts';
import { defineCommand } from './modules.ts';

/** Records of Core Lightning that Till never has: nothing is left to remove. */
const NEVER_THERE = ['succeededforwards', 'failedforwards', 'networkevents'] as const;
/** Records that Till keeps. */
const KEPT = ['succeededpays', 'failedpays'] as const;

const age = fieldOf<bigint>('u64', { type: 'integer', minimum: 1 }, 'should be a positive integer', (value) => {
  const seconds = field.u64.parse(value);
  return seconds === 0n ? undefined : seconds;
});

const counted = answer.object(
  {
    cleaned: answer.integer('How many invoices were removed.'),
    uncleaned: answer.integer('How many such invoices are left.'),
  },
  'The result.',
);

/** Cleans now. */
export const autocleanOnce = defineCommand({
  name: 'autoclean-once',
  category: 'invoices',
  title: 'Perform a single run of autoclean',
  description: 'Removes, once and now, invoices that expired or were paid longer ago than the given age.',
  params: {
    subsystem: required(
      subsystemOf([...AUTOCLEAN_SUBSYSTEMS, ...NEVER_THERE, ...KEPT]),
      'What to clean: `expiredinvoices` or `paidinvoices`. Of forwards and network events Till has none; payments of its own it keeps.',
    ),
    age: required(age, 'Minimum age: seconds since the expiry or the payment.'),
  },
  returns: {
    autoclean: answer.object(
      {
        expiredinvoices: answer.optional(counted),
        paidinvoices: answer.optional(counted),
        succeededforwards: answer.optional(counted),
        failedforwards: answer.optional(counted),
        networkevents: answer.optional(counted),
      },
      'By kind.',
    ),
  },
  errors: ['NOT_SUPPORTED'],
  examples: [{ title: 'What expired more than a day ago', params: ['expiredinvoices', 86_400] }],
  see_also: ['autoclean-status', 'autocleaninvoice', 'delinvoice'],
  access: 'write',
  async run({ subsystem, age }, { invoices }) {
    if (subsystem === 'succeededpays' || subsystem === 'failedpays') {
      throw new RpcError(
        'NOT_SUPPORTED',
        `autoclean-once: Till keeps its payments; leave ${subsystem} out, a row costs less than a kilobyte`,
      );
    }
    const isOfInvoices = subsystem === 'expiredinvoices' || subsystem === 'paidinvoices';
    const result = isOfInvoices ? await invoices.autoclean.once(subsystem, Number(age)) : { cleaned: 0, uncleaned: 0 };
    return { autoclean: { [subsystem]: result } };
  },
});
