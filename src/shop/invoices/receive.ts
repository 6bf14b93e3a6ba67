/**
 * The only way to paid. A set of HTLCs, or deposits on the chain, are judged against their invoice; marking it paid
 * (state, pay_index, amount, time, preimage visible) is one unit, and the preimage leaves this module only when that unit
 * is durable. Of two that would pay the same invoice the one whose unit comes first wins; the other finds no row.
 */
import { equalSecret } from '../../base/crypto/compare.ts';
import type { Msat } from '../../base/types/amount.ts';
import type { PaymentHash, PaymentPreimage, PaymentSecret } from '../../base/types/brand.ts';
import { fromHex, toHex } from '../../base/types/hex.ts';
import { nextNumber } from '../../infra/store/counters.ts';
import { HASH_IS, hashValues } from '../../infra/store/invoice-hash.ts';
import type { Row, Write } from '../../infra/store/store.ts';
import type { InvoiceChanges } from './changes.ts';
import { paidEvent } from './events.ts';
import type { PaidInvoice, PaidOutpoint } from './invoice.ts';
import { derivePaymentSecret } from './payment-secret.ts';
import type { InvoicesContext } from './ports.ts';
import { amountToColumn, readInvoice } from './row.ts';

/** A set of HTLCs as its onions describe it. */
export interface IncomingTotal {
  readonly payment_hash: PaymentHash;
  readonly payment_secret: PaymentSecret;
  /** What the sender says that all parts come to. */
  readonly total_msat: Msat;
}

/** The invoice takes it. */
export interface Accepted {
  /** Blocks that each HTLC must leave us. */
  readonly min_final_cltv_expiry: number;
}

const JUDGE = `SELECT payment_secret, amount_msat, min_final_cltv_expiry FROM invoices
  WHERE ${HASH_IS} AND state IN ('unpaid', 'held') AND expires_at > ?`;

const PAID = `state = 'paid', pay_index = ${nextNumber('invoices_paid')},
    updated_index = ${nextNumber('invoices_updated')}, amount_received_msat = ?, paid_at = ?`;
const MARK_PAID = `UPDATE invoices SET ${PAID}
  WHERE ${HASH_IS} AND state IN ('unpaid', 'held') AND expires_at > ?
  RETURNING `;
// A provider took its fee off the payment.
const MARK_PAID_LESS = `UPDATE invoices SET ${PAID}, opening_fee_msat = ?
  WHERE ${HASH_IS} AND state IN ('unpaid', 'held') AND expires_at > ?
  RETURNING `;
// Whether a deposit came in time is judged by its block: the invoice may have expired since.
const MARK_DEPOSITED = `UPDATE invoices SET ${PAID}, paid_txid = ?, paid_outnum = ?
  WHERE created_index = ? AND state <> 'paid'
  RETURNING `;
const HOLD = "UPDATE invoices SET state = 'held' WHERE created_index = ? AND state = 'unpaid'";
const LET_GO = "UPDATE invoices SET state = 'unpaid' WHERE created_index = ? AND state = 'held' RETURNING expires_at";
const IS_HELD = "SELECT 1 AS found FROM invoices WHERE created_index = ? AND state = 'held'";

const HASH = 'SELECT payment_hash FROM invoices WHERE created_index = ?';

const PREIMAGE = `SELECT payment_preimage FROM invoices WHERE ${HASH_IS} AND state = 'paid'
  UNION ALL SELECT payment_preimage FROM deleted_paid_invoices WHERE payment_hash = ?`;

export class Receiver {
  readonly #options: InvoicesContext;
  readonly #changes: InvoiceChanges;

  constructor(options: InvoicesContext, changes: InvoiceChanges) {
    this.#options = options;
    this.#changes = changes;
  }

  /**
   * Whether there is an unpaid, unexpired invoice with this hash and secret that takes this total: not less than it
   * asks for, and at most twice that (BOLT 4, Failure Messages). Undefined for any fault: a prober learns nothing.
   */
  async judge(set: IncomingTotal): Promise<Accepted | undefined> {
    const { store, clock, payment_secret_key } = this.#options;
    const [row] = await store.read(JUDGE, [...hashValues(fromHex(set.payment_hash)), clock.nowSeconds()]);
    if (row === undefined) return undefined;
    const payment_secret =
      (row.payment_secret as Uint8Array | null) ?? fromHex(derivePaymentSecret(payment_secret_key, set.payment_hash));
    if (!equalSecret(payment_secret, fromHex(set.payment_secret))) return undefined;
    if (typeof row.amount_msat === 'bigint') {
      const amount_msat = BigInt.asUintN(64, row.amount_msat);
      if (set.total_msat < amount_msat || set.total_msat > amount_msat * 2n) return undefined;
    }
    return { min_final_cltv_expiry: Number(row.min_final_cltv_expiry) };
  }

  /**
   * Marks the invoice paid, and makes the caller's writes in the same unit. `opening_fee_msat`: what a provider took off the
   * payment, for the channel that it came over. Resolves with the preimage when all of it is
   * durable; undefined when the invoice was paid, expired or deleted in the meantime, and then nothing was written.
   * `writes` must not stop the unit.
   */
  async markPaid(
    payment_hash: PaymentHash,
    amount_received_msat: Msat,
    writes: readonly Write[] = [],
    opening_fee_msat: Msat | undefined = undefined,
  ): Promise<PaymentPreimage | undefined> {
    const { clock, price_rows } = this.#options;
    const now = clock.nowSeconds();
    const fee = opening_fee_msat === undefined ? [] : [amountToColumn(opening_fee_msat)];
    const mark: Write = {
      sql: (opening_fee_msat === undefined ? MARK_PAID : MARK_PAID_LESS) + price_rows.columns,
      params: [amountToColumn(amount_received_msat), now, ...fee, ...hashValues(fromHex(payment_hash)), now],
      stop_if_no_row: true,
    };
    const event = paidEvent({ payment_hash, amount_received_msat, opening_fee_msat, paid_at: now }, price_rows);
    return (await this.#pay(mark, [...event, ...writes]))?.payment_preimage;
  }

  /**
   * Marks an invoice paid by deposits on the chain, `paid_outpoint` the last of them, and makes the caller's writes in
   * the same unit: also one that has expired since. False when it was paid or deleted, and then nothing was written.
   */
  async markDeposited(
    created_index: number,
    amount_received_msat: Msat,
    { txid, outnum }: PaidOutpoint,
    writes: readonly Write[] = [],
  ): Promise<boolean> {
    const { store, clock, price_rows } = this.#options;
    // A hash never changes, so it may be read before the unit.
    const [row] = await store.read(HASH, [created_index]);
    if (row === undefined) return false;
    const payment_hash = toHex(row.payment_hash as Uint8Array) as PaymentHash;
    const now = clock.nowSeconds();
    const mark: Write = {
      sql: MARK_DEPOSITED + price_rows.columns,
      params: [amountToColumn(amount_received_msat), now, txid, outnum, created_index],
      stop_if_no_row: true,
    };
    const paid_outpoint = { txid, outnum };
    const event = paidEvent({ payment_hash, amount_received_msat, paid_at: now, paid_outpoint }, price_rows);
    return (await this.#pay(mark, [...event, ...writes])) !== undefined;
  }

  /** Whether an unpaid invoice is kept from expiring. */
  async isHeld(created_index: number): Promise<boolean> {
    return (await this.#options.store.read(IS_HELD, [created_index])).length > 0;
  }

  /** Keeps an unpaid invoice from expiring. */
  async hold(created_index: number): Promise<void> {
    await this.#options.store.commit([{ sql: HOLD, params: [created_index] }]);
  }

  /** Lets it expire again. Answers when it does, in Unix time; undefined when it was not held. */
  async letGo(created_index: number): Promise<number | undefined> {
    const result = await this.#options.store.commit([{ sql: LET_GO, params: [created_index] }]);
    const row = result.committed ? result.rows[0]?.[0] : undefined;
    return row === undefined ? undefined : Number(row.expires_at);
  }

  async #pay(mark: Write, writes: readonly Write[]): Promise<PaidInvoice | undefined> {
    const { store, clock } = this.#options;
    const result = await store.commit([mark, ...writes]);
    if (!result.committed) return undefined;
    const invoice = readInvoice(result.rows[0]?.[0] as Row, clock.nowSeconds()) as PaidInvoice;
    this.#changes.announce({ what: 'paid', counter: 'updated', index: invoice.updated_index as number, invoice });
    return invoice;
  }

  /** The preimage of an invoice that is durably paid: for an HTLC of it that is offered again after a restart. */
  async paidPreimage(payment_hash: PaymentHash): Promise<PaymentPreimage | undefined> {
    const hash = fromHex(payment_hash);
    const [row] = await this.#options.store.read(PREIMAGE, [...hashValues(hash), hash]);
    return row === undefined ? undefined : (toHex(row.payment_preimage as Uint8Array) as PaymentPreimage);
  }
}
