/** The shop's ledger, gathered from what Till keeps anyway: paid invoices, refunds, payments and the wallet's history. */
import type { PaymentHash, Txid } from '../../base/types/brand.ts';
import { moneyAtPrice } from '../../base/types/price.ts';
import type { EntryMoney, LedgerEntry } from '../../shop/accounting/entry.ts';
import { inOrder } from '../../shop/accounting/in-order.ts';
import type { Deposit } from '../../shop/deposits/deposits.ts';
import type { PaidInvoice } from '../../shop/invoices/invoice.ts';
import type { Refund } from '../../shop/refunds/refund.ts';
import { chainIncome, closingCosts } from './account-events.ts';
import type { Modules } from './modules.ts';

/** The modules that the ledger is of. */
export type LedgerModules = Pick<
  Modules,
  'invoices' | 'refunds' | 'payments' | 'deposits' | 'wallet' | 'channels' | 'endings'
>;

/** Every entry up to now, by time: what is final. Read as they are asked for; what happened on the chain is in memory. */
export function ledgerEntries(modules: LedgerModules): AsyncGenerator<LedgerEntry, void> {
  return inOrder([paidInvoices(modules), refunds(modules), payments(modules), onchain(modules), closings(modules)]);
}

async function* paidInvoices({ invoices }: LedgerModules): AsyncGenerator<LedgerEntry, void> {
  for await (const invoice of invoices.listPaid()) {
    const { paid_at, label, description, payment_hash, paid_outpoint, opening_fee_msat } = invoice;
    const reference = paid_outpoint === undefined ? payment_hash : `${paid_outpoint.txid}:${paid_outpoint.outnum}`;
    const base = { time: paid_at, label, description, reference };
    yield { ...base, type: 'invoice', amount_msat: paidMsat(invoice), money: moneyReceived(invoice) };
    if (opening_fee_msat !== undefined) yield { ...base, type: 'opening_fee', amount_msat: -opening_fee_msat };
  }
}

/** What the customer paid: what arrived, and what a provider took off it. */
function paidMsat({ amount_received_msat, opening_fee_msat }: PaidInvoice): bigint {
  return amount_received_msat + (opening_fee_msat ?? 0n);
}

/** What was paid, in the currency of the price: the price, and at its rate what was paid beyond or below it. */
function moneyReceived(invoice: PaidInvoice): EntryMoney | undefined {
  const { price, amount_msat } = invoice;
  if (price === undefined || amount_msat === undefined) return undefined;
  const { currency, rate, rate_at, rate_sources } = price;
  const amount = moneyAtPrice(price, amount_msat, paidMsat(invoice));
  return { currency, amount, rate, rate_at, rate_sources };
}

async function* refunds(modules: LedgerModules): AsyncGenerator<LedgerEntry, void> {
  for await (const refund of modules.refunds.list({ status: 'sent' })) {
    const { refund_id, ended_at, created_at, amount_msat, fee_msat = 0n, money, label, note } = refund;
    const base = { time: ended_at ?? created_at, label, description: note, reference: referenceOf(refund), refund_id };
    yield {
      ...base,
      type: 'refund',
      amount_msat: -amount_msat,
      money: money && { currency: money.currency, amount: -money.amount, ...(await rateOf(refund, modules)) },
    };
    if (fee_msat > 0n) yield { ...base, type: 'refund_fee', amount_msat: -fee_msat };
  }
}

function referenceOf({ payment_hash, txid }: Refund): string | undefined {
  return payment_hash ?? txid;
}

/** The rate that was pinned with the invoice, if it is still there. */
async function rateOf({ invoice_index }: Refund, { invoices }: LedgerModules): Promise<Partial<EntryMoney>> {
  const price = (await invoices.find({ created_index: invoice_index }))?.price;
  if (price === undefined) return {};
  const { rate, rate_at, rate_sources } = price;
  return { rate, rate_at, rate_sources };
}

/** Payments of ours, but for those that are refunds. */
async function* payments(modules: LedgerModules): AsyncGenerator<LedgerEntry, void> {
  for await (const payment of modules.payments.list({ status: 'complete', index: 'created', start: 0n })) {
    const { payment_hash, completed_at, created_at, amount_msat, amount_sent_msat, label, description } = payment;
    if ((await modules.refunds.ofPayment(payment_hash as PaymentHash)) !== undefined) continue;
    const base = { time: completed_at ?? created_at, label, description, reference: payment_hash as string };
    yield { ...base, type: 'payment', amount_msat: -amount_msat };
    const fee_msat = amount_sent_msat - amount_msat;
    if (fee_msat > 0n) yield { ...base, type: 'routing_fee', amount_msat: -fee_msat };
  }
}

const CHAIN_TYPES = { deposit: 'deposit', withdrawal: 'withdrawal', onchain_fee: 'onchain_fee' } as const;

/** What happened on the chain, but for deposits that pay invoices or may do so, and refunds. */
async function* onchain(modules: LedgerModules): AsyncGenerator<LedgerEntry, void> {
  const refund_txids = new Set<string>();
  for await (const { txid, status } of modules.refunds.list({})) {
    if (txid !== undefined && status !== 'failed') refund_txids.add(txid);
  }
  const income = await chainIncome(modules);
  const deposits = await depositsIn(income, modules);
  for (const { tag, timestamp, credit_msat, debit_msat, outpoint, txid } of income) {
    const type = CHAIN_TYPES[tag as keyof typeof CHAIN_TYPES];
    const deposit = outpoint === undefined ? undefined : deposits.get(outpoint);
    if (type === 'deposit' && (deposit?.outcome === 'paid' || deposit?.outcome === 'pending')) continue;
    if (type !== 'deposit' && refund_txids.has(txid ?? outpoint?.split(':')[0] ?? '')) continue;
    yield {
      time: timestamp,
      type,
      amount_msat: credit_msat - debit_msat,
      label: deposit?.label,
      reference: outpoint ?? txid,
    };
  }
}

/** What channels lost that were closed in agreement. */
async function* closings(modules: LedgerModules): AsyncGenerator<LedgerEntry, void> {
  const costs = await closingCosts(modules);
  for (const { timestamp, cost_msat, closing_txid, channel_id } of costs.toSorted(
    (a, b) => a.timestamp - b.timestamp,
  )) {
    const description = `channel ${channel_id}`;
    yield { time: timestamp, type: 'closing_fee', amount_msat: -cost_msat, description, reference: closing_txid };
  }
}

/** The deposits to invoices among them, by their outputs. */
async function depositsIn(
  income: readonly { readonly tag: string; readonly outpoint?: string | undefined }[],
  modules: LedgerModules,
): Promise<ReadonlyMap<string, Deposit>> {
  const outpoints = income.flatMap(({ tag, outpoint }) => {
    const [txid, vout] = (tag === 'deposit' ? (outpoint ?? '') : '').split(':');
    return vout === undefined ? [] : [{ txid: txid as Txid, vout: Number(vout) }];
  });
  const found = await modules.deposits.ofCoins(outpoints);
  return new Map(found.map((deposit) => [`${deposit.txid}:${deposit.vout}`, deposit]));
}
