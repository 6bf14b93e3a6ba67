/**
 * What wallets ask a shop that has Lightning addresses (LUD-06, LUD-16, LUD-21), and a page for people. Any site may read the answers to wallets. Each is
 * JSON with the status 200, errors too: LUD-01 gives statuses no meaning, and many wallets read nothing else.
 */
import { type JsonObject, spell } from '../../../rpc/json.ts';
import { NodeBusy, NodeRefused } from '../node-calls.ts';
import type { PageAnswer, PageRequest, PageRoute, PageTools, RouteSet } from '../page.ts';
import { TokenBuckets } from '../token-buckets.ts';
import { addressPage } from './address-page.ts';
import { readLnurlQuery } from './query.ts';

/** Looking costs little; an invoice is a row in the database, and stays there for a while. */
const LOOKS = { burst: 60, per_minute: 60 } as const;
const INVOICES = { burst: 10, per_minute: 10 } as const;

const HEADERS = {
  'access-control-allow-origin': '*',
  // What all pages say here would keep the answer from other sites all the same.
  'cross-origin-resource-policy': 'cross-origin',
} as const;

/** An answer that is no page. */
type WholeAnswer = Extract<PageAnswer, { readonly body: unknown }>;

/** The routes of Lightning addresses. */
export const addressPages: RouteSet = (tools) => {
  const looks = new TokenBuckets({ clock: tools.clock, ...LOOKS });
  const invoices = new TokenBuckets({ clock: tools.clock, ...INVOICES });
  return [
    ...ABSENT,
    {
      method: 'GET',
      path: '/a/{name}',
      async answer(asked) {
        if (!looks.take(asked.address)) return { problem: 'too_many' };
        const params = { name: asked.params.name as string, base_url: asked.base_url };
        try {
          return addressPage(tools, asked, await tools.node.ask('lightning_address', params));
        } catch (error) {
          if (error instanceof NodeRefused && error.error === 'LIGHTNING_ADDRESS_NOT_FOUND')
            return { problem: 'not_found' };
          throw error;
        }
      },
    },
    {
      method: 'GET',
      path: '/.well-known/lnurlp/{name}',
      is_open: true,
      answer: (asked) =>
        limited(looks, asked, () =>
          ask(tools, asked, 'lnurl_request', { name: asked.params.name as string, base_url: asked.base_url }),
        ),
    },
    {
      method: 'GET',
      path: '/lnurlp/{name}/{revision}',
      is_open: true,
      answer: (asked) =>
        limited(invoices, asked, () => {
          const query = readLnurlQuery(asked.url.search);
          if (query === undefined) return refusal('The request is not UTF-8, or says something twice.');
          const { name, revision } = asked.params as { name: string; revision: string };
          return ask(tools, asked, 'lnurl_invoice', { name, revision, base_url: asked.base_url, asked: { ...query } });
        }),
    },
    {
      method: 'GET',
      path: '/lnurlp/verify/{payment_hash}/{proof}',
      is_open: true,
      answer: (asked) =>
        limited(looks, asked, () => {
          const { payment_hash, proof } = asked.params as { payment_hash: string; proof: string };
          return ask(tools, asked, 'lnurl_verify', { payment_hash, proof });
        }),
    },
  ];
};

/**
 * What some wallets ask beside: whether a name takes spontaneous payments, or is one on Nostr. In a browser they read the
 * answer "no" only when it says that any site may, and without it do not pay at all.
 */
const ABSENT: readonly PageRoute[] = ['/.well-known/keysend/{name}', '/.well-known/nostr.json'].map((path) => ({
  method: 'GET',
  path,
  is_open: true,
  answer: () => ({ ...refusal('Only LNURL-pay is served here.'), status: 404 }),
}));

function limited(
  buckets: TokenBuckets,
  asked: PageRequest,
  answer: () => PageAnswer | Promise<PageAnswer>,
): PageAnswer | Promise<PageAnswer> {
  return buckets.take(asked.address) ? answer() : refusal('Too many requests: try again in a minute.');
}

async function ask(
  { node }: PageTools,
  { signal }: PageRequest,
  question: string,
  params: JsonObject,
): Promise<PageAnswer> {
  try {
    return json(await node.ask(question, params, { signal }));
  } catch (error) {
    if (!(error instanceof NodeBusy || error instanceof NodeRefused)) throw error;
    return refusal('The shop is busy: try again in a moment.');
  }
}

function refusal(reason: string): WholeAnswer {
  return json({ status: 'ERROR', reason });
}

function json(value: JsonObject): WholeAnswer {
  return { body: spell(value), content_type: 'application/json', headers: HEADERS };
}
