/** Backups: what there is, how old it is, and a copy to take away. */
import type { JsonObject } from '../../../rpc/json.ts';
import { type Html, html } from '../html.ts';
import { formatCount, formatTime } from '../money.ts';
import type { PageAnswer } from '../page.ts';
import { countIn, integerIn, rowsIn, textIn } from './answers.ts';
import { doneSaid, formToken, frame, type Said, table } from './frame.ts';
import { refusal, type Visit } from './guard.ts';

const BYTES_PER_MB = 1_000_000;

/** Answers the page. */
export async function backups(visit: Visit, said?: Said): Promise<PageAnswer> {
  const { tools, person, asked, command } = visit;
  const state = await command('listbackups');
  const { time_zone } = tools.settings;
  const written = integerIn(state, 'emergency_written_at');
  const channels = countIn(state, 'channels');
  return frame(tools, person, {
    title: 'Backups',
    here: '/backups',
    said: said ?? doneSaid(asked, { copied: 'The copy is made.' }),
    status: said?.kind === 'bad' ? 400 : 200,
    main: html`
      <section class="card stack">
        <h2>The words</h2>
        <p>Twenty-four words restore the coins of the wallet. They are shown on the node's machine alone, by <code>till seed</code>: write them on paper.</p>
      </section>
      <section class="card stack">
        <h2>The channels</h2>
        <p>${formatCount(channels, 'en')} ${channels === 1 ? 'channel' : 'channels'}, ${written === undefined ? 'not written yet' : html`written ${formatTime(Number(written), 'en', time_zone)}`}. With the words, this file gets the money of every channel back. It changes when a channel comes or goes: take a new copy then.</p>
        <p class="mono small">${textIn(state, 'emergency_file') ?? ''}</p>
        ${channels > 0 && html`<p><a class="button" href="/backups/channels.json" download>Download</a></p>`}
      </section>
      <section class="card stack">
        <h2>The database</h2>
        <p>It has every invoice and payment. A copy is made on the node's machine while the node runs, and goes out of date with the next payment: a node that starts from it has its channels closed.</p>
        ${copies(rowsIn(state, 'copies'), time_zone)}
        <form class="filters" method="post" action="/backups">
          ${formToken(person)}
          <div class="field grows"><label for="destination">New file on the node's machine</label><input id="destination" name="destination" required maxlength="1000" placeholder="/var/backups/till/monday.sqlite3" value="${asked.form.text('destination')}"></div>
          <div class="row"><button class="button quiet">Make a copy</button></div>
        </form>
      </section>`,
  });
}

function copies(rows: readonly JsonObject[], time_zone: string): Html {
  if (rows.length === 0) return html`<p class="notice warn">No copy was made yet.</p>`;
  return table(
    'Copies of the database',
    ['Made', 'File', '#Size'],
    rows.map(
      (row) => html`
      <tr><td class="small">${formatTime(countIn(row, 'made_at'), 'en', time_zone)}</td>
        <td class="mono">${textIn(row, 'destination') ?? ''}</td>
        <td class="number">${formatCount(Math.ceil(countIn(row, 'size_bytes') / BYTES_PER_MB), 'en')} MB</td></tr>`,
    ),
  );
}

/** The static backups as a file: what `till staticbackup` prints. */
export async function downloadChannels({ command }: Visit): Promise<PageAnswer> {
  const { scb } = await command('staticbackup');
  return {
    body: `${JSON.stringify({ scb })}\n`,
    content_type: 'application/json',
    headers: { 'content-disposition': 'attachment; filename="channels.json"' },
  };
}

/** Copies the database. */
export async function makeCopy(visit: Visit): Promise<PageAnswer> {
  try {
    await visit.command('backup', { destination: visit.asked.form.text('destination').trim() });
    return { see: '/backups?done=copied' };
  } catch (error) {
    return await backups(visit, { kind: 'bad', text: refusal(error) });
  }
}
