/** How the node is set: what may change while it runs, and what is read from its files when it starts. */
import { isJsonObject, type JsonObject } from '../../../rpc/json.ts';
import { type Html, html } from '../html.ts';
import type { PageAnswer } from '../page.ts';
import { doneSaid, formToken, frame, type Said, table } from './frame.ts';
import { refusal, type Visit } from './guard.ts';
import { changeOptions, type OptionName, optionField, optionText, readOptions } from './option-fields.ts';

/** What stands together. Every option that changes while the node runs is in one of them. */
const GROUPS = {
  shop: ['alias', 'shop-currency', 'shop-timezone', 'shop-language', 'shop-tips'],
  prices: ['price-margin-ppm', 'price-rounding', 'price-round-to-msat', 'currencyrate-max-age'],
  invoices: [
    'invoices-expiry',
    'autoclean-cycle',
    'autoclean-expiredinvoices-age',
    'autoclean-paidinvoices-age',
    'events-keep-days',
  ],
  receiving: ['lsp-max-fee', 'lsp-max-fee-ppm', 'inbound-keep', 'inbound-keep-limit'],
  reserve: ['min-emergency-msat', 'reserve-coins', 'undefended-msat'],
  log: ['log-level'],
} as const satisfies Readonly<Record<string, readonly OptionName[]>>;

type Group = keyof typeof GROUPS;
const NAMES = Object.keys(GROUPS) as Group[];

/** Answers the page. */
export async function settings(visit: Visit, said?: Said): Promise<PageAnswer> {
  const { person, asked, texts } = visit;
  const { settings: says } = texts;
  const configs = await readOptions(visit);
  const typed = (name: OptionName): string =>
    asked.form.has(name) ? asked.form.text(name) : optionText(configs, name);
  const done = doneSaid(asked, {
    saved: says.saved,
    nothing: says.nothing_changed,
    cmdline: `${says.saved} ${says.command_line}`,
  });
  return frame(visit, {
    title: says.title,
    here: '/settings',
    said: said ?? done,
    status: said?.kind === 'bad' ? 400 : 200,
    main: html`
      <div class="grid settings">${NAMES.map(
        (group) => html`
        <form class="card stack" method="post" action="/settings">
          <h2>${says.groups[group]}</h2>
          ${formToken(person)}
          <input type="hidden" name="group" value="${group}">
          ${GROUPS[group].map((name) => optionField(visit, name, typed(name)))}
          <button class="button" id="save-${group}">${says.save}</button>
        </form>`,
      )}</div>
      <section class="card stack">
        <h2>${says.restart}</h2>
        <p class="muted">${says.restart_text}</p>
        ${optionTable(visit, configs)}
      </section>`,
  });
}

/** The options that are read when the node starts; those that somebody set come first. */
function optionTable(visit: Visit, configs: JsonObject): Html {
  const { settings: says } = visit.texts;
  const rows = Object.entries(configs)
    .flatMap(([name, config]) => (isJsonObject(config) && config.dynamic !== true ? [{ name, config }] : []))
    .toSorted((one, other) => Number(isDefault(one.config)) - Number(isDefault(other.config)));
  return table(
    says.restart,
    [says.option, says.value, says.from],
    rows.map(
      ({ name, config }) =>
        html`<tr><td class="mono">${name}</td><td>${shownValue(visit, config)}</td><td class="mono small">${String(config.source ?? '')}</td></tr>`,
    ),
  );
}

function isDefault({ source }: JsonObject): boolean {
  return source === 'default';
}

function shownValue({ texts: { settings: says } }: Visit, { source: _source, ...value }: JsonObject): Html {
  const [shown] = Object.values(value);
  if (shown === true) return html`${says.yes}`;
  if (shown === false) return html`${says.no}`;
  return html`<span class="mono">${Array.isArray(shown) ? shown.map(String).join(', ') : String(shown ?? '')}</span>`;
}

/** Changes options of one group. */
export async function changeSettings(visit: Visit): Promise<PageAnswer> {
  const group = NAMES.find((name) => name === visit.asked.form.text('group'));
  if (group === undefined) return { problem: 'bad_form' };
  try {
    const { changed, is_on_command_line } = await changeOptions(visit, GROUPS[group]);
    return { see: `/settings?done=${changed === 0 ? 'nothing' : is_on_command_line ? 'cmdline' : 'saved'}` };
  } catch (error) {
    return await settings(visit, { kind: 'bad', text: refusal(error) });
  }
}
