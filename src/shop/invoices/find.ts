/** Keyed look-ups: each costs the same in an empty shop and beside a million invoices. */

import { RpcError } from '../../base/errors.ts';
import type { PaymentHash } from '../../base/types/brand.ts';
import { fromHex } from '../../base/types/hex.ts';
import { checkTerms } from '../../codec/bolt11/check.ts';
import { Bolt11Error } from '../../codec/bolt11/error.ts';
import { parseRaw } from '../../codec/bolt11/raw.ts';
import { HASH_IS, hashValues } from '../../infra/store/invoice-hash.ts';
import type { Row, SqlValue } from '../../infra/store/store.ts';
import type { Invoice } from './invoice.ts';
import type { InvoicesContext } from './ports.ts';
import { readInvoice } from './row.ts';

/** What an invoice can be looked up by. */
export type InvoiceKey =
  | { readonly label: string }
  | { readonly payment_hash: PaymentHash }
  | { readonly created_index: number }
  | { readonly invstring: string };

const BY_LABEL = 'label = ?';
const BY_INDEX = 'created_index = ?';

/** What a look-up needs. */
export type Finding = Pick<InvoicesContext, 'store' | 'clock' | 'price_rows'>;

/** The invoice, if there is one. Throws RpcError INVALID_PARAMS for an invstring that is no BOLT 11. */
export async function findInvoice({ clock, price_rows }: Finding, key: InvoiceKey): Promise<Invoice | undefined> {
  const readOne = async (condition: string, ...values: readonly SqlValue[]): Promise<Invoice | undefined> => {
    const [row] = await price_rows.select(`FROM invoices WHERE ${condition}`, values);
    return row === undefined ? undefined : readInvoice(row as Row, clock.nowSeconds());
  };
  if ('label' in key) return await readOne(BY_LABEL, key.label);
  const byHash = (payment_hash: PaymentHash) => readOne(HASH_IS, ...hashValues(fromHex(payment_hash)));
  if ('payment_hash' in key) return await byHash(key.payment_hash);
  if ('created_index' in key) return await readOne(BY_INDEX, key.created_index);
  // The text is not indexed: the hash in it finds the row, and the row's own text must then be the same.
  const invstring = key.invstring.trim();
  const found = await byHash(paymentHashOf(invstring));
  const text = invstring.toLowerCase().replace(/^lightning:/, '');
  return found?.bolt11 === text ? found : undefined;
}

function paymentHashOf(invstring: string): PaymentHash {
  try {
    return checkTerms(parseRaw(invstring)).payment_hash;
  } catch (error) {
    if (error instanceof Bolt11Error) throw new RpcError('INVALID_PARAMS', 'Invalid invstring');
    throw error;
  }
}
