/**
 * What is still to be done for channels before the next unit closes: once for each channel, however many inputs asked
 * for it.
 */
import type { LiveChannel } from './live-channel.ts';

export class Agenda {
  readonly #wake: () => void;
  readonly #to_save = new Set<LiveChannel>();
  readonly #to_sign = new Set<LiveChannel>();

  /** `wake`: called when there is something to do. */
  constructor(wake: () => void) {
    this.#wake = wake;
  }

  /** The channel's row is to be written. */
  save(channel: LiveChannel): void {
    this.#to_save.add(channel);
    this.#wake();
  }

  /** Updates wait for our signature: it is made when no more of them come at once. */
  sign(channel: LiveChannel): void {
    this.#to_sign.add(channel);
    this.#wake();
  }

  /** The channel is gone: its row is not to be written. */
  drop(channel: LiveChannel): void {
    this.#to_save.delete(channel);
    this.#to_sign.delete(channel);
  }

  /** Hands out the channels that wait for a signature, and forgets them. */
  takeUnsigned(): readonly LiveChannel[] {
    return takeAll(this.#to_sign);
  }

  /** Hands out the channels whose row is to be written, and forgets them. */
  takeUnsaved(): readonly LiveChannel[] {
    return takeAll(this.#to_save);
  }
}

function takeAll(channels: Set<LiveChannel>): readonly LiveChannel[] {
  const all = [...channels];
  channels.clear();
  return all;
}
