/** Which URLs we may be sent to by others, as far as the URL itself tells. What a name resolves to is judged later. */
import { type AddressGuard, hostNameOf } from './address-guard.ts';

const MOST_URL_CHARACTERS = 2048;

export interface UrlRulesOptions {
  readonly guard: AddressGuard;
  /** Whether there is a proxy, by which onion services are reached. */
  readonly has_proxy: boolean;
}

export class UrlRules {
  readonly #options: UrlRulesOptions;

  constructor(options: UrlRulesOptions) {
    this.#options = options;
  }

  /** Why this URL is not used; undefined when it is. */
  refusalOf(text: string): string | undefined {
    const { guard, has_proxy } = this.#options;
    if (text.length > MOST_URL_CHARACTERS) return `it is longer than ${MOST_URL_CHARACTERS} characters`;
    if (!URL.canParse(text)) return 'it is no URL';
    const url = new URL(text);
    const host = hostNameOf(url);
    if (url.protocol !== 'https:' && url.protocol !== 'http:') return 'it should begin with https://';
    const isOnion = host.endsWith('.onion');
    if (isOnion && !has_proxy) return 'an onion service is reached through a proxy alone: start Till with --proxy=ADDR';
    // An onion service is encrypted and proves itself without TLS.
    if (url.protocol === 'http:' && !guard.allows(host) && !isOnion) {
      return `it should begin with https://; http:// is taken for hosts of --${guard.option} alone`;
    }
    if (url.username !== '' || url.password !== '') return 'it should hold no user name and no password';
    if (url.hash !== '') return 'it should hold no # part: that is never sent';
    try {
      guard.judge(host);
      return undefined;
    } catch (error) {
      return (error as Error).message;
    }
  }
}
