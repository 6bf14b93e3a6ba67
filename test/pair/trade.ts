/** Sales that go on whatever happens to the pair: each is asked for, paid by a customer, and heard of by a consumer. */
import { CallError, type Client } from '../../src/api/client/index.ts';
import { ERRORS } from '../../src/base/errors.ts';
import type { Front } from './front.ts';
import type { Ledger } from './ledger.ts';

const AMOUNT_MSAT = 10_000;
/** One of the nodes may be an hour ahead: its invoices and those of the other one must not be over for that. */
const DAY_SECONDS = 86_400;
const TRY_AGAIN_MS = 50;
/**
 * So many sales a lane makes one after the other; from then on it waits between them. A fault of a minute would otherwise make
 * more rows on a fast machine than its database has room for.
 */
const SALES_WITHOUT_PAUSE = 100;
const PAUSE_MS = 100;

export interface TradeOptions {
  /** So many sales a lane makes before it pauses between them. */
  readonly sales_without_pause?: number;
}

export class Trade {
  readonly #front: Front;
  readonly #customer: Client;
  readonly #ledger: Ledger;
  readonly #prefix: string;
  readonly #sales_without_pause: number;
  readonly #end = new AbortController();
  readonly #lanes: Promise<void>[] = [];
  #sales = 0;
  #onSale: (() => void)[] = [];

  /** `prefix` begins the labels. */
  constructor(
    front: Front,
    consumer: Front,
    customer: Client,
    ledger: Ledger,
    prefix: string,
    { sales_without_pause = SALES_WITHOUT_PAUSE }: TradeOptions = {},
  ) {
    this.#sales_without_pause = sales_without_pause;
    this.#front = front;
    this.#customer = customer;
    this.#ledger = ledger;
    this.#prefix = prefix;
    this.#lanes.push(this.#hear(consumer));
  }

  /** So many sell side by side. */
  start(lanes: number): void {
    for (let lane = 0; lane < lanes; lane++) this.#lanes.push(this.#sell(lane));
  }

  /** How many sales were finished. */
  get sales(): number {
    return this.#sales;
  }

  /** Resolves when so many more sales were begun after this call and finished. */
  async more(count: number): Promise<void> {
    const goal = this.#sales + count;
    while (this.#sales < goal) {
      this.#end.signal.throwIfAborted();
      await new Promise<void>((resolve) => this.#onSale.push(resolve));
    }
  }

  /** Ends the sales; resolves when none is under way. Rejects with what went wrong in them. */
  async stop(): Promise<void> {
    this.#end.abort(new Error('the trade is over'));
    for (const tell of this.#onSale.splice(0)) tell();
    await Promise.all(this.#lanes);
  }

  async #sell(lane: number): Promise<void> {
    for (let number = 0; !this.#end.signal.aborted; number++) {
      const label = `${this.#prefix} ${lane} ${number}`;
      const bolt11 = await this.#untilEnd(() => this.#invoice(label));
      if (bolt11 === undefined) return;
      const is_paid = await this.#untilEnd(() => this.#pay(bolt11));
      if (is_paid === undefined) return;
      this.#sales++;
      for (const tell of this.#onSale.splice(0)) tell();
      if (number >= this.#sales_without_pause) await new Promise((resolve) => setTimeout(resolve, PAUSE_MS));
    }
  }

  /** What it resolves with; undefined when the trade ended first. */
  async #untilEnd<T>(act: () => Promise<T>): Promise<T | undefined> {
    try {
      return await act();
    } catch (error) {
      if (this.#end.signal.aborted) return undefined;
      throw error;
    }
  }

  async #invoice(label: string): Promise<string> {
    const { signal } = this.#end;
    const wish = {
      amount_msat: AMOUNT_MSAT,
      label,
      description: `for ${label}`,
      idempotent: true,
      expiry: DAY_SECONDS,
    };
    const { payment_hash, bolt11 } = await this.#front.ask('invoice', wish, { signal, is_repeatable: true });
    this.#ledger.told.set(label, { payment_hash, bolt11 });
    return bolt11;
  }

  async #pay(bolt11: string): Promise<true> {
    for (;;) {
      this.#end.signal.throwIfAborted();
      try {
        const { payment_hash, payment_preimage } = await this.#customer.call(
          'pay',
          { bolt11, retry_for: 5 },
          { signal: this.#end.signal },
        );
        this.#ledger.paid.set(payment_hash, payment_preimage);
        return true;
      } catch (error) {
        // The pair is away: the customer tries again, with the same invoice.
        if (!(error instanceof CallError) || error.code === ERRORS.PAY_INVOICE_EXPIRED.code) throw error;
      }
      await new Promise((resolve) => setTimeout(resolve, TRY_AGAIN_MS));
    }
  }

  async #hear(consumer: Front): Promise<void> {
    const { signal } = this.#end;
    for (;;) {
      const paid = await this.#untilEnd(async () => {
        const { lastpay_index } = this.#ledger;
        return await consumer.ask('waitanyinvoice', { lastpay_index }, { signal, is_repeatable: true });
      });
      if (paid === undefined) return;
      this.#ledger.hear({ pay_index: Number(paid.pay_index), label: paid.label });
    }
  }
}
