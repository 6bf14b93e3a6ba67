/**
 * News of invoices, in the order in which they became durable. Listeners are found by label or by kind: telling one
 * costs the same however many others listen for something else.
 */
import type { Invoice } from './invoice.ts';

/** Something that happened to an invoice and is durable. */
export interface InvoiceChange {
  readonly what: 'created' | 'paid' | 'expired' | 'description_removed' | 'deleted';
  /** The counter that rose, and to what. */
  readonly counter: 'created' | 'updated' | 'deleted';
  readonly index: number;
  /** The invoice after the change; before it, when it was deleted. */
  readonly invoice: Invoice;
}

export type ChangeListener = (change: InvoiceChange) => void;

/** Every change of one counter, every payment, or every change of the invoice with a label. */
export type ChangeTopic = InvoiceChange['counter'] | 'paid' | { readonly label: string };

export class InvoiceChanges {
  readonly #by_topic = new Map<string, Set<ChangeListener>>();

  /** Calls the listener for each change from now on, until the function that is returned is called. */
  listen(topic: ChangeTopic, listener: ChangeListener): () => void {
    const key = typeof topic === 'string' ? topic : labelKey(topic.label);
    let listeners = this.#by_topic.get(key);
    if (listeners === undefined) {
      listeners = new Set();
      this.#by_topic.set(key, listeners);
    }
    listeners.add(listener);
    return () => {
      listeners.delete(listener);
      if (listeners.size === 0 && this.#by_topic.get(key) === listeners) this.#by_topic.delete(key);
    };
  }

  /** Tells the listeners. Only for what is durable. */
  announce(change: InvoiceChange): void {
    this.#tell(change.counter, change);
    if (change.what === 'paid') this.#tell('paid', change);
    this.#tell(labelKey(change.invoice.label), change);
  }

  #tell(key: string, change: InvoiceChange): void {
    const listeners = this.#by_topic.get(key);
    if (listeners === undefined) return;
    for (const listener of [...listeners]) listener(change);
  }
}

function labelKey(label: string): string {
  return `label:${label}`;
}
