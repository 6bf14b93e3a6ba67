/**
 * The page on which a customer pays: `/i/ID`, where ID is the public name of an invoice. It works without scripts (it loads
 * itself again); with them it hears of each change by server-sent events.
 */
import { promisify } from 'node:util';
import { gzip } from 'node:zlib';
import { pageHeaders } from '../headers.ts';
import type { Language } from '../language.ts';
import { NodeRefused } from '../node-calls.ts';
import type { PageAnswer, PageRequest, PageRoute, RouteSet } from '../page.ts';
import { PageProblem } from '../problems.ts';
import { TokenBuckets } from '../token-buckets.ts';
import { CheckoutFeed } from './checkout-feed.ts';
import { checkoutPage } from './render.ts';
import { readShownView, type ShownView } from './shown-view.ts';
import { stateOf } from './state.ts';

/** Pages that are kept as they are sent. */
const MOST_KEPT = 1000;

const zip = promisify(gzip);

/** A page as it is sent, by its name, state and language. */
interface KeptPage {
  readonly text: string;
  readonly zipped: Buffer;
}

export const checkoutPages: RouteSet = ({ node, clock, assets, streams, settings }) => {
  const looks = new TokenBuckets({ clock, burst: 60, per_minute: 60 });
  const changes = new TokenBuckets({ clock, burst: 5, per_minute: 5 });
  const feed = new CheckoutFeed(node, clock);
  const kept = new Map<string, KeptPage>();

  const isLocal = ({ address }: PageRequest): boolean => address === '127.0.0.1' || address === '::1';
  const limit = (asked: PageRequest, buckets: TokenBuckets): void => {
    // A proxy in front of Till that was not named would share one bucket among all customers.
    if (!isLocal(asked) && !buckets.take(asked.address)) throw new PageProblem('too_many');
  };
  const find = async (id: string): Promise<ShownView> => {
    try {
      return readShownView(await node.ask('checkout', { id }));
    } catch (error) {
      if (error instanceof NodeRefused && error.error === 'INVOICE_NOT_FOUND') throw new PageProblem('not_found');
      throw error;
    }
  };
  const render = async (id: string, shown: ShownView, language: Language): Promise<KeptPage> => {
    const key = `${id} ${shown.revision} ${language} ${settings.shop_name}`;
    let found = kept.get(key);
    if (found === undefined) {
      const { text } = checkoutPage({ id, ...shown, language, settings, assets });
      found = { text, zipped: await zip(text, { level: 9 }) };
      if (kept.size >= MOST_KEPT) kept.delete(kept.keys().next().value as string);
      kept.set(key, found);
    }
    return found;
  };

  const show = async (asked: PageRequest): Promise<PageAnswer> => {
    limit(asked, looks);
    const id = asked.params.id as string;
    const shown = await find(id);
    const { text, zipped } = await render(id, shown, asked.language);
    const isZipped = /\bgzip\b/.test(String(asked.request.headers['accept-encoding'] ?? ''));
    return {
      body: isZipped ? zipped : text,
      content_type: 'text/html; charset=utf-8',
      headers: {
        ...pageHeaders(text.includes('method="post"')),
        ...(isZipped ? { 'content-encoding': 'gzip' } : {}),
      },
    };
  };

  const follow = (asked: PageRequest): PageAnswer => {
    limit(asked, looks);
    const { id = '' } = asked.params;
    const revision = asked.url.searchParams.get('revision') ?? '';
    return streams.open(asked, (send, end) => {
      send('now', String(clock.nowSeconds()));
      return feed.follow(id, revision, (shown) => {
        if (shown !== undefined) {
          const { language } = asked;
          send('state', stateOf({ id, view: shown.view, language, is_sandbox: settings.is_sandbox }).text);
          if (shown.view.status !== 'paid') return;
        }
        send('over', '');
        end();
      });
    });
  };

  const renew = async (asked: PageRequest): Promise<PageAnswer> => {
    limit(asked, changes);
    const { id } = await node.ask('checkout_renew', { id: asked.params.id as string });
    return { see: `/i/${String(id)}` };
  };

  const routes: PageRoute[] = [
    { method: 'GET', path: '/i/{id}', answer: show },
    { method: 'GET', path: '/i/{id}/events', answer: follow },
    { method: 'POST', path: '/i/{id}/renew', answer: renew },
  ];
  if (settings.is_sandbox) {
    routes.push({
      method: 'POST',
      path: '/i/{id}/sandbox-pay',
      async answer({ params }) {
        const id = params.id as string;
        await node.ask('checkout_sandbox_pay', { id });
        return { see: `/i/${id}` };
      },
    });
  }
  return routes;
};
