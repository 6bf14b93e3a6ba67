/**
 * The page on which a cashier keys a sale in. It is a form that works as it is; a script adds the keys, the buttons at the
 * items, and the total.
 */
import { digitsOf } from '../../../../base/types/currency.ts';
import { type Html, html, quoted } from '../html.ts';
import type { Language } from '../language.ts';
import type { SignedIn } from '../sign-in/person.ts';
import { shown } from './money.ts';
import type { ShownItem } from './sale.ts';
import type { Typed } from './sale-form.ts';
import type { CounterTexts } from './texts/english.ts';
import { COUNTER_TEXTS } from './texts/index.ts';

/** What the page shows. */
export interface KeypadParts {
  readonly person: SignedIn;
  readonly language: Language;
  readonly items: readonly ShownItem[];
  /** The shop's; undefined: it counts in satoshi alone. */
  readonly shop_unit: Typed['unit'];
  readonly typed: Typed;
  /** What is offered, in percent. */
  readonly tips: readonly number[];
  /** What was wrong with what was typed. */
  readonly fault: string | undefined;
  /** Makes of a form that is sent twice one sale. */
  readonly key: string;
}

const CHECKED = html` checked`;
const KEYS = ['7', '8', '9', '4', '5', '6', '1', '2', '3'] as const;

/** The form. */
export function keypad(parts: KeypadParts): Html {
  const { person, language, items, typed, fault, key } = parts;
  const texts = COUNTER_TEXTS[language];
  return html`<h1 class="visually-hidden">${texts.sell}</h1>${
    fault !== undefined && html`<p class="notice bad" role="alert">${fault}</p>`
  }<form method="post" action="/pos/sales" class="stack" data-sell data-language="${language}" autocomplete="off">
<input type="hidden" name="form_token" value="${person.form_token}"><input type="hidden" name="key" value="${key}">
<div class="sell"><section class="card stack" aria-label="${texts.amount}">${unitChoice(parts, texts)}
<div class="field"><label for="amount">${texts.amount}</label>
<input id="amount" name="amount" class="figure amount" inputmode="decimal" enterkeyhint="done" maxlength="200" value="${typed.amount}" aria-describedby="amount-hint" placeholder="0">
<p id="amount-hint" class="muted small">${texts.amount_hint}</p></div>${keys(texts)}</section>
<div class="stack">${items.length > 0 && priceList(parts, texts)}
<section class="card stack">${tips(parts, texts)}
<div class="field"><label for="note">${texts.note}</label><input id="note" name="note" maxlength="300" value="${typed.note}" aria-describedby="note-hint">
<p id="note-hint" class="muted small">${texts.note_hint}</p></div>
<p class="row" data-sound hidden><input type="checkbox" id="sound"><label for="sound">${texts.sound}</label></p></section></div></div>
<section class="card charge" aria-label="${texts.total}"><p data-total hidden><span class="muted small">${texts.total}</span>
<output class="figure" for="amount" data-total-shown></output></p><button class="button big">${texts.charge}</button></section></form>`;
}

/** In what is charged. How many digits each has stands in the markup, so that the script need not know currencies. */
function unitChoice({ shop_unit, typed }: KeypadParts, { charge_in }: CounterTexts): Html {
  if (shop_unit === undefined) return html`<input type="hidden" name="unit" value="sat" data-digits="0">`;
  const is_sat = typed.unit === undefined;
  return html`<fieldset class="choice"><legend class="visually-hidden">${charge_in}</legend>
<label><input type="radio" name="unit" value="${shop_unit}" data-digits="${digitsOf(shop_unit)}"${!is_sat && CHECKED}>${shop_unit}</label>
<label><input type="radio" name="unit" value="sat" data-digits="0"${is_sat && CHECKED}>sat</label></fieldset>`;
}

function priceList({ items, typed, language }: KeypadParts, texts: CounterTexts): Html {
  const line = ({ item_id, name, currency, amount }: ShownItem): Html => {
    const count = typed.counts.get(item_id) ?? '';
    return html`<li class="item" data-item data-amount="${amount}" data-unit="${currency ?? 'sat'}"><button type="button" class="button quiet" data-more aria-label="${texts.one_more(name)}" hidden>+</button>
<label for="item-${item_id}">${quoted(name)} <span class="muted">${shown(amount, currency, language)}</span></label>
<input id="item-${item_id}" name="item-${item_id}" type="number" min="0" max="9999" inputmode="numeric" value="${count}">
<button type="button" class="button quiet" data-less aria-label="${texts.one_less(name)}" hidden>−</button></li>`;
  };
  return html`<section class="card stack"><h2>${texts.items}</h2><ul class="items">${items.map(line)}</ul></section>`;
}

/** Only a script can press them: they are hidden until it runs. */
function keys(texts: CounterTexts): Html {
  const key = (text: string, label?: string): Html =>
    html`<button type="button" class="button quiet" data-key="${text}"${
      label !== undefined && html` aria-label="${label}"`
    }>${text === 'back' ? '⌫' : text === 'clear' ? 'C' : text}</button>`;
  return html`<div class="keys" role="group" aria-label="${texts.keypad}" data-keys hidden>${KEYS.map((each) => key(each))}${key('.')}${key('0')}${key('back', texts.delete_last)}${key('clear', texts.clear)}${key('00')}${key('+')}</div>`;
}

function tips({ typed: { tip, other_tip }, tips: offered }: KeypadParts, texts: CounterTexts): Html {
  const choice = (value: string, label: string): Html =>
    html`<label><input type="radio" name="tip" value="${value}"${tip === value && CHECKED}>${label}</label>`;
  return html`<fieldset class="choice"><legend>${texts.tip}</legend>${choice('0', texts.no_tip)}${offered.map(
    (percent) => choice(String(percent), `${percent} %`),
  )}${choice('other', texts.other_tip)}</fieldset>
<div class="field other-tip"><label for="other_tip">${texts.other_tip}</label><input id="other_tip" name="other_tip" inputmode="decimal" maxlength="40" value="${other_tip}"></div>`;
}
