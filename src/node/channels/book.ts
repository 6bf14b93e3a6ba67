/**
 * Commit, then speak, for all channels together. Inputs change memory at once and leave writes and outputs here; the
 * book closes a unit as soon as the one before is durable, and then says what was to be said, in order. While the disk
 * is busy more inputs gather, so one fsync serves as many as come.
 */

import type { KnownMessage } from '../../codec/wire/index.ts';
import type { Store, Write } from '../../infra/store/store.ts';
import { StoreClosedError } from '../../infra/store/store.ts';

/** Whom messages are sent to. */
interface Listener {
  send(messages: readonly KnownMessage[]): void;
}

export class Book {
  readonly #store: Store;
  /** Called at the last moment before a unit closes: what is to be signed and encoded once for many inputs. */
  readonly #complete: () => void;
  /** What another one has replaced is undefined. */
  #writes: (Write | undefined)[] = [];
  /** Where the latest write of each whole row is among them. */
  #whole_rows = new Map<string, number>();
  #outputs: (() => void)[] = [];
  /** What may begin once the unit is handed over. */
  #followers: (() => void)[] = [];
  /** The last output, when it is a message: the next message to that peer joins it. */
  #last_sent: { readonly peer: Listener; readonly messages: KnownMessage[] } | undefined;
  #is_due = false;
  #is_committing = false;
  #idle = Promise.withResolvers<void>();

  constructor(store: Store, complete: () => void) {
    this.#store = store;
    this.#complete = complete;
    this.#idle.resolve();
  }

  /** Adds to the next unit. Of several that write the same whole row the last one stays, as after a hundred blocks at once. */
  write(...writes: readonly Write[]): void {
    for (const write of writes) {
      const { whole_row } = write;
      if (whole_row !== undefined) {
        const earlier = this.#whole_rows.get(whole_row);
        if (earlier !== undefined) this.#writes[earlier] = undefined;
        this.#whole_rows.set(whole_row, this.#writes.length);
      }
      this.#writes.push(write);
    }
    this.wake();
  }

  /**
   * Called when all that was written before is handed to the store, and not durable yet: what it writes comes behind,
   * so it is durable later or not at all. It saves a turn of the disk; nothing may be said before that.
   */
  follow(action: () => void): void {
    this.#followers.push(action);
    this.wake();
  }

  /** Called when all that was written before is durable. */
  speak(output: () => void): void {
    this.#outputs.push(output);
    this.#last_sent = undefined;
    this.wake();
  }

  /** Sends to a peer when all that was written before is durable. What follows for the same peer goes with it. */
  send(peer: Listener, message: KnownMessage): void {
    if (this.#last_sent?.peer === peer) {
      this.#last_sent.messages.push(message);
      return;
    }
    const messages = [message];
    this.speak(() => peer.send(messages));
    this.#last_sent = { peer, messages };
  }

  /** There is something to complete, even if nothing was written yet. */
  wake(): void {
    if (this.#is_due || this.#is_committing) return;
    this.#is_due = true;
    this.#idle = Promise.withResolvers<void>();
    // After all sockets of this turn of the event loop have been read.
    setImmediate(() => void this.#flush());
  }

  /** Resolves when nothing is left to write or to say. */
  idle(): Promise<void> {
    return this.#idle.promise;
  }

  async #flush(): Promise<void> {
    this.#is_due = false;
    this.#is_committing = true;
    try {
      while (this.#prepare()) {
        const writes = this.#writes.filter((write) => write !== undefined);
        const outputs = this.#outputs;
        const followers = this.#followers;
        this.#writes = [];
        this.#whole_rows.clear();
        this.#outputs = [];
        this.#followers = [];
        this.#last_sent = undefined;
        const allowed = this.#allow(writes, outputs);
        for (const follower of followers) follower();
        await allowed;
        for (const output of outputs) output();
      }
    } catch (error) {
      // The node is stopping: what was not taken was not said either.
      if (!(error instanceof StoreClosedError)) throw error;
    } finally {
      this.#is_committing = false;
      this.#idle.resolve();
    }
  }

  /** Resolves when the outputs may be released: the writes are durable, or, without any, nobody else speaks for this node. */
  async #allow(writes: readonly Write[], outputs: readonly unknown[]): Promise<void> {
    if (writes.length > 0) {
      const result = await this.#store.commit(writes);
      if (!result.committed) throw new Error(`a write of the channels found no row (statement ${result.stopped_at})`);
    } else if (outputs.length > 0) await this.#store.fence();
  }

  #prepare(): boolean {
    this.#complete();
    return this.#writes.length + this.#outputs.length + this.#followers.length > 0;
  }
}
