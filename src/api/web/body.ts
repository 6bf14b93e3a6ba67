/** Reading the body of a request, which may be longer than anybody should send. */
import type { IncomingMessage } from 'node:http';

/** The most bytes of a body. */
export const LONGEST_BODY_BYTES = 1024 * 1024;

/** Hands over the whole body; undefined for one that is too long, of which no more is read. */
export function readWhole(request: IncomingMessage, done: (body: Buffer | undefined) => void): void {
  const chunks: Buffer[] = [];
  let length = 0;
  if (Number(request.headers['content-length'] ?? 0) > LONGEST_BODY_BYTES) {
    done(undefined);
    request.resume();
    return;
  }
  const take = (chunk: Buffer): void => {
    length += chunk.length;
    if (length > LONGEST_BODY_BYTES) {
      request.off('data', take).off('end', end);
      request.resume();
      done(undefined);
    } else chunks.push(chunk);
  };
  const end = (): void => done(chunks.length === 1 ? (chunks[0] as Buffer) : Buffer.concat(chunks));
  request.on('data', take).on('end', end);
}
