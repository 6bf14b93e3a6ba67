/** What the options say of the shop's pages: where they are served, and where customers reach them. */
import type { PageServerSettings, PagesSettings } from '../../api/web/settings.ts';
import type { Config } from '../config/config.ts';
import { ConfigError } from '../config/option.ts';
import { readAddress, tlsByProtocol, urlOf } from './web-address.ts';

/** Where the dashboard is unless the option says so. */
const DEFAULT_DASHBOARD = '127.0.0.1:3011';

/** The settings of all pages. Rejects with ConfigError, or with the system's error when there is no certificate. */
export async function pageSettings(
  config: Config,
  shop_name: string,
): Promise<{
  readonly shop: PageServerSettings | undefined;
  readonly dashboard: PageServerSettings | undefined;
  readonly pages: PagesSettings;
}> {
  const { values, network } = config;
  const { 'shop-bind': shop_bind, 'shop-protocol': shop_protocol, 'sandbox-customer': customer } = values;
  const shop = shop_bind === undefined ? undefined : readAddress('shop-bind', shop_bind);
  const public_url = values['public-url'] === undefined ? undefined : readPublicUrl(values['public-url']);
  if (shop !== undefined && public_url === undefined && /^(0\.0\.0\.0|::)$/.test(shop.host)) {
    throw new ConfigError(
      'shop-bind is every address of this machine: say with public-url by which one customers reach it, such as https://pay.example',
    );
  }
  if (customer !== undefined && network.name !== 'regtest') {
    throw new ConfigError('sandbox-customer is for the sandbox, on regtest');
  }
  const dashboard_bind = values['dashboard-bind'] ?? (shop === undefined ? undefined : DEFAULT_DASHBOARD);
  const dashboard = dashboard_bind === undefined ? undefined : readAddress('dashboard-bind', dashboard_bind);
  return {
    shop: shop && { ...shop, tls: await tlsByProtocol(config, shop.host, shop_protocol) },
    dashboard: dashboard && { ...dashboard, tls: await tlsByProtocol(config, dashboard.host, undefined) },
    pages: { shop_name, network: network.name, public_url, is_sandbox: customer !== undefined },
  };
}

/** Where customers reach the pages; undefined when there are none, or while nobody knows their port. */
export function shopUrl(shop: PageServerSettings | undefined, { public_url }: PagesSettings): string | undefined {
  if (shop === undefined) return undefined;
  return public_url ?? (shop.port === 0 ? undefined : urlOf(shop));
}

/** Throws ConfigError. */
function readPublicUrl(text: string): string {
  const url = URL.parse(text);
  const isOrigin =
    url !== null && /^https?:$/.test(url.protocol) && [`${url.origin}/`, url.origin].includes(text.toLowerCase());
  if (!isOrigin) {
    throw new ConfigError(
      `public-url is where customers reach the pages, without a path: such as https://pay.example, not '${text}'`,
    );
  }
  return url.origin;
}
