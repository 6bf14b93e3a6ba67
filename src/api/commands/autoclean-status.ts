import { AUTOCLEAN_SUBSYSTEMS } from '../../shop/invoices/autoclean.ts';
import { answer } from '../rpc/answer.ts';
import { optional } from '../rpc/command.ts';
import { subsystemField } from './autoclean-subsystem.ts';
import { defineCommand } from './modules.ts';

const state = answer.object(
  {
    enabled: answer.boolean('Whether such invoices are removed regularly.'),
    age: answer.optional(answer.u64('Seconds for which they are kept.')),
    cleaned: answer.integer('How many were removed since the node was created.'),
  },
  'The settings.',
);

/** Tells how cleaning is set. */
export const autocleanStatus = defineCommand({
  name: 'autoclean-status',
  category: 'invoices',
  title: 'Examine auto-cleaning of old invoices',
  description: 'Shows which invoices are removed regularly, and how many were removed so far.',
  params: { subsystem: optional(subsystemField, 'Only this kind of invoice. Default: all.') },
  returns: {
    autoclean: answer.object(
      { expiredinvoices: answer.optional(state), paidinvoices: answer.optional(state) },
      'By kind.',
    ),
  },
  errors: [],
  see_also: ['autoclean-once', 'autocleaninvoice'],
  access: 'read',
  async run({ subsystem }, { invoices }) {
    const subsystems = subsystem === undefined ? AUTOCLEAN_SUBSYSTEMS : [subsystem];
    const states = subsystems.map(async (each) => [each, await invoices.autoclean.status(each)] as const);
    return { autoclean: Object.fromEntries(await Promise.all(states)) };
  },
});
