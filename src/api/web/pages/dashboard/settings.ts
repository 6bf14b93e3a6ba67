/** How the node is set: what may change while it runs, and what is read from its files when it starts. */
import { isJsonObject, type JsonObject } from '../../../rpc/json.ts';
import { type Html, html } from '../html.ts';
import type { PageAnswer } from '../page.ts';
import { countIn, objectIn } from './answers.ts';
import { doneSaid, formToken, frame, type Said, table } from './frame.ts';
import { refusal, type Visit } from './guard.ts';

const SECONDS_PER_DAY = 86_400;

/** Answers the page. */
export async function settings(visit: Visit, said?: Said): Promise<PageAnswer> {
  const { tools, person, asked, command } = visit;
  const [configs, cleaning] = await Promise.all([command('listconfigs'), command('autoclean-status')]);
  const expired = objectIn(objectIn(cleaning, 'autoclean'), 'expiredinvoices');
  const days = expired.enabled === true ? String(Math.floor(countIn(expired, 'age') / SECONDS_PER_DAY)) : '';
  return frame(tools, person, {
    title: 'Settings',
    here: '/settings',
    said: said ?? doneSaid(asked, { saved: 'The setting holds from now on, until the node stops.' }),
    status: said?.kind === 'bad' ? 400 : 200,
    main: html`
      <form class="card stack narrow" method="post" action="/settings">
        <h2>Expired invoices</h2>
        ${formToken(person)}
        <div class="field"><label for="days">Remove them after so many days</label>
          <input id="days" name="days" inputmode="numeric" pattern="[0-9]*" maxlength="5" value="${days}" aria-describedby="days-hint">
          <span class="muted small" id="days-hint">Empty: they are kept. After the next start the option autoclean-expiredinvoices-age counts again.</span></div>
        <button class="button">Set</button>
      </form>
      <section class="card stack">
        <h2>Options</h2>
        <p class="muted">They are read when the node starts: from its config files and its command line. Change them there, then start it again.</p>
        ${optionTable(objectIn(configs, 'configs'))}
      </section>`,
  });
}

function optionTable(configs: JsonObject): Html {
  const rows = Object.entries(configs)
    .flatMap(([name, config]) => (isJsonObject(config) ? [{ name, config }] : []))
    .toSorted((one, other) => Number(isDefault(one.config)) - Number(isDefault(other.config)));
  return table(
    'Options',
    ['Option', 'Value', 'From'],
    rows.map(
      ({ name, config }) =>
        html`<tr><td class="mono">${name}</td><td>${shownValue(config)}</td><td class="small">${String(config.source ?? '')}</td></tr>`,
    ),
  );
}

function isDefault({ source }: JsonObject): boolean {
  return source === 'default';
}

function shownValue({ source: _source, ...value }: JsonObject): string {
  const [shown] = Object.values(value);
  if (Array.isArray(shown)) return shown.map(String).join(', ');
  return shown === true ? 'yes' : shown === false ? 'no' : String(shown ?? '');
}

/** Sets how long expired invoices are kept. */
export async function changeSettings(visit: Visit): Promise<PageAnswer> {
  const days = visit.asked.form.text('days').trim();
  if (!/^\d{0,5}$/.test(days)) return await settings(visit, { kind: 'bad', text: 'Days are a whole number.' });
  try {
    await visit.command(
      'autocleaninvoice',
      days === '' ? { cycle_seconds: 0 } : { cycle_seconds: 3600, expired_by: Number(days) * SECONDS_PER_DAY },
    );
    return { see: '/settings?done=saved' };
  } catch (error) {
    return await settings(visit, { kind: 'bad', text: refusal(error) });
  }
}
