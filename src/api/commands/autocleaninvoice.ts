import { answer } from '../rpc/answer.ts';
import { withDefault } from '../rpc/command.ts';
import { field } from '../rpc/fields.ts';
import { defineCommand } from './rooms.ts';

/** Sets the regular cleaning of expired invoices. */
export const autocleaninvoice = defineCommand({
  name: 'autocleaninvoice',
  category: 'invoices',
  title: 'Set up automatic removal of expired invoices',
  description:
    'From now until the node stops, removes expired invoices at regular times. A later call replaces an earlier one, and what the options `autoclean-cycle` and `autoclean-expiredinvoices-age` of the node say.',
  params: {
    cycle_seconds: withDefault(field.u64, 3600n, 'Seconds from one cleaning to the next; 0 ends the cleaning.'),
    expired_by: withDefault(field.u64, 86_400n, 'Seconds for which an invoice must have been expired.'),
  },
  returns: {
    enabled: answer.boolean('Whether it is on.'),
    cycle_seconds: answer.optional(answer.integer('As it was set.')),
    expired_by: answer.optional(answer.integer('As it was set.')),
  },
  errors: [],
  see_also: ['autoclean-once', 'autoclean-status', 'delexpiredinvoice'],
  access: 'write',
  run({ cycle_seconds, expired_by }, { invoices }) {
    const enabled = cycle_seconds > 0n;
    if (enabled) invoices.autoclean.schedule(Number(cycle_seconds), { expiredinvoices: Number(expired_by) });
    else invoices.autoclean.end('expiredinvoices');
    return enabled ? { enabled, cycle_seconds, expired_by } : { enabled };
  },
});
