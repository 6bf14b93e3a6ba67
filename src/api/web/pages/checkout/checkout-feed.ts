/**
 * What happens to invoices whose pages are open: one question to the node for each invoice, however many look at it, which it
 * answers when something has changed.
 */

import type { Clock } from '../../../../base/types/clock.ts';
import { type NodeCalls, NodeRefused } from '../node-calls.ts';
import { readShownView, type ShownView } from './shown-view.ts';

/** Told of each change; without a view when the invoice is gone. */
export type FeedListener = (shown: ShownView | undefined) => void;

interface Followed {
  readonly listeners: Set<FeedListener>;
  readonly stop: AbortController;
  /** What was heard last. */
  revision: string;
  latest: ShownView | undefined;
}

/** After a question that failed, so long until the next. */
const PAUSE_MS = 1000;

export class CheckoutFeed {
  readonly #node: NodeCalls;
  readonly #clock: Clock;
  readonly #followed = new Map<string, Followed>();

  constructor(node: NodeCalls, clock: Clock) {
    this.#node = node;
    this.#clock = clock;
  }

  /** Tells the listener whenever the page is not as in `revision` any more, until the function that is returned is called. */
  follow(id: string, revision: string, listener: FeedListener): () => void {
    let followed = this.#followed.get(id);
    if (followed === undefined) {
      followed = { listeners: new Set(), stop: new AbortController(), revision, latest: undefined };
      this.#followed.set(id, followed);
      void this.#run(id, followed);
    } else if (followed.latest !== undefined && followed.revision !== revision) listener(followed.latest);
    const { listeners, stop } = followed;
    listeners.add(listener);
    return () => {
      listeners.delete(listener);
      if (listeners.size > 0) return;
      stop.abort(new Error('nobody looks at the page any more'));
      if (this.#followed.get(id)?.listeners === listeners) this.#followed.delete(id);
    };
  }

  async #run(id: string, followed: Followed): Promise<void> {
    const { signal } = followed.stop;
    while (!signal.aborted) {
      try {
        const answer = await this.#node.ask('checkout_changed', { id, revision: followed.revision }, { signal });
        const shown = readShownView(answer);
        followed.revision = shown.revision;
        followed.latest = shown;
        for (const listener of [...followed.listeners]) listener(shown);
      } catch (error) {
        if (signal.aborted) return;
        if (error instanceof NodeRefused && error.error === 'INVOICE_NOT_FOUND') {
          for (const listener of [...followed.listeners]) listener(undefined);
          return;
        }
        // The node is busy or stops; whoever still looks is asked for again.
        await new Promise<void>((resolve) => {
          this.#clock.after(PAUSE_MS, resolve);
        });
      }
    }
  }
}
