/** A line of the shop's ledger: one thing that made it richer or poorer. All amounts together are what it gained. */
import type { CurrencyCode } from '../../base/types/currency.ts';

/** What an entry is, with what it says. */
export const ENTRY_TYPES = {
  invoice: 'An invoice was paid, over Lightning or on the chain.',
  opening_fee: 'What a liquidity provider took off a payment, for the channel that it opened.',
  refund: 'Money went back for an invoice.',
  refund_fee: 'What sending that cost.',
  payment: 'The shop paid over Lightning.',
  routing_fee: 'What that cost.',
  deposit: 'Somebody paid to an address of the wallet, and no invoice was paid by it.',
  withdrawal: 'The wallet paid to an address of others.',
  closing_fee: 'What a channel lost that was closed in agreement.',
  onchain_fee: 'The fee of a transaction of the wallet.',
} as const;

/** Such as `invoice`. */
export type EntryType = keyof typeof ENTRY_TYPES;

/** An amount of a currency, and the rate that it was pinned at. */
export interface EntryMoney {
  readonly currency: CurrencyCode;
  /** In the smallest unit; below zero where money left. */
  readonly amount: bigint;
  /** Units of the currency for one bitcoin. */
  readonly rate?: string | undefined;
  /** Unix time, seconds. */
  readonly rate_at?: number | undefined;
  readonly rate_sources?: readonly string[] | undefined;
}

/** A line of the ledger. */
export interface LedgerEntry {
  /** Unix time, seconds. */
  readonly time: number;
  readonly type: EntryType;
  /** Below zero where money left. */
  readonly amount_msat: bigint;
  readonly money?: EntryMoney | undefined;
  /** Of the invoice or payment. */
  readonly label?: string | undefined;
  readonly description?: string | undefined;
  /** The payment hash, the transaction, or the output (`txid:outnum`). */
  readonly reference?: string | undefined;
  readonly refund_id?: number | undefined;
}
