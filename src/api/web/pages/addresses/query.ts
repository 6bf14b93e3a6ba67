/** The query of a wallet's request. The invoice commits to some of it, so nothing of it may be read with a loss. */

/** What a wallet sends with its request for an invoice, decoded. */
export interface LnurlQuery {
  readonly amount?: string;
  readonly comment?: string;
  readonly payerdata?: string;
}

const NAMES: ReadonlySet<string> = new Set(['amount', 'comment', 'payerdata']);

/**
 * Reads the query, with or without its question mark; other names are passed over. Undefined when one of these is given
 * twice or is not UTF-8.
 */
export function readLnurlQuery(search: string): LnurlQuery | undefined {
  const words: Record<string, string> = {};
  for (const part of search.replace(/^\?/, '').split('&')) {
    const equals = part.indexOf('=');
    const name = equals < 0 ? part : part.slice(0, equals);
    if (!NAMES.has(name)) continue;
    if (Object.hasOwn(words, name)) return undefined;
    try {
      // Half of the wallets write a blank as + and a plus as %2B, the others as %20 and %2B.
      words[name] = equals < 0 ? '' : decodeURIComponent(part.slice(equals + 1).replaceAll('+', ' '));
    } catch (error) {
      if (error instanceof URIError) return undefined;
      throw error;
    }
  }
  return words;
}
