/**
 * Waiting for news. A waiter subscribes before it looks, so nothing falls between the two; when its client goes, its
 * AbortSignal takes it out.
 */
import { RpcError } from '../../base/errors.ts';
import { MAX_COLUMN } from '../../infra/store/u64.ts';
import type { InvoiceChange, InvoiceChanges } from './changes.ts';
import { readCounter } from './counters.ts';
import { findInvoice } from './find.ts';
import type { Invoice, PaidInvoice } from './invoice.ts';
import type { InvoicesContext } from './ports.ts';
import { readInvoice } from './row.ts';

/** How `waitinvoice` ends well, and how it ends when the invoice expires. */
export type Awaited =
  | { readonly kind: 'paid'; readonly invoice: PaidInvoice }
  | { readonly kind: 'expired'; readonly invoice: Invoice };

/** What `wait` answers: the counter's value, and what happened if it happened during the wait. */
export interface IndexReached {
  readonly value: number;
  readonly change?: InvoiceChange | undefined;
}

type Ending<T> = { readonly value: T } | { readonly error: unknown } | undefined;

const TABLES = ['invoices', 'deleted_paid_invoices'];
const NEXT_PAID = 'WHERE pay_index > ? ORDER BY pay_index LIMIT 1';

export class Waiting {
  readonly #options: InvoicesContext;
  readonly #changes: InvoiceChanges;

  constructor(options: InvoicesContext, changes: InvoiceChanges) {
    this.#options = options;
    this.#changes = changes;
  }

  /** Waits until the invoice is paid or expired. Throws RpcError when there is none, or when it is deleted. */
  forInvoice(label: string, signal: AbortSignal): Promise<Awaited> {
    const judge = (invoice: Invoice): Ending<Awaited> => {
      if (invoice.status === 'unpaid') return undefined;
      return { value: invoice.status === 'paid' ? { kind: 'paid', invoice } : { kind: 'expired', invoice } };
    };
    return wait<Awaited>(
      signal,
      (listener) => this.#changes.listen({ label }, listener),
      ({ what, invoice }) =>
        what === 'deleted' ? { error: new RpcError('LIGHTNINGD', 'Invoice deleted during wait') } : judge(invoice),
      async () => {
        const found = await findInvoice(this.#options, { label });
        return found === undefined ? { error: new RpcError('LIGHTNINGD', 'Label not found') } : judge(found);
      },
    );
  }

  /**
   * The first payment after `lastpay_index`, made already or awaited; a deleted invoice's payment too, so that nobody
   * who goes from one to the next misses one. When `lastpay_index` is above the last one it is the next payment, whatever
   * its number. With a timeout: RpcError INVOICE_WAIT_TIMED_OUT after so many seconds.
   */
  forPayment(lastpay_index: bigint, timeout_seconds: bigint | undefined, signal: AbortSignal): Promise<PaidInvoice> {
    const timedOut = {
      error: new RpcError('INVOICE_WAIT_TIMED_OUT', 'Timed out while waiting for invoice to be paid'),
    };
    /**
     * Unknown until the database has been read, which may take a while; what is paid meanwhile is held until then, because
     * one that was paid before may not have been read yet.
     */
    let is_above: boolean | undefined;
    const held: PaidInvoice[] = [];
    const isNext = ({ pay_index }: PaidInvoice): boolean => BigInt(pay_index) > lastpay_index || is_above === true;
    return wait<PaidInvoice>(
      signal,
      (listener) => this.#changes.listen('paid', listener),
      ({ invoice }) => {
        if (invoice.status !== 'paid') return undefined;
        if (is_above !== undefined) return isNext(invoice) ? { value: invoice } : undefined;
        held.push(invoice);
        return undefined;
      },
      async () => {
        const found = await this.#firstPaidAfter(lastpay_index);
        if (found !== undefined) return { value: found };
        if (timeout_seconds === 0n) return timedOut;
        is_above = BigInt(await readCounter(this.#options.store, 'invoices_paid')) < lastpay_index;
        const next = held.find(isNext);
        return next === undefined ? undefined : { value: next };
      },
      timeout_seconds === undefined || timeout_seconds === 0n
        ? undefined
        : (end) => this.#options.clock.after(Number(timeout_seconds) * 1000, () => end(timedOut)),
    );
  }

  /** Waits until a counter has reached a value. */
  forIndex(counter: InvoiceChange['counter'], nextvalue: bigint, signal: AbortSignal): Promise<IndexReached> {
    return wait<IndexReached>(
      signal,
      (listener) => this.#changes.listen(counter, listener),
      (change) => (BigInt(change.index) >= nextvalue ? { value: { value: change.index, change } } : undefined),
      async () => {
        const value = await readCounter(this.#options.store, `invoices_${counter}`);
        return BigInt(value) >= nextvalue ? { value: { value } } : undefined;
      },
    );
  }

  async #firstPaidAfter(lastpay_index: bigint): Promise<PaidInvoice | undefined> {
    if (lastpay_index > MAX_COLUMN) return undefined;
    const { clock, price_rows } = this.#options;
    const now = clock.nowSeconds();
    // A row may move from the first table to the second between the two reads, never back.
    let first: PaidInvoice | undefined;
    for (const table of TABLES) {
      const [row] = await price_rows.select(`FROM ${table} ${NEXT_PAID}`, [lastpay_index]);
      const found = row === undefined ? undefined : (readInvoice(row, now) as PaidInvoice);
      if (found !== undefined && (first === undefined || found.pay_index < first.pay_index)) first = found;
    }
    return first;
  }
}

/** Listens, looks, and ends with whichever first has an ending. */
function wait<T>(
  signal: AbortSignal,
  listen: (listener: (change: InvoiceChange) => void) => () => void,
  judge: (change: InvoiceChange) => Ending<T>,
  look: () => Promise<Ending<T>>,
  startTimer?: (end: (ending: Ending<T>) => void) => () => void,
): Promise<T> {
  return new Promise<T>((resolve, reject) => {
    if (signal.aborted) return reject(signal.reason);
    const end = (ending: Ending<T>): void => {
      if (ending === undefined) return;
      unlisten();
      cancelTimer?.();
      signal.removeEventListener('abort', onAbort);
      if ('value' in ending) resolve(ending.value);
      else reject(ending.error);
    };
    const onAbort = (): void => end({ error: signal.reason });
    const unlisten = listen((change) => end(judge(change)));
    const cancelTimer = startTimer?.(end);
    signal.addEventListener('abort', onAbort);
    look().then(end, (error: unknown) => end({ error }));
  });
}
