/** `idempotent`: whether an invoice is what a request asks for. Its own BOLT 11 says what it was made of. */
import type { InvoiceTerms } from '../../codec/bolt11/invoice.ts';
import type { CreateRequest, OwnFields } from './create-request.ts';
import type { Invoice } from './invoice.ts';
import { sameMetadata } from './metadata.ts';

/** What the request does not say of the invoice. */
export interface SameRequestFacts {
  /** Whether we made the script for an invoice. */
  readonly isOurs: (script_pubkey: string) => Promise<boolean>;
  /** Whether a channel was bought with the invoice. */
  readonly isBought: boolean;
}

/** The price decides when one is asked for, whatever it came to in bitcoin: the rate has changed since. */
function asksTheSameAmount(
  { price }: Invoice,
  terms: InvoiceTerms,
  { amount_msat }: CreateRequest,
  fields: OwnFields,
): boolean {
  if (typeof amount_msat !== 'object') return price === undefined && terms.amount_msat === fields.amount_msat;
  return price?.currency === amount_msat.currency && price.amount === amount_msat.amount;
}

/**
 * Whether the existing invoice, whose BOLT 11 says `terms`, was made by a request with the same label, amount, text, expiry, fallbacks, cltv,
 * metadata, and preimage when one is given. Route hints are not compared: they change with the channels. Nor is an
 * address that we gave the invoice ourselves (`isOurs`): no request names it. One that a channel was bought with may be
 * valid for less time than was asked for.
 */
export async function asksTheSame(
  existing: Invoice,
  terms: InvoiceTerms,
  request: CreateRequest,
  fields: OwnFields,
  { isOurs, isBought }: SameRequestFacts,
): Promise<boolean> {
  const [only, ...more] = terms.fallbacks;
  const isGiven = only !== undefined && more.length === 0 && request.fallbacks === undefined && (await isOurs(only));
  return (
    existing.label === request.label &&
    sameMetadata(existing.metadata, request.metadata) &&
    (existing.description ?? request.description) === request.description &&
    terms.description === fields.description &&
    terms.description_hash === fields.description_hash &&
    asksTheSameAmount(existing, terms, request, fields) &&
    (terms.expiry_seconds === fields.expiry_seconds || (isBought && isShorter(terms, fields))) &&
    // A request that leaves this to the node asks for the same, whatever the node's default has become.
    (request.cltv === undefined || existing.min_final_cltv_expiry === request.cltv) &&
    (isGiven || terms.fallbacks.join() === (fields.fallbacks ?? []).join()) &&
    (request.preimage === undefined || existing.payment_hash === fields.payment_hash)
  );
}

function isShorter(terms: InvoiceTerms, fields: OwnFields): boolean {
  return terms.expiry_seconds < fields.expiry_seconds;
}
