/** Builds the web process: what it is told, what it may ask, and when it runs. */
import { mkdirSync } from 'node:fs';
import { isIP } from 'node:net';
import { type Duplex, duplexPair } from 'node:stream';
import { commands } from '../../api/commands/index.ts';
import { openApi } from '../../api/rpc/faces/openapi.ts';
import { listMethods, referencePage } from '../../api/rpc/faces/web-pages.ts';
import { loadCertificates } from '../../api/server/certificates.ts';
import { WebProcess, type WebProcessOptions } from '../../api/server/web-process.ts';
import type { WebSettings } from '../../api/web/settings.ts';
import type { Config } from '../config/config.ts';
import { ConfigError } from '../config/option.ts';
import type { BuiltLayers } from './command-modules.ts';
import type { Part } from './lifecycle.ts';
import { notificationsOf } from './notifications.ts';

/** The part that is the web process; undefined when no option asks for one. */
export function buildWeb(
  { infra, node, shop }: Pick<BuiltLayers, 'infra' | 'node' | 'shop'>,
  dispatcher: WebProcessOptions['dispatcher'],
): Part | undefined {
  const { config, log, clock } = infra;
  if (config.values['clnrest-port'] === undefined) return undefined;
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
        onProblem: (problem) => log.warn(problem),
        onUnexpected: (error, what) => log.error(`${what}: ${error instanceof Error ? error.message : String(error)}`),
        ...(config.values['web-process'] === 'inside' ? await inside() : {}),
      });
      await web.start();
      const { ports: [port] = [], rights = [] } = web.ready ?? {};
      if (rights.length > 0 && config.values['web-process'] === 'separate') {
        log.warn(`the web process ${rights.join(', ')}: only a newer Node can take that from it`);
      }
      log.info(`REST at ${config.values['clnrest-protocol']}://${config.values['clnrest-host']}:${port}/v1`);
    },
    async stop() {
      await web?.stop();
    },
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
async function settingsOf({ values, network_dir }: Config): Promise<WebSettings> {
  const { 'clnrest-host': host, 'clnrest-protocol': protocol, 'clnrest-swagger-root': swagger_root } = values;
  if (!swagger_root.startsWith('/')) throw new ConfigError('clnrest-swagger-root must begin with /');
  const port = values['clnrest-port'] as number;
  if (port > 0 && port < 1024) {
    throw new ConfigError(`\`clnrest-port\` ${port}, should be a valid available port between 1024 and 65535.`);
  }
  if (isIP(bareHost(host)) === 0 && host !== 'localhost') throw new ConfigError('`clnrest-host` should be a valid IP.');
  const directory = values['clnrest-certs'] ?? network_dir;
  let tls: { cert: string; key: string } | undefined;
  if (protocol === 'https') {
    mkdirSync(directory, { recursive: true, mode: 0o700 });
    const files = await loadCertificates(directory, bareHost(host));
    tls = { cert: files['server.pem'], key: files['server-key.pem'] };
  }
  const origins = values['clnrest-cors-origins'];
  return {
    clnrest: {
      host: bareHost(host),
      port,
      protocol: protocol as 'http' | 'https',
      tls,
      cors_origins: origins.length === 0 ? ['*'] : origins,
      csp: values['clnrest-csp'],
      swagger_root,
    },
    list_methods: listMethods(commands),
    openapi: openApi(commands),
    reference_page: referencePage(commands),
  };
}

/** The same on the ports that a run before has found. */
function withPorts(settings: WebSettings, ports: readonly number[] | undefined): WebSettings {
  const [port] = ports ?? [];
  return port === undefined || settings.clnrest === undefined
    ? settings
    : { ...settings, clnrest: { ...settings.clnrest, port } };
}

/** An IPv6 address may stand in brackets. */
function bareHost(host: string): string {
  return host.replace(/^\[(.*)\]$/, '$1');
}
