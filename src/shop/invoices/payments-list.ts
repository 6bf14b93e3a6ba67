/** Every payment that invoices brought, in its order: those of invoices that were deleted since too. */
import { setImmediate as nextTurn } from 'node:timers/promises';
import type { PaidInvoice } from './invoice.ts';
import { DEFAULT_PAGE_ROWS } from './list.ts';
import type { InvoicesContext } from './ports.ts';
import { readInvoice } from './row.ts';

/** The paid invoices by their `pay_index`, read a page at a time. */
export async function* listPaid(context: InvoicesContext): AsyncGenerator<PaidInvoice, void> {
  const { clock, price_rows, page_rows = DEFAULT_PAGE_ROWS } = context;
  for (let after = 0; ; ) {
    const pages: PaidInvoice[][] = [];
    // A row may move from the first table to the second between the two reads, never back: then both have it.
    for (const table of ['invoices', 'deleted_paid_invoices']) {
      const where = `FROM ${table} WHERE pay_index > ? ORDER BY pay_index LIMIT ?`;
      const rows = await price_rows.select(where, [after, page_rows]);
      pages.push(rows.map((row) => readInvoice(row, clock.nowSeconds()) as PaidInvoice));
    }
    // Only up to where both tables were read.
    const ends = pages.filter((page) => page.length === page_rows).map((page) => page.at(-1)?.pay_index as number);
    const until = Math.min(...ends, Number.POSITIVE_INFINITY);
    const found = new Map(pages.flat().map((invoice) => [invoice.pay_index, invoice]));
    const page = [...found.values()].filter(({ pay_index }) => pay_index <= until);
    yield* page.sort((a, b) => a.pay_index - b.pay_index);
    if (until === Number.POSITIVE_INFINITY) return;
    after = until;
    await nextTurn();
  }
}
