/** What several pages of the counter ask of the node, by the right of who has signed in. */
import { NodeRefused } from '../node-calls.ts';
import type { PageTools } from '../page.ts';
import type { SignedIn } from '../sign-in/person.ts';
import { readItem, readSale, rows, type ShownItem, type ShownSale } from './sale.ts';

/** A key of a form: 16 random bytes in base64url. */
export const FORM_KEY = /^[\w-]{22}$/;

/** The price list. */
export async function itemsOf({ node }: PageTools, { credential }: SignedIn): Promise<readonly ShownItem[]> {
  const { items } = await node.command('listitems', {}, credential);
  return rows(items).map(readItem);
}

/** What somebody must add who may see and give back the sales of the own counter only. */
export function ownCounter({ role, name }: SignedIn): { readonly counter?: string } {
  return role === 'cashier' ? { counter: name } : {};
}

/** The sale of a number; undefined when there is none, or when it is of another counter and a cashier asks. */
export async function saleOf({ node }: PageTools, person: SignedIn, sale_id: number): Promise<ShownSale | undefined> {
  try {
    const { sales } = await node.command('listsales', { sale_id, ...ownCounter(person) }, person.credential);
    return rows(sales).map(readSale)[0];
  } catch (error) {
    if (error instanceof NodeRefused && error.error === 'SALE_NOT_FOUND') return undefined;
    throw error;
  }
}
