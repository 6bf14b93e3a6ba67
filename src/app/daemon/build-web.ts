/** Builds the web process: what it serves, what it may ask, and when it runs. */
import type { Report, ReportName } from '../../api/rpc/frames.ts';
import type { WebHost } from '../../api/server/web-process.ts';
import type { WebSettings } from '../../api/web/settings.ts';
import type { BuiltLayers } from './command-modules.ts';
import { liveness, readiness } from './health.ts';
import { identityOf } from './identity.ts';
import type { Part } from './lifecycle.ts';
import type { Metrics } from './metrics.ts';
import { notificationsOf } from './notifications.ts';
import { type OpenWeb, openWeb, tellDoors } from './open-web.ts';
import { pageQuestions } from './page-questions.ts';
import { changingSettings, servedPages, shopUrl } from './page-settings.ts';
import { isWebWanted } from './web-settings.ts';

/**
 * The part that is the web process; undefined when no option asks for one. `waiting` is the one that served while this node
 * was the standby: it goes on, for the node that works now.
 */
export function buildWeb(
  layers: Pick<BuiltLayers, 'infra' | 'node' | 'shop'>,
  dispatcher: WebHost['dispatcher'],
  metrics: Metrics | undefined,
  waiting: Promise<OpenWeb | undefined>,
): Part | undefined {
  const { infra, node, shop } = layers;
  const { config, log } = infra;
  const { values } = config;
  changingSettings(config);
  infra.options.addCheck(changingSettings);
  if (!isWebWanted(config)) return undefined;
  let open: OpenWeb | undefined;
  const servedAt = ({ shop: server, pages }: Pick<WebSettings, 'shop' | 'pages'>): void => {
    const url = shopUrl(server, pages);
    shop.checkout.servedAt(url);
    shop.addresses.servedAt(url);
  };
  return {
    name: 'web process',
    async start() {
      const named = () => ({
        shop_name: identityOf(config, node.keys.node_id).alias,
        time_zone: shop.calendar.time_zone,
      });
      const host = hostOf(layers, dispatcher, metrics);
      open = await waiting;
      open ??= await openWeb(infra, named(), host, servedAt);
      const { web, served, changePages } = open;
      const tellPages = (): void => changePages({ ...named(), ...changingSettings(config) });
      infra.options.onChange(['alias', 'shop-timezone', 'shop-currency', 'shop-tips', 'shop-language'], tellPages);
      servedAt(served);
      web.serveFor(host);
      const { rights = [] } = web.ready ?? {};
      if (rights.length > 0 && values['web-process'] === 'separate') {
        log.warn(`the web process ${rights.join(', ')}: only a newer Node can take that from it`);
      }
      Object.assign(shop.people.served, servedPages(served));
      tellDoors(log, served);
    },
    async stop() {
      metrics?.stop();
      await open?.web.stop();
    },
  };
}

/** What the web process asks of the node that works. */
function hostOf(
  layers: Pick<BuiltLayers, 'infra' | 'node' | 'shop'>,
  dispatcher: WebHost['dispatcher'],
  metrics: Metrics | undefined,
): WebHost {
  const { infra, node, shop } = layers;
  const questions = pageQuestions(layers);
  return {
    dispatcher,
    subscribe: (notify) => notificationsOf(infra, shop, node.peerNotices, notify),
    async question(name, params, signal) {
      const answer = Object.hasOwn(questions, name) ? questions[name] : undefined;
      if (answer === undefined) throw new TypeError(`no page asks ${name}`);
      return await answer(params, signal);
    },
    report: (what) => reportOf(layers, metrics, what),
  };
}

async function reportOf(
  layers: Pick<BuiltLayers, 'infra' | 'node'>,
  metrics: Metrics | undefined,
  what: ReportName,
): Promise<Report> {
  if (what === 'metrics') {
    const body = (await metrics?.text()) ?? '';
    return { status: 200, content_type: metrics?.content_type ?? 'text/plain', body };
  }
  const { problems } = await (what === 'liveness' ? liveness(layers) : readiness(layers));
  const is_well = problems.length === 0;
  return {
    status: is_well ? 200 : 503,
    content_type: 'application/json',
    body: JSON.stringify({ status: is_well ? 'ok' : 'not ok', problems }),
  };
}
