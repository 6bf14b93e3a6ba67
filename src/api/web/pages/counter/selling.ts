/** Keying a sale in, and charging it. */
import { randomBytes } from 'node:crypto';
import type { JsonObject } from '../../../rpc/json.ts';
import { NodeRefused } from '../node-calls.ts';
import type { PageAnswer, PageRequest, PageTools } from '../page.ts';
import { PageProblem } from '../problems.ts';
import type { SignedIn } from '../sign-in/person.ts';
import { FORM_KEY, itemsOf, saleOf } from './asking.ts';
import { counterPage } from './frame.ts';
import { keypad } from './keypad.ts';
import { readSale, type ShownItem } from './sale.ts';
import { emptyTyped, readTyped, saleParams, type Typed } from './sale-form.ts';
import { COUNTER_TEXTS } from './texts/index.ts';

export class Selling {
  readonly #tools: PageTools;

  constructor(tools: PageTools) {
    this.#tools = tools;
  }

  /** The empty form. */
  async show(asked: PageRequest, person: SignedIn): Promise<PageAnswer> {
    const typed = emptyTyped(this.#tools.settings.shop_currency);
    return this.#page(asked, person, { items: await itemsOf(this.#tools, person), typed, fault: undefined });
  }

  /** Makes the sale. What is wrong is said on the same form, with all that was typed. */
  async charge(asked: PageRequest, person: SignedIn): Promise<PageAnswer> {
    const { form, language } = asked;
    const texts = COUNTER_TEXTS[language];
    const items = await itemsOf(this.#tools, person);
    const typed = readTyped(form, items, this.#tools.settings.shop_currency);
    const read = saleParams(typed, items, texts);
    const again = (fault: string) => this.#page(asked, person, { items, typed, fault });
    if ('fault' in read) return again(read.fault);
    try {
      const sale_id = await this.#create({ counter: person.name, ...read.params }, person, form.text('key'));
      // The form of a sale that was paid since may be sent again by the way back: nobody must take that for a payment.
      const sale = await saleOf(this.#tools, person, sale_id);
      if (sale?.status !== 'unpaid') return again(texts.charged_before(sale_id));
      return { see: `/pos/sales/${sale_id}` };
    } catch (error) {
      if (!(error instanceof NodeRefused) || error.is_refusal) throw error;
      return again(error.error === 'RATE_UNAVAILABLE' ? texts.no_rate : error.message);
    }
  }

  /** A form that is sent twice makes one sale; one that was changed since makes another. */
  async #create(params: JsonObject, { credential }: SignedIn, idempotency_key: string): Promise<number> {
    if (!FORM_KEY.test(idempotency_key)) throw new PageProblem('bad_form');
    const { node } = this.#tools;
    try {
      return readSale(await node.command('createsale', params, credential, { idempotency_key })).sale_id;
    } catch (error) {
      if (!(error instanceof NodeRefused) || error.error !== 'IDEMPOTENCY_KEY_REUSED') throw error;
      return readSale(await node.command('createsale', params, credential)).sale_id;
    }
  }

  #page(
    asked: PageRequest,
    person: SignedIn,
    { items, typed, fault }: { items: readonly ShownItem[]; typed: Typed; fault: string | undefined },
  ): PageAnswer {
    const { language } = asked;
    const key = randomBytes(16).toString('base64url');
    const { shop_currency: shop_unit, tips } = this.#tools.settings;
    return counterPage(this.#tools, {
      asked,
      person,
      title: COUNTER_TEXTS[language].sell,
      place: 'sell',
      content: keypad({ person, language, items, shop_unit, tips, typed, fault, key }),
      ...(fault === undefined ? {} : { status: 400 }),
    });
  }
}
