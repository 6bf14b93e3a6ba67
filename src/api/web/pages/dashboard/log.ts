/** The end of the node's log, the newest line first. */
import { html } from '../html.ts';
import { formatTime } from '../money.ts';
import type { PageAnswer } from '../page.ts';
import { countIn, rowsIn, textIn } from './answers.ts';
import { frame, option, table } from './frame.ts';
import type { Visit } from './guard.ts';

const LINES = 200;
const LEVELS = [
  ['info', 'Everything'],
  ['unusual', 'What somebody should look at'],
  ['broken', 'What is wrong'],
] as const;
const KINDS: Readonly<Record<string, string>> = { UNUSUAL: 'warn', BROKEN: 'bad' };

/** Answers the page. */
export async function log({ tools, person, asked, command }: Visit): Promise<PageAnswer> {
  const wanted = asked.url.searchParams.get('level');
  const level = LEVELS.find(([name]) => name === wanted)?.[0] ?? 'info';
  const lines = rowsIn(await command('getlog', { level, limit: LINES }), 'log').toReversed();
  return frame(tools, person, {
    title: 'Log',
    here: '/log',
    main: html`
      <form class="card filters" method="get" action="/log">
        <div class="field"><label for="level">Show</label><select id="level" name="level">${LEVELS.map(([value, name]) => option(value, name, level))}</select></div>
        <div class="row"><button class="button quiet">Show</button></div>
      </form>
      <section class="card">${
        lines.length === 0
          ? html`<p class="muted">There is nothing of that kind since the node started.</p>`
          : table(
              'Log',
              ['Time', 'Line'],
              lines.map((line) => {
                const type = textIn(line, 'type') ?? '';
                const kind = KINDS[type];
                return html`<tr><td class="small">${formatTime(Math.floor(countIn(line, 'time_ms') / 1000), 'en', tools.settings.time_zone)}</td><td class="long">${kind !== undefined && html`<span class="tag ${kind}">${type.toLowerCase()}</span> `}${textIn(line, 'log') ?? ''}</td></tr>`;
              }),
            )
      }</section>`,
  });
}
