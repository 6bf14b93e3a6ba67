/** Backups: what there is, how old it is, and a copy to take away. */
import type { JsonObject } from '../../../rpc/json.ts';
import { filled, filledText } from '../fill.ts';
import { type Html, html } from '../html.ts';
import type { PageAnswer } from '../page.ts';
import { countIn, integerIn, rowsIn, textIn } from './answers.ts';
import { doneSaid, formToken, frame, type Said, table } from './frame.ts';
import { refusal, type Visit } from './guard.ts';

const BYTES_PER_MB = 1_000_000;

/** Answers the page. */
export async function backups(visit: Visit, said?: Said): Promise<PageAnswer> {
  const { person, asked, texts, show, command } = visit;
  const { backups: says } = texts;
  const state = await command('listbackups');
  const written = integerIn(state, 'emergency_written_at');
  const channels = countIn(state, 'channels');
  const counted = show.counted(says.count, channels);
  return frame(visit, {
    title: says.title,
    here: '/backups',
    said: said ?? doneSaid(asked, { copied: says.copied }),
    status: said?.kind === 'bad' ? 400 : 200,
    main: html`
      <section class="card stack">
        <h2>${says.words}</h2>
        <p>${filled(says.words_text, { command: html`<code>till seed</code>` })}</p>
      </section>
      <section class="card stack">
        <h2>${says.channels}</h2>
        <p>${written === undefined ? filledText(says.not_written, { channels: counted }) : filledText(says.written, { channels: counted, time: show.time(Number(written)) })} ${says.channels_text}</p>
        <p class="mono small">${textIn(state, 'emergency_file') ?? ''}</p>
        ${channels > 0 && html`<p><a class="button" href="/backups/channels.json" download>${says.download}</a></p>`}
      </section>
      <section class="card stack">
        <h2>${says.database}</h2>
        <p>${says.database_text}</p>
        ${copies(visit, rowsIn(state, 'copies'))}
        <form class="filters" method="post" action="/backups">
          ${formToken(person)}
          <div class="field grows"><label for="destination">${says.new_file}</label><input id="destination" name="destination" required maxlength="1000" placeholder="/var/backups/till/monday.sqlite3" value="${asked.form.text('destination')}"></div>
          <div class="row"><button class="button quiet">${says.make}</button></div>
        </form>
      </section>`,
  });
}

function copies({ texts: { backups: says }, show }: Visit, rows: readonly JsonObject[]): Html {
  if (rows.length === 0) return html`<p class="notice warn">${says.no_copy}</p>`;
  return table(
    says.copies,
    [says.made, says.file, `#${says.size}`],
    rows.map(
      (row) => html`
      <tr><td class="small">${show.time(countIn(row, 'made_at'))}</td>
        <td class="mono">${textIn(row, 'destination') ?? ''}</td>
        <td class="number">${show.count(Math.ceil(countIn(row, 'size_bytes') / BYTES_PER_MB))} MB</td></tr>`,
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
