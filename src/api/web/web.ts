/** The web process put together: the servers that the settings ask for, and the link to the node. */
import type { Duplex } from 'node:stream';
import { type Clock, systemClock } from '../../base/types/clock.ts';
import type { WebReady } from '../rpc/frames.ts';
import { ClientAddresses } from './client-address.ts';
import { Clnrest, unknownMethodAnswer } from './clnrest/clnrest.ts';
import { Notifications, SOCKET_IO_PATH } from './clnrest/notifications.ts';
import { createListener, type Listener, METHOD_NOT_ALLOWED } from './listener.ts';
import { NodeLink } from './node-link.ts';
import { serveOperators } from './operators.ts';
import { type Assets, loadAssets } from './pages/assets.ts';
import { pageListeners } from './pages/page-listeners.ts';
import { Refusals } from './refusals.ts';
import type { WebSettings } from './settings.ts';
import { Api } from './v1/api.ts';
import { EventStreams } from './v1/event-streams.ts';

export interface WebOptions {
  /** The pair of sockets to the node. */
  readonly socket: Duplex;
  /** Default: the machine's. */
  readonly clock?: Clock;
  /** All code is loaded and all settings are here: rights that are not needed any more can go. */
  readonly onLoaded: () => void;
  /** What this process may still do. */
  readonly rights: () => WebReady['rights'];
  /** There is nothing more to do. */
  readonly onEnd: () => void;
}

/** Waits for the settings, then serves until the node says stop or is gone. */
export function runWeb({ socket, clock = systemClock, onLoaded, rights, onEnd }: WebOptions): void {
  const listeners: Listener[] = [];
  let notifications: Notifications | undefined;
  let pages: WebSettings['pages'] | undefined;
  const link = new NodeLink(socket, {
    clock,
    onSettings(json) {
      const settings = JSON.parse(json) as WebSettings;
      if (pages !== undefined) {
        // While it serves, only what pages show can change. An option that is not set any more is no member.
        for (const name of Object.keys(pages))
          if (!Object.hasOwn(settings.pages, name)) Reflect.deleteProperty(pages, name);
        Object.assign(pages, settings.pages);
        return;
      }
      pages = settings.pages;
      const wantsPages = settings.shop !== undefined || settings.dashboard !== undefined;
      const assets = wantsPages ? loadAssets() : undefined;
      onLoaded();
      void start(settings, assets);
    },
    onNotification: (json) => notifications?.send(json),
    onStop() {
      void notifications?.close();
      void Promise.all(listeners.map((listener) => listener.close())).then(onEnd);
    },
    onGone: onEnd,
  });

  async function start(settings: WebSettings, assets: Assets | undefined): Promise<void> {
    const { clnrest } = settings;
    const addresses = new ClientAddresses(settings.trusted_proxies);
    const refusals = new Refusals(clock);
    if (clnrest !== undefined) {
      const rest = new Clnrest(clnrest, settings, link, refusals);
      const listener = createListener({
        host: clnrest.host,
        port: clnrest.port,
        tls: clnrest.tls,
        serve: (request, response) => rest.serve(request, response),
        upgrades: (url) => url.startsWith(SOCKET_IO_PATH),
        unknownMethod: unknownMethodAnswer(clnrest),
        refusals,
      });
      notifications = new Notifications(listener.http, link, clnrest.cors_origins);
      listeners.push(listener);
    }
    const { api } = settings;
    if (api !== undefined) {
      const streams = new EventStreams(link, clock, (request) => addresses.of(request), refusals);
      const shop_api = new Api(link, streams, api.openapi, refusals);
      listeners.push(
        createListener({
          host: api.host,
          port: api.port,
          tls: api.tls,
          serve: (request, response) => shop_api.serve(request, response),
          upgrades: () => false,
          unknownMethod: METHOD_NOT_ALLOWED,
          refusals,
        }),
      );
    }
    const { operators } = settings;
    if (operators !== undefined) {
      listeners.push(
        createListener({
          ...operators,
          tls: undefined,
          serve: (request, response) => serveOperators(link, request, response),
          upgrades: () => false,
          unknownMethod: METHOD_NOT_ALLOWED,
          refusals,
        }),
      );
    }
    if (assets !== undefined) {
      listeners.push(...pageListeners({ link, clock, settings, assets, addresses, refusals }));
    }
    try {
      const ports: number[] = [];
      for (const listener of listeners) ports.push(await listener.listen());
      link.ready({ ports, rights: rights() });
    } catch (error) {
      link.failed(error instanceof Error ? error.message : String(error));
    }
  }
}
