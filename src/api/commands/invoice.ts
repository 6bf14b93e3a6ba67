import { RpcError } from '../../base/errors.ts';
import type { CreatedInvoice } from '../../shop/invoices/create.ts';
import type { Invoice } from '../../shop/invoices/invoice.ts';
import { expectedMsat } from '../../shop/invoices/jit.ts';
import { WARNINGS } from '../../shop/invoices/route-hints.ts';
import { answer } from '../rpc/answer.ts';
import { byName, optional, required, requiredUnless, withDefault } from '../rpc/command.ts';
import { field } from '../rpc/fields.ts';
import { currencyField } from '../rpc/money-fields.ts';
import { defineCommand, type Modules } from './modules.ts';
import { amountAsked, priceAnswer, priceRow } from './price-row.ts';
import { SYNC_WARNINGS, syncWarnings } from './sync-warnings.ts';

/** The heart of it all: the expectation of a payment. */
export const invoice = defineCommand({
  name: 'invoice',
  category: 'invoices',
  title: 'Command for accepting payments',
  description: `Creates an invoice: Till expects a payment of the given amount, and answers the BOLT 11 text that another Lightning node uses to pay it.

Till answers when the invoice is on disk. If the node dies before it answers, look the label up with \`listinvoices\`: the invoice is there completely or not at all. After any error, there is no invoice.`,
  params: {
    amount_msat: requiredUnless(
      'currency',
      field.msatOrAny,
      'The amount: millisatoshi as a number, or text that ends in `msat`, `sat` or `btc`; `any` lets the payer choose. An amount up to twice this one is accepted.',
      { aliases: ['msatoshi'] },
    ),
    label: required(
      field.label,
      'Your own unique name for this invoice: text or a number (`1` and `"1"` are the same, `01` is different), at most 128 bytes. No other node sees it.',
    ),
    description: required(
      field.escapedString,
      'What the payment is for, in at most 639 bytes of UTF-8, without `\\u` escapes. It is part of the invoice, so everybody who has the invoice can read it.',
    ),
    expiry: optional(
      field.u64,
      'Seconds for which the invoice can be paid. Default: the option `invoices-expiry`, normally 3600.',
    ),
    fallbacks: optional(
      field.arrayOf(field.string),
      'Addresses for paying on chain instead, the preferred one first. Till does not track payments to them. Without this, and with `invoices-onchain-fallback`, the node adds a new address of its own, and what is deposited there in time pays the invoice.',
    ),
    preimage: optional(
      field.preimage,
      'The preimage to use, 64 hex digits. It must be as unpredictable as a key, and stay secret until the payment. Default: a random one.',
    ),
    exposeprivatechannels: optional(
      field.exposePrivateChannels,
      'Whether unannounced channels are named in the invoice: `true`, `false`, or the channels that may be. Default: only when no announced channel that is up can take the amount.',
    ),
    cltv: optional(
      field.u16,
      'Blocks that the payer must leave the node to claim the payment in. Default: `cltv-final` (24). At least 19: the node claims a payment on the chain 18 blocks before it expires, so an invoice that asks for less could be paid by nobody. An HTLC is taken when it leaves three blocks less than this, but never fewer than 19: the payer may not have heard of the newest block.',
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
    currency: byName(
      optional(
        currencyField,
        'Ask for an amount of this currency (ISO 4217 code) instead of `amount_msat`: it becomes bitcoin at the rate of now, which is kept with the invoice. Without a fresh rate there is no invoice.',
      ),
    ),
    amount: byName(
      optional(
        field.u64,
        "With `currency`: the amount in the currency's smallest unit. 450 is 4.50 EUR, 450 JPY, or 0.450 KWD.",
      ),
    ),
    metadata: byName(
      optional(field.objectText, 'An object to keep with the invoice, 262,144 bytes at most. The payer never sees it.'),
    ),
    checkout: byName(
      withDefault(
        field.boolean,
        false,
        'Make a page on which the customer pays, and answer its address. Needs the option `shop-bind`.',
      ),
    ),
    redirect_url: byName(
      optional(
        field.string,
        'With `checkout`: where the page leads back to, an `https://` URL (`http://` only on this machine).',
      ),
    ),
    checkout_renewal: byName(
      withDefault(
        field.boolean,
        false,
        'With `checkout`: once the invoice has expired, the page offers another one like it. Its label is this one with `~2`, then `~3` and so on.',
      ),
    ),
    jit: byName(
      optional(
        field.booleanOrAuto,
        'Buy a channel of a liquidity provider (option `lsp`) that the payment of this invoice opens, so that it can be paid although no channel can receive it: `true`; or `auto`, when nothing else can receive the amount. The provider takes its fee off the payment.',
      ),
    ),
    idempotent: byName(
      withDefault(
        field.boolean,
        false,
        'If an invoice with this label exists and was made with the same parameters, answer it instead of an error. A price is the same whatever the rate has become.',
      ),
    ),
  },
  returns: {
    payment_hash: answer.hash('The hash of the preimage. It identifies the payment.'),
    expires_at: answer.integer('The Unix time from which it can no longer be paid.'),
    expiry_time: answer.integer('The same, under its older name.'),
    bolt11: answer.string('The invoice: give this to the payer.'),
    payment_secret: answer.secret(
      'The secret that proves that a payer has read the invoice. It is also in the invoice.',
    ),
    created_index: answer.integer('1, 2, 3 ... in the order of creation.'),
    checkout_url: answer.optional(
      answer.string('With `checkout`: the address of the page. Whoever has it sees the page, and nobody can guess it.'),
    ),
    amount_msat: answer.optional(answer.msat('With `currency`: the amount in bitcoin.')),
    price: answer.optional(priceAnswer),
    warning_capacity: answer.optional(
      answer.string(`${WARNINGS.warning_capacity}: all channels together would not do.`),
    ),
    warning_offline: answer.optional(answer.string(`${WARNINGS.warning_offline}: with them it would suffice.`)),
    warning_deadends: answer.optional(answer.string(`${WARNINGS.warning_deadends}: with them it would suffice.`)),
    warning_private_unused: answer.optional(answer.string(`${WARNINGS.warning_private_unused}.`)),
    warning_mpp: answer.optional(answer.string(`${WARNINGS.warning_mpp} No single channel suffices.`)),
    warning_reserve: answer.optional(
      answer.string(
        'A payment of this amount would be refused, because the wallet could not bring it to the chain: how much is missing, and what to do.',
      ),
    ),
    opening_fee_msat: answer.optional(
      answer.msat(
        'With `jit`: what the provider takes off the payment for the channel. When the payer chooses the amount: at least that; see `warning_jit`.',
      ),
    ),
    amount_expected_msat: answer.optional(answer.msat('With `jit` and an amount: what will be received of it.')),
    lsp: answer.optional(answer.nodeId('With `jit`: the provider.')),
    warning_jit: answer.optional(
      answer.string(
        'With `jit`: what the payment costs, and whom it depends on; or, with `auto`, why no channel was bought.',
      ),
    ),
    ...SYNC_WARNINGS,
  },
  errors: [
    'INVOICE_LABEL_ALREADY_EXISTS',
    'INVOICE_PREIMAGE_ALREADY_EXISTS',
    'INVOICE_HINTS_GAVE_NO_ROUTES',
    'LIQUIDITY_UNAVAILABLE',
    'LIQUIDITY_TOO_EXPENSIVE',
    'LIQUIDITY_AMOUNT_REFUSED',
    'RATE_UNAVAILABLE',
  ],
  examples: [
    {
      title: 'A cup of coffee for one satoshi',
      params: { amount_msat: 1000, label: 'coffee', description: '1 cup of coffee' },
    },
    { title: 'A donation of any amount', params: ['any', 'donation-7', 'Thank you'] },
    {
      title: 'The first payment to a new shop, which opens its channel',
      params: { amount_msat: '50000sat', label: 'first', description: 'A chair', jit: true },
    },
    {
      title: 'A breakfast for 4.50 EUR',
      params: { label: 'table-5', description: 'Breakfast', currency: 'EUR', amount: 450 },
    },
  ],
  see_also: ['currencyrate', 'listinvoices', 'delinvoice', 'waitinvoice', 'waitanyinvoice', 'decode', 'listlsps'],
  access: 'write',
  async run({ rest: _rest, ...params }, { invoices, chain, reserve, checkout: pages }) {
    const {
      checkout,
      redirect_url,
      checkout_renewal: is_renewable,
      amount_msat: given_msat,
      currency,
      amount,
      ...request
    } = params;
    if (!checkout && (redirect_url !== undefined || is_renewable)) {
      throw new RpcError('INVALID_PARAMS', 'redirect_url and checkout_renewal are for an invoice with checkout=true');
    }
    const asked = amountAsked({ amount_msat: given_msat, currency, amount });
    const page = checkout ? pages.newPage({ label: request.label, redirect_url, is_renewable }) : undefined;
    const beside = page && { beside: (payment_hash: string) => [pages.pageWrite(page, payment_hash)] };
    const created = await invoices.create({ ...request, amount_msat: asked, ...beside });
    const { payment_hash, expires_at, bolt11, created_index, amount_msat, price } = created.invoice;
    // A channel that is bought was judged before it was.
    const isJudged = amount_msat === undefined || created.jit !== undefined;
    const warning_reserve = isJudged ? undefined : reserve.warningFor(amount_msat);
    const checkout_url = page && (await checkoutUrl(pages, page, created.invoice));
    return {
      payment_hash,
      expires_at,
      expiry_time: expires_at,
      bolt11,
      payment_secret: created.payment_secret,
      created_index,
      ...(checkout_url === undefined ? {} : { checkout_url }),
      ...(price === undefined ? {} : { amount_msat, price: priceRow(price) }),
      ...created.warnings,
      ...(warning_reserve === undefined ? {} : { warning_reserve }),
      ...jitMembers(created),
      ...syncWarnings(chain.view()),
    };
  },
});

/** The address of the invoice's page; it may be the page of an equal request before this one. Throws RpcError. */
async function checkoutUrl(
  pages: Modules['checkout'],
  asked: ReturnType<Modules['checkout']['newPage']>,
  { created_index, label }: Invoice,
): Promise<string> {
  const page = await pages.ofInvoice(created_index);
  const isSame = page?.redirect_url === asked.redirect_url && page?.is_renewable === asked.is_renewable;
  if (page === undefined || !isSame) throw new RpcError('INVOICE_LABEL_ALREADY_EXISTS', `Duplicate label '${label}'`);
  return pages.urlOf(page);
}

/** What the channel costs that the payment opens. */
function jitMembers({ invoice: { amount_msat }, jit }: CreatedInvoice) {
  if (jit === undefined) return {};
  return {
    opening_fee_msat: jit.opening_fee_msat as bigint,
    amount_expected_msat: amount_msat && (expectedMsat(amount_msat, jit) as bigint),
    lsp: jit.node_id as string,
  };
}
