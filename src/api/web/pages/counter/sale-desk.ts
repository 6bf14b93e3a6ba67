/** The sales of a counter: the list, one of them until it is paid and after, and money that goes back. */
import { randomBytes } from 'node:crypto';
import type { JsonObject } from '../../../rpc/json.ts';
import { NodeRefused } from '../node-calls.ts';
import type { PageAnswer, PageRequest, PageTools } from '../page.ts';
import { PageProblem } from '../problems.ts';
import type { SignedIn } from '../sign-in/person.ts';
import { FORM_KEY, ownCounter, saleOf } from './asking.ts';
import { counterPage } from './frame.ts';
import { digitsTyped, parseTyped } from './money.ts';
import type { Reader } from './reader.ts';
import { giveBack, type TypedRefund } from './refund-part.ts';
import { readRefund, readSale, rows, type ShownSale } from './sale.ts';
import { saleState, saleView, sayingOf } from './sale-page.ts';
import { SALES_SHOWN, salesList } from './sales-page.ts';
import { COUNTER_TEXTS } from './texts/index.ts';

/** How often a browser without scripts looks whether a sale is paid. */
const REFRESH_SECONDS = 3;

export class SaleDesk {
  readonly #tools: PageTools;

  constructor(tools: PageTools) {
    this.#tools = tools;
  }

  /** The last sales: of the own counter for a cashier, of all for others. */
  async list(asked: PageRequest, person: SignedIn): Promise<PageAnswer> {
    const { language, url } = asked;
    const before = url.searchParams.get('before') ?? '';
    const params = {
      limit: SALES_SHOWN,
      ...ownCounter(person),
      ...(/^\d{1,9}$/.test(before) ? { before: Number(before) } : {}),
    };
    const { sales } = await this.#tools.node.command('listsales', params, person.credential);
    return counterPage(this.#tools, {
      asked,
      person,
      title: COUNTER_TEXTS[language].sales,
      place: 'sales',
      content: salesList(rows(sales).map(readSale), this.#reader(language), person.role !== 'cashier'),
    });
  }

  /** One sale. */
  async show(asked: PageRequest, person: SignedIn): Promise<PageAnswer> {
    return await this.#page(asked, person, await this.#sale(asked, person), undefined);
  }

  /** Tells the page when the sale is paid, or its time is over. */
  async follow(asked: PageRequest, person: SignedIn): Promise<PageAnswer> {
    const { language, signal } = asked;
    const { node, streams, clock } = this.#tools;
    const { label } = await this.#sale(asked, person);
    return streams.open(asked, (send, end) => {
      send('now', String(clock.nowSeconds()));
      const tell = async (): Promise<void> => {
        const known = await this.#sale(asked, person);
        // Otherwise the node has ended the wait: the page comes back by itself and waits again.
        if (known.status !== 'unpaid') {
          send('state', saleState(known, this.#reader(language)).text);
          send('over', '');
        }
        end();
      };
      // It answers when the invoice is paid, and fails when it expires: either way the sale says how it stands.
      node
        .command('waitinvoice', { label }, person.credential, { signal })
        .then(tell, tell)
        .catch(() => end());
      return () => {};
    });
  }

  /** Gives money back, as the form says. What is wrong is said on the same page. */
  async giveBack(asked: PageRequest, person: SignedIn): Promise<PageAnswer> {
    const { form, signal } = asked;
    const texts = COUNTER_TEXTS[asked.language];
    const sale = await this.#sale(asked, person);
    const typed = { destination: form.text('destination').trim(), amount: form.text('amount').trim() };
    const idempotency_key = form.text('key');
    if (!FORM_KEY.test(idempotency_key)) throw new PageProblem('bad_form');
    const amount = parseTyped(typed.amount, sale.currency);
    const again = (fault: string) => this.#page(asked, person, sale, { ...typed, fault });
    if (amount === undefined) return await again(texts.not_an_amount(typed.amount));
    const params: JsonObject = {
      label: sale.label,
      ...ownCounter(person),
      destination: typed.destination,
      idempotency_key,
      ...(amount === 0n ? {} : { [sale.currency === undefined ? 'amount_msat' : 'amount']: amount }),
    };
    try {
      await this.#tools.node.command('refund', params, person.credential, { signal });
    } catch (error) {
      if (!(error instanceof NodeRefused) || error.is_refusal) throw error;
      return await again(error.message);
    }
    return { see: `/pos/sales/${sale.sale_id}` };
  }

  async #page(
    asked: PageRequest,
    person: SignedIn,
    sale: ShownSale,
    refund: TypedRefund | undefined,
  ): Promise<PageAnswer> {
    const { language } = asked;
    const texts = COUNTER_TEXTS[language];
    const isOpen = sale.status === 'unpaid';
    const isPaid = sale.status === 'paid';
    const { refunds } = isPaid
      ? await this.#tools.node.command('listrefunds', { label: sale.label }, person.credential)
      : { refunds: [] };
    const back = giveBack({
      sale,
      refunds: rows(refunds).map(readRefund),
      typed: refund,
      key: randomBytes(16).toString('base64url'),
      form_token: isPaid && person.role !== 'accountant' ? person.form_token : undefined,
      has_fraction: digitsTyped(sale.currency) > 0,
      reader: this.#reader(language),
    });
    return counterPage(this.#tools, {
      asked,
      person,
      title: sayingOf(sale, texts),
      place: undefined,
      content: saleView(sale, this.#reader(language), back),
      scripts: ['counter-sale'],
      refresh_seconds: isOpen ? REFRESH_SECONDS : undefined,
      ...(refund?.fault === undefined ? {} : { status: 400 }),
    });
  }

  #reader(language: PageRequest['language']): Reader {
    return { language, time_zone: this.#tools.settings.time_zone };
  }

  async #sale({ params }: PageRequest, person: SignedIn): Promise<ShownSale> {
    const { sale_id = '' } = params;
    const sale = /^\d{1,9}$/.test(sale_id) ? await saleOf(this.#tools, person, Number(sale_id)) : undefined;
    if (sale === undefined) throw new PageProblem('not_found');
    return sale;
  }
}
