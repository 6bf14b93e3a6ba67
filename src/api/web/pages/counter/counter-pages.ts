/**
 * The counter: `/pos`. Whoever has signed in as cashier or owner sells there, under the name that is the counter's. Every
 * page works without scripts; with them it has keys, hears that a sale is paid, and tells when it is offline.
 */
import type { PageAnswer, PageRequest, PageRoute, RouteSet } from '../page.ts';
import { checkForm, personOf, type SignedIn, signInFirst } from '../sign-in/person.ts';
import { installRoutes } from './install.ts';
import { PriceList } from './price-list.ts';
import { SaleDesk } from './sale-desk.ts';
import { Selling } from './selling.ts';

/** What a route of the counter does for somebody who has signed in. */
type Answer = (asked: PageRequest, person: SignedIn) => Promise<PageAnswer>;

type Roles = readonly SignedIn['role'][];
const OWNER: Roles = ['owner'];
const SELLERS: Roles = ['owner', 'cashier'];
const ALL: Roles = ['owner', 'cashier', 'accountant'];

/** The routes of the counter. */
export const counterPages: RouteSet = (tools) => {
  const route = (method: PageRoute['method'], path: string, roles: Roles, answer: Answer): PageRoute => ({
    method,
    path,
    async answer(asked) {
      const person = await personOf(tools, asked);
      if (person === undefined) return signInFirst(asked);
      // An accountant who opens the counter sees what was sold.
      if (path === '/pos' && person.role === 'accountant') return { see: '/pos/sales' };
      if (!roles.includes(person.role)) return { problem: 'refused' };
      if (method === 'POST') checkForm(asked, person);
      return await answer(asked, person);
    },
  });
  const selling = new Selling(tools);
  const desk = new SaleDesk(tools);
  const price_list = new PriceList(tools);
  return [
    ...installRoutes(tools),
    route('GET', '/pos', SELLERS, (asked, person) => selling.show(asked, person)),
    route('POST', '/pos/sales', SELLERS, (asked, person) => selling.charge(asked, person)),
    route('GET', '/pos/sales', ALL, (asked, person) => desk.list(asked, person)),
    route('GET', '/pos/sales/{sale_id}', ALL, (asked, person) => desk.show(asked, person)),
    route('GET', '/pos/sales/{sale_id}/events', ALL, (asked, person) => desk.follow(asked, person)),
    route('POST', '/pos/sales/{sale_id}/refunds', SELLERS, (asked, person) => desk.giveBack(asked, person)),
    route('GET', '/pos/items', OWNER, (asked, person) => price_list.show(asked, person)),
    route('POST', '/pos/items', OWNER, (asked, person) => price_list.add(asked, person)),
    route('POST', '/pos/items/{item_id}', OWNER, (asked, person) => price_list.change(asked, person)),
  ];
};
