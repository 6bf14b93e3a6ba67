import { addressMembers, addressParam, addressRow } from './address-row.ts';
import { defineCommand } from './modules.ts';

/** Ends a Lightning address for good. */
export const deletelightningaddress = defineCommand({
  name: 'deletelightningaddress',
  category: 'invoices',
  title: 'Command for deleting a Lightning address',
  description:
    'Deletes a Lightning address, and answers it as it was. Wallets are told from then on that it does not exist. Invoices that were made for it stay, and can still be paid while they are valid.',
  params: { name: addressParam },
  returns: addressMembers,
  errors: ['LIGHTNING_ADDRESS_NOT_FOUND'],
  see_also: ['listlightningaddresses', 'createlightningaddress', 'updatelightningaddress'],
  access: 'write',
  async run({ name }, { addresses }) {
    return addressRow(await addresses.delete(name), addresses.url);
  },
});
