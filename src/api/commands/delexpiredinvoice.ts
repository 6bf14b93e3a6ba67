import { optional } from '../rpc/command.ts';
import { field } from '../rpc/fields.ts';
import { defineCommand } from './modules.ts';

/** Deletes what has expired. */
export const delexpiredinvoice = defineCommand({
  name: 'delexpiredinvoice',
  category: 'invoices',
  title: 'Command for removing expired invoices',
  description: 'Removes expired invoices. An invoice that can still be paid stays, whatever time is given.',
  params: {
    maxexpirytime: optional(field.u64, 'Only those that expired at this Unix time or before. Default: all of them.'),
  },
  returns: {},
  errors: [],
  see_also: ['delinvoice', 'autocleaninvoice', 'autoclean-once'],
  access: 'write',
  async run({ maxexpirytime }, { invoices }) {
    await invoices.removeExpired(maxexpirytime === undefined ? undefined : Number(maxexpirytime));
    return {};
  },
});
