/** The entry of the module: everything that commands, payments and the daemon ask of invoices. */

import type { Msat } from '../../base/types/amount.ts';
import type { PaymentHash, PaymentPreimage } from '../../base/types/brand.ts';
import type { Secret } from '../../base/types/secret.ts';
import type { Write } from '../../infra/store/store.ts';
import { Autoclean } from './autoclean.ts';
import { type ChangeListener, type ChangeTopic, type InvoiceChange, InvoiceChanges } from './changes.ts';
import { type CreatedInvoice, InvoiceCreator } from './create.ts';
import type { CreateRequest } from './create-request.ts';
import { ExpirySweep } from './expire.ts';
import { findInvoice, type InvoiceKey } from './find.ts';
import { countTransient } from './forget.ts';
import type { Invoice, PaidInvoice, PaidOutpoint } from './invoice.ts';
import { type ListQuery, listInvoices } from './list.ts';
import { listPaid } from './payments-list.ts';
import type { InvoicesContext, InvoicesOptions } from './ports.ts';
import { PriceRows } from './price-rows.ts';
import { type Accepted, type IncomingTotal, Receiver } from './receive.ts';
import { Remover } from './remove.ts';
import { type SearchPage, type SearchQuery, searchInvoices } from './search.ts';
import { signText, takeInvoice } from './sign.ts';
import { type Awaited, type IndexReached, Waiting } from './wait.ts';
import { readWeeks, type WeekOfPayments } from './weeks.ts';

export class Invoices {
  readonly #options: InvoicesContext;
  readonly #changes = new InvoiceChanges();
  readonly #creator: InvoiceCreator;
  readonly #receiver: Receiver;
  readonly #remover: Remover;
  readonly #waiting: Waiting;
  readonly #expiry: ExpirySweep;
  readonly autoclean: Autoclean;

  constructor(given: InvoicesOptions) {
    const options: InvoicesContext = { ...given, price_rows: new PriceRows(given.store) };
    this.#options = options;
    this.#creator = new InvoiceCreator(options, this.#changes);
    this.#receiver = new Receiver(options, this.#changes);
    this.#remover = new Remover(options, this.#changes);
    this.#waiting = new Waiting(options, this.#changes);
    this.#expiry = new ExpirySweep(options, this.#changes);
    this.autoclean = new Autoclean(options, this.#remover);
  }

  /** Sets the timer for the next invoice to expire. Nothing is replayed. */
  async start(): Promise<void> {
    await this.#options.price_rows.start();
    await this.#expiry.start();
  }

  /** Ends the timers. The store must still be open. */
  async stop(): Promise<void> {
    await this.#expiry.stop();
    await this.autoclean.stop();
  }

  /** Makes an invoice; resolves when it is durable. Throws RpcError, and then there is none. */
  async create(request: CreateRequest): Promise<CreatedInvoice> {
    const created = await this.#creator.create(request);
    this.#expiry.notice(created.invoice.expires_at);
    return created;
  }

  /** Signs a text and keeps it as our invoice. Throws RpcError. */
  async take(request: {
    readonly invstring: string;
    readonly label: string;
    readonly preimage: Secret<string>;
  }): Promise<{ readonly invoice: Invoice } | { readonly label_used_by: Invoice }> {
    const taken = await takeInvoice(this.#options, this.#changes, request);
    if ('invoice' in taken) this.#expiry.notice(taken.invoice.expires_at);
    return taken;
  }

  /** The text with our signature over it. Throws RpcError. */
  sign(invstring: string): string {
    return signText(this.#options, invstring).bolt11;
  }

  /** The invoice, if there is one. Throws RpcError for an invstring that is no BOLT 11. */
  find(key: InvoiceKey): Promise<Invoice | undefined> {
    return findInvoice(this.#options, key);
  }

  /** How many invoices that somebody outside asked for can be paid now; at most `most`. */
  countTransient(most: number): Promise<number> {
    return countTransient(this.#options.store, most);
  }

  /** The invoices of a query, read page by page as they are asked for. */
  list(query: ListQuery): AsyncGenerator<Invoice, void> {
    return listInvoices(this.#options, query);
  }

  /** A page of the invoices that a text and filters find, the newest first. Rejects with RangeError for a bad cursor. */
  search(query: SearchQuery): Promise<SearchPage> {
    return searchInvoices(this.#options, query);
  }

  /** Every payment in its order, those of deleted invoices too, read page by page as they are asked for. */
  listPaid(): AsyncGenerator<PaidInvoice, void> {
    return listPaid(this.#options);
  }

  /** What was paid over Lightning in the last weeks, the latest first. Rejects as Store.read does. */
  weeks(count: number): Promise<readonly WeekOfPayments[]> {
    return readWeeks(this.#options.store, this.#options.clock.nowSeconds(), count);
  }

  /** Deletes the invoice of a label, which must have the status. Throws RpcError. */
  remove(label: string, status: string): Promise<Invoice> {
    return this.#remover.remove(label, status);
  }

  /** Removes the description of an invoice, which must have the status. Throws RpcError. */
  removeDescription(label: string, status: string): Promise<Invoice> {
    return this.#remover.removeDescription(label, status);
  }

  /** Deletes what expired at this Unix time or before; default: now. Answers how many. */
  removeExpired(until_seconds = this.#options.clock.nowSeconds()): Promise<number> {
    return this.#remover.clean({ status: 'expired', until_seconds });
  }

  /** Waits until the invoice is paid or expired. Throws RpcError. */
  waitForInvoice(label: string, signal: AbortSignal): Promise<Awaited> {
    return this.#waiting.forInvoice(label, signal);
  }

  /** Waits for the first payment after an index. Throws RpcError INVOICE_WAIT_TIMED_OUT. */
  waitForPayment(
    lastpay_index: bigint,
    timeout_seconds: bigint | undefined,
    signal: AbortSignal,
  ): Promise<PaidInvoice> {
    return this.#waiting.forPayment(lastpay_index, timeout_seconds, signal);
  }

  /** Waits until a counter has reached a value. */
  waitForIndex(counter: InvoiceChange['counter'], nextvalue: bigint, signal: AbortSignal): Promise<IndexReached> {
    return this.#waiting.forIndex(counter, nextvalue, signal);
  }

  /** Calls the listener for each durable change from now on, until the function that is returned is called. */
  listen(topic: ChangeTopic, listener: ChangeListener): () => void {
    return this.#changes.listen(topic, listener);
  }

  /** Whether an invoice takes this set of HTLCs. See Receiver.judge. */
  judge(set: IncomingTotal): Promise<Accepted | undefined> {
    return this.#receiver.judge(set);
  }

  /** Marks an invoice paid together with the caller's writes. See Receiver.markPaid. */
  markPaid(
    payment_hash: PaymentHash,
    amount_received_msat: Msat,
    writes: readonly Write[] = [],
    opening_fee_msat?: Msat,
  ): Promise<PaymentPreimage | undefined> {
    return this.#receiver.markPaid(payment_hash, amount_received_msat, writes, opening_fee_msat);
  }

  /** Marks an invoice paid by deposits, together with the caller's writes. See Receiver.markDeposited. */
  markDeposited(
    created_index: number,
    amount_received_msat: Msat,
    paid_outpoint: PaidOutpoint,
    writes: readonly Write[] = [],
  ): Promise<boolean> {
    return this.#receiver.markDeposited(created_index, amount_received_msat, paid_outpoint, writes);
  }

  /** Whether an unpaid invoice is kept from expiring. */
  isHeld(created_index: number): Promise<boolean> {
    return this.#receiver.isHeld(created_index);
  }

  /** Keeps an unpaid invoice from expiring while deposits that cover it deepen, or lets it expire again. */
  async hold(created_index: number, is_held: boolean): Promise<void> {
    if (is_held) return await this.#receiver.hold(created_index);
    const expires_at = await this.#receiver.letGo(created_index);
    if (expires_at !== undefined) this.#expiry.notice(expires_at);
  }

  /** The preimage of an invoice that is durably paid. */
  paidPreimage(payment_hash: PaymentHash): Promise<PaymentPreimage | undefined> {
    return this.#receiver.paidPreimage(payment_hash);
  }
}
