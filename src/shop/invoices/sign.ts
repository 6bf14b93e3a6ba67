/** Invoices whose text others made: signed by our node (`signinvoice`), and taken in as ours (`createinvoice`). */

import { sha256 } from '../../base/crypto/hash.ts';
import { RpcError } from '../../base/errors.ts';
import type { PaymentPreimage } from '../../base/types/brand.ts';
import { fromHex, toHex } from '../../base/types/hex.ts';
import type { Secret } from '../../base/types/secret.ts';
import { checkTerms } from '../../codec/bolt11/check.ts';
import { Bolt11Error } from '../../codec/bolt11/error.ts';
import type { InvoiceTerms } from '../../codec/bolt11/invoice.ts';
import { verifier } from '../../codec/bolt11/native.ts';
import { formatRaw, parseRaw } from '../../codec/bolt11/raw.ts';
import { signRaw } from '../../codec/bolt11/signature.ts';
import type { InvoiceChanges } from './changes.ts';
import { checkLabel, clashError } from './create.ts';
import { findInvoice } from './find.ts';
import { insertInvoice, isCreated } from './insert.ts';
import type { Invoice } from './invoice.ts';
import type { InvoicesContext, InvoicesOptions } from './ports.ts';

/** The text with our signature over it, whatever it bore before; and what it says. Throws RpcError. */
export function signText(options: InvoicesOptions, invstring: string): { bolt11: string; terms: InvoiceTerms } {
  try {
    const raw = parseRaw(invstring.trim());
    const terms = checkTerms(raw, { currency: options.network.bolt11_prefix });
    if (terms.named_payee !== undefined && terms.named_payee !== options.signer.node_id) {
      throw new RpcError('INVALID_PARAMS', `The invoice names another payee: ${terms.named_payee}`);
    }
    const signed = signRaw(raw, { sha256: verifier.sha256, sign: options.signer.sign });
    return { bolt11: formatRaw(signed), terms };
  } catch (error) {
    if (!(error instanceof Bolt11Error)) throw error;
    throw new RpcError('INVALID_PARAMS', `Unparsable invoice '${invstring.slice(0, 80)}': ${error.message}`);
  }
}

/** Signs the text and keeps it as our invoice. Throws RpcError; INVOICE_LABEL_ALREADY_EXISTS carries what exists. */
export async function takeInvoice(
  options: InvoicesContext,
  changes: InvoiceChanges,
  request: { readonly invstring: string; readonly label: string; readonly preimage: Secret<string> },
): Promise<{ readonly invoice: Invoice } | { readonly label_used_by: Invoice }> {
  const { bolt11, terms } = signText(options, request.invstring);
  checkLabel(request.label);
  if (terms.description === undefined) throw new RpcError('INVALID_PARAMS', 'Missing description in invoice');
  if (toHex(sha256(fromHex(request.preimage.reveal()))) !== terms.payment_hash) {
    throw new RpcError('INVALID_PARAMS', 'Incorrect preimage');
  }
  const expires_at = terms.created_at + terms.expiry_seconds;
  if (!Number.isSafeInteger(expires_at)) throw new RpcError('INVALID_PARAMS', 'The time of expiry does not fit');
  const { store, clock, price_rows } = options;
  // The label is looked at first here: its error carries the invoice, which a client may be asking for again.
  const existing = await findInvoice(options, { label: request.label });
  if (existing !== undefined) return { label_used_by: existing };
  const outcome = await insertInvoice(
    { store, clock, price_rows, changes },
    {
      label: request.label,
      payment_hash: terms.payment_hash,
      amount_msat: terms.amount_msat,
      created_at: clock.nowSeconds(),
      expires_at,
      min_final_cltv_expiry: terms.min_final_cltv_expiry_delta,
      bolt11,
      description: terms.description,
      payment_preimage: request.preimage as Secret<PaymentPreimage>,
      // Whoever wrote the text chose this one.
      payment_secret: terms.payment_secret,
    },
  );
  if (isCreated(outcome)) return { invoice: outcome };
  if (outcome.by === 'label') return { label_used_by: outcome.existing };
  throw clashError(outcome, request.label);
}
