/** Lightning addresses as commands answer them, and the parameters that several of them share. */
import { type LightningAddress, LONGEST_COMMENT, PAYER_FIELDS, type PayerData } from '../../shop/addresses/address.ts';
import { identifierOf, lnurlOf, pageUrl, payUrl } from '../../shop/addresses/lnurl.ts';
import { answer } from '../rpc/answer.ts';
import { byName, optional, required } from '../rpc/command.ts';
import { type Field, secretField, textOf, Unfit } from '../rpc/field.ts';
import { field } from '../rpc/fields.ts';
import { isJsonObject } from '../rpc/json.ts';

const SHOULD_BE = `should be an object of ${PAYER_FIELDS.join(', ')}, each optional or mandatory`;

/** What a payer is asked for, such as `{"name": "optional"}`. */
const payerDataField: Field<PayerData> = {
  type: 'payer data',
  schema: {
    type: 'object',
    properties: Object.fromEntries(PAYER_FIELDS.map((name) => [name, { enum: ['optional', 'mandatory'] }])),
    additionalProperties: false,
  },
  secret: false,
  parse(value) {
    if (!isJsonObject(value)) throw new Unfit(SHOULD_BE);
    const read: Record<string, 'optional' | 'mandatory'> = {};
    for (const [name, how] of Object.entries(value)) {
      const text = textOf(how);
      const isKnown = PAYER_FIELDS.some((known) => known === name);
      if (!isKnown || (text !== 'optional' && text !== 'mandatory')) throw new Unfit(SHOULD_BE, how);
      read[name] = text;
    }
    return read;
  },
};

/** The parameter that names an address. */
export const addressParam = required(field.string, 'What stands before the @.');

/** How an address is set: each of these may be left out. */
export const addressParams = {
  min_msat: byName(optional(field.msat, 'The least that may be paid. Default: 1 sat.')),
  max_msat: byName(optional(field.msat, 'The most that may be paid. Default: 1,000,000 sat.')),
  comment_length: byName(
    optional(
      field.u16,
      `Characters that a comment of the payer may have, ${LONGEST_COMMENT} at most. Default: 0, which takes none.`,
    ),
  ),
  payer_data: byName(
    optional(
      payerDataField,
      `What the payer is asked for: an object of ${PAYER_FIELDS.map((name) => `\`${name}\``).join(', ')}, each \`optional\` or \`mandatory\`. An empty object asks for nothing, which is the default. Nobody proves that it is true.`,
    ),
  ),
  success_message: byName(
    optional(field.string, 'What the wallet shows once it has paid, 144 characters at most; an empty text removes it.'),
  ),
  success_url: byName(
    optional(
      field.string,
      'What the wallet offers to open once it has paid. Its domain must be that of `public-url`, else only the message is shown. An empty text removes it.',
    ),
  ),
  success_secret: byName(
    optional(
      secretField(field.string),
      'Text that the wallet can read once it has paid, such as a code; the same for everybody. An empty text removes it.',
    ),
  ),
  enabled: byName(optional(field.boolean, 'Whether wallets get an answer. Default: true.')),
} as const;

/** The members of an address. */
export const addressMembers = {
  name: answer.string('What stands before the @.'),
  address: answer.optional(answer.string('The Lightning address. Absent where no pages are served.')),
  lnurl: answer.optional(
    answer.string('The same for wallets that scan, in bech32 and upper case: what a QR code shows (LUD-01).'),
  ),
  url: answer.optional(answer.string('What a wallet asks first (LUD-16).')),
  page_url: answer.optional(answer.string('A page with its code, for people.')),
  description: answer.string('What the payer sees.'),
  min_msat: answer.msat('The least that may be paid.'),
  max_msat: answer.msat('The most that may be paid.'),
  comment_length: answer.integer('Characters that a comment of the payer may have.'),
  payer_data: answer.any('What the payer is asked for: an object of names, each `optional` or `mandatory`.'),
  success_message: answer.optional(answer.string('What the wallet shows once it has paid.')),
  success_url: answer.optional(answer.string('What the wallet offers to open once it has paid.')),
  success_secret: answer.optional(answer.string('Text that the wallet can read once it has paid.')),
  enabled: answer.boolean('Whether wallets get an answer.'),
  created_at: answer.integer('When it was created, in Unix time.'),
  warning_public_url: answer.optional(answer.string('Wallets cannot reach it: the shop serves no pages.')),
} as const;

/** What a command answers for an address. `public_url`: of the shop's public pages. */
export function addressRow(address: LightningAddress, public_url: string | undefined) {
  const { name, is_enabled, ...settings } = address;
  const named = { name, tag: undefined };
  const reached =
    public_url === undefined
      ? {
          warning_public_url:
            'wallets cannot reach it: start the node with --shop-bind=ADDR:PORT and --public-url=https://YOUR.DOMAIN',
        }
      : {
          address: identifierOf(named, public_url),
          lnurl: lnurlOf(named, public_url),
          url: payUrl(named, public_url),
          page_url: pageUrl(named, public_url),
        };
  return { name, ...reached, ...settings, enabled: is_enabled };
}

/** An empty text takes a text away. */
export function orNothing(text: string | undefined): string | undefined {
  return text === '' ? undefined : text;
}
