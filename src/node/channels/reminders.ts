/**
 * Channels whose state we have lost: only their peers can close them, and one may miss our error (it was closing the
 * connection that moment, or warns first and listens later). The error is repeated while the funding is unspent.
 */
import type { Clock } from '../../base/types/clock.ts';
import type { Input } from '../../protocol/channel/input.ts';
import type { LiveChannel } from './live-channel.ts';
import type { ChannelTable } from './table.ts';

/** How often. */
const REMIND_EVERY_MS = 60_000;

export class Reminders {
  readonly #clock: Pick<Clock, 'after'>;
  readonly #table: Pick<ChannelTable, 'list'>;
  readonly #apply: (channel: LiveChannel, input: Input) => void;
  #cancel = (): void => {};

  constructor(
    clock: Pick<Clock, 'after'>,
    table: Pick<ChannelTable, 'list'>,
    apply: (channel: LiveChannel, input: Input) => void,
  ) {
    this.#clock = clock;
    this.#table = table;
    this.#apply = apply;
  }

  start(): void {
    this.#cancel = this.#clock.after(REMIND_EVERY_MS, () => {
      for (const channel of this.#table.list()) {
        const { failure, phase } = channel.state;
        if (failure?.data_loss === true && phase === 'failed') this.#apply(channel, { kind: 'remind' });
      }
      this.start();
    });
  }

  stop(): void {
    this.#cancel();
  }
}
