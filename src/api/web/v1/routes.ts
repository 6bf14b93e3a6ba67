/**
 * The routes of `/api/v1`: nouns and verbs of HTTP for the commands of a shop. What is not here can be asked by
 * `POST /api/v1/commands/NAME`. One table for the server, the OpenAPI document and the tests.
 */
import type { Json } from '../../rpc/json.ts';

/** How a list is paged: by the index of the command. */
export interface Paging {
  /** The member of the result that is the list. */
  readonly list: string;
  /** The member of a row that is its place. */
  readonly row_index: string;
}

/** A route: what is asked, which command answers it, and how. */
export interface Route {
  readonly method: 'GET' | 'POST' | 'PATCH' | 'DELETE';
  /** Below `/api/v1`. A part in braces is a parameter of the command. */
  readonly path: string;
  readonly command: string;
  readonly summary: string;
  /** The status of a success. */
  readonly status: 200 | 201;
  /** Parameters of the command that the route sets itself. */
  readonly fixed?: Readonly<Record<string, Json>>;
  /** The list of the result whose only row is the answer; none is 404. */
  readonly one?: string;
  readonly page?: Paging;
  /** A repeat with the same Idempotency-Key is the command's own affair: the key becomes the label. */
  readonly key_is_label?: boolean;
  /** A repeat with the same Idempotency-Key is the command's own affair: the key becomes this parameter. */
  readonly key_param?: string;
  /** The name of the file that it is when the format is not JSON: the command then answers `lines`. */
  readonly file?: string;
  /** Examples of bodies, that a test sends. */
  readonly example?: Readonly<Record<string, Json>>;
}

export const ROUTES: readonly Route[] = [
  { method: 'GET', path: '/node', command: 'getinfo', summary: 'The node as it is now', status: 200 },
  {
    method: 'POST',
    path: '/invoices',
    command: 'invoice',
    summary: 'Make an invoice',
    status: 201,
    key_is_label: true,
    example: { amount_msat: 1000, label: 'order-17', description: 'A cup of coffee' },
  },
  {
    method: 'GET',
    path: '/invoices',
    command: 'listinvoices',
    summary: 'Invoices, a page at a time',
    status: 200,
    fixed: { index: 'created' },
    page: { list: 'invoices', row_index: 'created_index' },
  },
  {
    method: 'GET',
    path: '/invoices/{payment_hash}',
    command: 'listinvoices',
    summary: 'One invoice',
    status: 200,
    one: 'invoices',
  },
  {
    method: 'GET',
    path: '/labels/{label}',
    command: 'listinvoices',
    summary: 'The invoice with this label',
    status: 200,
    one: 'invoices',
  },
  {
    method: 'DELETE',
    path: '/labels/{label}',
    command: 'delinvoice',
    summary: 'Delete the invoice with this label; `status` says what it is expected to be',
    status: 200,
  },
  {
    method: 'GET',
    path: '/labels/{label}/wait',
    command: 'waitinvoice',
    summary: 'Answers when the invoice is paid, or fails when it expires',
    status: 200,
  },
  {
    method: 'POST',
    path: '/refunds',
    command: 'refund',
    summary: 'Give money back',
    status: 201,
    key_param: 'idempotency_key',
  },
  { method: 'GET', path: '/refunds', command: 'listrefunds', summary: 'Who got what back', status: 200 },
  {
    method: 'GET',
    path: '/exports/ledger',
    command: 'exportledger',
    summary: 'Everything that made the shop richer or poorer; a CSV file with another `format` than json',
    status: 200,
    file: 'ledger',
  },
  {
    method: 'GET',
    path: '/rates/{currency}',
    command: 'currencyrate',
    summary: 'What one bitcoin costs in a currency',
    status: 200,
  },
  {
    method: 'POST',
    path: '/decode',
    command: 'decode',
    summary: 'What is in a BOLT 11 or a rune',
    status: 200,
  },
  {
    method: 'POST',
    path: '/payments',
    command: 'xpay',
    summary: 'Pay an invoice',
    status: 201,
  },
  { method: 'GET', path: '/payments', command: 'listpays', summary: 'Payments of this node', status: 200 },
  {
    method: 'GET',
    path: '/payments/{payment_hash}',
    command: 'listpays',
    summary: 'One payment',
    status: 200,
    one: 'pays',
  },
  {
    method: 'POST',
    path: '/addresses',
    command: 'newaddr',
    summary: 'A new address of the wallet',
    status: 201,
    example: { addresstype: 'p2tr' },
  },
  { method: 'POST', path: '/withdrawals', command: 'withdraw', summary: 'Pay an address on the chain', status: 201 },
  { method: 'GET', path: '/balance', command: 'listfunds', summary: 'Coins and channels', status: 200 },
  { method: 'GET', path: '/channels', command: 'listpeerchannels', summary: 'Open channels', status: 200 },
  { method: 'POST', path: '/channels', command: 'fundchannel', summary: 'Open a channel', status: 201 },
  { method: 'DELETE', path: '/channels/{id}', command: 'close', summary: 'Close a channel', status: 200 },
  { method: 'GET', path: '/peers', command: 'listpeers', summary: 'Peers', status: 200 },
  { method: 'POST', path: '/peers', command: 'connect', summary: 'Connect to a node', status: 201 },
  {
    method: 'GET',
    path: '/events',
    command: 'listevents',
    summary: 'Events; as a stream where `text/event-stream` is accepted',
    status: 200,
  },
  { method: 'GET', path: '/webhooks', command: 'listwebhooks', summary: 'Webhooks', status: 200 },
  {
    method: 'POST',
    path: '/webhooks',
    command: 'createwebhook',
    summary: 'Make a webhook; its secret is shown once',
    status: 201,
    example: { url: 'https://shop.example/hook', types: ['invoice.paid'] },
  },
  {
    method: 'GET',
    path: '/webhooks/{webhook_id}',
    command: 'listwebhooks',
    summary: 'One webhook',
    status: 200,
    one: 'webhooks',
  },
  {
    method: 'PATCH',
    path: '/webhooks/{webhook_id}',
    command: 'updatewebhook',
    summary: 'Change a webhook',
    status: 200,
  },
  {
    method: 'DELETE',
    path: '/webhooks/{webhook_id}',
    command: 'deletewebhook',
    summary: 'Delete a webhook',
    status: 200,
  },
  {
    method: 'POST',
    path: '/webhooks/{webhook_id}/test',
    command: 'testwebhook',
    summary: 'Send it a test event',
    status: 200,
  },
  {
    method: 'POST',
    path: '/webhooks/{webhook_id}/redeliver',
    command: 'redeliverwebhook',
    summary: 'Send one event again, or all after one',
    status: 200,
  },
  {
    method: 'POST',
    path: '/webhooks/{webhook_id}/secret',
    command: 'rotatewebhooksecret',
    summary: 'Give it a new secret',
    status: 200,
  },
  {
    method: 'GET',
    path: '/webhooks/{webhook_id}/deliveries',
    command: 'listdeliveries',
    summary: 'How its deliveries went',
    status: 200,
  },
  {
    method: 'GET',
    path: '/lightning-addresses',
    command: 'listlightningaddresses',
    summary: 'Lightning addresses',
    status: 200,
  },
  {
    method: 'POST',
    path: '/lightning-addresses',
    command: 'createlightningaddress',
    summary: 'Make a Lightning address',
    status: 201,
    example: { name: 'kitchen', description: 'A tip for the kitchen', comment_length: 200 },
  },
  {
    method: 'GET',
    path: '/lightning-addresses/{name}',
    command: 'listlightningaddresses',
    summary: 'One Lightning address',
    status: 200,
    one: 'lightningaddresses',
  },
  {
    method: 'PATCH',
    path: '/lightning-addresses/{name}',
    command: 'updatelightningaddress',
    summary: 'Change a Lightning address',
    status: 200,
  },
  {
    method: 'DELETE',
    path: '/lightning-addresses/{name}',
    command: 'deletelightningaddress',
    summary: 'Delete a Lightning address',
    status: 200,
  },
  { method: 'GET', path: '/runes', command: 'showrunes', summary: 'Runes and what they permit', status: 200 },
  {
    method: 'POST',
    path: '/runes',
    command: 'createrune',
    summary: 'Make a rune',
    status: 201,
    example: { restrictions: [['method=invoice'], ['rate=60']] },
  },
];

/** A route that fits, and the parameters in its path. */
export interface Found {
  readonly route: Route;
  readonly in_path: Readonly<Record<string, string>>;
}

const parts = ROUTES.map((route) => ({ route, parts: route.path.split('/') }));

/** The methods that a path takes; empty for a path that is none of ours. */
export function methodsFor(path: string): readonly string[] {
  return ROUTES.filter((route) => match(route.path.split('/'), path.split('/')) !== undefined).map(
    ({ method }) => method,
  );
}

/** The route for a request. `path` is below `/api/v1`, its parts still percent-encoded. */
export function findRoute(method: string, path: string): Found | undefined {
  const wanted = path.split('/');
  for (const { route, parts: pattern } of parts) {
    if (route.method !== method) continue;
    const in_path = match(pattern, wanted);
    if (in_path !== undefined) return { route, in_path };
  }
  return undefined;
}

function match(pattern: readonly string[], path: readonly string[]): Record<string, string> | undefined {
  if (pattern.length !== path.length) return undefined;
  const in_path: Record<string, string> = {};
  for (const [index, part] of pattern.entries()) {
    const given = path[index] as string;
    if (!part.startsWith('{')) {
      if (part !== given) return undefined;
      continue;
    }
    try {
      in_path[part.slice(1, -1)] = decodeURIComponent(given);
    } catch {
      return undefined;
    }
    if (given === '') return undefined;
  }
  return in_path;
}
