import { optional } from '../rpc/command.ts';
import { field } from '../rpc/fields.ts';
import { addressMembers, addressParam, addressParams, addressRow, orNothing } from './address-row.ts';
import { defineCommand } from './modules.ts';

/** Changes a Lightning address. */
export const updatelightningaddress = defineCommand({
  name: 'updatelightningaddress',
  category: 'invoices',
  title: 'Command for changing a Lightning address, or switching it on and off',
  description:
    'Changes what is given, and leaves the rest. A wallet that has read the address before the change is told to read it again. Invoices that were made already stay as they are.',
  params: {
    name: addressParam,
    description: optional(field.string, 'What the payer sees, in at most 500 characters.'),
    ...addressParams,
  },
  returns: addressMembers,
  errors: ['LIGHTNING_ADDRESS_NOT_FOUND'],
  examples: [{ title: 'Switch one off', params: { name: 'kitchen', enabled: false } }],
  see_also: ['listlightningaddresses', 'createlightningaddress', 'deletelightningaddress'],
  access: 'write',
  async run({ name, rest: _rest, ...given }, { addresses }) {
    const { enabled, success_message, success_url, success_secret, ...others } = given;
    const address = await addresses.update(name, {
      ...onlyGiven(others),
      ...onlyGiven({ is_enabled: enabled }),
      ...(success_message === undefined ? {} : { success_message: orNothing(success_message) }),
      ...(success_url === undefined ? {} : { success_url: orNothing(success_url) }),
      ...(success_secret === undefined ? {} : { success_secret: orNothing(success_secret) }),
    });
    return addressRow(address, addresses.url);
  },
});

/** The members that are not undefined. */
function onlyGiven<T extends object>(members: T): { -readonly [K in keyof T]?: Exclude<T[K], undefined> } {
  const given = Object.entries(members).filter(([, value]) => value !== undefined);
  return Object.fromEntries(given) as { -readonly [K in keyof T]?: Exclude<T[K], undefined> };
}
