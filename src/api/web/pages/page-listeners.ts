/** The servers of pages, put together: one for customers, one for the shop's own people. */
import type { Clock } from '../../../base/types/clock.ts';
import type { ClientAddresses } from '../client-address.ts';
import { createListener, type Listener, METHOD_NOT_ALLOWED } from '../listener.ts';
import type { NodeLink } from '../node-link.ts';
import type { Refusals } from '../refusals.ts';
import type { PageServerSettings, WebSettings } from '../settings.ts';
import type { Assets } from './assets.ts';
import { LiveStreams } from './live-streams.ts';
import { nodeCalls } from './node-calls.ts';
import type { PageTools, RouteSet } from './page.ts';
import { PageServer } from './page-server.ts';
import { DASHBOARD_PAGES, SHOP_PAGES } from './pages.ts';

/** Browsers send a few kilobytes. */
const LONGEST_HEAD_BYTES = 16 * 1024;

/** What the servers need. */
export interface PageListenersNeeds {
  readonly link: NodeLink;
  readonly clock: Clock;
  readonly settings: WebSettings;
  readonly assets: Assets;
  readonly addresses: ClientAddresses;
  readonly refusals: Refusals;
}

/** Those that the settings ask for, in their order. They do not listen yet. */
export function pageListeners(needs: PageListenersNeeds): readonly Listener[] {
  const { link, clock, settings, assets, addresses, refusals } = needs;
  const tools: PageTools = {
    node: nodeCalls(link),
    clock,
    assets,
    streams: new LiveStreams(clock),
    settings: settings.pages,
  };
  const listen = (server: PageServerSettings, sets: readonly RouteSet[], public_url: string | undefined): Listener => {
    const pages = new PageServer({
      tools,
      sets,
      own: { is_tls: server.tls !== undefined, public_url },
      addresses,
      refusals,
      onUnexpected: (error) => link.fault(error instanceof Error ? (error.stack ?? error.message) : String(error)),
    });
    return createListener({
      ...server,
      serve: (request, response) => pages.serve(request, response),
      upgrades: () => false,
      unknownMethod: METHOD_NOT_ALLOWED,
      refusals,
      longest_head_bytes: LONGEST_HEAD_BYTES,
    });
  };
  const { shop, dashboard } = settings;
  return [
    ...(shop === undefined ? [] : [listen(shop, SHOP_PAGES, settings.pages.public_url)]),
    ...(dashboard === undefined ? [] : [listen(dashboard, DASHBOARD_PAGES, settings.pages.dashboard_url)]),
  ];
}
