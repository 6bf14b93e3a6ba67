/**
 * `/api/v1`: for those who write their own client. A request is found in the table of routes, becomes a call of the node,
 * and its answer goes back: as it is, as one row, or as a page.
 */
import { createHash, randomBytes } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { WebError } from '../../rpc/frames.ts';
import { isJsonObject, type Json, type JsonObject, spell } from '../../rpc/json.ts';
import { MalformedJson, parseJson } from '../../rpc/json-parser.ts';
import { readWhole } from '../body.ts';
import { csvHeaders, LineReader } from '../csv-file.ts';
import type { CallRequest, NodeLink } from '../node-link.ts';
import type { Refusals } from '../refusals.ts';
import type { EventStreams } from './event-streams.ts';
import { type OwnProblem, sendError, sendProblem } from './problem.ts';
import { type Found, findRoute, methodsFor, type Route } from './routes.ts';

const PREFIX = '/api/v1';
const PAGE_ROWS = 50;
const MOST_PAGE_ROWS = 500;
/** A result that is paged, picked from or tagged is in memory as a whole. */
const LONGEST_RESULT_CHARACTERS = 16 * 1024 * 1024;
const CORS = {
  'access-control-allow-origin': '*',
  'access-control-expose-headers': 'etag, retry-after, x-request-id',
} as const;
const PREFLIGHT = {
  ...CORS,
  'access-control-allow-methods': 'GET, POST, PATCH, DELETE',
  'access-control-allow-headers': 'authorization, rune, content-type, idempotency-key, if-none-match, last-event-id',
  'access-control-max-age': '86400',
} as const;

/** A request cannot be a call. */
class BadRequest extends Error {
  readonly problem: OwnProblem;

  constructor(status: number, title: string, detail: string, headers?: Readonly<Record<string, string>>) {
    super(detail);
    this.problem = { status, title, detail, ...(headers && { headers }) };
  }
}

/** What a request needs while it is answered. */
interface Exchange {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  readonly url: URL;
  readonly request_id: string;
}

export class Api {
  readonly #link: NodeLink;
  readonly #streams: EventStreams;
  readonly #openapi: string;
  readonly #refusals: Refusals;

  constructor(link: NodeLink, streams: EventStreams, openapi: string, refusals: Refusals) {
    this.#link = link;
    this.#streams = streams;
    this.#openapi = openapi;
    this.#refusals = refusals;
  }

  /** Answers a request. Never throws. */
  serve(request: IncomingMessage, response: ServerResponse): void {
    const request_id = randomBytes(8).toString('hex');
    const url = URL.parse(request.url ?? '/', 'http://localhost');
    response.setHeader('x-request-id', request_id);
    response.setHeader('cache-control', 'no-store');
    response.setHeader('x-content-type-options', 'nosniff');
    if (request.method === 'OPTIONS') {
      response.writeHead(204, PREFLIGHT).end();
      return;
    }
    for (const [name, value] of Object.entries(CORS)) response.setHeader(name, value);
    if (url === null) {
      this.#refusals.send(response, () => sendProblem(response, NOT_FOUND, request_id));
      return;
    }
    const exchange: Exchange = { request, response, url, request_id };
    this.#attempt(exchange, () => this.#route(exchange));
  }

  #attempt({ response, request_id }: Exchange, action: () => void): void {
    try {
      action();
    } catch (error) {
      if (!(error instanceof BadRequest)) throw error;
      const { problem } = error;
      this.#refusals.send(response, () => sendProblem(response, problem, request_id));
    }
  }

  #route(exchange: Exchange): void {
    const { request, response, url } = exchange;
    const method = request.method === 'HEAD' ? 'GET' : (request.method ?? 'GET');
    if (url.pathname === '/openapi.json' && method === 'GET') {
      response.writeHead(200, { 'content-type': 'application/json' }).end(this.#openapi);
      return;
    }
    if (!url.pathname.startsWith(`${PREFIX}/`)) throw new BadRequest(404, NOT_FOUND.title, NOT_FOUND.detail);
    const path = url.pathname.slice(PREFIX.length);
    const command = /^\/commands\/([a-z][a-z0-9-]*)$/.exec(path)?.[1];
    const found: Found | undefined =
      command === undefined
        ? findRoute(method, path)
        : method === 'POST'
          ? { route: { method: 'POST', path, command, summary: '', status: 200 }, in_path: {} }
          : undefined;
    if (found === undefined) {
      const allowed = command === undefined ? methodsFor(path) : ['POST'];
      if (allowed.length === 0) throw new BadRequest(404, NOT_FOUND.title, NOT_FOUND.detail);
      throw new BadRequest(405, 'Method not allowed', `This resource takes ${allowed.join(', ')}.`, {
        allow: allowed.join(', '),
      });
    }
    const rune = runeOf(request);
    if (found.route.command === 'listevents' && (request.headers.accept ?? '').includes('text/event-stream')) {
      this.#streams.open(exchange, rune);
      return;
    }
    if (method === 'GET' || method === 'DELETE') this.#call(exchange, found, queryParams(url, found.route), rune);
    else this.#readBody(exchange, (params) => this.#call(exchange, found, params, rune));
  }

  #readBody(exchange: Exchange, done: (params: JsonObject) => void): void {
    const { request, response } = exchange;
    const type = request.headers['content-type'];
    readWhole(request, (body) =>
      this.#attempt(exchange, () => {
        if (body === undefined) {
          response.setHeader('connection', 'close');
          throw new BadRequest(413, 'Body too long', 'A body has at most 1,048,576 bytes.');
        }
        if (body.length === 0) {
          done({});
          return;
        }
        if (!/^application\/(json|[\w.-]+\+json)\s*(;|$)/i.test(type ?? '')) {
          throw new BadRequest(415, 'Unsupported content type', 'Send the parameters as application/json.');
        }
        done(readJsonBody(body));
      }),
    );
  }

  #call(exchange: Exchange, { route, in_path }: Found, given: JsonObject, rune: string): void {
    const { request, response, request_id } = exchange;
    const params: Record<string, Json> = { ...given, ...route.fixed, ...in_path };
    const key = route.method === 'POST' ? idempotencyKey(request) : undefined;
    let paging: number | undefined;
    if (route.page !== undefined) {
      paging = pageLimit(given.limit);
      params.limit = paging + 1;
      if (given.cursor !== undefined) params.start = given.cursor;
      delete params.cursor;
    }
    if (key !== undefined && route.key_is_label === true) {
      params.label ??= key;
      params.idempotent = true;
    }
    if (key !== undefined && route.key_param !== undefined) params[route.key_param] ??= key;
    const call: CallRequest = {
      method: route.command,
      params,
      rune,
      request_id,
      ...(key === undefined || route.key_is_label === true || route.key_param !== undefined
        ? {}
        : { idempotency_key: key }),
    };
    let gathered = '';
    const headers = route.file === undefined ? undefined : csvHeaders(route.file, given);
    const lines = headers === undefined ? undefined : new LineReader();
    const isBuffered = route.page !== undefined || route.one !== undefined;
    const cancel = this.#link.call(call, {
      onPiece(json, next) {
        if (isBuffered) {
          gathered += json;
          if (gathered.length > LONGEST_RESULT_CHARACTERS) {
            cancel();
            sendProblem(response, TOO_LONG, request_id);
          } else next();
          return;
        }
        if (!response.headersSent) response.writeHead(route.status, headers ?? { 'content-type': 'application/json' });
        const piece = lines?.push(json) ?? json;
        if (piece === '' || response.write(piece)) next();
        else response.once('drain', next);
      },
      onResult(json) {
        if (response.headersSent) response.end(lines?.push(json) ?? json);
        else if (lines !== undefined) response.writeHead(route.status, headers).end(lines.push(json));
        else answer(exchange, route, gathered + json, paging);
      },
      onError: (failure: WebError) => sendError(response, failure, request_id, this.#refusals),
      onBusy: () => sendProblem(response, BUSY, request_id),
    });
    response.once('close', () => {
      if (!response.writableFinished) cancel();
    });
  }
}

const NOT_FOUND: OwnProblem = {
  status: 404,
  title: 'Not found',
  detail: 'There is no such resource. /openapi.json lists all that there are.',
};
const TOO_LONG: OwnProblem = {
  status: 500,
  title: 'The result is too long',
  detail: 'Ask for less of it, or for a page.',
};
const BUSY: OwnProblem = {
  status: 503,
  title: 'Busy',
  detail: 'The node is busy with other requests: try again in a moment.',
  headers: { 'retry-after': '1' },
};

/** Sends a whole result: a row of it, a page, or as it is. */
function answer(
  { request, response, request_id }: Exchange,
  route: Route,
  json: string,
  paging: number | undefined,
): void {
  let body = json;
  if (route.one !== undefined) {
    const [row] = listIn(json, route.one);
    if (row === undefined) {
      sendProblem(
        response,
        { status: 404, title: 'Not found', detail: `There is no such thing in ${route.one}.` },
        request_id,
      );
      return;
    }
    body = spell(row);
  } else if (route.page !== undefined && paging !== undefined) {
    const rows = listIn(json, route.page.list);
    const more = rows[paging];
    const next = isJsonObject(more) ? (more[route.page.row_index] as Json) : null;
    body = spell({ [route.page.list]: rows.slice(0, paging), next_cursor: next });
  }
  if (request.method === 'GET' || request.method === 'HEAD') {
    const etag = `"${createHash('sha256').update(body).digest('base64url').slice(0, 22)}"`;
    response.setHeader('etag', etag);
    response.setHeader('cache-control', 'no-cache');
    const known = request.headers['if-none-match'];
    if (known?.split(',').some((tag) => tag.trim().replace(/^W\//, '') === etag)) {
      response.writeHead(304).end();
      return;
    }
  }
  response
    .writeHead(route.status, { 'content-type': 'application/json', 'content-length': Buffer.byteLength(body) })
    .end(body);
}

function listIn(json: string, name: string): readonly Json[] {
  const { value } = parseJson(json, { keep_escapes: false });
  return isJsonObject(value) && Array.isArray(value[name]) ? (value[name] as readonly Json[]) : [];
}

function pageLimit(given: Json | undefined): number {
  if (given === undefined) return PAGE_ROWS;
  const limit = Number(given);
  if (!Number.isInteger(limit) || limit < 1 || limit > MOST_PAGE_ROWS) {
    throw new BadRequest(400, 'Bad limit', `limit is a number from 1 to ${MOST_PAGE_ROWS}.`);
  }
  return limit;
}

/** The rune, from either header. */
function runeOf(request: IncomingMessage): string {
  const bearer = /^Bearer\s+(\S+)$/i.exec(request.headers.authorization ?? '')?.[1];
  const header = request.headers.rune;
  const rune = bearer ?? (Array.isArray(header) ? header[0] : header);
  if (rune !== undefined) return rune;
  throw new BadRequest(401, 'No rune', 'Send a rune: Authorization: Bearer RUNE. till createrune makes one.', {
    'www-authenticate': 'Bearer',
  });
}

function readJsonBody(body: Buffer): JsonObject {
  try {
    const text = new TextDecoder('utf-8', { fatal: true }).decode(body);
    const { value, duplicate } = parseJson(text, { keep_escapes: false });
    if (duplicate !== undefined) throw new MalformedJson(`the name ${duplicate.name.slice(0, 80)} is given twice`);
    if (!isJsonObject(value)) throw new MalformedJson('the parameters are an object');
    return value;
  } catch (error) {
    if (!(error instanceof MalformedJson || error instanceof TypeError)) throw error;
    throw new BadRequest(400, 'Bad JSON', error instanceof MalformedJson ? error.message : 'The body is not UTF-8.');
  }
}

/** Words of the query are parameters; `true` and `false` are what they say. */
function queryParams(url: URL, route: Route): JsonObject {
  const params: Record<string, Json> = {};
  for (const name of new Set(url.searchParams.keys())) {
    const values = url.searchParams
      .getAll(name)
      .map((word) => (word === 'true' ? true : word === 'false' ? false : word));
    if (route.path.includes(`{${name}}`)) throw new BadRequest(400, 'Bad query', `${name} stands in the path.`);
    params[name] = values.length === 1 ? (values[0] as Json) : values;
  }
  return params;
}

/** A structured string, as the draft of the header has it, or the bare text that many clients send. */
function idempotencyKey(request: IncomingMessage): string | undefined {
  const header = request.headers['idempotency-key'];
  if (header === undefined) return undefined;
  const text = Array.isArray(header) ? header.join() : header;
  const key = /^"((?:[^"\\]|\\["\\])*)"$/.exec(text)?.[1]?.replace(/\\(.)/g, '$1') ?? text;
  if (!/^[\x20-\x7e]{1,128}$/.test(key) || (text.startsWith('"') && key === text)) {
    throw new BadRequest(400, 'Bad Idempotency-Key', 'Idempotency-Key is 1 to 128 printable ASCII characters.');
  }
  return key;
}
