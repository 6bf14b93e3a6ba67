/** The shop's ledger as a file, for those who keep its books. */
import { LineReader } from '../../csv-file.ts';
import { filledText } from '../fill.ts';
import { html } from '../html.ts';
import type { PageAnswer } from '../page.ts';
import { frame, option, type Said } from './frame.ts';
import { refusal, type Visit } from './guard.ts';

/** With the names of programs, which are the same in every language. */
const FORMATS = [
  ['generic', undefined],
  ['koinly', 'Koinly'],
  ['cointracking', 'CoinTracking'],
  ['json', 'JSON'],
] as const;

/** Answers the form. */
export function exports(visit: Visit, said?: Said): PageAnswer {
  const { tools, texts } = visit;
  const { export: says } = texts;
  return frame(visit, {
    title: says.title,
    here: '/export',
    said,
    status: said === undefined ? 200 : 400,
    main: html`
      <p class="muted">${says.intro}</p>
      <form class="card filters" method="get" action="/export/ledger">
        <div class="field"><label for="format">${says.for}</label><select id="format" name="format">${FORMATS.map(([value, name]) => option(value, name ?? says.spreadsheet, 'generic'))}</select></div>
        <div class="field"><label for="from">${says.from}</label><input id="from" name="from" type="date"></div>
        <div class="field"><label for="until">${says.to}</label><input id="until" name="until" type="date"></div>
        <div class="row"><button class="button">${says.download}</button></div>
      </form>
      <p class="muted small">${filledText(texts.frame.days_of, { zone: tools.settings.time_zone })}</p>`,
  });
}

/** The file. */
export async function downloadLedger(visit: Visit): Promise<PageAnswer> {
  const { searchParams } = visit.asked.url;
  const format = FORMATS.find(([name]) => name === searchParams.get('format'))?.[0] ?? 'generic';
  const params: Record<string, string> = { format };
  for (const name of ['from', 'until']) {
    const day = searchParams.get(name) ?? '';
    if (/^\d{4}-\d{2}-\d{2}$/.test(day)) params[name] = day;
  }
  const pieces = visit.pieces('exportledger', params);
  try {
    // What is wrong with the days is said before the first piece.
    const { value: first = '' } = await pieces.next();
    const is_json = format === 'json';
    const name = ['ledger', params.from, params.until].filter((part) => part !== undefined).join('-');
    return {
      pieces: is_json ? startingWith(first, pieces) : linesOf(startingWith(first, pieces)),
      content_type: is_json ? 'application/json' : 'text/csv; charset=utf-8',
      headers: { 'content-disposition': `attachment; filename="${name}.${is_json ? 'json' : 'csv'}"` },
    };
  } catch (error) {
    return exports(visit, { kind: 'bad', text: refusal(error) });
  }
}

async function* startingWith(first: string, rest: AsyncIterable<string>): AsyncGenerator<string, void> {
  yield first;
  yield* rest;
}

/** The lines of a file in CSV, out of the JSON that holds them. */
async function* linesOf(pieces: AsyncIterable<string>): AsyncGenerator<string, void> {
  const reader = new LineReader();
  for await (const piece of pieces) {
    const lines = reader.push(piece);
    if (lines !== '') yield lines;
  }
}
