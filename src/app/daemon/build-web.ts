/** Builds the web process: what it is told, what it may ask, and when it runs. */
import { mkdirSync } from 'node:fs';
import { isIP } from 'node:net';
import { type Duplex, duplexPair } from 'node:stream';
import { commands } from '../../api/commands/index.ts';
import { openApi } from '../../api/rpc/faces/openapi.ts';
import { listMethods, referencePage } from '../../api/rpc/faces/web-pages.ts';
import type { Report, ReportName } from '../../api/rpc/frames.ts';
import { loadCertificates } from '../../api/server/certificates.ts';
import { WebProcess, type WebProcessOptions } from '../../api/server/web-process.ts';
import type { ApiSettings, ClnrestSettings, TlsSettings, WebSettings } from '../../api/web/settings.ts';
import { apiDocument } from '../../api/web/v1/openapi.ts';
import type { Config } from '../config/config.ts';
import { ConfigError } from '../config/option.ts';
import type { BuiltLayers } from './command-modules.ts';
import { liveness, readiness } from './health.ts';
import type { Part } from './lifecycle.ts';
import type { Metrics } from './metrics.ts';
import { notificationsOf } from './notifications.ts';

/** The part that is the web process; undefined when no option asks for one. */
export function buildWeb(
  layers: Pick<BuiltLayers, 'infra' | 'node' | 'shop'>,
  dispatcher: WebProcessOptions['dispatcher'],
  metrics: Metrics | undefined,
): Part | undefined {
  const { infra, node, shop } = layers;
  const { config, log, clock } = infra;
  const { values } = config;
  if (!isWebWanted(config)) return undefined;
  let web: WebProcess | undefined;
  return {
    name: 'web process',
    async start() {
      const settings = await settingsOf(config);
      web = new WebProcess({
        dispatcher,
        clock,
        settings: (ports) => JSON.stringify(withPorts(settings, ports)),
        subscribe: (notify) => notificationsOf(infra, shop, node.peerNotices, notify),
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
      const { clnrest, api, operators } = withPorts(settings, ports);
      if (clnrest !== undefined) log.info(`REST at ${urlOf(clnrest)}/v1`);
      if (api !== undefined) log.info(`the interface for programs at ${urlOf(api)}/api/v1`);
      if (operators !== undefined) log.info(`metrics at ${urlOf({ ...operators, tls: undefined })}/metrics`);
    },
    async stop() {
      metrics?.stop();
      await web?.stop();
    },
  };
}

/** Whether any option asks for a server of HTTP. */
function isWebWanted({ values }: Config): boolean {
  return [values['clnrest-port'], values['api-bind'], values['metrics-bind']].some((value) => value !== undefined);
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

function urlOf({ host, port, tls }: { host: string; port: number; tls: TlsSettings | undefined }): string {
  const shown = isIP(host) === 6 ? `[${host}]` : host;
  return `${tls === undefined ? 'http' : 'https'}://${shown}:${port}`;
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
async function settingsOf(config: Config): Promise<WebSettings> {
  const trusted_proxies = config.values['trusted-proxy'];
  const wrong = trusted_proxies.find((address) => isIP(address) === 0);
  if (wrong !== undefined) throw new ConfigError(`trusted-proxy is the address of a proxy, and '${wrong}' is none`);
  return {
    clnrest: await clnrestSettings(config),
    api: await apiSettings(config),
    operators: addressOf(config, 'metrics-bind'),
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
  const { host, port } = address;
  const isLoopback = host === 'localhost' || host === '::1' || host.startsWith('127.');
  const protocol = config.values['api-protocol'] ?? (isLoopback ? 'http' : 'https');
  return {
    host,
    port,
    tls: protocol === 'https' ? await tlsFor(config, host) : undefined,
    openapi: apiDocument(commands),
  };
}

/** The address in an option. Throws ConfigError. */
function addressOf({ values }: Config, option: 'api-bind' | 'metrics-bind') {
  const bind = values[option];
  if (bind === undefined) return undefined;
  const [, given_host = '', given_port = ''] = /^(.*):(\d{1,5})$/.exec(bind) ?? [];
  const host = bareHost(given_host);
  const port = Number(given_port);
  if (given_port === '' || port > 65535 || (isIP(host) === 0 && host !== 'localhost')) {
    throw new ConfigError(`${option} is ADDR:PORT, such as 127.0.0.1:3012, not '${bind}'`);
  }
  return { host, port };
}

async function tlsFor({ values, network_dir }: Config, host: string): Promise<TlsSettings> {
  const directory = values['clnrest-certs'] ?? network_dir;
  mkdirSync(directory, { recursive: true, mode: 0o700 });
  const files = await loadCertificates(directory, host);
  return { cert: files['server.pem'], key: files['server-key.pem'] };
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
  };
}

/** An IPv6 address may stand in brackets. */
function bareHost(host: string): string {
  return host.replace(/^\[(.*)\]$/, '$1');
}
