import { answer } from '../rpc/answer.ts';
import { required } from '../rpc/command.ts';
import { fieldOf } from '../rpc/field.ts';
import { field } from '../rpc/fields.ts';
import { subsystemField } from './autoclean-subsystem.ts';
import { defineCommand } from './modules.ts';

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
    subsystem: required(subsystemField, 'What to clean: `expiredinvoices` or `paidinvoices`.'),
    age: required(age, 'Minimum age: seconds since the expiry or the payment.'),
  },
  returns: {
    autoclean: answer.object(
      { expiredinvoices: answer.optional(counted), paidinvoices: answer.optional(counted) },
      'By kind.',
    ),
  },
  errors: [],
  see_also: ['autoclean-status', 'autocleaninvoice', 'delinvoice'],
  access: 'write',
  async run({ subsystem, age }, { invoices }) {
    return { autoclean: { [subsystem]: await invoices.autoclean.once(subsystem, Number(age)) } };
  },
});
