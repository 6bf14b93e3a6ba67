/** HTTP by hand: the bytes of a request out, the parts of the answer back, over TCP. */
import { connect, type Socket } from 'node:net';

export interface RawAnswer {
  /** Null where the answer is no HTTP/1.1. */
  readonly status: number | null;
  /** Names in lower case. */
  readonly headers: ReadonlyMap<string, string>;
  readonly body: string;
  /** All bytes, as they came. */
  readonly bytes: Buffer;
}

/** The bytes of a request. */
export function requestBytes(
  method: string,
  path: string,
  headers: readonly (readonly [string, string])[],
  body: Buffer | string = '',
): Buffer {
  const head = [`${method} ${path} HTTP/1.1`, ...headers.map(([name, value]) => `${name}: ${value}`), '', ''];
  return Buffer.concat([Buffer.from(head.join('\r\n'), 'latin1'), Buffer.from(body)]);
}

/** The answer in the bytes; undefined while it is not whole. `is_over`: no more will come. */
function parseAnswer(bytes: Buffer, is_over: boolean, has_body: boolean): RawAnswer | undefined {
  const text = bytes.toString('latin1');
  if (!text.startsWith('HTTP/1.')) return is_over || bytes.length >= 9 ? empty(bytes) : undefined;
  const end = text.indexOf('\r\n\r\n');
  if (end < 0) return is_over ? empty(bytes) : undefined;
  const [status_line = '', ...lines] = text.slice(0, end).split('\r\n');
  const status = Number(status_line.split(' ')[1]);
  const rest = bytes.subarray(end + 4);
  if (status === 100) return parseAnswer(rest, is_over, has_body);
  const headers = new Map(
    lines.map((line) => {
      const colon = line.indexOf(':');
      return [line.slice(0, colon).toLowerCase(), line.slice(colon + 1).trim()] as const;
    }),
  );
  const answer = (body: Buffer): RawAnswer => ({ status, headers, body: body.toString('utf8'), bytes });
  if (!has_body || status === 101) return answer(Buffer.alloc(0));
  const length = headers.get('content-length');
  if (length !== undefined) {
    return rest.length >= Number(length) ? answer(rest.subarray(0, Number(length))) : undefined;
  }
  if (headers.get('transfer-encoding') === 'chunked') {
    const body = unchunk(rest);
    return body && answer(body);
  }
  return is_over ? answer(rest) : undefined;
}

function empty(bytes: Buffer): RawAnswer {
  return { status: null, headers: new Map(), body: '', bytes };
}

function unchunk(bytes: Buffer): Buffer | undefined {
  const pieces: Buffer[] = [];
  for (let at = 0; ; ) {
    const line_end = bytes.indexOf('\r\n', at);
    if (line_end < 0) return undefined;
    const length = Number.parseInt(bytes.toString('latin1', at, line_end), 16);
    const start = line_end + 2;
    if (bytes.length < start + length + 2) return undefined;
    if (length === 0) return Buffer.concat(pieces);
    pieces.push(bytes.subarray(start, start + length));
    at = start + length + 2;
  }
}

/** Sends the bytes on a connection of their own and reads one answer. */
export function exchange(port: number, bytes: Buffer, { has_body = true } = {}): Promise<RawAnswer> {
  return new Promise((resolve, reject) => {
    const socket: Socket = connect(port, '127.0.0.1', () => socket.write(bytes));
    let received = Buffer.alloc(0);
    const judge = (is_over: boolean): void => {
      const answer = parseAnswer(received, is_over, has_body);
      if (answer === undefined) return;
      socket.destroy();
      resolve(answer);
    };
    socket.on('data', (chunk: Buffer) => {
      received = Buffer.concat([received, chunk]);
      judge(false);
    });
    socket.on('end', () => judge(true));
    socket.on('close', () => judge(true));
    socket.on('error', reject);
  });
}
