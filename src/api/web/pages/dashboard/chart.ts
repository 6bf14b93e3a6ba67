/** A chart of takings: bars as SVG from the server, and the same figures as a table for those who do not see it. */
import { filledText } from '../fill.ts';
import { type Html, html } from '../html.ts';
import { table } from './frame.ts';
import type { Visit } from './guard.ts';

/** A bar. */
export interface Bar {
  /** Such as `2026-11-29`. */
  readonly date: string;
  readonly payments: number;
  /** Of whatever the chart is of. */
  readonly amount: bigint;
  /** Further cells of its row in the table. */
  readonly more: readonly string[];
}

/** What the chart is of. */
export interface ChartParts {
  readonly title: string;
  /** The oldest first. */
  readonly bars: readonly Bar[];
  /** An amount for people. */
  readonly shown: (amount: bigint) => string;
  /** The headings of the further cells. */
  readonly more_heads: readonly string[];
}

const HEIGHT = 100;
const SLOT = 10;
const BAR = 7;

/** The chart. */
export function takingsChart(
  { texts: { overview }, show }: Visit,
  { title, bars, shown, more_heads }: ChartParts,
): Html {
  const most = bars.reduce((high, { amount }) => (amount > high ? amount : high), 0n);
  if (bars.every(({ payments }) => payments === 0)) return html`<p class="muted">${overview.nothing_taken}</p>`;
  const height = (amount: bigint): number =>
    amount === 0n ? 0 : Math.max(1, Number((amount * BigInt(HEIGHT)) / most));
  const drawn = bars.map(({ date, payments, amount }, index) => {
    const tall = height(amount);
    const told = `${show.day(date)}: ${shown(amount)}, ${show.counted(overview.payments, payments)}`;
    return html`<rect class="${index === bars.length - 1 ? 'now' : 'past'}" x="${index * SLOT + 1}" y="${HEIGHT - tall}" width="${BAR}" height="${tall}"><title>${told}</title></rect>`;
  });
  const total = bars.reduce((sum, { amount }) => sum + amount, 0n);
  const label = filledText(overview.chart_label, { title, total: shown(total), most: shown(most) });
  const [first, last] = [bars[0], bars.at(-1)].map((bar) => (bar === undefined ? '' : show.day(bar.date)));
  return html`
    <figure class="chart">
      <p class="muted small" aria-hidden="true">${shown(most)}</p>
      <svg viewBox="0 0 ${bars.length * SLOT} ${HEIGHT}" preserveAspectRatio="none" role="img" aria-label="${label}">${drawn}</svg>
      <figcaption class="row ends muted small"><span>${first}</span><span>${last}</span></figcaption>
    </figure>
    <details>
      <summary>${overview.figures}</summary>
      ${table(
        title,
        [overview.date, `#${overview.payments_head}`, `#${overview.taken}`, ...more_heads.map((head) => `#${head}`)],
        bars
          .toReversed()
          .map(
            ({ date, payments, amount, more }) =>
              html`<tr><td>${show.day(date)}</td><td class="number">${show.count(payments)}</td><td class="number">${shown(amount)}</td>${more.map((cell) => html`<td class="number">${cell}</td>`)}</tr>`,
          ),
      )}
    </details>`;
}
