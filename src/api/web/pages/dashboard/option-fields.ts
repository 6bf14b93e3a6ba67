/** Fields for options that change while the node runs, and what is done with what was typed into them. */
import type { JsonObject } from '../../../rpc/json.ts';
import { type Html, html } from '../html.ts';
import { languageOptions } from '../language-choice.ts';
import { objectIn, textIn } from './answers.ts';
import { option } from './frame.ts';
import type { Visit } from './guard.ts';
import type { UpkeepTexts } from './texts/upkeep/english.ts';

/** What a currency may be chosen from, beside the shop's own. */
export const CURRENCIES = ['EUR', 'USD', 'GBP', 'CHF', 'CAD', 'AUD', 'BRL', 'ARS', 'JPY', 'INR'] as const;

/** An option that pages change. */
export type OptionName = keyof UpkeepTexts['settings']['options'];

/** The options as `listconfigs` answers them. */
export async function readOptions({ command }: Visit): Promise<JsonObject> {
  return objectIn(await command('listconfigs'), 'configs');
}

/** The value of an option as a text; empty when it is not set. */
export function optionText(configs: JsonObject, name: string): string {
  const config = objectIn(configs, name);
  const value = config.value_str ?? config.value_int ?? config.value_bool;
  return value === undefined ? '' : String(value);
}

/** A field with its name and a hint. `value`: what is set, or was typed. */
export function optionField({ tools, texts: { settings } }: Visit, name: OptionName, value: string): Html {
  const { name: label, hint } = settings.options[name];
  const described = html` aria-describedby="${name}-hint"`;
  const choice = (options: readonly Html[]): Html =>
    html`<select id="${name}" name="${name}"${described}>${options}</select>`;
  const input = (more: Html = html``): Html =>
    html`<input id="${name}" name="${name}" maxlength="100" value="${value}"${html`${described}${more}`}>`;
  const field = (): Html => {
    if (name === 'shop-currency') {
      const chosen = value === '' ? 'sat' : value;
      return choice([...new Set(['sat', chosen, ...CURRENCIES])].map((each) => option(each, each, chosen)));
    }
    if (name === 'shop-timezone') return input(html` list="zones"`);
    if (name === 'shop-language') return choice(languageOptions(value));
    if (name === 'price-rounding') {
      return choice((['up', 'nearest', 'down'] as const).map((each) => option(each, settings.choices[each], value)));
    }
    if (name === 'log-level') {
      return choice(['debug', 'info', 'unusual', 'broken'].map((each) => option(each, each, value)));
    }
    return input();
  };
  // Without the option the zone is the machine's.
  const zones =
    name === 'shop-timezone' &&
    html`<datalist id="zones">${Intl.supportedValuesOf('timeZone').map((zone) => html`<option value="${zone}"></option>`)}</datalist><span class="muted small">${tools.settings.time_zone}</span>`;
  return html`<div class="field"><label for="${name}">${label}</label>${field()}<span class="muted small" id="${name}-hint">${hint}</span>${zones}</div>`;
}

/** What came of a form of options. */
export interface OptionsChanged {
  readonly changed: number;
  /** The command line says one of them too. */
  readonly is_on_command_line: boolean;
}

/**
 * Changes those of the options whose field was changed. Rejects with NodeRefused for the first that is refused; those before
 * it are changed.
 */
export async function changeOptions(visit: Visit, names: readonly OptionName[]): Promise<OptionsChanged> {
  const { form } = visit.asked;
  const before = await readOptions(visit);
  let changed = 0;
  let is_on_command_line = false;
  for (const name of names) {
    const typed = form.text(name).trim();
    const is = optionText(before, name);
    // What was never set, and was left alone: the field shows what holds without it.
    if (!form.has(name) || typed === is || (is === '' && (typed === '' || typed === 'sat'))) continue;
    const { config } = await visit.command('setconfig', { config: name, val: typed });
    changed++;
    if (textIn(objectIn({ config: config ?? {} }, 'config'), 'warning_cmdline') !== undefined)
      is_on_command_line = true;
  }
  return { changed, is_on_command_line };
}
