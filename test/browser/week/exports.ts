/** The files that the shop exports, read as the programs read them that they are for. */
import assert from 'node:assert/strict';
import type { Line } from './account.ts';

/** Records of RFC 4180, each by the names in the first line. */
export function readCsv(text: string): readonly Readonly<Record<string, string>>[] {
  const records: string[][] = [[]];
  const cell = /(?:"((?:[^"]|"")*)"|([^",\r\n]*))(,|\r\n|$)/y;
  while (cell.lastIndex < text.length) {
    const at = cell.lastIndex;
    const found = cell.exec(text);
    assert.ok(found !== null, `no record of RFC 4180 at ${text.slice(at, at + 60)}`);
    const [, quoted, plain = '', end] = found;
    records.at(-1)?.push(quoted?.replaceAll('""', '"') ?? plain);
    if (end === '\r\n' && cell.lastIndex < text.length) records.push([]);
  }
  const [names = [], ...rows] = records;
  return rows.map((row) => {
    assert.equal(row.length, names.length, row.join());
    return Object.fromEntries(names.map((name, column) => [name, row[column] ?? '']));
  });
}

/** A decimal number as a whole one of its last digit; an empty cell is nothing. */
function shifted(text: string, digits: number): bigint | undefined {
  if (text === '') return undefined;
  const [, sign, whole = '', fraction = ''] = /^(-?)(\d+)(?:\.(\d+))?$/.exec(text) ?? assert.fail(`no number: ${text}`);
  assert.ok(fraction.length <= digits, text);
  const size = BigInt(whole + fraction.padEnd(digits, '0'));
  return sign === '-' ? -size : size;
}

const MSAT_DIGITS = 11;
const CENT_DIGITS = 2;

const msatIn = (text: string | undefined): bigint => shifted(text ?? '', MSAT_DIGITS) ?? 0n;

/** What each format says of its lines, as far as it says it. */
export const READERS: Readonly<Record<string, (text: string) => readonly Partial<Line>[]>> = {
  json: (text) =>
    (JSON.parse(text, exact) as { entries: readonly Readonly<Record<string, string>>[] }).entries.map((entry) => ({
      type: entry.type as string,
      amount_msat: BigInt(entry.amount_msat as string),
      cents: entry.amount === undefined ? undefined : BigInt(entry.amount),
      label: entry.label,
      reference: entry.reference,
    })),
  generic: (text) =>
    readCsv(text).map((row) => {
      assert.equal(msatIn(row.amount_btc), BigInt(row.amount_msat as string));
      assert.equal(row.currency, row.amount === '' ? '' : 'EUR');
      return {
        type: row.type as string,
        amount_msat: BigInt(row.amount_msat as string),
        cents: shifted(row.amount ?? '', CENT_DIGITS),
        label: row.label === '' ? undefined : row.label,
        reference: row.reference,
      };
    }),
  koinly: (text) =>
    readCsv(text).map((row) => {
      const amount_msat = msatIn(row['Received Amount']) - msatIn(row['Sent Amount']);
      const cents = shifted(row['Net Worth Amount'] ?? '', CENT_DIGITS);
      return { amount_msat, cents: amount_msat < 0n && cents !== undefined ? -cents : cents, reference: row.TxHash };
    }),
  cointracking: (text) =>
    readCsv(text).map((row) => ({
      amount_msat: msatIn(row['Buy Amount']) - msatIn(row['Sell Amount']) - msatIn(row.Fee),
      // That of a fee says so.
      reference: row['Tx-ID (optional)']?.replace(/-fee$/, ''),
    })),
};

/** Numbers as they are written: those of JavaScript do not hold every amount. */
function exact(_name: string, value: unknown, context?: { readonly source?: string }): unknown {
  return typeof value === 'number' ? (context?.source ?? String(value)) : value;
}

/** A line in words, with what both know of it: so that a difference reads well, and lines can be sorted. */
export function inWords(line: Partial<Line>, members: readonly (keyof Line)[]): string {
  return members.map((name) => `${name} ${line[name] ?? 'none'}`).join(', ');
}
