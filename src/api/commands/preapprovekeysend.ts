import { required } from '../rpc/command.ts';
import { field } from '../rpc/fields.ts';
import { defineCommand } from './modules.ts';

/** Asks whether the node's signer would let a spontaneous payment be made. */
export const preapprovekeysend = defineCommand({
  name: 'preapprovekeysend',
  category: 'payments',
  title: 'Ask the signer to approve a keysend before it is paid',
  description: 'Clients ask this before they pay. This node holds its own keys, so every payment is approved.',
  params: {
    destination: required(field.nodeId, 'The node to be paid.'),
    payment_hash: required(field.hash, 'The hash of the payment.'),
    amount_msat: required(field.msat, 'The amount to be paid.'),
  },
  returns: {},
  errors: [],
  see_also: ['keysend', 'preapproveinvoice'],
  access: 'read',
  run: () => ({}),
});
