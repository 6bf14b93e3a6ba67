/**
 * The files that accountants load: our own columns, and those of Koinly (universal template) and CoinTracking (CSV import).
 * Amounts of bitcoin are decimal numbers with as many digits as they need, so that every file adds up.
 */
import { type CurrencyCode, formatAmount } from '../../base/types/currency.ts';
import { decimal, formatDecimal } from '../../base/types/exact-decimal.ts';
import type { TimeZone } from '../../base/types/time-zone.ts';
import { type Cell, csvLine, own } from './csv.ts';
import type { EntryType, LedgerEntry } from './entry.ts';

/** A format, by what its file is called. */
export const CSV_FORMATS = ['generic', 'koinly', 'cointracking'] as const;

/** Such as `koinly`. */
export type CsvFormat = (typeof CSV_FORMATS)[number];

/** A file: its first line, and the line of an entry. */
interface Format {
  readonly header: readonly string[];
  readonly cells: (entry: LedgerEntry, zone: TimeZone) => readonly Cell[];
}

/** Digits of a bitcoin that an amount in msat can have, and those of a satoshi. */
const MSAT_DIGITS = 11;
const SAT_DIGITS = 8;

/** Millisatoshi as bitcoin, with eight digits or as many as it takes: `-0.00001`. */
export function bitcoinText(amount_msat: bigint): string {
  const size = amount_msat < 0n ? -amount_msat : amount_msat;
  return `${amount_msat < 0n ? '-' : ''}${formatDecimal(decimal(size, MSAT_DIGITS), SAT_DIGITS)}`;
}

/** An amount of a currency as a decimal number, below zero too. */
export function moneyText(amount: bigint, currency: CurrencyCode): string {
  return `${amount < 0n ? '-' : ''}${formatAmount(amount < 0n ? -amount : amount, currency)}`;
}

function size(amount: bigint): bigint {
  return amount < 0n ? -amount : amount;
}

/** What an entry is about, in one cell. */
function textOf({ type, label, description }: LedgerEntry): string {
  return [type.replace('_', ' '), label, description].filter((part) => part !== undefined && part !== '').join(': ');
}

const GENERIC: Format = {
  header: [
    'time',
    'type',
    'amount_btc',
    'amount_msat',
    'currency',
    'amount',
    'rate',
    'rate_time',
    'rate_sources',
    'label',
    'description',
    'reference',
    'refund_id',
  ],
  cells(entry, zone) {
    const { time, type, amount_msat, money, label, description, reference, refund_id } = entry;
    return [
      own(zone.iso(time)),
      own(type),
      own(bitcoinText(amount_msat)),
      own(amount_msat.toString()),
      money && own(money.currency),
      money && own(moneyText(money.amount, money.currency)),
      money?.rate,
      money?.rate_at === undefined ? undefined : own(zone.iso(money.rate_at)),
      money?.rate_sources?.join(' '),
      label,
      description,
      reference,
      refund_id === undefined ? undefined : own(refund_id.toString()),
    ];
  },
};

/**
 * Koinly's tags (support.koinly.io/en/articles/9490023-what-are-tags): `income` of deposits, `cost` of withdrawals. An entry
 * without one is a plain deposit or withdrawal there.
 */
const KOINLY_TAGS: Readonly<Partial<Record<EntryType, string>>> = {
  invoice: 'income',
  opening_fee: 'cost',
  refund_fee: 'cost',
  routing_fee: 'cost',
  closing_fee: 'cost',
  onchain_fee: 'cost',
};

/**
 * Koinly's universal template (support.koinly.io/en/articles/9489976-how-to-create-a-custom-csv-file-with-your-data): the
 * column that was called Label is Tag today. A fee is a withdrawal of its own, with the tag `cost`: a deposit has no fee
 * there (articles/9490022-what-are-transactions-in-koinly).
 */
const KOINLY: Format = {
  header: [
    'Date',
    'Sent Amount',
    'Sent Currency',
    'Received Amount',
    'Received Currency',
    'Fee Amount',
    'Fee Currency',
    'Net Worth Amount',
    'Net Worth Currency',
    'Tag',
    'Description',
    'TxHash',
  ],
  cells(entry) {
    const { time, type, amount_msat, money, reference } = entry;
    const amount = own(bitcoinText(size(amount_msat)));
    const sent = amount_msat < 0n ? [amount, own('BTC')] : [undefined, undefined];
    const received = amount_msat < 0n ? [undefined, undefined] : [amount, own('BTC')];
    // Koinly reads times as UTC.
    const date = `${new Date(time * 1000).toISOString().slice(0, 19).replace('T', ' ')} UTC`;
    return [
      own(date),
      ...sent,
      ...received,
      undefined,
      undefined,
      money && own(moneyText(size(money.amount), money.currency)),
      money && own(money.currency),
      KOINLY_TAGS[type],
      textOf(entry),
      reference,
    ];
  },
};

/** CoinTracking's types (cointracking.freshdesk.com/en/support/solutions/articles/29000042783-transaction-types). */
const COINTRACKING_TYPES: Readonly<Record<EntryType, string>> = {
  invoice: 'Income',
  refund: 'Spend',
  opening_fee: 'Other Fee',
  refund_fee: 'Other Fee',
  payment: 'Spend',
  routing_fee: 'Other Fee',
  closing_fee: 'Other Fee',
  deposit: 'Deposit',
  withdrawal: 'Withdrawal',
  onchain_fee: 'Other Fee',
};

/**
 * The columns that CoinTracking's page of the CSV import asks for (cointracking.info/import/import_csv). A fee is an entry
 * of its own, of the type Other Fee (articles/29000007202-entering-fees): in the column Fee it would count nothing.
 */
const COINTRACKING: Format = {
  header: [
    'Type',
    'Buy Amount',
    'Buy Currency',
    'Sell Amount',
    'Sell Currency',
    'Fee',
    'Fee Currency',
    'Exchange',
    'Trade-Group',
    'Comment',
    'Date',
    'Liquidity pool (optional)',
    'Tx-ID (optional)',
    'Buy Value in Account Currency (optional)',
    'Sell Value in Account Currency (optional)',
  ],
  cells(entry, zone) {
    const { time, type, amount_msat } = entry;
    const amount = own(bitcoinText(size(amount_msat)));
    const bought = amount_msat < 0n ? [undefined, undefined] : [amount, own('BTC')];
    const sold = amount_msat < 0n ? [amount, own('BTC')] : [undefined, undefined];
    return [
      own(COINTRACKING_TYPES[type]),
      ...bought,
      ...sold,
      undefined,
      undefined,
      own('Till'),
      undefined,
      textOf(entry),
      own(zone.plain(time)),
      undefined,
      tradeId(entry),
      // The currency of the account there is not known here.
      undefined,
      undefined,
    ];
  },
};

/** Two entries of one id are one to programs that look for duplicates: a fee is not the payment that it was for. */
function tradeId({ type, reference }: LedgerEntry): string | undefined {
  return reference === undefined || !type.endsWith('_fee') ? reference : `${reference}-fee`;
}

const FORMATS: Readonly<Record<CsvFormat, Format>> = { generic: GENERIC, koinly: KOINLY, cointracking: COINTRACKING };

/** The lines of the file, without their ends: the names of the columns, then one for each entry as it comes. */
export async function* csvLines(
  format: CsvFormat,
  zone: TimeZone,
  entries: AsyncIterable<LedgerEntry>,
): AsyncGenerator<string, void> {
  const { header, cells } = FORMATS[format];
  yield csvLine(header);
  for await (const entry of entries) yield csvLine(cells(entry, zone));
}
