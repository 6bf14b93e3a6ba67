import { msat } from '../../base/types/amount.ts';
import { required } from '../rpc/command.ts';
import { field } from '../rpc/fields.ts';
import { addressMembers, addressParam, addressParams, addressRow, orNothing } from './address-row.ts';
import { defineCommand } from './modules.ts';

/** Makes a Lightning address. */
export const createlightningaddress = defineCommand({
  name: 'createlightningaddress',
  category: 'invoices',
  title: 'Command for making a Lightning address',
  description: `Makes a Lightning address, such as \`coffee@shop.example\`: a wallet that pays it asks the shop's public server for an invoice (LNURL-pay), and the shop makes one each time. [The guide](../guide/lightning-address.md) says what the domain needs.

The invoices are like all others once they are paid: \`listinvoices\`, \`waitanyinvoice\` and the event \`invoice.paid\` tell of them, their labels begin with \`lnurlp/NAME/\`, and what the payer wrote is in their metadata (\`lightning_address\`, \`comment\`, \`payer_data\`). Before that they are strangers' work: they can be paid for ten minutes, at most 1,000 stand at a time, no event is written for them, and an hour after they have expired they are deleted.`,
  params: {
    name: addressParam,
    description: required(field.string, 'What the payer sees, in at most 500 characters.'),
    ...addressParams,
  },
  returns: addressMembers,
  errors: ['LIGHTNING_ADDRESS_EXISTS'],
  examples: [
    {
      title: 'Tips for the kitchen, with a comment',
      params: { name: 'kitchen', description: 'A tip for the kitchen', comment_length: 200 },
    },
  ],
  see_also: ['listlightningaddresses', 'updatelightningaddress', 'deletelightningaddress', 'invoice'],
  access: 'write',
  async run({ name, description, ...given }, { addresses }) {
    const address = await addresses.create(name, {
      description,
      min_msat: given.min_msat ?? msat(1_000),
      max_msat: given.max_msat ?? msat(1_000_000_000),
      comment_length: given.comment_length ?? 0,
      payer_data: given.payer_data ?? {},
      success_message: orNothing(given.success_message),
      success_url: orNothing(given.success_url),
      success_secret: orNothing(given.success_secret),
      is_enabled: given.enabled ?? true,
    });
    return addressRow(address, addresses.url);
  },
});
