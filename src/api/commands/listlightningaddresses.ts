import { answer } from '../rpc/answer.ts';
import { optional } from '../rpc/command.ts';
import { field } from '../rpc/fields.ts';
import { addressMembers, addressRow } from './address-row.ts';
import { defineCommand } from './modules.ts';

/** The Lightning addresses. */
export const listlightningaddresses = defineCommand({
  name: 'listlightningaddresses',
  category: 'invoices',
  title: 'Command for listing Lightning addresses',
  description:
    'Lists the Lightning addresses, how each is set, and what to show to payers: the address itself, and `lnurl` for a QR code.',
  params: { name: optional(field.string, 'Only this one.') },
  returns: {
    lightningaddresses: answer.array(answer.object(addressMembers, 'A Lightning address.'), 'The addresses, by name.'),
  },
  errors: ['LIGHTNING_ADDRESS_NOT_FOUND'],
  see_also: ['createlightningaddress', 'updatelightningaddress', 'deletelightningaddress'],
  access: 'read',
  async run({ name }, { addresses }) {
    const asked = name === undefined ? await addresses.list() : [await addresses.get(name)];
    return { lightningaddresses: asked.map((address) => addressRow(address, addresses.url)) };
  },
});
