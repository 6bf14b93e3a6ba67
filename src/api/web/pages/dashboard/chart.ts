/** A chart of takings: bars as SVG from the server, and the same figures as a table for those who do not see it. */
import { type Html, html } from '../html.ts';
import { formatCount, formatMsat } from '../money.ts';
import { table } from './frame.ts';

/** A bar. */
export interface Taking {
  readonly date: string;
  readonly payments: number;
  readonly amount_msat: bigint;
}

const HEIGHT = 100;
const SLOT = 10;
const BAR = 7;

/** The chart of the days or months given, the oldest first. */
export function takingsChart(takings: readonly Taking[], label: string): Html {
  const most_msat = takings.reduce((most, { amount_msat }) => (amount_msat > most ? amount_msat : most), 0n);
  if (most_msat === 0n) return html`<p class="muted">Nothing was taken in this time.</p>`;
  const height = (amount_msat: bigint): number =>
    amount_msat === 0n ? 0 : Math.max(1, Number((amount_msat * BigInt(HEIGHT)) / most_msat));
  const bars = takings.map(({ date, payments, amount_msat }, index) => {
    const tall = height(amount_msat);
    return html`<rect class="${index === takings.length - 1 ? 'now' : 'past'}" x="${index * SLOT + 1}" y="${HEIGHT - tall}" width="${BAR}" height="${tall}"><title>${date}: ${formatMsat(amount_msat, 'en')}, ${formatCount(payments, 'en')} payments</title></rect>`;
  });
  const total_msat = takings.reduce((sum, { amount_msat }) => sum + amount_msat, 0n);
  return html`
    <figure class="chart">
      <p class="muted small" aria-hidden="true">${formatMsat(most_msat, 'en')}</p>
      <svg viewBox="0 0 ${takings.length * SLOT} ${HEIGHT}" preserveAspectRatio="none" role="img" aria-label="${label}: ${formatMsat(total_msat, 'en')} in all, at most ${formatMsat(most_msat, 'en')}">${bars}</svg>
      <figcaption class="row ends muted small"><span>${takings[0]?.date ?? ''}</span><span>${takings.at(-1)?.date ?? ''}</span></figcaption>
    </figure>
    <details>
      <summary>The figures</summary>
      ${table(
        label,
        ['Date', '#Payments', '#Taken'],
        takings
          .toReversed()
          .map(
            ({ date, payments, amount_msat }) =>
              html`<tr><td>${date}</td><td class="number">${formatCount(payments, 'en')}</td><td class="number">${formatMsat(amount_msat, 'en')}</td></tr>`,
          ),
      )}
    </details>`;
}
