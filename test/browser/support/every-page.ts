/** Every page that there is, taken from the routes themselves: one that is new and not listed here makes a test fail. */
import assert from 'node:assert/strict';
import { loadAssets } from '../../../src/api/web/pages/assets.ts';
import { LiveStreams } from '../../../src/api/web/pages/live-streams.ts';
import type { PageRoute, RouteSet } from '../../../src/api/web/pages/page.ts';
import { DASHBOARD_PAGES, SHOP_PAGES } from '../../../src/api/web/pages/pages.ts';
import { ManualClock } from '../../../src/base/types/clock.ts';

/** The servers that pages are on. */
export type Server = 'shop' | 'dashboard';

const SETS: Readonly<Record<Server, readonly RouteSet[]>> = { shop: SHOP_PAGES, dashboard: DASHBOARD_PAGES };

/** What is asked for with GET and is no page for people, and why. */
const NO_PAGES: Readonly<Record<string, string>> = {
  '/i/{id}/events': 'a stream of events',
  '/pos/sales/{sale_id}/events': 'a stream of events',
  '/live': 'a stream of events',
  '/pos/manifest.webmanifest': 'for the browser',
  '/pos/worker.js': 'for the browser',
  '/.well-known/lnurlp/{name}': 'JSON for wallets',
  '/lnurlp/{name}/{revision}': 'JSON for wallets',
  '/lnurlp/verify/{payment_hash}/{proof}': 'JSON for wallets',
  '/.well-known/keysend/{name}': 'JSON for wallets',
  '/.well-known/nostr.json': 'JSON for wallets',
  '/export/ledger': 'a file',
  '/backups/channels.json': 'a file',
};

/** What is sent with POST and has no form that is always there, and why. */
const NO_FORMS: Readonly<Record<string, string>> = {
  '/sign-in/challenge': 'asked for by a script: passkeys',
  '/account/passkey-options': 'asked for by a script: passkeys',
  '/account/passkeys': 'asked for by a script: passkeys',
  '/account/passkeys/remove': 'only for somebody with a passkey',
  '/i/{id}/sandbox-pay': 'only in the sandbox',
};

function routesOf(server: Server): readonly PageRoute[] {
  const clock = new ManualClock();
  const never = (): never => assert.fail('routes are made without asking');
  return SETS[server].flatMap((set) =>
    set({
      node: { command: never, ask: never, pieces: never },
      clock,
      assets: loadAssets(),
      streams: new LiveStreams(clock),
      settings: {
        ...{ shop_name: 'shop', network: 'regtest', public_url: undefined, is_sandbox: true, dashboard_url: undefined },
        ...{ has_checkout: true, time_zone: 'UTC', shop_currency: undefined, tips: [], language: 'en' as const },
      },
    }),
  );
}

/** The paths of a server's pages, such as `/invoices/{number}`. */
export function pathsOf(server: Server): readonly string[] {
  const paths = routesOf(server).filter(({ method, path }) => method === 'GET' && NO_PAGES[path] === undefined);
  return paths.map(({ path }) => path);
}

/** What forms of a server send to. */
export function actionsOf(server: Server): readonly string[] {
  const paths = routesOf(server).filter(({ method, path }) => method === 'POST' && NO_FORMS[path] === undefined);
  return paths.map(({ path }) => path);
}

/** The route among these that a path is of. */
export function routeOf(path: string, routes: readonly string[]): string | undefined {
  const parts = path.split('/');
  const isLike = (route: string): boolean => {
    const wanted = route.split('/');
    return wanted.length === parts.length && wanted.every((part, at) => part.startsWith('{') || part === parts[at]);
  };
  return routes.find((route) => route === path) ?? routes.find(isLike);
}
