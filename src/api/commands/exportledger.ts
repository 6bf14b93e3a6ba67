import { RpcError } from '../../base/errors.ts';
import { TimeError, TimeZone } from '../../base/types/time-zone.ts';
import { ENTRY_TYPES, type EntryType, type LedgerEntry } from '../../shop/accounting/entry.ts';
import { CSV_FORMATS, csvLines, moneyText } from '../../shop/accounting/formats.ts';
import { answer } from '../rpc/answer.ts';
import { byName, optional, withDefault } from '../rpc/command.ts';
import type { Field } from '../rpc/field.ts';
import { field } from '../rpc/fields.ts';
import { ledgerEntries } from './ledger-entries.ts';
import { defineCommand } from './modules.ts';

const TYPES = Object.keys(ENTRY_TYPES) as EntryType[];

const entry = answer.object(
  {
    time: answer.integer('When, in Unix time.'),
    time_text: answer.string('The same in the time zone, such as `2026-01-31T23:59:59+01:00`.'),
    type: answer.oneOf(TYPES, TYPES.map((type) => `\`${type}\`: ${ENTRY_TYPES[type]}`).join(' ')),
    amount_msat: answer.signed('What the shop gained; below zero where money left.'),
    currency: answer.optional(answer.string('The currency of the price.')),
    amount: answer.optional(
      answer.signed("What it gained at the rate that was pinned, in the currency's smallest unit."),
    ),
    amount_text: answer.optional(answer.string('The same as a decimal number of the currency.')),
    rate: answer.optional(answer.string('Units of the currency for one bitcoin.')),
    rate_at: answer.optional(answer.integer('When the sources said so, in Unix time.')),
    rate_sources: answer.optional(answer.array(answer.string('A source.'), 'The sources that agreed.')),
    label: answer.optional(answer.string('Of the invoice or payment.')),
    description: answer.optional(answer.string('Of the invoice or payment; the note of a refund.')),
    reference: answer.optional(answer.string('The payment hash, the transaction, or its output as `txid:outnum`.')),
    refund_id: answer.optional(answer.integer('The refund.')),
  },
  'An entry.',
);

const type = field.oneOf(...TYPES);
const typeList = field.arrayOf(type);

/** Types as an array, or one word. */
const typesField: Field<readonly EntryType[]> = {
  ...typeList,
  schema: { anyOf: [type.schema, typeList.schema] },
  parse: (value) => (Array.isArray(value) ? typeList.parse(value) : [type.parse(value)]),
};

/** The text of a day or a Unix time; undefined for none. Throws RpcError INVALID_PARAMS. */
function timeOf(name: string, text: string | undefined, ofDay: (day: string) => number): number | undefined {
  if (text === undefined) return undefined;
  return /^\d{1,12}$/.test(text) ? Number(text) : taken(name, () => ofDay(text));
}

function taken<T>(name: string, read: () => T): T {
  try {
    return read();
  } catch (error) {
    if (error instanceof TimeError) throw new RpcError('INVALID_PARAMS', `${name}: ${error.message}`);
    throw error;
  }
}

async function* between(entries: AsyncIterable<LedgerEntry>, from = 0, until = Number.POSITIVE_INFINITY) {
  for await (const each of entries) if (each.time >= from && each.time < until) yield each;
}

async function* rowsOf(entries: AsyncIterable<LedgerEntry>, zone: TimeZone) {
  for await (const { time, money, ...rest } of entries) {
    const { currency, amount, ...rate } = money ?? {};
    yield {
      time,
      time_text: zone.iso(time),
      ...rest,
      ...(currency === undefined || amount === undefined
        ? {}
        : { currency: currency as string, amount, amount_text: moneyText(amount, currency), ...rate }),
    };
  }
}

/** The shop's ledger for an accountant. */
export const exportledger = defineCommand({
  name: 'exportledger',
  category: 'invoices',
  title: 'Command for exporting invoices, payments, fees, rates and refunds',
  description: `Lists everything that made the shop richer or poorer, by time: paid invoices with the rate that was pinned, refunds, payments, deposits and withdrawals, and the fees of all of them. Each is one entry; the amounts of all entries add up to what the shop gained, in bitcoin and in each currency.

\`format=json\` answers \`entries\`. The others answer \`lines\` of CSV (RFC 4180), the names of the columns first: \`generic\` with every member, \`koinly\` and \`cointracking\` as those programs load them. On the command line the lines are printed as a file: \`till exportledger format=koinly > 2026.csv\`. What a customer wrote never runs as a formula.

Only what is final is listed: a deposit that may still pay an invoice is not, and a refund when it was sent. An invoice is what the customer paid; what a liquidity provider took off it is an \`opening_fee\`. What a channel lost that one side closed alone (its commitment's fee, and what was too small to take) is no entry.`,
  params: {
    format: withDefault(field.oneOf('json', ...CSV_FORMATS), 'json', 'What the answer is made for.'),
    from: optional(field.string, 'Only entries of this day (2026-01-01) or later; or of this Unix time.'),
    until: optional(field.string, 'Only entries of this day (2026-01-31) or earlier; or before this Unix time.'),
    timezone: optional(
      field.string,
      'The IANA name of the time zone that days and times are of, such as Europe/Berlin. Default: the option `shop-timezone`. The times of `koinly` are always UTC.',
    ),
    types: byName(optional(typesField, 'Only entries of these types.')),
  },
  returns: {
    entries: answer.optional(answer.stream(entry, 'The entries by time, with `format` json.')),
    lines: answer.optional(
      answer.stream(answer.string('A line of CSV, without its end.'), 'The file, with the others.'),
    ),
    'format-hint': answer.optional(answer.string('`simple` with `lines`: they are to be shown as text.')),
  },
  errors: [],
  examples: [
    { title: 'A month of Berlin, for Koinly', params: ['koinly', '2026-01-01', '2026-01-31', 'Europe/Berlin'] },
    { title: 'All refunds', params: { types: ['refund'] } },
  ],
  see_also: ['listinvoices', 'listrefunds', 'listpays', 'bkpr-listincome'],
  access: 'read',
  run({ format, from, until, timezone, types }, modules) {
    const zone = taken('timezone', () => new TimeZone(timezone ?? modules.calendar.time_zone));
    const first = timeOf('from', from, (day) => zone.startOfDay(day));
    const end = timeOf('until', until, (day) => zone.endOfDay(day));
    const wanted = types === undefined ? undefined : new Set<EntryType>(types);
    async function* entries() {
      for await (const each of between(ledgerEntries(modules), first, end)) {
        if (wanted?.has(each.type) !== false) yield each;
      }
    }
    if (format === 'json') return { entries: rowsOf(entries(), zone) };
    return { lines: csvLines(format, zone, entries()), 'format-hint': 'simple' };
  },
});
