import { answer } from '../rpc/answer.ts';
import { withDefault } from '../rpc/command.ts';
import { field } from '../rpc/fields.ts';
import { defineCommand } from './modules.ts';

/** Sets the regular cleaning of expired invoices. */
export const autocleaninvoice = defineCommand({
  name: 'autocleaninvoice',
  category: 'invoices',
  title: 'Set up automatic removal of expired invoices',
  description:
    'Removes expired invoices at regular intervals, from now until the node stops. It replaces an earlier call, and the options `autoclean-cycle` and `autoclean-expiredinvoices-age`.',
  params: {
    cycle_seconds: withDefault(field.u64, 3600n, 'Seconds between two runs; 0 stops the removal.'),
    expired_by: withDefault(field.u64, 86_400n, 'Remove invoices that expired at least this many seconds ago.'),
  },
  returns: {
    enabled: answer.boolean('Whether it is on.'),
    cycle_seconds: answer.optional(answer.u64('The value that is now set.')),
    expired_by: answer.optional(answer.u64('The value that is now set.')),
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
