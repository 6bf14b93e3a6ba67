/** What the web process serves, as the options say. */
import { isIP } from 'node:net';
import { commands } from '../../api/commands/index.ts';
import { openApi } from '../../api/rpc/faces/openapi.ts';
import { listMethods, referencePage } from '../../api/rpc/faces/web-pages.ts';
import type { ApiSettings, ClnrestSettings, WebSettings } from '../../api/web/settings.ts';
import { apiDocument } from '../../api/web/v1/openapi.ts';
import type { Config } from '../config/config.ts';
import { ConfigError } from '../config/option.ts';
import { pageSettings } from './page-settings.ts';
import { bareHost, readAddress, tlsByProtocol, tlsFor } from './web-address.ts';

/** Whether any option asks for a server of HTTP. */
export function isWebWanted({ values }: Config): boolean {
  return (['clnrest-port', 'api-bind', 'metrics-bind', 'shop-bind', 'dashboard-bind'] as const).some(
    (name) => values[name] !== undefined,
  );
}

/** All of it. Reads or makes the certificates. Rejects with ConfigError, or with the system's error. */
export async function webSettings(config: Config, named: Parameters<typeof pageSettings>[1]): Promise<WebSettings> {
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
export function withPorts(settings: WebSettings, ports: readonly number[] = []): WebSettings {
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
