/** One request to a node's socket and its reply, as text: nothing is lost on the way that a number might lose. */
import { connect } from 'node:net';

/** The node could not be talked to. */
export class UnreachableError extends Error {
  override readonly name = 'UnreachableError';
  /** Nothing listens there. */
  readonly is_absent: boolean;

  constructor(message: string, { is_absent = false } = {}) {
    super(message);
    this.is_absent = is_absent;
  }
}

/** The longest text that JavaScript can hold is 2^29 characters; a reply that comes near cannot be shown whole. */
const LONGEST_REPLY = 400_000_000;

/** Sends texts to the socket and calls back for each message that comes, until it answers true. Rejects with what it throws. */
export function exchange(
  path: string,
  requests: readonly string[],
  onMessage: (text: string) => boolean,
): Promise<void> {
  return new Promise((resolve, reject) => {
    const socket = connect(path);
    const finish = (error?: unknown): void => {
      socket.destroy();
      if (error === undefined) resolve();
      else reject(error);
    };
    const messages = new Messages();
    socket.setEncoding('utf8');
    socket.on('error', (error: NodeJS.ErrnoException) => {
      const is_absent = error.code === 'ENOENT' || error.code === 'ECONNREFUSED';
      finish(new UnreachableError(`no node answers at ${path}: ${reasonOf(error)}`, { is_absent }));
    });
    socket.on('connect', () => socket.write(requests.join('')));
    socket.on('data', (text) => {
      try {
        for (const message of messages.take(String(text))) {
          if (onMessage(message)) return finish();
        }
      } catch (error) {
        finish(error);
      }
    });
    socket.on('close', () => finish(new UnreachableError(`the node at ${path} hung up before it answered`)));
  });
}

/** Cuts what comes into messages: each ends with a blank line and has no other. */
class Messages {
  /** Pieces of the message that is not complete yet: they are joined once, however many there are. */
  #pieces: string[] = [];
  #length = 0;

  *take(text: string): Generator<string> {
    let rest = text;
    // The blank line itself may come in two pieces.
    if (this.#pieces.at(-1)?.endsWith('\n') && rest.startsWith('\n')) {
      yield this.#join();
      rest = rest.slice(1);
    }
    for (let end = rest.indexOf('\n\n'); end >= 0; end = rest.indexOf('\n\n')) {
      this.#add(rest.slice(0, end));
      rest = rest.slice(end + 2);
      yield this.#join();
    }
    if (rest !== '') this.#add(rest);
  }

  #add(piece: string): void {
    this.#length += piece.length;
    if (this.#length > LONGEST_REPLY) {
      throw new UnreachableError(
        'the reply is too long to show: ask for parts of it (start, limit), or for less (--filter)',
      );
    }
    this.#pieces.push(piece);
  }

  #join(): string {
    const message = this.#pieces.join('');
    this.#pieces = [];
    this.#length = 0;
    return message;
  }
}

/** What the system's error means for whoever asks. */
function reasonOf(error: NodeJS.ErrnoException): string {
  switch (error.code) {
    case 'ENOENT':
      return 'nothing is there; start a node with: till start';
    case 'ECONNREFUSED':
      return 'the node that was there has ended; start it with: till start';
    case 'EINVAL':
      return 'the path is too long for a socket';
    case 'EACCES':
      return 'this user may not use it (see rpc-file-mode in till start --help)';
    default:
      return error.message;
  }
}
