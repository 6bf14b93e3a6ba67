/** Load on a JSON-RPC socket: many requests in flight, or one after the other. */
import { connect } from 'node:net';

/** Makes the text of request `number`. */
export type RequestText = (number: number) => string;

/** Keeps `in_flight` requests under way on one connection until `requests` are answered. Rejects on an error answer. */
export function drive(path: string, in_flight: number, requests: number, textOf: RequestText): Promise<void> {
  return new Promise((resolve, reject) => {
    const socket = connect(path);
    let sent = 0;
    let answered = 0;
    let tail = '';
    const send = (count: number): void => {
      let text = '';
      for (let each = 0; each < count && sent < requests; each++) text += textOf(sent++);
      if (text !== '') socket.write(text);
    };
    socket.on('error', reject);
    socket.on('data', (chunk: Buffer) => {
      const text = tail + chunk.toString('latin1');
      const parts = text.split('\n\n');
      tail = parts.pop() as string;
      if (parts.some((part) => part.includes('"error"')))
        reject(new Error(parts.find((part) => part.includes('"error"'))));
      answered += parts.length;
      if (answered < requests) send(parts.length);
      else {
        socket.destroy();
        resolve();
      }
    });
    socket.on('connect', () => send(in_flight));
  });
}

/** Requests per second of several connections together. */
export async function rateOf(
  path: string,
  connections: number,
  in_flight: number,
  requests: number,
  textOf: (connection: number, number: number) => string,
): Promise<number> {
  const start = performance.now();
  const each = Math.ceil(requests / connections);
  await Promise.all(
    Array.from({ length: connections }, (_, connection) =>
      drive(path, in_flight, each, (number) => textOf(connection, number)),
    ),
  );
  return (each * connections * 1000) / (performance.now() - start);
}

/** How long each of so many requests took, one after the other, in milliseconds. */
export async function latencies(path: string, requests: number, textOf: RequestText): Promise<number[]> {
  const socket = connect(path);
  await new Promise((resolve, reject) => {
    socket.once('connect', resolve);
    socket.once('error', reject);
  });
  const found: number[] = [];
  for (let number = 0; number < requests; number++) {
    const start = performance.now();
    const ended = new Promise<void>((resolve) => {
      let text = '';
      const read = (chunk: Buffer): void => {
        text += chunk.toString('latin1');
        if (!text.endsWith('\n\n')) return;
        socket.off('data', read);
        resolve();
      };
      socket.on('data', read);
    });
    socket.write(textOf(number));
    await ended;
    found.push(performance.now() - start);
  }
  socket.destroy();
  return found;
}
