/** The end of the node's log, the newest line first. */
import { html } from '../html.ts';
import type { PageAnswer } from '../page.ts';
import { countIn, rowsIn, textIn } from './answers.ts';
import { frame, option, table } from './frame.ts';
import type { Visit } from './guard.ts';

const LINES = 200;
const LEVELS = [
  ['info', 'everything'],
  ['unusual', 'unusual'],
  ['broken', 'broken'],
] as const;
const KINDS = { UNUSUAL: ['warn', 'unusual'], BROKEN: ['bad', 'broken'] } as const;

/** Answers the page. */
export async function log(visit: Visit): Promise<PageAnswer> {
  const { asked, texts, show, command } = visit;
  const { log: says } = texts;
  const wanted = asked.url.searchParams.get('level');
  const level = LEVELS.find(([name]) => name === wanted)?.[0] ?? 'info';
  const lines = rowsIn(await command('getlog', { level, limit: LINES }), 'log').toReversed();
  return frame(visit, {
    title: says.title,
    here: '/log',
    main: html`
      <form class="card filters" method="get" action="/log">
        <div class="field"><label for="level">${says.show}</label><select id="level" name="level">${LEVELS.map(([value, name]) => option(value, says[name], level))}</select></div>
        <div class="row"><button class="button quiet">${says.show}</button></div>
      </form>
      <section class="card">${
        lines.length === 0
          ? html`<p class="muted">${says.nothing}</p>`
          : table(
              says.title,
              [says.time, says.line],
              lines.map((line) => {
                const type = textIn(line, 'type') ?? '';
                const [kind, name] = Object.hasOwn(KINDS, type) ? KINDS[type as keyof typeof KINDS] : [];
                return html`<tr><td class="small">${show.time(Math.floor(countIn(line, 'time_ms') / 1000))}</td><td class="long">${name !== undefined && html`<span class="tag ${kind}">${says.kinds[name]}</span> `}<span lang="en">${textIn(line, 'log') ?? ''}</span></td></tr>`;
              }),
            )
      }</section>`,
  });
}
