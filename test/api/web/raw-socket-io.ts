/** Engine.IO and Socket.IO by hand: frames of a WebSocket, as they come. */
import assert from 'node:assert/strict';

/** What is said, and how many frames the answer has. */
export interface Conversation {
  readonly port: number;
  readonly path: string;
  readonly headers: readonly (readonly [string, string])[];
  readonly said: readonly (string | Uint8Array<ArrayBuffer>)[];
  readonly count: number;
}

const CLOSED = '(connection closed)';
/** Headers that a WebSocket writes itself. */
const OF_THE_HANDSHAKE = /^(host|upgrade|connection|sec-websocket-.*)$/i;

/**
 * Says the frames once the session is open, and resolves with so many frames of the answer, without the opening and
 * pings. The end of the connection is the frame `(connection closed)`. Once the namespace is joined `onJoined` runs.
 */
export async function socketIoFrames(
  { port, path, headers, said, count }: Conversation,
  onJoined: () => Promise<void>,
): Promise<readonly string[]> {
  // Node's takes headers, which the type of browsers does not know.
  const WithHeaders = WebSocket as unknown as new (
    url: string,
    options: { readonly headers: Readonly<Record<string, string>> },
  ) => WebSocket;
  const own = headers.filter(([name]) => !OF_THE_HANDSHAKE.test(name));
  const socket = new WithHeaders(`ws://127.0.0.1:${port}${path}`, { headers: Object.fromEntries(own) });
  const frames: string[] = [];
  let is_over = false;
  await new Promise<void>((resolve, reject) => {
    const take = (frame: string): void => {
      if (is_over || frame === '2') return;
      if (frame.startsWith('0{')) {
        for (const each of said) socket.send(each);
        return;
      }
      frames.push(frame);
      if (frame.startsWith('40{')) onJoined().catch(reject);
      if (frames.length >= count || frame === CLOSED) resolve();
    };
    socket.addEventListener('message', ({ data }) => take(String(data)));
    socket.addEventListener('close', () => take(CLOSED));
    socket.addEventListener('error', () => {
      if (frames.length === 0) reject(new Error(`no conversation at ${path}`));
    });
  });
  is_over = true;
  socket.close();
  assert.equal(frames.length, count, frames.join('\n'));
  return frames;
}
