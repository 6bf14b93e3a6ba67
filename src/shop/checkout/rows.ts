/** Checkout pages as rows. */
import { HASH_IS, hashValues } from '../../infra/store/invoice-hash.ts';
import type { Row, Store, Write } from '../../infra/store/store.ts';

/** What a page was made with. */
export interface PageTerms {
  /** 128 random bits, hex: whoever has it may see the page. */
  readonly public_id: string;
  /** Where the page leads back to. */
  readonly redirect_url: string | undefined;
  /** Whether the page offers another invoice like it once this one has expired. */
  readonly is_renewable: boolean;
  /** The label of the first invoice of a row of such. */
  readonly first_label: string;
  /** 1 for the first. */
  readonly generation: number;
}

/** A page, with its invoice. */
export interface PageRow extends PageTerms {
  readonly created_index: number;
}

/** Makes the page; part of the unit that makes the invoice. */
export function pageWrite(terms: PageTerms, payment_hash: Uint8Array): Write {
  const { public_id, redirect_url, is_renewable, first_label, generation } = terms;
  return {
    sql: `INSERT INTO checkout_pages (public_id, created_index, redirect_url, is_renewable, first_label, generation)
      SELECT CAST(? AS TEXT), created_index, CAST(? AS TEXT), CAST(? AS BIGINT), CAST(? AS TEXT), CAST(? AS BIGINT)
      FROM invoices WHERE ${HASH_IS}`,
    params: [
      public_id,
      redirect_url ?? null,
      is_renewable ? 1 : 0,
      first_label,
      generation,
      ...hashValues(payment_hash),
    ],
  };
}

/** The page of this name. */
export async function findPage(store: Store, public_id: string): Promise<PageRow | undefined> {
  const [row] = await store.read('SELECT * FROM checkout_pages WHERE public_id = ?', [public_id]);
  return row === undefined ? undefined : pageOfRow(row);
}

/** The page of this invoice. */
export async function pageOfInvoice(store: Store, created_index: number): Promise<PageRow | undefined> {
  const [row] = await store.read('SELECT * FROM checkout_pages WHERE created_index = ?', [created_index]);
  return row === undefined ? undefined : pageOfRow(row);
}

function pageOfRow(row: Row): PageRow {
  return {
    public_id: row.public_id as string,
    created_index: Number(row.created_index),
    redirect_url: (row.redirect_url as string | null) ?? undefined,
    is_renewable: row.is_renewable === 1n,
    first_label: row.first_label as string,
    generation: Number(row.generation),
  };
}
