/**
 * Invoices as a standby sees them: read from the database in which another node writes. Nobody tells it of a change, so
 * whoever waits looks again and again. It makes and changes nothing: its store takes no writes.
 */
import { RpcError } from '../../base/errors.ts';
import type { Clock } from '../../base/types/clock.ts';
import type { Store } from '../../infra/store/store.ts';
import { readCounter } from './counters.ts';
import type { PaidInvoice } from './invoice.ts';
import { Invoices } from './invoices.ts';
import type { InvoicesOptions } from './ports.ts';
import type { Awaited } from './wait.ts';

/** How often a waiter looks. */
const LOOK_EVERY_MS = 200;

export class PolledInvoices extends Invoices {
  readonly #store: Store;
  readonly #clock: Clock;

  constructor(options: InvoicesOptions) {
    super(options);
    this.#store = options.store;
    this.#clock = options.clock;
  }

  override async waitForInvoice(label: string, signal: AbortSignal): Promise<Awaited> {
    let missing = 'Label not found';
    return await this.#until<Awaited>(signal, async () => {
      const invoice = await this.find({ label });
      if (invoice === undefined) throw new RpcError('LIGHTNINGD', missing);
      missing = 'Invoice deleted during wait';
      if (invoice.status === 'unpaid') return undefined;
      return invoice.status === 'paid' ? { kind: 'paid', invoice } : { kind: 'expired', invoice };
    });
  }

  override async waitForPayment(
    lastpay_index: bigint,
    timeout_seconds: bigint | undefined,
    signal: AbortSignal,
  ): Promise<PaidInvoice> {
    // Above the last payment it is the next one, whatever its number.
    const last = BigInt(await readCounter(this.#store, 'invoices_paid'));
    const after = lastpay_index < last ? lastpay_index : last;
    const until_ms =
      timeout_seconds === undefined ? undefined : this.#clock.monotonicMs() + Number(timeout_seconds) * 1000;
    return await this.#until(signal, async () => {
      try {
        return await super.waitForPayment(after, 0n, signal);
      } catch (error) {
        const isTooEarly = error instanceof RpcError && error.error === 'INVOICE_WAIT_TIMED_OUT';
        if (!isTooEarly || (until_ms !== undefined && this.#clock.monotonicMs() >= until_ms)) throw error;
        return undefined;
      }
    });
  }

  /** Looks until there is an answer. Rejects with the signal's reason, or with what looking rejects with. */
  async #until<T>(signal: AbortSignal, look: () => Promise<T | undefined>): Promise<T> {
    for (;;) {
      signal.throwIfAborted();
      const found = await look();
      if (found !== undefined) return found;
      await this.#pause(signal);
    }
  }

  #pause(signal: AbortSignal): Promise<void> {
    return new Promise((resolve) => {
      if (signal.aborted) return resolve();
      const end = (): void => {
        cancel();
        signal.removeEventListener('abort', end);
        resolve();
      };
      const cancel = this.#clock.after(LOOK_EVERY_MS, end);
      signal.addEventListener('abort', end);
    });
  }
}
