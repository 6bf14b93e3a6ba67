/**
 * Expiry. Every reader judges by the clock; this sweep writes it down behind, a page at a time, so that the change has
 * an index and waiters hear of it. One timer, set for the next invoice to expire, however many there are.
 */
import { nextNumber } from '../../infra/store/counters.ts';
import type { Row, Write } from '../../infra/store/store.ts';
import type { InvoiceChanges } from './changes.ts';
import { expiredEvent } from './events.ts';
import { forgetDue, readForgetAt } from './forget.ts';
import type { InvoicesContext } from './ports.ts';
import { readInvoice } from './row.ts';

/** Rows per sweep: what commits in a few milliseconds, so that others get their turn. */
const SWEEP_ROWS = 200;
/** The longest sleep: a machine's clock may be set forward under a running timer. */
const LONGEST_SLEEP_SECONDS = 600;

const DUE = `SELECT created_index, label, payment_hash, amount_msat, expires_at, is_transient FROM invoices
  WHERE state = 'unpaid' AND expires_at <= ?
  ORDER BY expires_at LIMIT ${SWEEP_ROWS}`;
const NEXT = "SELECT MIN(expires_at) AS expires_at FROM invoices WHERE state = 'unpaid'";
const MARK_EXPIRED = `UPDATE invoices SET state = 'expired', updated_index = ${nextNumber('invoices_updated')}
  WHERE created_index = ? AND state = 'unpaid' RETURNING `;

export class ExpirySweep {
  readonly #options: InvoicesContext;
  readonly #changes: InvoiceChanges;
  #due_seconds = Number.POSITIVE_INFINITY;
  #cancel: () => void = () => {};
  #sweeping: Promise<void> | undefined;
  #stopped = false;

  constructor(options: InvoicesContext, changes: InvoiceChanges) {
    this.#options = options;
    this.#changes = changes;
  }

  /** Finds the next invoice to expire, and sets the timer. */
  async start(): Promise<void> {
    const [row] = await this.#options.store.read(NEXT);
    if (typeof row?.expires_at === 'bigint') this.notice(Number(row.expires_at));
    const forget_at = await readForgetAt(this.#options.store);
    if (forget_at !== undefined) this.notice(forget_at);
  }

  /** An invoice expires then: if that is sooner than what the timer waits for, it is set again. */
  notice(expires_at: number): void {
    if (this.#stopped || expires_at >= this.#due_seconds) return;
    this.#due_seconds = expires_at;
    this.#arm();
  }

  /** Ends the timer, and waits for a sweep under way. */
  async stop(): Promise<void> {
    this.#stopped = true;
    this.#cancel();
    await this.#sweeping;
  }

  #arm(): void {
    this.#cancel();
    const left_seconds = this.#due_seconds - this.#options.clock.nowSeconds();
    const delay_seconds = Math.min(Math.max(left_seconds, 0), LONGEST_SLEEP_SECONDS);
    this.#cancel = this.#options.clock.after(delay_seconds * 1000, () => {
      if (this.#sweeping !== undefined) return;
      this.#sweeping = this.#sweep()
        .catch(this.#options.onBackgroundError)
        .finally(() => {
          this.#sweeping = undefined;
          // A timer that was set meanwhile may have come and gone.
          if (!this.#stopped && this.#due_seconds !== Number.POSITIVE_INFINITY) this.#arm();
        });
    });
  }

  async #sweep(): Promise<void> {
    const { store, clock } = this.#options;
    for (let found = SWEEP_ROWS; found === SWEEP_ROWS && !this.#stopped; ) {
      const due = await store.read(DUE, [clock.nowSeconds()]);
      found = due.length;
      await Promise.all(due.map((row) => this.#expire(row)));
    }
    if (this.#stopped) return;
    await forgetDue(store, clock.nowSeconds(), this.#changes);
    if (this.#stopped) return;
    this.#due_seconds = Number.POSITIVE_INFINITY;
    await this.start();
  }

  async #expire(due: Row): Promise<void> {
    const { store, clock, price_rows } = this.#options;
    const now = clock.nowSeconds();
    const mark: Write = {
      sql: MARK_EXPIRED + price_rows.columns,
      params: [due.created_index as bigint],
      stop_if_no_row: true,
    };
    const event = due.is_transient === 1n ? [] : expiredEvent(due, now);
    const result = await store.commit([mark, ...event]);
    const row = result.committed ? result.rows[0]?.[0] : undefined;
    if (row === undefined) return;
    const invoice = readInvoice(row, clock.nowSeconds());
    this.#changes.announce({ what: 'expired', counter: 'updated', index: invoice.updated_index as number, invoice });
  }
}
