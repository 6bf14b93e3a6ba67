/** One request to a node's socket and its reply, as text: nothing is lost on the way that a number might lose. */
import { connect } from 'node:net';
import { StringDecoder } from 'node:string_decoder';

/** The node could not be talked to. */
export class UnreachableError extends Error {
  override readonly name = 'UnreachableError';
}

/** Sends texts to the socket and calls back for each message that comes, until it answers true. Rejects with what it throws. */
export function exchange(
  path: string,
  requests: readonly string[],
  onMessage: (text: string) => boolean,
): Promise<void> {
  return new Promise((resolve, reject) => {
    const socket = connect(path);
    const decoder = new StringDecoder('utf8');
    let text = '';
    let isDone = false;
    socket.on('error', (error) => reject(new UnreachableError(`no node answers at ${path}: ${reasonOf(error)}`)));
    socket.on('connect', () => socket.write(requests.join('')));
    socket.on('data', (chunk) => {
      const fresh = decoder.write(chunk as Buffer);
      // A message ends with a blank line and has no other; only what is new can hold its end.
      let from = Math.max(0, text.length - 1);
      text += fresh;
      for (let end = text.indexOf('\n\n', from); end >= 0; end = text.indexOf('\n\n')) {
        const message = text.slice(0, end);
        text = text.slice(end + 2);
        from = 0;
        try {
          isDone = onMessage(message);
        } catch (error) {
          isDone = true;
          reject(error);
        }
        if (!isDone) continue;
        socket.destroy();
        resolve();
        return;
      }
    });
    socket.on('close', () => {
      if (!isDone) reject(new UnreachableError(`the node at ${path} hung up before it answered`));
    });
  });
}

/** What the system's error means for whoever asks. */
function reasonOf(error: NodeJS.ErrnoException): string {
  switch (error.code) {
    case 'ENOENT':
      return 'nothing is there; start a node with: till start';
    case 'ECONNREFUSED':
      return 'the node that was there has ended; start it with: till start';
    case 'EACCES':
      return 'this user may not use it (see rpc-file-mode in till start --help)';
    default:
      return error.message;
  }
}
