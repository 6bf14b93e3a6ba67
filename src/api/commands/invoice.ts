import { WARNINGS } from '../../shop/invoices/route-hints.ts';
import { answer } from '../rpc/answer.ts';
import { byName, optional, required, withDefault } from '../rpc/command.ts';
import { field } from '../rpc/fields.ts';
import { defineCommand } from './rooms.ts';

/** The heart of it all: the expectation of a payment. */
export const invoice = defineCommand({
  name: 'invoice',
  category: 'invoices',
  title: 'Command for accepting payments',
  description: `Creates the expectation of a payment of a given amount, and answers the token (BOLT 11) that another Lightning node uses to pay it.

The answer comes when the invoice is on disk. If the node dies before it answers, \`listinvoices\` by the label tells whether the invoice exists: it is there whole, or not at all. On any error no invoice exists.`,
  params: {
    amount_msat: required(
      field.msatOrAny,
      'The amount: millisatoshi as a number, or text that ends in `msat`, `sat` or `btc`; `any` lets the payer choose. An amount up to twice this one is accepted.',
      { aliases: ['msatoshi'] },
    ),
    label: required(
      field.label,
      'A name of yours for this invoice, unique among all: text or a number (`1` and `"1"` are the same, `01` is another), 128 bytes at most. No other node ever sees it.',
    ),
    description: required(
      field.escapedString,
      'What the payment is for, in at most 639 bytes of UTF-8, without `\\u` escapes. It is in the invoice, and everybody who has that can read it.',
    ),
    expiry: optional(
      field.u64,
      'Seconds for which the invoice can be paid. Default: 3600, unless the node is set otherwise.',
    ),
    fallbacks: optional(
      field.arrayOf(field.string),
      'Addresses to pay to on the chain instead, the preferred one first. Payments to them are not tracked. Without this, and with `invoices-onchain-fallback`, the node puts in a new address of its own, and what is deposited there in time pays the invoice.',
    ),
    preimage: optional(
      field.preimage,
      'The preimage to use, 64 hex digits. It must be as unpredictable as a key, and stay secret until the payment; without it the node draws one.',
    ),
    exposeprivatechannels: optional(
      field.exposePrivateChannels,
      'Whether unannounced channels are named in the invoice: `true`, `false`, or the channels that may be. Default: only when no announced channel that is up can take the amount.',
    ),
    cltv: optional(
      field.u16,
      'Blocks that the payer must leave the node to claim the payment in. Default: `cltv-final` (18 on mainnet, 10 elsewhere). Fewer than 10 do not help: the node needs that many.',
    ),
    deschashonly: withDefault(
      field.boolean,
      false,
      'Put only the SHA-256 of the description into the invoice; the text may then have 262,144 bytes. The node keeps the text.',
    ),
    description_hash: byName(
      optional(
        field.hash,
        'The SHA-256 of a text that is kept elsewhere, to put into the invoice instead of the description.',
      ),
    ),
    metadata: byName(
      optional(field.objectText, 'An object to keep with the invoice, 262,144 bytes at most. The payer never sees it.'),
    ),
    idempotent: byName(
      withDefault(
        field.boolean,
        false,
        'When an invoice with this label exists and was made with the same parameters, answer it again instead of an error.',
      ),
    ),
  },
  returns: {
    payment_hash: answer.hash('The hash of the preimage: names the payment.'),
    expires_at: answer.integer('The Unix time from which on it cannot be paid.'),
    expiry_time: answer.integer('The same, by its first name.'),
    bolt11: answer.string('The invoice: hand this to the payer.'),
    payment_secret: answer.secret('In the invoice too: proves that a payer has read it.'),
    created_index: answer.integer('1, 2, 3 ... in the order of creation.'),
    warning_capacity: answer.optional(
      answer.string(`${WARNINGS.warning_capacity}: all channels together would not do.`),
    ),
    warning_offline: answer.optional(answer.string(`${WARNINGS.warning_offline}: with them it would suffice.`)),
    warning_deadends: answer.optional(answer.string(`${WARNINGS.warning_deadends}: with them it would suffice.`)),
    warning_private_unused: answer.optional(answer.string(`${WARNINGS.warning_private_unused}.`)),
    warning_mpp: answer.optional(answer.string(`${WARNINGS.warning_mpp} No single channel suffices.`)),
  },
  errors: ['INVOICE_LABEL_ALREADY_EXISTS', 'INVOICE_PREIMAGE_ALREADY_EXISTS', 'INVOICE_HINTS_GAVE_NO_ROUTES'],
  examples: [
    {
      title: 'A cup of coffee for one satoshi',
      params: { amount_msat: 1000, label: 'coffee', description: '1 cup of coffee' },
    },
    { title: 'A donation of any amount', params: ['any', 'donation-7', 'Thank you'] },
  ],
  see_also: ['listinvoices', 'delinvoice', 'waitinvoice', 'waitanyinvoice', 'decode'],
  access: 'write',
  async run({ rest: _rest, ...request }, { invoices }) {
    const created = await invoices.create(request);
    const { payment_hash, expires_at, bolt11, created_index } = created.invoice;
    return {
      payment_hash,
      expires_at,
      expiry_time: expires_at,
      bolt11,
      payment_secret: created.payment_secret,
      created_index,
      ...created.warnings,
    };
  },
});
