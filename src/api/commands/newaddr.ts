import { answer } from '../rpc/answer.ts';
import { optional } from '../rpc/command.ts';
import { type Field, quoteToken, textOf, UnfitSentence } from '../rpc/field.ts';
import { defineCommand } from './modules.ts';

const WORDS = ['p2tr', 'bech32', 'all'] as const;
type AddressType = (typeof WORDS)[number];

const addressType: Field<AddressType> = {
  type: 'p2tr|bech32|all',
  schema: { type: 'string', enum: WORDS },
  secret: false,
  parse(value) {
    const text = textOf(value);
    const found = WORDS.find((word) => word === text);
    if (found !== undefined) return found;
    const quoted = text?.slice(0, 80) ?? quoteToken(value);
    throw new UnfitSentence((name) => `'${name}' should be 'p2tr', 'bech32', or 'all', not '${quoted}'`);
  },
};

/** A new address to pay the wallet at. */
export const newaddr = defineCommand({
  name: 'newaddr',
  category: 'wallet',
  title: 'Command for generating a new address to be used by the node',
  description:
    'Makes a new address of the wallet. Money sent to it counts once it is in a block, and can then fund channels or be ' +
    'withdrawn.',
  params: {
    addresstype: optional(addressType, 'The kind of address: `p2tr` (the default), `bech32` or `all`.'),
  },
  returns: {
    bech32: answer.optional(answer.string('The native segwit address (BIP 84).')),
    p2tr: answer.optional(answer.string('The taproot address (BIP 86).')),
  },
  errors: [],
  examples: [
    { title: 'A taproot address', params: [] },
    { title: 'One for senders that do not know taproot', params: ['bech32'] },
  ],
  see_also: ['listfunds', 'withdraw'],
  access: 'write',
  async run({ addresstype = 'p2tr' }, { wallet }) {
    const [bech32, p2tr] = await Promise.all([
      addresstype === 'p2tr' ? undefined : wallet.newAddress('bech32'),
      addresstype === 'bech32' ? undefined : wallet.newAddress('p2tr'),
    ]);
    return {
      ...(bech32 === undefined ? {} : { bech32: bech32.address }),
      ...(p2tr === undefined ? {} : { p2tr: p2tr.address }),
    };
  },
});
