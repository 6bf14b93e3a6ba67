/**
 * The pages of a shop, and where a new set of them is registered. A set is a function from the tools (page.ts) to its
 * routes, in a folder of its own, and a line in one of the two lists below:
 *
 *     // counter/counter-pages.ts
 *     export const counterPages: RouteSet = ({ node, assets }) => [
 *       {
 *         method: 'GET',
 *         path: '/pos/{counter}',
 *         answer: async ({ params, language, cookie }) => {
 *           const { items } = await node.command('listitems', { counter: params.counter }, cookie('__Host-till'));
 *           return { html: page(assets, { language, title: 'Counter', body: html`<main class="page">...</main>` }) };
 *         },
 *       },
 *     ];
 *
 * What a page asks without a credential (`node.ask`) has its answer in src/app/daemon/page-questions.ts.
 */
import { addressPages } from './addresses/addresses.ts';
import { checkoutPages } from './checkout/checkout-pages.ts';
import { counterPages } from './counter/counter-pages.ts';
import { dashboardPages } from './dashboard/dashboard.ts';
import { languagePages } from './language-choice.ts';
import type { RouteSet } from './page.ts';
import { signInPages } from './sign-in/sign-in.ts';

/** What the server for everybody has (`shop-bind`). */
export const SHOP_PAGES: readonly RouteSet[] = [
  checkoutPages,
  counterPages,
  addressPages,
  signInPages('/pos'),
  languagePages('/pos'),
];

/** What the server for the shop's own people has (`dashboard-bind`). */
export const DASHBOARD_PAGES: readonly RouteSet[] = [signInPages('/'), languagePages('/'), dashboardPages];
