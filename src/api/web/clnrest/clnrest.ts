/**
 * Core Lightning's REST interface, `POST /v1/METHOD`: a request becomes a call of the node, with the rune of its header.
 * Routes, order, words and statuses are those of clnrest 26.06; where we differ is in docs/guide/rest.md.
 */
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { WebError } from '../../rpc/frames.ts';
import type { JsonObject } from '../../rpc/json.ts';
import { LONGEST_BODY_BYTES, readWhole } from '../body.ts';
import type { NodeLink } from '../node-link.ts';
import type { ClnrestSettings, WebSettings } from '../settings.ts';
import { BadBody, type BodyFormat, formatOf, readBody } from './bodies.ts';
import { CONTENT_TYPES, writeAs } from './formats.ts';

/** A long result is written as JSON piece by piece; in another format it must be in memory as a whole. */
const LONGEST_CONVERTED_CHARACTERS = 16 * 1024 * 1024;
const VARY = 'origin, access-control-request-method, access-control-request-headers';

export class Clnrest {
  readonly #settings: ClnrestSettings;
  readonly #web: WebSettings;
  readonly #link: NodeLink;

  constructor(settings: ClnrestSettings, web: WebSettings, link: NodeLink) {
    this.#settings = settings;
    this.#web = web;
    this.#link = link;
  }

  /** Answers a request. Never throws. */
  serve(request: IncomingMessage, response: ServerResponse): void {
    // What a client breaks off is no fault of ours.
    request.on('error', () => response.destroy());
    response.on('error', () => response.destroy());
    const path = pathOf(request);
    if (path === undefined) {
      this.#setHeaders(request, response);
      response
        .writeHead(400, { 'content-type': 'text/plain; charset=utf-8' })
        .end('Invalid URL: Invalid UTF-8 in `path`');
      return;
    }
    if (request.method === 'OPTIONS') {
      this.#setHeaders(request, response);
      response.setHeader('access-control-allow-methods', '*');
      response.setHeader('access-control-allow-headers', '*');
      response.writeHead(200).end();
      return;
    }
    if (this.#servePage(path, request, response)) return;
    this.#setHeaders(request, response);
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
      response.writeHead(404).end();
      return true;
    }
    return false;
  }

  #serveCommand(path: string, request: IncomingMessage, response: ServerResponse): void {
    const { method: http_method } = request;
    if (path === '/v1/list-methods') {
      if (http_method === 'GET' || http_method === 'HEAD') {
        response.writeHead(200, { 'content-type': 'text/html; charset=utf-8' }).end(this.#web.list_methods);
      } else response.writeHead(405, { allow: 'GET,HEAD' }).end();
      return;
    }
    if (!path.startsWith('/v1/')) {
      const message = path.includes('v1/') ? 'Path invalid, version missing for CLN methods' : 'Path not found';
      sendError(response, 404, -32601, message);
      return;
    }
    if (http_method !== 'POST') {
      sendError(response, 405, -32601, 'Path invalid, http_method must be POST for CLN methods');
      return;
    }
    readWhole(request, (body) => {
      if (body === undefined) {
        response.setHeader('connection', 'close');
        sendError(response, 413, null, `The body is longer than ${LONGEST_BODY_BYTES} bytes`);
      } else this.#judgeRequest(path.slice('/v1/'.length), body, request, response);
    });
  }

  #judgeRequest(method: string, body: Buffer, request: IncomingMessage, response: ServerResponse): void {
    const content_type = firstHeader(request, 'content-type');
    const format = formatOf(content_type);
    if (format === undefined) {
      sendError(response, 406, null, `Unsupported content-type header: ${content_type}`);
      return;
    }
    let params: JsonObject;
    try {
      params = readBody(body, format, method);
    } catch (error) {
      if (!(error instanceof BadBody)) throw error;
      sendError(response, error.status, error.code, error.message);
      return;
    }
    // Judged before the command runs: clnrest runs it, and then cannot say how it went.
    const accept = firstHeader(request, 'accept');
    const wanted = formatOf(accept);
    if (wanted === undefined) {
      sendError(response, 406, null, `Unsupported accept header: ${accept}`);
      return;
    }
    const rune = firstHeader(request, 'rune');
    if (rune === undefined || /[^\x20-\x7e\t]/.test(rune)) {
      sendError(response, 403, 1501, 'Not authorized: Missing rune');
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
    const begin = (): void => {
      if (!response.headersSent) response.writeHead(201, { 'content-type': CONTENT_TYPES[format] });
    };
    const cancel = this.#link.call(call, {
      onPiece(json, next) {
        if (format !== 'json') {
          gathered += json;
          if (gathered.length > LONGEST_CONVERTED_CHARACTERS) {
            cancel();
            sendError(response, 500, -1, 'The result is too long for this format: ask for application/json');
          } else next();
          return;
        }
        begin();
        if (response.write(json)) next();
        else response.once('drain', next);
      },
      onResult(json) {
        if (format === 'json') {
          if (!response.headersSent) response.setHeader('content-length', Buffer.byteLength(json));
          begin();
          response.end(json);
          return;
        }
        const text = writeAs(format, gathered + json, call.method);
        begin();
        response.end(text);
      },
      onError: (error) => sendFailure(response, error),
      onBusy() {
        response.setHeader('retry-after', '1');
        sendError(response, 503, -1, 'The node is busy with other requests: try again in a moment');
      },
    });
    response.once('close', () => {
      if (!response.writableFinished) cancel();
    });
  }

  /** What every answer of the interface has. */
  #setHeaders(request: IncomingMessage, response: ServerResponse): void {
    const { cors_origins, csp } = this.#settings;
    response.setHeader('content-security-policy', csp);
    response.setHeader('vary', VARY);
    const origin = request.headers.origin;
    if (cors_origins[0] === '*') response.setHeader('access-control-allow-origin', '*');
    else if (origin !== undefined && cors_origins.includes(origin)) {
      response.setHeader('access-control-allow-origin', origin);
    }
  }
}

/** The path, decoded; undefined where its bytes are not UTF-8. */
function pathOf(request: IncomingMessage): string | undefined {
  const [target = '/'] = (request.url ?? '/').replace(/^https?:\/\/[^/?#]*/i, '').split(/[?#]/);
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
    if (rawHeaders[index]?.toLowerCase() === name) return rawHeaders[index + 1];
  }
  return undefined;
}

function sendError(
  response: ServerResponse,
  status: number,
  code: number | null,
  message: string,
  data_json = 'null',
): void {
  const body = `{"code":${code},"data":${data_json},"message":${JSON.stringify(message)}}`;
  if (response.headersSent) response.destroy();
  else {
    response
      .writeHead(status, { 'content-type': 'application/json', 'content-length': Buffer.byteLength(body) })
      .end(body);
  }
}

function sendFailure(response: ServerResponse, { error, code, message, data_json, is_refusal }: WebError): void {
  // Core Lightning has no second node; a client may come back, or ask the other one.
  const isStandby = error === 'NODE_IS_STANDBY';
  if (isStandby && !response.headersSent) response.setHeader('retry-after', '1');
  const status = is_refusal ? 401 : error === 'UNKNOWN_COMMAND' ? 404 : isStandby ? 503 : 500;
  sendError(response, status, code, message, data_json);
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
