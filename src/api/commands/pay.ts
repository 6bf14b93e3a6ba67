import type { PaidReply } from '../../node/payments/pay.ts';
import type { PayRequest } from '../../node/payments/pay-request.ts';
import { answer } from '../rpc/answer.ts';
import { optional, type ParamValues, required, withDefault } from '../rpc/command.ts';
import { field } from '../rpc/fields.ts';
import { defineCommand, type Modules } from './modules.ts';
import { askedFor, feeLimit, PAY_ERRORS } from './pay-request.ts';

const params = {
  bolt11: required(field.string, 'The invoice. It may be in upper case and begin with `lightning:`.', {
    aliases: ['invstring'],
  }),
  amount_msat: optional(field.msat, 'The amount, for an invoice that does not name one.'),
  label: optional(field.label, 'A label, stored with the payment.'),
  riskfactor: optional(field.float, 'How much delay counts against fees: percent of the amount a year. Default: 0.1.'),
  maxfeepercent: optional(field.percent, 'The maximum fee in percent of the amount. Default: 0.5.'),
  retry_for: withDefault(field.u16, 60, 'Seconds after which Till stops trying. The first attempt is always made.'),
  maxdelay: withDefault(field.u16, 2016, 'The maximum number of blocks that the money may be locked.'),
  exemptfee: optional(
    field.msat,
    'Fees up to this amount are allowed whatever `maxfeepercent` says. Default: 5000 msat.',
  ),
  localinvreqid: optional(field.hex, 'Accepted and ignored: Till makes no invoice requests.'),
  exclude: withDefault(
    field.arrayOf(field.string),
    [],
    'Channels (`SCID` or `SCID/DIRECTION`) and nodes to leave out.',
  ),
  maxfee: optional(field.msat, 'The maximum fee, instead of `maxfeepercent` and `exemptfee`.'),
  description: optional(
    field.string,
    'The description. It must match the description hash in the invoice, if there is one.',
  ),
  partial_msat: optional(field.msat, 'Pay only this amount; others pay the rest of the invoice.'),
} as const;

type PayParams = ParamValues<typeof params>;

/** What a payment that is complete is answered with, by `pay`, `renepay` and `keysend`. */
export const payMembers = {
  payment_preimage: answer.secret('The proof of payment.'),
  payment_hash: answer.hash('Its hash.'),
  destination: answer.nodeId('The payee.'),
  created_at: answer.integer('The Unix time of its first part.'),
  parts: answer.integer('The number of parts.'),
  amount_msat: answer.msat('The amount that the payee gets.'),
  amount_sent_msat: answer.msat('The amount that we send, fees included.'),
  status: answer.oneOf(['complete'], 'It is paid.'),
  warning_partial_completion: answer.optional(answer.string('Set if some parts failed on the way.')),
} as const;

/** Pays the invoice. Rejects with RpcError. */
export async function payInvoice(given: PayParams, { payer, wallet }: Modules, signal: AbortSignal) {
  const { bolt11, description } = given;
  const asked = askedFor('bolt11', bolt11, wallet.network, { ...given, description });
  const { invoice, amount_msat } = asked;
  const request: PayRequest = {
    ...asked,
    maxfee_msat: feeLimit(amount_msat, given),
    max_delay: given.maxdelay,
    riskfactor: given.riskfactor,
    retry_for_seconds: given.retry_for,
    exclude: new Set(given.exclude.map((each) => each.replace(/\/[01]$/, ''))),
    label: given.label,
    description: description ?? invoice.description,
  };
  return paidAnswer(await payer.pay(request, signal));
}

/** A payment that is complete, as `pay`, `renepay` and `keysend` answer it. */
export function paidAnswer(paid: PaidReply) {
  return {
    payment_preimage: paid.payment_preimage as string,
    payment_hash: paid.payment_hash as string,
    destination: paid.destination as string,
    created_at: paid.created_at,
    parts: paid.number_of_parts,
    amount_msat: paid.amount_msat as bigint,
    amount_sent_msat: paid.amount_sent_msat as bigint,
    status: 'complete' as const,
    warning_partial_completion:
      paid.failed_parts > 0 ? 'Some parts of the payment failed and were sent again on another route' : undefined,
  };
}

/** Pays an invoice. */
export const pay = defineCommand({
  name: 'pay',
  category: 'payments',
  title: 'Command for sending a payment to a BOLT11 invoice',
  description: `Pays an invoice and answers when it is paid. The way leads through a channel with the payee, or with a node that the invoice names in its hints, or through the public network; if no way carries it all, in several parts. Failed parts are tried again another way; when every way has just failed, or all places for HTLCs are taken, the payment pauses and tries again until the seconds of retry_for are over. The error then names the channel or the node that failed it last.

It is safe to ask again for the same invoice. If a payment is in flight, even from before a restart, Till waits for it; if it is complete, Till answers it again.`,
  params,
  returns: payMembers,
  errors: PAY_ERRORS,
  examples: [
    { title: 'An invoice', params: ['lnbcrt10n1...'] },
    { title: 'One that names no amount', params: ['lnbcrt1...', 5000] },
  ],
  see_also: ['listpays', 'xpay', 'renepay', 'sendpay', 'decode'],
  access: 'write',
  run: (given, modules, { signal }) => payInvoice(given, modules, signal),
});
