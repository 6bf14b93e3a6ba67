/** Builds the web process: what it is told, what it may ask, and when it runs. */
import { isIP } from 'node:net';
import { type Duplex, duplexPair } from 'node:stream';
import { commands } from '../../api/commands/index.ts';
import { openApi } from '../../api/rpc/faces/openapi.ts';
import { listMethods, referencePage } from '../../api/rpc/faces/web-pages.ts';
import type { Report, ReportName } from '../../api/rpc/frames.ts';
import { WebProcess, type WebProcessOptions } from '../../api/server/web-process.ts';
import type { ApiSettings, ClnrestSettings, WebSettings } from '../../api/web/settings.ts';
import { apiDocument } from '../../api/web/v1/openapi.ts';
import type { Config } from '../config/config.ts';
import { ConfigError } from '../config/option.ts';
import type { BuiltLayers } from './command-modules.ts';
import { liveness, readiness } from './health.ts';
import { identityOf } from './identity.ts';
import type { Part } from './lifecycle.ts';
import type { Metrics } from './metrics.ts';
import { notificationsOf } from './notifications.ts';
import { pageQuestions } from './page-questions.ts';
import { changingSettings, pageSettings, servedPages, shopUrl } from './page-settings.ts';
import { bareHost, readAddress, tlsByProtocol, tlsFor, urlOf } from './web-address.ts';

/** The part that is the web process; undefined when no option asks for one. */
export function buildWeb(
  layers: Pick<BuiltLayers, 'infra' | 'node' | 'shop'>,
  dispatcher: WebProcessOptions['dispatcher'],
  metrics: Metrics | undefined,
): Part | undefined {
  const { infra, node, shop } = layers;
  const { config, log, clock } = infra;
  const { values } = config;
  changingSettings(config);
  infra.options.addCheck(changingSettings);
  if (!isWebWanted(config)) return undefined;
  let web: WebProcess | undefined;
  const servedAt = (url: string | undefined): void => {
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
      let settings = await settingsOf(config, named());
      const tellPages = (): void => {
        settings = { ...settings, pages: { ...settings.pages, ...named(), ...changingSettings(config) } };
        web?.tellSettings();
      };
      infra.options.onChange(['alias', 'shop-timezone', 'shop-currency', 'shop-tips', 'shop-language'], tellPages);
      servedAt(shopUrl(settings.shop, settings.pages));
      const questions = pageQuestions(layers);
      web = new WebProcess({
        dispatcher,
        clock,
        settings: (ports) => JSON.stringify(withPorts(settings, ports)),
        subscribe: (notify) => notificationsOf(infra, shop, node.peerNotices, notify),
        async question(name, params, signal) {
          const answer = Object.hasOwn(questions, name) ? questions[name] : undefined;
          if (answer === undefined) throw new TypeError(`no page asks ${name}`);
          return await answer(params, signal);
        },
        report: (what) => reportOf(layers, metrics, what),
        onProblem: (problem) => log.warn(problem),
        onUnexpected: (error, what) => log.error(`${what}: ${error instanceof Error ? error.message : String(error)}`),
        ...(values['web-process'] === 'inside' ? await inside() : {}),
      });
      await web.start();
      const { ports = [], rights = [] } = web.ready ?? {};
      if (rights.length > 0 && values['web-process'] === 'separate') {
        log.warn(`the web process ${rights.join(', ')}: only a newer Node can take that from it`);
      }
      const served = withPorts(settings, ports);
      const { clnrest, api, operators } = served;
      servedAt(shopUrl(served.shop, served.pages));
      Object.assign(shop.people.served, servedPages(served));
      if (clnrest !== undefined) log.info(`REST at ${urlOf(clnrest)}/v1`);
      if (api !== undefined) log.info(`the interface for programs at ${urlOf(api)}/api/v1`);
      if (operators !== undefined) log.info(`metrics at ${urlOf({ ...operators, tls: undefined })}/metrics`);
      if (served.shop !== undefined) {
        const { public_url } = served.pages;
        const for_customers = public_url === undefined ? '' : `, for customers at ${public_url}`;
        log.info(`the shop's pages at ${urlOf(served.shop)}${for_customers}`);
      }
      if (served.dashboard !== undefined) log.info(`the dashboard at ${urlOf(served.dashboard)}`);
    },
    async stop() {
      metrics?.stop();
      await web?.stop();
    },
  };
}

/** Whether any option asks for a server of HTTP. */
function isWebWanted({ values }: Config): boolean {
  return (['clnrest-port', 'api-bind', 'metrics-bind', 'shop-bind', 'dashboard-bind'] as const).some(
    (name) => values[name] !== undefined,
  );
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

/** The servers in this process, where a debugger reaches them. */
async function inside(): Promise<Required<Pick<WebProcessOptions, 'inside' | 'pair'>>> {
  const { runWeb } = await import('../../api/web/web.ts');
  return {
    inside: (socket: Duplex) => runWeb({ socket, onLoaded() {}, rights: () => [], onEnd() {} }),
    pair: () => duplexPair() as readonly [Duplex, Duplex],
  };
}

/** Reads or makes the certificates. Rejects with ConfigError, or with the system's error. */
async function settingsOf(config: Config, named: Parameters<typeof pageSettings>[1]): Promise<WebSettings> {
  const trusted_proxies = config.values['trusted-proxy'];
  const wrong = trusted_proxies.find((address) => isIP(address) === 0);
  if (wrong !== undefined) throw new ConfigError(`trusted-proxy is the address of a proxy, and '${wrong}' is none`);
  return {
    clnrest: await clnrestSettings(config),
    api: await apiSettings(config),
    operators: addressOf(config, 'metrics-bind'),
    ...(await pageSettings(config, named)),
    trusted_proxies,
    list_methods: listMethods(commands),
    openapi: openApi(commands),
    reference_page: referencePage(commands),
  };
}

async function clnrestSettings(config: Config): Promise<ClnrestSettings | undefined> {
  const { values } = config;
  const port = values['clnrest-port'];
  if (port === undefined) return undefined;
  const swagger_root = values['clnrest-swagger-root'];
  const host = bareHost(values['clnrest-host']);
  if (!swagger_root.startsWith('/')) throw new ConfigError('clnrest-swagger-root must begin with /');
  if (port > 0 && port < 1024) {
    throw new ConfigError(`\`clnrest-port\` ${port}, should be a valid available port between 1024 and 65535.`);
  }
  if (isIP(host) === 0 && host !== 'localhost') throw new ConfigError('`clnrest-host` should be a valid IP.');
  const origins = values['clnrest-cors-origins'];
  return {
    host,
    port,
    tls: values['clnrest-protocol'] === 'https' ? await tlsFor(config, host) : undefined,
    cors_origins: origins.length === 0 ? ['*'] : origins,
    csp: values['clnrest-csp'],
    swagger_root,
  };
}

async function apiSettings(config: Config): Promise<ApiSettings | undefined> {
  const address = addressOf(config, 'api-bind');
  if (address === undefined) return undefined;
  return {
    ...address,
    tls: await tlsByProtocol(config, address.host, config.values['api-protocol']),
    openapi: apiDocument(commands),
  };
}

function addressOf({ values }: Config, option: 'api-bind' | 'metrics-bind') {
  const bind = values[option];
  return bind === undefined ? undefined : readAddress(option, bind);
}

/** The same on the ports that were found, in the order in which the web process has its servers. */
function withPorts(settings: WebSettings, ports: readonly number[] = []): WebSettings {
  const left = [...ports];
  const found = <S extends { readonly port: number }>(server: S | undefined): S | undefined =>
    server && { ...server, port: left.shift() ?? server.port };
  return {
    ...settings,
    clnrest: found(settings.clnrest),
    api: found(settings.api),
    operators: found(settings.operators),
    shop: found(settings.shop),
    dashboard: found(settings.dashboard),
  };
}
