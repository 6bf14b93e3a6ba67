/** Changing the price list. */
import { NodeRefused } from '../node-calls.ts';
import type { PageAnswer, PageRequest, PageTools } from '../page.ts';
import { PageProblem } from '../problems.ts';
import type { SignedIn } from '../sign-in/person.ts';
import { itemsOf } from './asking.ts';
import { counterPage } from './frame.ts';
import { itemForms } from './items-page.ts';
import { parseTyped, type Unit } from './money.ts';
import { COUNTER_TEXTS } from './texts/index.ts';

/** What was done with an item, for the page that comes after. */
const DONE = ['saved', 'removed'] as const;

interface ItemFields {
  readonly name: string;
  readonly amount: bigint;
  readonly place: number;
}

export class PriceList {
  readonly #tools: PageTools;

  constructor(tools: PageTools) {
    this.#tools = tools;
  }

  /** The forms; `fault`: what was wrong with one of them. */
  async show(asked: PageRequest, person: SignedIn, fault?: string): Promise<PageAnswer> {
    const { language, url } = asked;
    const texts = COUNTER_TEXTS[language];
    const done = fault === undefined ? DONE.find((each) => each === url.searchParams.get('done')) : undefined;
    const items = await itemsOf(this.#tools, person);
    const { shop_currency: shop_unit } = this.#tools.settings;
    return counterPage(this.#tools, {
      asked,
      person,
      title: texts.price_list,
      place: 'price_list',
      content: itemForms({ person, items, shop_unit, texts, fault, done: done && texts[done] }),
      ...(fault === undefined ? {} : { status: 400 }),
    });
  }

  /** Adds an item. */
  add(asked: PageRequest, person: SignedIn): Promise<PageAnswer> {
    const { shop_currency } = this.#tools.settings;
    const currency = shop_currency === undefined ? {} : { currency: shop_currency };
    return this.#set(asked, person, shop_currency, async (fields) => {
      await this.#tools.node.command('createitem', { ...fields, ...currency }, person.credential);
    });
  }

  /** Changes or deletes one. */
  async change(asked: PageRequest, person: SignedIn): Promise<PageAnswer> {
    const { form, params } = asked;
    const { node } = this.#tools;
    const item = (await itemsOf(this.#tools, person)).find(({ item_id }) => String(item_id) === params.item_id);
    if (item === undefined) throw new PageProblem('not_found');
    const { item_id, currency } = item;
    if (form.has('remove')) {
      await node.command('deleteitem', { item_id }, person.credential);
      return { see: '/pos/items?done=removed' };
    }
    return await this.#set(asked, person, currency, async (fields) => {
      await node.command('updateitem', { item_id, ...fields }, person.credential);
    });
  }

  async #set(
    asked: PageRequest,
    person: SignedIn,
    unit: Unit,
    set: (fields: ItemFields) => Promise<void>,
  ): Promise<PageAnswer> {
    const { form, language } = asked;
    const [price, place] = [form.text('price'), form.text('place')];
    const amount = parseTyped(price, unit);
    if (amount === undefined || amount === 0n) {
      return await this.show(asked, person, COUNTER_TEXTS[language].not_an_amount(price));
    }
    try {
      await set({ name: form.text('name').trim(), amount, place: /^\d{1,4}$/.test(place) ? Number(place) : 0 });
    } catch (error) {
      if (!(error instanceof NodeRefused) || error.is_refusal) throw error;
      return await this.show(asked, person, error.message);
    }
    return { see: '/pos/items?done=saved' };
  }
}
