/** What the options say of the shop's pages: where they are served, and where customers reach them. */
import type { Language } from '../../api/web/pages/language.ts';
import type { PageServerSettings, PagesSettings } from '../../api/web/settings.ts';
import type { Config } from '../config/config.ts';
import { ConfigError } from '../config/option.ts';
import type { ServedPages } from './people.ts';
import { shopCurrency } from './shop-currency.ts';
import { isLoopback, readAddress, tlsByProtocol, urlOf } from './web-address.ts';

/** Where the dashboard is unless the option says so. */
const DEFAULT_DASHBOARD = '127.0.0.1:3011';
/** Buttons of tips that fit beside each other on a phone. */
const MOST_TIPS = 4;

/** The settings of all pages. Rejects with ConfigError, or with the system's error when there is no certificate. */
export async function pageSettings(
  config: Config,
  { shop_name, time_zone }: { readonly shop_name: string; readonly time_zone: string },
): Promise<{
  readonly shop: PageServerSettings | undefined;
  readonly dashboard: PageServerSettings | undefined;
  readonly pages: PagesSettings;
}> {
  const { values, network } = config;
  const { 'shop-bind': shop_bind, 'shop-protocol': shop_protocol, 'sandbox-customer': customer } = values;
  const shop = shop_bind === undefined ? undefined : readAddress('shop-bind', shop_bind);
  const public_url = originIn('public-url', values['public-url']);
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
    pages: {
      shop_name,
      network: network.name,
      public_url,
      dashboard_url: originIn('dashboard-url', values['dashboard-url']),
      has_checkout: shop !== undefined,
      time_zone,
      ...changingSettings(config),
      is_sandbox: customer !== undefined,
    },
  };
}

/** What of the settings changes with options while the node runs. Throws ConfigError. */
export function changingSettings(
  config: Pick<Config, 'values'>,
): Pick<PagesSettings, 'shop_currency' | 'tips' | 'language'> {
  const { values } = config;
  return {
    shop_currency: shopCurrency(config),
    tips: tipsIn(values['shop-tips']),
    language: values['shop-language'] as Language,
  };
}

/** `5,10,15`, or `0` for none. Throws ConfigError. */
function tipsIn(text: string): readonly number[] {
  const tips = text.split(',').map((tip) => tip.trim());
  if (tips.length > MOST_TIPS || !tips.every((tip) => /^(0|[1-9]\d?|100)$/.test(tip))) {
    throw new ConfigError(
      `shop-tips is up to ${MOST_TIPS} whole numbers from 0 to 100, such as 5,10,15, not '${text}'`,
    );
  }
  return [...new Set(tips.map(Number))].filter((tip) => tip > 0);
}

/** Where customers reach the pages; undefined when there are none, or while nobody knows their port. */
export function shopUrl(shop: PageServerSettings | undefined, { public_url }: PagesSettings): string | undefined {
  if (shop === undefined) return undefined;
  return public_url ?? (shop.port === 0 ? undefined : urlOf(shop));
}

/**
 * Where people open the pages that they sign in on. On this machine by the name `localhost`: browsers give passkeys to names,
 * not to addresses.
 */
export function servedPages({
  shop,
  dashboard,
  pages: { public_url, dashboard_url },
}: Awaited<ReturnType<typeof pageSettings>>): ServedPages {
  const named = [shop, dashboard].flatMap((server) => (server === undefined ? [] : [nameOf(server)]));
  const origins = [...named, ...[public_url, dashboard_url].filter((origin) => origin !== undefined)];
  return {
    dashboard_url: dashboard && (dashboard_url ?? nameOf(dashboard)),
    shop_url: shop && (public_url ?? nameOf(shop)),
    origins,
  };
}

function nameOf(server: PageServerSettings): string {
  return urlOf(isLoopback(server.host) ? { ...server, host: 'localhost' } : server);
}

/** The origin that an option names. Throws ConfigError. */
function originIn(option: 'public-url' | 'dashboard-url', text: string | undefined): string | undefined {
  if (text === undefined) return undefined;
  const url = URL.parse(text);
  const isOrigin =
    url !== null && /^https?:$/.test(url.protocol) && [`${url.origin}/`, url.origin].includes(text.toLowerCase());
  if (!isOrigin) {
    throw new ConfigError(
      `${option} is where people reach the pages, without a path: such as https://pay.example, not '${text}'`,
    );
  }
  return url.origin;
}
