import { required } from '../rpc/command.ts';
import { field } from '../rpc/fields.ts';
import { decodeAny } from './decoded.ts';
import { defineCommand } from './modules.ts';

/** Asks whether the node's signer would let an invoice be paid. */
export const preapproveinvoice = defineCommand({
  name: 'preapproveinvoice',
  category: 'payments',
  title: 'Ask the signer to approve an invoice before it is paid',
  description: 'Clients ask this before they pay. This node holds its own keys, so every valid invoice is approved.',
  params: { bolt11: required(field.string, 'The invoice to be paid.') },
  returns: {},
  errors: [],
  see_also: ['decode'],
  access: 'read',
  run({ bolt11 }) {
    decodeAny('bolt11', bolt11);
    return {};
  },
});
