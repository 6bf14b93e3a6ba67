/** What happens to peers, for those who listen: kept nowhere. */

type Fields = Readonly<Record<string, unknown>>;

/** Core Lightning's notifications of peers. */
export class PeerNotices {
  readonly #listeners = new Set<(topic: string, fields: Fields) => void>();

  tell(topic: 'connect' | 'disconnect', fields: Fields): void {
    for (const listener of this.#listeners) listener(topic, fields);
  }

  /** Until the function that is returned is called. */
  listen(listener: (topic: string, fields: Fields) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }
}
