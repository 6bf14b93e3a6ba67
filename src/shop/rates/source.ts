/** Where rates come from: addresses that answer the price of one bitcoin as JSON, as Core Lightning's currencyrate names them. */
import { isIP } from 'node:net';
import type { CurrencyCode } from '../../base/types/currency.ts';
import { hostNameOf, isPublicAddress } from '../../infra/http/address-guard.ts';
import type { JsonQuestion } from '../../infra/http/json-asker.ts';

/** A source. `{currency}` stands for the code and `{currency_lc}` for the code in lower case. */
export interface RateSource {
  readonly name: string;
  readonly url: string;
  /** Where the price is in the answer, from the outermost member; `*` is the only one. */
  readonly members: readonly string[];
}

/**
 * Public sources that ask for no key. Not every one has every currency. Their paths and answers are those of their makers'
 * pages: docs.coingecko.com/reference/simple-price, docs.kraken.com (Get Ticker Information), blockchain.com/api
 * (Exchange Rates), bitstamp.net/api (Ticker), docs.cdp.coinbase.com (Prices), docs.bitfinex.com/reference/rest-public-ticker.
 */
export const DEFAULT_SOURCES: readonly RateSource[] = [
  {
    name: 'coingecko',
    url: 'https://api.coingecko.com/api/v3/simple/price?ids=bitcoin&vs_currencies={currency_lc}',
    members: ['bitcoin', '{currency_lc}'],
  },
  {
    name: 'kraken',
    // Asked for XBTEUR it answers as XXBTZEUR, for XBTCHF as XBTCHF: the long name is that of its older pairs alone.
    url: 'https://api.kraken.com/0/public/Ticker?pair=XBT{currency}',
    members: ['result', '*', 'c', '0'],
  },
  { name: 'blockchain.info', url: 'https://blockchain.info/ticker', members: ['{currency}', 'last'] },
  { name: 'bitstamp', url: 'https://www.bitstamp.net/api/v2/ticker/btc{currency_lc}/', members: ['last'] },
  { name: 'coinbase', url: 'https://api.coinbase.com/v2/prices/BTC-{currency}/spot', members: ['data', 'amount'] },
  { name: 'bitfinex', url: 'https://api-pub.bitfinex.com/v2/ticker/tBTC{currency}', members: ['6'] },
];

/** A text is no source; the sentence says why. */
export class SourceError extends Error {
  override readonly name = 'SourceError';
}

const MOST_SOURCES = 32;

/** Reads `NAME,URL,MEMBERS`, the members separated by commas. Throws SourceError. */
export function parseSource(text: string): RateSource {
  const [name = '', url = '', ...members] = text.split(',').map((part) => part.trim());
  if (!/^[\w.-]{1,40}$/.test(name)) {
    throw new SourceError(`'${name}' is no name of a source: use letters, digits, dots and dashes, 40 at most`);
  }
  if (members.length === 0 || members.includes('')) {
    throw new SourceError(`${name}: write NAME,URL,MEMBERS, such as rates,https://rates.example/{currency},price`);
  }
  const target = URL.parse(inserted(url, 'EUR' as CurrencyCode));
  if (target === null) throw new SourceError(`${name}: '${url}' is no URL`);
  if (target.protocol !== 'https:' && !(target.protocol === 'http:' && isLocal(target))) {
    throw new SourceError(`${name}: the URL of a source begins with https://, or is in your own network`);
  }
  return { name, url, members };
}

/**
 * The sources that are asked: those of Till and those that were added, without those that were switched off. Throws
 * SourceError for one that is no source, for two of one name, and for the name of none.
 */
export function sourcesOf(added: readonly string[], disabled: readonly string[]): readonly RateSource[] {
  const own = added.map(parseSource);
  const all = [...DEFAULT_SOURCES, ...own];
  const names = new Set(all.map(({ name }) => name));
  const twice = own.find(({ name }) => all.filter((source) => source.name === name).length > 1);
  if (twice !== undefined) throw new SourceError(`there are two sources named ${twice.name}: give yours another name`);
  const unknown = disabled.find((name) => !names.has(name));
  if (unknown !== undefined) {
    throw new SourceError(`there is no source '${unknown}' to switch off; there are ${[...names].join(', ')}`);
  }
  const used = all.filter(({ name }) => !disabled.includes(name));
  if (used.length > MOST_SOURCES) throw new SourceError(`${used.length} sources are too many: ${MOST_SOURCES} at most`);
  return used;
}

/** The hosts of sources that are in the operator's own network: they may be private, and are asked without the proxy. */
export function localHosts(sources: readonly RateSource[]): readonly string[] {
  const urls = sources.map(({ url }) => new URL(inserted(url, 'EUR' as CurrencyCode)));
  return [...new Set(urls.filter(isLocal).map(hostNameOf))];
}

/** What a source is asked for a currency. */
export function questionFor({ url, members }: RateSource, currency: CurrencyCode): JsonQuestion {
  return { url: inserted(url, currency), members: [members.map((member) => inserted(member, currency))] };
}

function inserted(text: string, currency: CurrencyCode): string {
  return text.replaceAll('{currency}', currency).replaceAll('{currency_lc}', currency.toLowerCase());
}

/** Names that no public resolver knows, and addresses that are not everybody's. */
function isLocal(url: URL): boolean {
  const host = hostNameOf(url);
  if (isIP(host) !== 0) return !isPublicAddress(host);
  return !host.includes('.') || /\.(lan|local|internal|home\.arpa|localhost)$/.test(host);
}
