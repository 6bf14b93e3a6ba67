/**
 * From a request to a page: who is asked and by whom, which route it is, its form, its answer with all headers. Nothing of
 * this is a route's own business, so that none can forget it.
 */
import type { IncomingMessage, ServerResponse } from 'node:http';
import { promisify } from 'node:util';
import { gzip } from 'node:zlib';
import type { ClientAddresses } from '../client-address.ts';
import type { Refusals } from '../refusals.ts';
import { ASSET_PREFIX, type Asset } from './assets.ts';
import { Form, readForm } from './form.ts';
import { pageHeaders } from './headers.ts';
import { isFromOwnPage, type OwnAddress, originAsked } from './host.ts';
import { LANGUAGE_COOKIE, type Language, languageNamed, languageOf } from './language.ts';
import { NodeBusy, NodeIsStandby, NodeRefused } from './node-calls.ts';
import type { PageAnswer, PageHeaders, PageRequest, PageRoute, PageTools, RouteSet } from './page.ts';
import { PageProblem, PROBLEM_STATUS, type ProblemName, problemPage } from './problems.ts';
import { STREAMED } from './streamed.ts';

const MOST_FORM_BYTES = 16 * 1024;
/** What is shorter gains nothing. */
const LEAST_ZIPPED_BYTES = 1000;
/** With its query, in which a wallet sends a comment of a thousand characters, nine for each where it is Chinese. */
const LONGEST_PATH = 32 * 1024;

export interface PageServerOptions {
  readonly tools: PageTools;
  readonly sets: readonly RouteSet[];
  readonly own: OwnAddress;
  readonly addresses: ClientAddresses;
  readonly refusals: Refusals;
  /** Told of a fault of ours. */
  readonly onUnexpected: (error: unknown) => void;
}

interface Found {
  readonly route: PageRoute;
  readonly params: Readonly<Record<string, string>>;
}

const zip = promisify(gzip);

export class PageServer {
  readonly #options: PageServerOptions;
  readonly #routes: readonly { readonly route: PageRoute; readonly parts: readonly string[] }[];

  constructor(options: PageServerOptions) {
    this.#options = options;
    this.#routes = options.sets
      .flatMap((set) => set(options.tools))
      .map((route) => ({ route, parts: route.path.split('/') }));
  }

  /** Answers a request. Never throws. */
  serve(request: IncomingMessage, response: ServerResponse): void {
    const language =
      languageNamed(cookieOf(request, LANGUAGE_COOKIE)) ??
      languageOf(request.headers['accept-language'], this.#options.tools.settings.language);
    this.#answer(request, response, language)
      .catch((error: unknown): PageAnswer => this.#problemOf(error))
      .then(async (answer) => {
        if (isRefusal(answer)) await this.#turn(response);
        await this.#send(request, response, language, answer);
      })
      .catch((error: unknown) => {
        this.#options.onUnexpected(error);
        response.destroy();
      });
  }

  /** Resolves when a refusal may leave; never for a client that is gone by then. */
  #turn(response: ServerResponse): Promise<void> {
    return new Promise((resolve) => this.#options.refusals.send(response, resolve));
  }

  async #answer(request: IncomingMessage, response: ServerResponse, language: Language): Promise<PageAnswer> {
    const { own, addresses, tools } = this.#options;
    const url = (request.url ?? '').length > LONGEST_PATH ? null : URL.parse(request.url ?? '/', 'http://localhost');
    if (request.method !== 'POST') request.resume();
    const base_url = originAsked(request, own);
    if (base_url === undefined) return { problem: 'wrong_host' };
    if (url === null) return { problem: 'not_found' };
    if (base_url.startsWith('https:') && addresses.isInTheClear(request)) return toTls(request, base_url, url);
    if (url.pathname.startsWith(ASSET_PREFIX)) {
      const asset = tools.assets.find(url.pathname);
      if (asset === undefined) return { problem: 'not_found' };
      sendAsset(request, response, asset);
      return STREAMED;
    }
    const found = this.#find(request.method ?? 'GET', url.pathname);
    if (typeof found === 'string') return { problem: found };
    const { route, params } = found;
    let form: Form | undefined;
    if (route.method === 'POST') {
      if (route.is_open !== true && !isFromOwnPage(request, base_url)) {
        request.resume();
        return { problem: 'not_from_here' };
      }
      const read = await readForm(request, route.most_body_bytes ?? MOST_FORM_BYTES);
      if (typeof read === 'string') return { problem: read };
      form = read;
    }
    let gone: AbortController | undefined;
    const asked: PageRequest = {
      request,
      response,
      url,
      params,
      form: form ?? new Form(),
      language,
      address: addresses.of(request),
      base_url,
      // Most routes wait for nothing.
      get signal() {
        if (gone === undefined) {
          const controller = new AbortController();
          gone = controller;
          const abort = (): void => controller.abort(new Error('the client is gone'));
          if (response.closed) abort();
          else response.once('close', abort);
        }
        return gone.signal;
      },
      cookie: (name) => cookieOf(request, name),
    };
    return await route.answer(asked);
  }

  #find(asked_method: string, path: string): Found | ProblemName {
    const method = asked_method === 'HEAD' ? 'GET' : asked_method;
    const wanted = path.split('/');
    let is_known = false;
    for (const { route, parts } of this.#routes) {
      const params = match(parts, wanted);
      if (params === undefined) continue;
      if (route.method === method) return { route, params };
      is_known = true;
    }
    return is_known ? 'not_allowed' : 'not_found';
  }

  #problemOf(error: unknown): PageAnswer {
    if (error instanceof PageProblem) return { problem: error.problem };
    if (error instanceof NodeBusy) {
      return { problem: error instanceof NodeIsStandby ? 'standby' : 'busy', headers: { 'retry-after': '1' } };
    }
    if (error instanceof NodeRefused) {
      if (error.is_refusal) return { problem: 'refused' };
      // Only those who have a credential get here: what the node says of their wish is for them.
      return { problem: 'failed', detail: error.message };
    }
    this.#options.onUnexpected(error);
    return { problem: 'failed' };
  }

  async #send(
    request: IncomingMessage,
    response: ServerResponse,
    language: Language,
    answer: PageAnswer,
  ): Promise<void> {
    if (answer === STREAMED) return;
    if (response.headersSent) {
      response.destroy();
      return;
    }
    if ('pieces' in answer) {
      const { pieces, content_type, headers } = answer;
      response.writeHead(200, { ...pageHeaders(false), 'content-type': content_type, ...headers });
      await sendPieces(request, response, pieces);
      return;
    }
    const { status, headers, body } = this.#whole(language, answer);
    const isZipped =
      body.length >= LEAST_ZIPPED_BYTES &&
      headers['content-encoding'] === undefined &&
      /\bgzip\b/.test(String(request.headers['accept-encoding'] ?? ''));
    const bytes = typeof body === 'string' ? Buffer.from(body) : body;
    const sent = isZipped ? await zip(bytes, { level: 6 }) : bytes;
    response.writeHead(status, {
      ...headers,
      vary: 'accept-encoding, accept-language, cookie',
      ...(isZipped && { 'content-encoding': 'gzip' }),
      'content-length': sent.length,
    });
    response.end(request.method === 'HEAD' ? undefined : sent);
  }

  #whole(language: Language, answer: WholeAnswer): Whole {
    if ('see' in answer) {
      if (!/^\/(?!\/)/.test(answer.see)) throw new RangeError(`${answer.see} is no path of ours`);
      return { status: 303, headers: { ...pageHeaders(false), ...answer.headers, location: answer.see }, body: '' };
    }
    if ('body' in answer) {
      const { body, content_type, status = 200, headers } = answer;
      return { status, headers: { ...pageHeaders(false), 'content-type': content_type, ...headers }, body };
    }
    const isProblem = 'problem' in answer;
    const text = (
      isProblem ? problemPage(this.#options.tools.assets, answer.problem, language, answer.detail) : answer.html
    ).text;
    return {
      status: isProblem ? PROBLEM_STATUS[answer.problem] : (answer.status ?? 200),
      headers: {
        ...pageHeaders(/<form\b[^>]*\bmethod="post"/.test(text), isProblem ? undefined : answer.csp),
        'content-type': 'text/html; charset=utf-8',
        ...answer.headers,
      },
      body: text,
    };
  }
}

/** Problems of the node. All others are of what was asked. */
const OF_THE_NODE: ReadonlySet<ProblemName> = new Set(['busy', 'standby', 'failed']);

function isRefusal(answer: PageAnswer): boolean {
  return answer !== STREAMED && 'problem' in answer && !OF_THE_NODE.has(answer.problem);
}

/** A visitor who reached our proxy without TLS is sent to where the pages are; what such a one has sent is not looked at. */
function toTls({ method }: IncomingMessage, base_url: string, { pathname, search }: URL): PageAnswer {
  if (method !== 'GET' && method !== 'HEAD') return { problem: 'not_from_here' };
  const location = `${base_url}${pathname}${search}`;
  return { body: '', content_type: 'text/plain; charset=utf-8', status: 308, headers: { location } };
}

/** A file piece by piece, no faster than it is read. Rejects when no more comes: the file is cut off then, and not ended. */
async function sendPieces(
  { method }: IncomingMessage,
  response: ServerResponse,
  pieces: AsyncIterable<string>,
): Promise<void> {
  const closed = new Promise<void>((resolve) => {
    response.once('close', resolve);
  });
  for await (const piece of method === 'HEAD' ? [] : pieces) {
    if (response.write(piece)) continue;
    const drained = new Promise<void>((resolve) => {
      response.once('drain', resolve);
    });
    await Promise.race([drained, closed]);
    if (response.closed) return;
  }
  response.end();
}

/** What is there as a whole before it is sent. */
type WholeAnswer = Exclude<PageAnswer, typeof STREAMED | { readonly pieces: unknown }>;

/** An answer as it is sent. */
interface Whole {
  readonly status: number;
  readonly headers: PageHeaders;
  readonly body: string | Buffer;
}

function match(pattern: readonly string[], path: readonly string[]): Record<string, string> | undefined {
  if (pattern.length !== path.length) return undefined;
  const params: Record<string, string> = {};
  for (const [index, part] of pattern.entries()) {
    const given = path[index] as string;
    if (!part.startsWith('{')) {
      if (part !== given) return undefined;
      continue;
    }
    if (given === '') return undefined;
    try {
      params[part.slice(1, -1)] = decodeURIComponent(given);
    } catch {
      return undefined;
    }
  }
  return params;
}

function cookieOf(request: IncomingMessage, name: string): string | undefined {
  for (const part of (request.headers.cookie ?? '').split(';')) {
    const [key, ...value] = part.trim().split('=');
    if (key === name) return value.join('=');
  }
  return undefined;
}

function sendAsset(request: IncomingMessage, response: ServerResponse, asset: Asset): void {
  const accepted = String(request.headers['accept-encoding'] ?? '');
  const [encoding, body] = /\bbr\b/.test(accepted)
    ? (['br', asset.brotli] as const)
    : /\bgzip\b/.test(accepted)
      ? (['gzip', asset.gzip] as const)
      : ([undefined, asset.body] as const);
  response.writeHead(200, {
    'content-type': asset.content_type,
    // Its name holds its hash.
    'cache-control': 'public, max-age=31536000, immutable',
    'x-content-type-options': 'nosniff',
    'cross-origin-resource-policy': 'same-origin',
    vary: 'accept-encoding',
    ...(encoding === undefined ? {} : { 'content-encoding': encoding }),
    'content-length': body.length,
  });
  response.end(request.method === 'HEAD' ? undefined : body);
}
