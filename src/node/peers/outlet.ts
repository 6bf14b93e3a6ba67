/**
 * The last place before the wire: bytes for a peer leave while this node may speak for itself, and wait where that has to
 * be found out first. A node that was paused, and whose place another one took meanwhile, writes nothing when it wakes.
 */
import type { Duplex } from 'node:stream';
import type { Fence } from '../../infra/store/store.ts';

export class Outlet {
  readonly #stream: Duplex;
  readonly #fence: Fence;
  /** What waits for the fence, in order; undefined while nothing does. */
  #held: Uint8Array[] | undefined;
  #held_bytes = 0;
  #is_ending = false;

  constructor(stream: Duplex, fence: Fence) {
    this.#stream = stream;
    this.#fence = fence;
  }

  /** Bytes that the peer has not taken yet, those that wait here with them. */
  get waiting_bytes(): number {
    return this.#held_bytes + this.#stream.writableLength;
  }

  /** Writes the bytes, behind all that was written before. */
  write(bytes: Uint8Array): void {
    if (this.#held === undefined) {
      const asked = this.#fence();
      if (asked === undefined) {
        this.#stream.write(bytes);
        return;
      }
      this.#held = [];
      this.#wait(asked);
    }
    this.#held.push(bytes);
    this.#held_bytes += bytes.length;
  }

  /** Writes the bytes, if there are any, and ends our side of the stream behind all that was written. */
  end(bytes: Uint8Array | undefined): void {
    if (bytes !== undefined) this.write(bytes);
    this.#is_ending = true;
    if (this.#held === undefined) this.#stream.end();
  }

  #wait(asked: Promise<void>): void {
    // A fence that fails ends the process; until then nothing is said.
    asked.then(
      () => this.#release(),
      () => {},
    );
  }

  #release(): void {
    // The node may have been paused again since it was told that it may speak.
    const asked = this.#fence();
    if (asked !== undefined) {
      this.#wait(asked);
      return;
    }
    const held = this.#held ?? [];
    this.#held = undefined;
    this.#held_bytes = 0;
    if (!this.#stream.writable) return;
    for (const bytes of held) this.#stream.write(bytes);
    if (this.#is_ending) this.#stream.end();
  }
}
