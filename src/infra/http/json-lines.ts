/** How the node and its processes without keys speak: a JSON value on each line. */
import type { Duplex } from 'node:stream';

/** Calls back for each value that comes. What is no JSON throws in the stream's event: the other end is our own code. */
export function onValues<T>(stream: Duplex, callback: (value: T) => void): void {
  let tail = '';
  stream.setEncoding('utf8');
  stream.on('data', (chunk: string) => {
    const lines = (tail + chunk).split('\n');
    tail = lines.pop() as string;
    for (const line of lines) callback(JSON.parse(line) as T);
  });
}

/** The value as a line. */
export function lineOf(value: unknown): string {
  return `${JSON.stringify(value)}\n`;
}
