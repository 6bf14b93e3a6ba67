/** Starts the web process, for the node that works or for one that waits to. */
import { type Duplex, duplexPair } from 'node:stream';
import { type WebHost, WebProcess, type WebProcessOptions } from '../../api/server/web-process.ts';
import type { PagesSettings, WebSettings } from '../../api/web/settings.ts';
import type { Log } from '../../base/log.ts';
import type { Clock } from '../../base/types/clock.ts';
import type { Config } from '../config/config.ts';
import { urlOf } from './web-address.ts';
import { webSettings, withPorts } from './web-settings.ts';

/** A web process that serves. */
export interface OpenWeb {
  readonly web: WebProcess;
  /** What it serves, on the ports that were found. */
  readonly served: WebSettings;
  /** What pages show has changed. */
  changePages(pages: Partial<PagesSettings>): void;
}

/**
 * `onSettings` is told what is asked for, before anybody can be served. Rejects with ConfigError, and with WebStartError
 * when it cannot listen.
 */
export async function openWeb(
  { config, log, clock }: { readonly config: Config; readonly log: Log; readonly clock: Clock },
  named: Parameters<typeof webSettings>[1],
  host: WebHost,
  onSettings: (settings: WebSettings) => void = () => {},
): Promise<OpenWeb> {
  let settings = await webSettings(config, named);
  onSettings(settings);
  const web = new WebProcess({
    host,
    clock,
    settings: (ports) => JSON.stringify(withPorts(settings, ports)),
    onProblem: (problem) => log.warn(problem),
    onUnexpected: (error, what) => log.error(`${what}: ${error instanceof Error ? error.message : String(error)}`),
    ...(config.values['web-process'] === 'inside' ? await inside(clock) : {}),
  });
  try {
    await web.start();
  } catch (error) {
    await web.stop();
    throw error;
  }
  return {
    web,
    served: withPorts(settings, web.ready?.ports),
    changePages(pages) {
      settings = { ...settings, pages: { ...settings.pages, ...pages } };
      web.tellSettings();
    },
  };
}

/** Tells the operator where it serves what. */
export function tellDoors(log: Log, { clnrest, api, operators, shop, dashboard, pages }: WebSettings): void {
  if (clnrest !== undefined) log.info(`REST at ${urlOf(clnrest)}/v1`);
  if (api !== undefined) log.info(`the interface for programs at ${urlOf(api)}/api/v1`);
  if (operators !== undefined) log.info(`metrics at ${urlOf({ ...operators, tls: undefined })}/metrics`);
  if (shop !== undefined) {
    const for_customers = pages.public_url === undefined ? '' : `, for customers at ${pages.public_url}`;
    log.info(`the shop's pages at ${urlOf(shop)}${for_customers}`);
  }
  if (dashboard !== undefined) log.info(`the dashboard at ${urlOf(dashboard)}`);
}

/** The servers in this process, where a debugger reaches them, with the node's own clock. */
async function inside(clock: Clock): Promise<Required<Pick<WebProcessOptions, 'inside' | 'pair'>>> {
  const { runWeb } = await import('../../api/web/web.ts');
  return {
    inside: (socket: Duplex) => runWeb({ socket, clock, onLoaded() {}, rights: () => [], onEnd() {} }),
    pair: () => duplexPair() as readonly [Duplex, Duplex],
  };
}
