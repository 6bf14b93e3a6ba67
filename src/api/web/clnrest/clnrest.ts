/**
 * Core Lightning's REST interface, `POST /v1/METHOD`: a request becomes a call of the node, with the rune of its header.
 * Routes, order, words and statuses are those of clnrest 26.06; where we differ is in docs/guide/rest.md.
 */
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { WebError } from '../../rpc/frames.ts';
import type { JsonObject } from '../../rpc/json.ts';
import { LONGEST_BODY_BYTES, readWhole } from '../body.ts';
import type { NodeLink } from '../node-link.ts';
import type { Refusals } from '../refusals.ts';
import type { ClnrestSettings, WebSettings } from '../settings.ts';
import { BadBody, type BodyFormat, formatOf, readBody } from './bodies.ts';
import { CONTENT_TYPES, writeAs } from './formats.ts';

/** A long result is written as JSON piece by piece; in another format it must be in memory as a whole. */
const LONGEST_CONVERTED_CHARACTERS = 16 * 1024 * 1024;
const VARY = 'origin, access-control-request-method, access-control-request-headers';

/** What an error may have beside its status, code and message. */
interface ErrorMore {
  readonly data_json?: string;
  readonly headers?: readonly string[];
}

export class Clnrest {
  readonly #settings: ClnrestSettings;
  readonly #web: WebSettings;
  readonly #link: NodeLink;
  readonly #refusals: Refusals;
  /** Of every answer, unless a client's origin is let in by name. */
  readonly #headers: readonly string[];

  constructor(settings: ClnrestSettings, web: WebSettings, link: NodeLink, refusals: Refusals) {
    this.#settings = settings;
    this.#headers = ['content-security-policy', settings.csp, 'vary', VARY];
    if (settings.cors_origins[0] === '*') this.#headers = [...this.#headers, 'access-control-allow-origin', '*'];
    this.#web = web;
    this.#link = link;
    this.#refusals = refusals;
  }

  /** Answers a request. Never throws. */
  serve(request: IncomingMessage, response: ServerResponse): void {
    const path = pathOf(request);
    if (path === undefined) {
      const text = 'Invalid URL: Invalid UTF-8 in `path`';
      this.#refusals.send(response, () => this.#send(response, 400, 'text/plain; charset=utf-8', text));
      return;
    }
    if (request.method === 'OPTIONS') {
      const allowed = ['access-control-allow-methods', '*', 'access-control-allow-headers', '*'];
      response.writeHead(200, [...this.#headersFor(request), ...allowed]).end();
      return;
    }
    if (this.#servePage(path, request, response)) return;
    this.#serveCommand(path, request, response);
  }

  /** What is not a command: the root and the reference of the interface. */
  #servePage(path: string, request: IncomingMessage, response: ServerResponse): boolean {
    const { swagger_root } = this.#settings;
    const isRead = request.method === 'GET' || request.method === 'HEAD';
    const root = swagger_root === '/' ? '/swagger-ui' : swagger_root.replace(/\/$/, '');
    if (path === '/') {
      if (swagger_root === '/') response.writeHead(308, { location: '/swagger-ui' }).end();
      else response.writeHead(200, { 'content-type': 'text/plain; charset=utf-8' }).end('Hello, World!');
      return true;
    }
    if (path === root && isRead) {
      response.writeHead(303, { location: `${root}/` }).end();
      return true;
    }
    if (path === `${root}/` && isRead) {
      response
        .writeHead(200, {
          'content-type': 'text/html; charset=utf-8',
          'content-security-policy':
            "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'",
        })
        .end(this.#web.reference_page);
      return true;
    }
    if (path === '/swagger.json' && isRead) {
      response.writeHead(200, { 'content-type': 'application/json' }).end(this.#web.openapi);
      return true;
    }
    if (path.startsWith(`${root}/`)) {
      this.#refusals.send(response, () => void response.writeHead(404).end());
      return true;
    }
    return false;
  }

  #serveCommand(path: string, request: IncomingMessage, response: ServerResponse): void {
    const { method: http_method } = request;
    if (path === '/v1/list-methods') {
      if (http_method === 'GET' || http_method === 'HEAD') {
        this.#send(response, 200, 'text/html; charset=utf-8', this.#web.list_methods);
      } else {
        const headers = [...this.#headersFor(request), 'allow', 'GET,HEAD'];
        this.#refusals.send(response, () => void response.writeHead(405, headers).end());
      }
      return;
    }
    if (!path.startsWith('/v1/')) {
      const message = path.includes('v1/') ? 'Path invalid, version missing for CLN methods' : 'Path not found';
      this.#refuse(response, 404, -32601, message);
      return;
    }
    if (http_method !== 'POST') {
      this.#refuse(response, 405, -32601, 'Path invalid, http_method must be POST for CLN methods');
      return;
    }
    readWhole(request, (body) => {
      if (body === undefined) {
        const message = `The body is longer than ${LONGEST_BODY_BYTES} bytes`;
        this.#refuse(response, 413, null, message, { headers: ['connection', 'close'] });
      } else this.#judgeRequest(path.slice('/v1/'.length), body, request, response);
    });
  }

  #judgeRequest(method: string, body: Buffer, request: IncomingMessage, response: ServerResponse): void {
    const content_type = firstHeader(request, 'content-type');
    const format = formatOf(content_type);
    if (format === undefined) {
      this.#refuse(response, 406, null, `Unsupported content-type header: ${content_type}`);
      return;
    }
    let params: JsonObject;
    try {
      params = readBody(body, format, method);
    } catch (error) {
      if (!(error instanceof BadBody)) throw error;
      this.#refuse(response, error.status, error.code, error.message);
      return;
    }
    // Judged before the command runs: clnrest runs it, and then cannot say how it went.
    const accept = firstHeader(request, 'accept');
    const wanted = formatOf(accept);
    if (wanted === undefined) {
      this.#refuse(response, 406, null, `Unsupported accept header: ${accept}`);
      return;
    }
    const rune = firstHeader(request, 'rune');
    if (rune === undefined || /[^\x20-\x7e\t]/.test(rune)) {
      this.#refuse(response, 403, 1501, 'Not authorized: Missing rune');
      return;
    }
    this.#call({ method, params, rune }, wanted, response);
  }

  #call(
    call: { readonly method: string; readonly params: JsonObject; readonly rune: string },
    format: BodyFormat,
    response: ServerResponse,
  ): void {
    let gathered = '';
    const whole = (json: string): string => (format === 'json' ? json : writeAs(format, gathered + json, call.method));
    const begin = (): void => {
      if (!response.headersSent)
        response.writeHead(201, [...this.#headersFor(response.req), 'content-type', CONTENT_TYPES[format]]);
    };
    const cancel = this.#link.call(call, {
      onPiece: (json, next) => {
        if (format !== 'json') {
          gathered += json;
          if (gathered.length > LONGEST_CONVERTED_CHARACTERS) {
            cancel();
            this.#sendError(response, 500, -1, 'The result is too long for this format: ask for application/json');
          } else next();
          return;
        }
        begin();
        if (response.write(json)) next();
        else response.once('drain', next);
      },
      onResult: (json) => {
        if (response.headersSent) response.end(json);
        else this.#send(response, 201, CONTENT_TYPES[format], whole(json));
      },
      onError: (error) => this.#sendFailure(response, error),
      onBusy: () => {
        const message = 'The node is busy with other requests: try again in a moment';
        this.#sendError(response, 503, -1, message, { headers: ['retry-after', '1'] });
      },
    });
    response.on('close', () => {
      if (!response.writableFinished) cancel();
    });
  }

  /** What every answer of the interface has. A list of names and values is what Node writes with the least work. */
  #headersFor({ headers: { origin } }: IncomingMessage): readonly string[] {
    const { cors_origins } = this.#settings;
    if (cors_origins[0] === '*' || origin === undefined || !cors_origins.includes(origin)) return this.#headers;
    return [...this.#headers, 'access-control-allow-origin', origin];
  }

  #send(response: ServerResponse, status: number, content_type: string, body: string, further: readonly string[] = []) {
    const length = String(Buffer.byteLength(body));
    const own = ['content-type', content_type, 'content-length', length];
    response.writeHead(status, [...this.#headersFor(response.req), ...own, ...further]).end(body);
  }

  /** What no rune has let in, and does not run. */
  #refuse(response: ServerResponse, status: number, code: number | null, message: string, more?: ErrorMore): void {
    this.#refusals.send(response, () => this.#sendError(response, status, code, message, more));
  }

  #sendError(
    response: ServerResponse,
    status: number,
    code: number | null,
    message: string,
    { data_json = 'null', headers }: ErrorMore = {},
  ): void {
    const body = `{"code":${code},"data":${data_json},"message":${JSON.stringify(message)}}`;
    if (response.headersSent) response.destroy();
    else this.#send(response, status, 'application/json', body, headers);
  }

  #sendFailure(response: ServerResponse, { error, code, message, data_json, is_refusal }: WebError): void {
    // Core Lightning has no second node; a client may come back, or ask the other one.
    const isStandby = error === 'NODE_IS_STANDBY';
    const headers = isStandby ? ['retry-after', '1'] : [];
    if (is_refusal) {
      this.#refuse(response, 401, code, message, { data_json });
      return;
    }
    const status = error === 'UNKNOWN_COMMAND' ? 404 : isStandby ? 503 : 500;
    this.#sendError(response, status, code, message, { data_json, headers });
  }
}

/** A target that stands for itself. */
const PLAIN_PATH = /^\/[\w/.-]+$/;

/** The path, decoded; undefined where its bytes are not UTF-8. */
function pathOf(request: IncomingMessage): string | undefined {
  const { url = '/' } = request;
  if (PLAIN_PATH.test(url)) return url;
  const [target = '/'] = url.replace(/^https?:\/\/[^/?#]*/i, '').split(/[?#]/);
  // What is no escape stays as it is.
  const bytes = Buffer.from(
    target.replace(/%([0-9a-fA-F]{2})/g, (_escape, hex: string) => String.fromCharCode(Number.parseInt(hex, 16))),
    'latin1',
  );
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes) || '/';
  } catch {
    return undefined;
  }
}

/** The first value of a header, which may be empty. Of one that is given twice the first counts. */
function firstHeader(request: IncomingMessage, name: string): string | undefined {
  const { rawHeaders } = request;
  for (let index = 0; index < rawHeaders.length; index += 2) {
    const given = rawHeaders[index] as string;
    if (given.length === name.length && given.toLowerCase() === name) return rawHeaders[index + 1];
  }
  return undefined;
}

/** The whole answer to a request whose method HTTP's parser does not know. */
export function unknownMethodAnswer({ cors_origins, csp }: ClnrestSettings): string {
  const body = '{"code":-32601,"data":null,"message":"Path invalid, http_method must be POST for CLN methods"}';
  const cors = cors_origins[0] === '*' ? 'access-control-allow-origin: *\r\n' : '';
  return (
    `HTTP/1.1 405 Method Not Allowed\r\ncontent-type: application/json\r\nvary: ${VARY}\r\n${cors}` +
    `content-security-policy: ${csp}\r\nconnection: close\r\ncontent-length: ${body.length}\r\n\r\n${body}`
  );
}
