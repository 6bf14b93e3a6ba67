/**
 * The account that a test keeps of its shop: what it did, added up by itself and by nothing of Till. An export is right when
 * it says the same, line by line.
 */
import assert from 'node:assert/strict';

/** What a line of the export must say. */
export interface Line {
  readonly type: string;
  readonly amount_msat: bigint;
  /** Euro cents, with the same sign; undefined for what has no price. */
  readonly cents?: bigint | undefined;
  readonly label?: string | undefined;
  /** Of a payment its hash, of a transaction its txid, of a deposit its output. */
  readonly reference?: string | undefined;
}

/** An invoice that was paid. */
export interface Paid {
  readonly label: string;
  readonly received_msat: bigint;
  /** What was asked for, and its price. */
  readonly asked_msat?: bigint | undefined;
  readonly cents?: bigint | undefined;
  readonly reference: string;
  readonly over: 'lightning' | 'chain';
}

/** A day as people of Berlin say it: `2026-03-29`. */
export function dayInBerlin(unix_seconds: number): string {
  return new Intl.DateTimeFormat('sv-SE', { timeZone: 'Europe/Berlin' }).format(unix_seconds * 1000);
}

/** A quotient, to the nearest whole number. */
function nearest(dividend: bigint, divisor: bigint): bigint {
  return (2n * dividend + divisor) / (2n * divisor);
}

/** What so many cents come to at a rate such as `58123.45` euro for a bitcoin: whole satoshi, rounded up. */
export function priceInMsat(cents: bigint, rate: string): bigint {
  const [whole = '', fraction = ''] = rate.split('.');
  const dividend = cents * 100_000_000n * 10n ** BigInt(fraction.length);
  const divisor = 100n * BigInt(whole + fraction);
  return ((dividend + divisor - 1n) / divisor) * 1000n;
}

export class Account {
  readonly lines: Line[] = [];
  readonly paid = new Map<string, Paid>();
  /** Labels of invoices that nobody paid in time. */
  readonly expired = new Set<string>();
  /** What was taken, by the day. */
  readonly takings = new Map<string, { payments: number; amount_msat: bigint }>();
  readonly #returned = new Map<string, { amount_msat: bigint; cents: bigint }>();

  /** An invoice was paid at this time. */
  receives(sale: Paid, unix_seconds: number): void {
    assert.ok(!this.paid.has(sale.label), `${sale.label} is paid once`);
    this.paid.set(sale.label, sale);
    const { label, reference, received_msat, asked_msat, cents } = sale;
    const taken =
      asked_msat !== undefined && cents !== undefined ? nearest(cents * received_msat, asked_msat) : undefined;
    this.lines.push({ type: 'invoice', amount_msat: received_msat, cents: taken, label, reference });
    const day = dayInBerlin(unix_seconds);
    const { payments, amount_msat } = this.takings.get(day) ?? { payments: 0, amount_msat: 0n };
    this.takings.set(day, { payments: payments + 1, amount_msat: amount_msat + received_msat });
  }

  /** So much of it went back. */
  returns(label: string, amount_msat: bigint, reference: string): void {
    const sale = this.paid.get(label);
    assert.ok(sale !== undefined, label);
    const before = this.#returned.get(label) ?? { amount_msat: 0n, cents: 0n };
    const all_msat = before.amount_msat + amount_msat;
    assert.ok(all_msat <= sale.received_msat, `more went back of ${label} than came`);
    const { cents, asked_msat } = sale;
    const all = cents !== undefined && asked_msat !== undefined ? nearest(cents * all_msat, asked_msat) : undefined;
    this.#returned.set(label, { amount_msat: all_msat, cents: all ?? 0n });
    const line = { type: 'refund', amount_msat: -amount_msat, label, reference };
    this.lines.push(all === undefined ? line : { ...line, cents: before.cents - all });
  }

  /** Anything else that made the shop richer or poorer. */
  adds(line: Line): void {
    this.lines.push(line);
  }

  /** What is left of everything. */
  get amount_msat(): bigint {
    return this.lines.reduce((sum, { amount_msat }) => sum + amount_msat, 0n);
  }

  get cents(): bigint {
    return this.lines.reduce((sum, { cents = 0n }) => sum + cents, 0n);
  }
}
