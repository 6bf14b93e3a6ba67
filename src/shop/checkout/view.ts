/** How an invoice stands for the one who pays it: what its page shows, and nothing else. */
import type { Msat } from '../../base/types/amount.ts';
import type { Price } from '../../base/types/price.ts';
import type { PageDeposit, PageInvoice } from './ports.ts';
import type { PageRow } from './rows.ts';

/**
 * `waiting`: nothing has come. `seen`: enough is on its way, and not in blocks yet. `confirming`: enough is in blocks, and not deep enough yet. `short`: something is in blocks, and
 * it is too little. `paid`. `expired`: its time has passed. `late`: it has expired, and something came that pays nothing.
 */
export type PageStatus = 'waiting' | 'seen' | 'confirming' | 'short' | 'paid' | 'expired' | 'late';

/** What a page shows. Amounts are in millisatoshi, times in seconds of Unix time. */
export interface CheckoutView {
  readonly status: PageStatus;
  readonly description: string | undefined;
  /** Absent: the payer chooses. */
  readonly amount_msat: bigint | undefined;
  /** The same in a currency, at the rate of when the invoice was made. */
  readonly price: Pick<Price, 'currency' | 'amount' | 'rate'> | undefined;
  readonly bolt11: string;
  readonly payment_hash: string;
  /** Where it can be paid on the chain. */
  readonly address: string | undefined;
  readonly created_at: number;
  readonly expires_at: number;
  /** What the payer has paid: all of it when it is paid, else what is in blocks. */
  readonly received_msat: bigint;
  /** What is on its way to the address, and in no block yet. */
  readonly unconfirmed_msat: bigint;
  /** What came when it had expired or was paid already. */
  readonly late_msat: bigint;
  /** Of the deposit that is least deep among those that count, when `confirming`. */
  readonly confirmations: number;
  readonly confirmations_needed: number;
  readonly paid_at: number | undefined;
  readonly paid_over: 'lightning' | 'chain' | undefined;
  readonly redirect_url: string | undefined;
  readonly is_renewable: boolean;
}

/** What the view is made of. */
export interface ViewFacts {
  readonly page: PageRow;
  readonly invoice: PageInvoice;
  readonly deposits: readonly PageDeposit[];
  readonly address: string | undefined;
  /** What is in no block yet. */
  readonly unconfirmed_sat: bigint;
  readonly height: number;
  readonly confirmations_needed: number;
}

/** The view of an invoice as it is now. */
export function viewOf(facts: ViewFacts): CheckoutView {
  const { page, invoice, deposits, address, height, confirmations_needed } = facts;
  const total = (some: readonly PageDeposit[]): bigint =>
    some.reduce((all, { amount_sat }) => all + amount_sat * 1000n, 0n);
  const timely = deposits.filter(
    ({ is_in_time, blockheight, outcome }) => is_in_time && blockheight !== undefined && outcome !== 'late',
  );
  const late_msat = total(deposits.filter((each) => each.blockheight !== undefined && !timely.includes(each)));
  const arrived_msat = total(timely);
  const unconfirmed_msat = facts.unconfirmed_sat * 1000n;
  const depth = Math.min(...timely.map(({ blockheight }) => height - (blockheight as number) + 1));
  const status = statusOf(invoice, arrived_msat, unconfirmed_msat, late_msat);
  return {
    status,
    description: invoice.description,
    amount_msat: invoice.amount_msat,
    price: invoice.price && {
      currency: invoice.price.currency,
      amount: invoice.price.amount,
      rate: invoice.price.rate,
    },
    bolt11: invoice.bolt11,
    payment_hash: invoice.payment_hash,
    address,
    created_at: invoice.created_at,
    expires_at: invoice.expires_at,
    received_msat: invoice.status === 'paid' ? paidMsat(invoice) : arrived_msat,
    unconfirmed_msat,
    late_msat,
    confirmations: status === 'confirming' ? Math.max(0, Math.min(depth, confirmations_needed)) : 0,
    confirmations_needed,
    paid_at: invoice.paid_at,
    paid_over: invoice.status !== 'paid' ? undefined : invoice.paid_outpoint === undefined ? 'lightning' : 'chain',
    redirect_url: page.redirect_url,
    is_renewable: page.is_renewable,
  };
}

/** What was taken off on the way is the shop's affair, and no debt of the payer. */
function paidMsat({ amount_received_msat = 0n as Msat, opening_fee_msat = 0n as Msat }: PageInvoice): bigint {
  return amount_received_msat + opening_fee_msat;
}

function statusOf(invoice: PageInvoice, arrived_msat: bigint, unconfirmed_msat: bigint, late_msat: bigint): PageStatus {
  const needed_msat = invoice.amount_msat ?? 1n;
  if (invoice.status === 'paid') return 'paid';
  if (arrived_msat > 0n && arrived_msat >= needed_msat) return 'confirming';
  if (invoice.status === 'expired') return late_msat + arrived_msat > 0n ? 'late' : 'expired';
  if (unconfirmed_msat > 0n && arrived_msat + unconfirmed_msat >= needed_msat) return 'seen';
  return arrived_msat > 0n ? 'short' : 'waiting';
}
