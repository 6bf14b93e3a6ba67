/**
 * Checkout pages: the public name of an invoice, what may be seen under it, and waiting for that to change. Whoever has the
 * name sees the page; nobody can guess it, and from it follows nothing else of the shop.
 */
import { RpcError } from '../../base/errors.ts';
import { formatAddress } from '../../base/types/address.ts';
import { fromHex, toHex } from '../../base/types/hex.ts';
import { checkTerms } from '../../codec/bolt11/check.ts';
import { parseRaw } from '../../codec/bolt11/raw.ts';
import type { Write } from '../../infra/store/store.ts';
import type { CheckoutOptions, PageInvoice } from './ports.ts';
import { redirectFault } from './redirect-url.ts';
import { findPage, type PageRow, type PageTerms, pageOfInvoice, pageWrite } from './rows.ts';
import { LOOK_MS, Unconfirmed } from './unconfirmed.ts';
import { type CheckoutView, viewOf } from './view.ts';

/** What `invoice` asks of its page. */
export interface NewPage {
  readonly label: string;
  readonly redirect_url: string | undefined;
  readonly is_renewable: boolean;
}

const PUBLIC_ID = /^[0-9a-f]{32}$/;
/** Room for what is added to the label of a further invoice. */
const LONGEST_RENEWABLE_LABEL_BYTES = 112;

export class Checkout {
  readonly #options: CheckoutOptions;
  readonly #unconfirmed: Unconfirmed;
  #url: string | undefined;

  constructor(options: CheckoutOptions) {
    this.#options = options;
    const { clock, height, unconfirmedTo: ask } = options;
    this.#unconfirmed = new Unconfirmed({ clock, height, ask });
  }

  /** Where the pages are now, such as `https://pay.example`; undefined: nowhere. */
  servedAt(url: string | undefined): void {
    this.#url = url;
  }

  /** A page for an invoice that is about to be made. Throws RpcError. */
  newPage({ label, redirect_url, is_renewable }: NewPage): PageTerms {
    if (this.#url === undefined) {
      throw new RpcError('INVALID_PARAMS', 'checkout: this node serves no pages. Start it with --shop-bind=ADDR:PORT');
    }
    const fault = redirect_url === undefined ? undefined : redirectFault(redirect_url);
    if (fault !== undefined) throw new RpcError('INVALID_PARAMS', `redirect_url: ${fault}`);
    if (is_renewable && Buffer.byteLength(label) > LONGEST_RENEWABLE_LABEL_BYTES) {
      throw new RpcError(
        'INVALID_PARAMS',
        `label: should have at most ${LONGEST_RENEWABLE_LABEL_BYTES} bytes with checkout_renewal, which adds to it`,
      );
    }
    return { public_id: this.#newId(), redirect_url, is_renewable, first_label: label, generation: 1 };
  }

  /** The write that makes the page, behind the one that makes the invoice with this hash (hex). */
  pageWrite(terms: PageTerms, payment_hash: string): Write {
    return pageWrite(terms, fromHex(payment_hash));
  }

  /** The page of an invoice. */
  ofInvoice(created_index: number): Promise<PageRow | undefined> {
    return pageOfInvoice(this.#options.store, created_index);
  }

  /** The address of a page. */
  urlOf({ public_id }: PageTerms): string {
    return `${this.#url ?? ''}/i/${public_id}`;
  }

  /** What the page shows now; undefined when there is no such page, or its invoice was deleted. */
  async view(public_id: string): Promise<CheckoutView | undefined> {
    const found = await this.#find(public_id);
    return found === undefined ? undefined : await this.#view(found.page, found.invoice);
  }

  /**
   * What the page shows once that is not `seen` any more, the text of an earlier view (`textOf`). Undefined when the invoice is
   * gone. Rejects with the signal's reason.
   */
  async changed(
    public_id: string,
    seen: string,
    textOf: (view: CheckoutView) => string,
    signal: AbortSignal,
  ): Promise<CheckoutView | undefined> {
    const found = await this.#find(public_id);
    if (found === undefined) return undefined;
    const { invoices, deposits, clock } = this.#options;
    let wake = (): void => {};
    const stops = [
      invoices.listen(found.invoice.label, () => wake()),
      deposits.listen(found.page.created_index, () => wake()),
    ];
    const onAbort = (): void => wake();
    signal.addEventListener('abort', onAbort);
    const script = await this.#scriptOf(found.invoice);
    const look = (): void => {
      if (script !== undefined) void this.#unconfirmed.look(script).then(() => wake());
    };
    look();
    try {
      for (;;) {
        signal.throwIfAborted();
        // Listening begins before looking, so that nothing falls between the two.
        const woken = new Promise<void>((resolve) => {
          wake = resolve;
        });
        const view = await this.view(public_id);
        if (view === undefined || textOf(view) !== seen) return view;
        // Of what is in no block nobody tells: while it may come, it is looked for.
        const mayCome = ['waiting', 'seen', 'short'].includes(view.status);
        const stopTimer = mayCome ? clock.after(LOOK_MS, look) : undefined;
        await woken;
        stopTimer?.();
      }
    } finally {
      for (const stop of stops) stop();
      signal.removeEventListener('abort', onAbort);
    }
  }

  /**
   * The name of a page for another invoice like this one, which has expired: the one that was made already while it can be
   * paid, or a new one. Rejects with RpcError when the shop does not allow it, or the invoice is still open.
   */
  async renew(public_id: string): Promise<string> {
    const { invoices } = this.#options;
    const found = await this.#find(public_id);
    if (found === undefined) throw new RpcError('INVOICE_NOT_FOUND', 'There is no such page');
    let { page, invoice } = found;
    if (!page.is_renewable) throw new RpcError('LIGHTNINGD', 'The shop does not offer a new invoice here');
    for (;;) {
      if (invoice.status !== 'expired') return page.public_id;
      const label = `${page.first_label}~${page.generation + 1}`;
      const next: PageTerms = { ...page, public_id: this.#newId(), generation: page.generation + 1 };
      const made = await invoices.repeat(invoice, label, next);
      if (made !== undefined) return next.public_id;
      // Somebody was faster: theirs is looked at in the same way.
      const theirs = await invoices.findLabel(label);
      const their_page = theirs && (await this.ofInvoice(theirs.created_index));
      if (theirs === undefined || their_page === undefined) {
        throw new RpcError('INVOICE_LABEL_ALREADY_EXISTS', 'The shop uses this label for something else');
      }
      page = their_page;
      invoice = theirs;
    }
  }

  async #find(public_id: string): Promise<{ readonly page: PageRow; readonly invoice: PageInvoice } | undefined> {
    if (!PUBLIC_ID.test(public_id)) return undefined;
    const page = await findPage(this.#options.store, public_id);
    const invoice = page && (await this.#options.invoices.find(page.created_index));
    return page === undefined || invoice === undefined ? undefined : { page, invoice };
  }

  async #view(page: PageRow, invoice: PageInvoice): Promise<CheckoutView> {
    const { deposits, confirmations, height, network } = this.#options;
    const script = await this.#scriptOf(invoice);
    return viewOf({
      page,
      invoice,
      deposits: script === undefined ? [] : await deposits.ofInvoice(invoice.created_index),
      address: script && formatAddress(script, network),
      unconfirmed_sat: script === undefined || invoice.status !== 'unpaid' ? 0n : this.#unconfirmed.of(script),
      height: height(),
      confirmations_needed: confirmations,
    });
  }

  /** The script of the address in the invoice at which deposits pay it. */
  async #scriptOf({ bolt11 }: PageInvoice): Promise<string | undefined> {
    const [script] = checkTerms(parseRaw(bolt11)).fallbacks;
    return script !== undefined && (await this.#options.deposits.isInvoiceAddress(script)) ? script : undefined;
  }

  #newId(): string {
    return toHex(this.#options.randomBytes(16));
  }
}
