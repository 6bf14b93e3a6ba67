/** The price list, for the owner: each item is a form of its own. */
import { type Html, html } from '../html.ts';
import type { SignedIn } from '../sign-in/person.ts';
import { typed, type Unit } from './money.ts';
import type { ShownItem } from './sale.ts';
import type { CounterTexts } from './texts/english.ts';

/** What the page shows. */
export interface ItemsParts {
  readonly person: SignedIn;
  readonly items: readonly ShownItem[];
  readonly shop_unit: Unit;
  readonly texts: CounterTexts;
  /** What was done before. */
  readonly done: string | undefined;
  /** What was wrong. */
  readonly fault: string | undefined;
}

/** The forms. */
export function itemForms({ person, items, shop_unit, texts, done, fault }: ItemsParts): Html {
  const token = html`<input type="hidden" name="form_token" value="${person.form_token}">`;
  const fields = (id: string, unit: Unit, item: ShownItem | undefined): Html => html`
<div class="field"><label for="name-${id}">${texts.name}</label><input id="name-${id}" name="name" required maxlength="80" value="${item?.name ?? ''}"></div>
<div class="field"><label for="price-${id}">${texts.price} (${unit ?? 'sat'})</label><input id="price-${id}" name="price" required inputmode="decimal" maxlength="20" value="${
    item === undefined ? '' : typed(item.amount, unit)
  }"></div>
<div class="field narrow"><label for="place-${id}">${texts.place}</label><input id="place-${id}" name="place" type="number" min="0" max="9999" inputmode="numeric" value="${item?.place ?? 0}"></div>`;
  return html`<h1>${texts.price_list}</h1>${
    fault !== undefined && html`<p class="notice bad" role="alert">${fault}</p>`
  }${
    done !== undefined && html`<p class="notice good" role="status">${done}</p>`
  }${items.length === 0 && html`<p class="muted">${texts.no_items}</p>`}<ul class="item-forms">${items.map(
    (
      item,
    ) => html`<li class="card"><form method="post" action="/pos/items/${item.item_id}" class="row">${token}${fields(String(item.item_id), item.currency, item)}
<div class="row"><button class="button quiet" aria-label="${texts.save}: ${item.name}">${texts.save}</button>
<button class="button danger" name="remove" value="yes" formnovalidate aria-label="${texts.remove}: ${item.name}">${texts.remove}</button></div></form></li>`,
  )}</ul><form method="post" action="/pos/items" class="card row" aria-label="${texts.add}">${token}${fields('new', shop_unit, undefined)}
<button class="button">${texts.add}</button></form>`;
}
