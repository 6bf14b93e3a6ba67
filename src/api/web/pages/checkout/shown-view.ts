/** What the node answers about a checkout page, as the page has it: amounts are bigint again. */

import { parseCurrency } from '../../../../base/types/currency.ts';
import type { CheckoutView, PageStatus } from '../../../../shop/checkout/view.ts';
import { isJsonObject, type Json, type JsonObject } from '../../../rpc/json.ts';

/** A view, and the name of this state of it. */
export interface ShownView {
  readonly revision: string;
  readonly view: CheckoutView;
}

/** Reads an answer of the questions `checkout` and `checkout_changed`. */
export function readShownView(answer: JsonObject): ShownView {
  const view = isJsonObject(answer.view) ? answer.view : {};
  return {
    revision: String(answer.revision),
    view: {
      status: view.status as PageStatus,
      description: text(view.description),
      amount_msat: amount(view.amount_msat),
      price: price(view.price),
      bolt11: String(view.bolt11),
      payment_hash: String(view.payment_hash),
      address: text(view.address),
      created_at: Number(view.created_at),
      expires_at: Number(view.expires_at),
      received_msat: amount(view.received_msat) ?? 0n,
      unconfirmed_msat: amount(view.unconfirmed_msat) ?? 0n,
      late_msat: amount(view.late_msat) ?? 0n,
      confirmations: Number(view.confirmations),
      confirmations_needed: Number(view.confirmations_needed),
      paid_at: view.paid_at === undefined ? undefined : Number(view.paid_at),
      paid_over: view.paid_over as CheckoutView['paid_over'],
      redirect_url: text(view.redirect_url),
      is_renewable: view.is_renewable === true,
    },
  };
}

function price(value: Json | undefined): CheckoutView['price'] {
  if (!isJsonObject(value)) return undefined;
  const currency = parseCurrency(String(value.currency));
  return currency && { currency, amount: amount(value.amount) ?? 0n, rate: String(value.rate) };
}

function text(value: Json | undefined): string | undefined {
  return typeof value === 'string' ? value : undefined;
}

function amount(value: Json | undefined): bigint | undefined {
  return typeof value === 'number' || typeof value === 'bigint' ? BigInt(value) : undefined;
}
