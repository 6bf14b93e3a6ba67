/** Reading the body of a request, which may be longer than anybody should send. */
import type { IncomingMessage } from 'node:http';

/** The most bytes of a body. */
export const LONGEST_BODY_BYTES = 1024 * 1024;

/** Hands over the whole body; undefined for one that is longer than `most_bytes`, of which no more is read. */
export function readWhole(
  request: IncomingMessage,
  done: (body: Buffer | undefined) => void,
  most_bytes = LONGEST_BODY_BYTES,
): void {
  const chunks: Buffer[] = [];
  let length = 0;
  if (Number(request.headers['content-length'] ?? 0) > most_bytes) {
    done(undefined);
    request.resume();
    return;
  }
  const take = (chunk: Buffer): void => {
    length += chunk.length;
    if (length > most_bytes) {
      request.off('data', take).off('end', end);
      request.resume();
      done(undefined);
    } else chunks.push(chunk);
  };
  const end = (): void => done(chunks.length === 1 ? (chunks[0] as Buffer) : Buffer.concat(chunks));
  request.on('data', take).on('end', end);
}
