/** The pair as a shop's program sees it: two sockets, of which the one that works answers. */

import type { Commands } from '../../src/api/client/commands.ts';
import { CallError, type Client, ConnectionError, connectToNode } from '../../src/api/client/index.ts';
import { ERRORS } from '../../src/base/errors.ts';

/** Errors of a node that does not work now: another one may. */
const ELSEWHERE: readonly number[] = [ERRORS.NODE_IS_STANDBY.code, ERRORS.LIGHTNINGD_SHUTDOWN.code];
const TRY_AGAIN_MS = 20;

export class Front {
  readonly #sockets: readonly string[];
  readonly #clients = new Map<string, Client>();
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
   * Asks whoever works, until somebody answers. Rejects with CallError, with ConnectionError where the connection ended
   * before the answer and `is_repeatable` is false, and with the signal's reason.
   */
  async ask<M extends keyof Commands>(
    method: M,
    params: Commands[M]['params'],
    { signal, is_repeatable }: { readonly signal: AbortSignal; readonly is_repeatable: boolean },
  ): Promise<Commands[M]['result']> {
    for (;;) {
      signal.throwIfAborted();
      let was_sent = false;
      try {
        const client = await this.#client();
        was_sent = true;
        return (await client.callAny(method, params, { signal })) as Commands[M]['result'];
      } catch (error) {
        const isElsewhere = error instanceof CallError && ELSEWHERE.includes(error.code);
        if (!isElsewhere && !(error instanceof ConnectionError)) throw error;
        this.#turn();
        if (error instanceof ConnectionError && was_sent && !is_repeatable) throw error;
      }
      await new Promise((resolve) => setTimeout(resolve, TRY_AGAIN_MS));
    }
  }

  close(): void {
    for (const client of this.#clients.values()) client.close();
    this.#clients.clear();
  }

  async #client(): Promise<Client> {
    const known = this.#clients.get(this.#current);
    if (known !== undefined) return known;
    const client = await connectToNode(this.#current, { reconnect: false });
    this.#clients.set(this.#current, client);
    return client;
  }

  /** From now on the other one is asked. */
  #turn(): void {
    this.#clients.get(this.#current)?.close();
    this.#clients.delete(this.#current);
    this.#current = this.#sockets.find((socket) => socket !== this.#current) as string;
  }
}
