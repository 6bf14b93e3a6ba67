/** The pair as a shop's program sees it: two sockets, of which the one that works answers. */

import type { Commands } from '../../src/api/client/commands.ts';
import { CallError, type Client, ConnectionError, connectToNode } from '../../src/api/client/index.ts';
import { ERRORS } from '../../src/base/errors.ts';

/** Errors of a node that does not work now: another one may. */
const ELSEWHERE: readonly number[] = [ERRORS.NODE_IS_STANDBY.code, ERRORS.LIGHTNINGD_SHUTDOWN.code];
const TRY_AGAIN_MS = 20;
/** A node that is stopped takes what it is asked, and answers when it is woken: a shop asks another one before that. */
const PATIENCE_MS = 4000;

export class Front {
  readonly #sockets: readonly string[];
  /** One for each socket, which all that ask there share: also those that ask while it is being connected. */
  readonly #clients = new Map<string, Promise<Client>>();
  /** The socket that answered last. */
  #current: string;

  constructor(sockets: readonly [string, string]) {
    this.#sockets = sockets;
    this.#current = sockets[0];
  }

  /** The socket of the node that answered last. */
  get current(): string {
    return this.#current;
  }

  /**
   * Asks whoever works, until somebody answers: who has not after PATIENCE_MS is asked no more. Rejects with CallError, with
   * ConnectionError where the connection ended before the answer and `is_repeatable` is false, and with the signal's reason.
   */
  async ask<M extends keyof Commands>(
    method: M,
    params: Commands[M]['params'],
    { signal, is_repeatable }: { readonly signal: AbortSignal; readonly is_repeatable: boolean },
  ): Promise<Commands[M]['result']> {
    for (;;) {
      signal.throwIfAborted();
      const socket = this.#current;
      const connecting = this.#client(socket);
      const patience = is_repeatable ? AbortSignal.any([signal, AbortSignal.timeout(PATIENCE_MS)]) : signal;
      let was_sent = false;
      try {
        const client = await connecting;
        was_sent = true;
        return (await client.callAny(method, params, { signal: patience })) as Commands[M]['result'];
      } catch (error) {
        const isElsewhere = error instanceof CallError && ELSEWHERE.includes(error.code);
        const isLate = patience.aborted && !signal.aborted;
        if (!isElsewhere && !isLate && !(error instanceof ConnectionError)) throw error;
        this.#turnFrom(socket, connecting);
        if (error instanceof ConnectionError && was_sent && !is_repeatable) throw error;
      }
      await new Promise((resolve) => setTimeout(resolve, TRY_AGAIN_MS));
    }
  }

  close(): void {
    for (const [socket, client] of [...this.#clients]) this.#hangUp(socket, client);
  }

  #client(socket: string): Promise<Client> {
    const known = this.#clients.get(socket);
    if (known !== undefined) return known;
    const client = connectToNode(socket, { reconnect: false });
    this.#clients.set(socket, client);
    return client;
  }

  /** From now on another than this one is asked. */
  #turnFrom(socket: string, client: Promise<Client>): void {
    this.#hangUp(socket, client);
    if (this.#current === socket) this.#current = this.#sockets.find((other) => other !== socket) as string;
  }

  /** Others may share the connection: they ask again. One that was made meanwhile stays. */
  #hangUp(socket: string, client: Promise<Client>): void {
    if (this.#clients.get(socket) !== client) return;
    this.#clients.delete(socket);
    client.then(
      (connected) => connected.close(),
      () => {
        // It was never there, which whoever asked was told.
      },
    );
  }
}
