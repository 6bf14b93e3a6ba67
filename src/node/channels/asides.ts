/**
 * Channels that cannot go on over the current connection: a message was refused, or the peer said an error that it
 * takes back. Only a new connection puts both sides in step again, and that interrupts the peer's other channels: so it
 * is begun at once when there are none, later when there are some, and a channel that is refused again and again rests.
 */
import type { Clock } from '../../base/types/clock.ts';
import { isOver } from '../../protocol/channel/failure.ts';
import type { Input } from '../../protocol/channel/input.ts';
import type { ChannelMessage } from '../../protocol/channel/message.ts';
import type { Book } from './book.ts';
import type { LiveChannel } from './live-channel.ts';
import type { ChannelLog } from './ports.ts';
import type { ChannelTable } from './table.ts';

/** So often in a row the same message is refused before the channel rests. */
const REST_FROM = 3;
/** How long it rests, and after how long without a refusal the count begins again. */
const REST_MS = 3_600_000;
const FORGIVEN_AFTER_MS = 24 * REST_MS;
/** How long other channels of the peer are left in peace before their connection is begun again for this one. */
const RENEW_AFTER_MS = 60_000;
/** A peer that takes its error back so often, an hour of rest between them, means it. */
const MOST_ERRORS = 24;

export interface AsidesOptions {
  readonly clock: Pick<Clock, 'monotonicMs' | 'after'>;
  readonly table: Pick<ChannelTable, 'over'>;
  readonly book: Pick<Book, 'speak'>;
  readonly log: ChannelLog;
  apply(channel: LiveChannel, input: Input): void;
}

export class Asides {
  readonly #options: AsidesOptions;
  /** Ends the wait for a new connection. */
  readonly #waits = new Map<LiveChannel, () => void>();

  constructor(options: AsidesOptions) {
    this.#options = options;
  }

  /** The channel cannot go on over its connection. */
  set(channel: LiveChannel, cause: ChannelMessage['type'], reason: string): void {
    const { clock, log, book } = this.#options;
    const { aside: before, channel_id } = channel;
    const at_ms = clock.monotonicMs();
    const isAgain = before?.cause === cause && at_ms - before.at_ms < FORGIVEN_AFTER_MS;
    const count = isAgain ? before.count + 1 : 1;
    const rests_until_ms = count < REST_FROM ? at_ms : at_ms + REST_MS;
    channel.aside = { cause, reason, count, at_ms, rests_until_ms };
    book.speak(() => log.warn(`channel ${channel_id} is set aside (${count} times in a row): ${reason}`));
    if (cause === 'error' && count >= MOST_ERRORS) {
      // Behind this turn, of which the channel's own state is still a part.
      book.speak(() => this.#options.apply(channel, { kind: 'give_up', reason: `${count} times in a row ${reason}` }));
    } else if (count >= REST_FROM) this.#renewLater(channel, REST_MS);
    // The peer itself begins again after an error, and until then the channel is dead on its side.
    else if (cause === 'error' || this.#isAlone(channel)) this.#renew(channel, reason);
    else this.#renewLater(channel, RENEW_AFTER_MS);
  }

  /** Whether the channel takes part in a new connection. */
  mayTry({ aside, state }: LiveChannel): boolean {
    return isOver(state) || aside === undefined || this.#options.clock.monotonicMs() >= aside.rests_until_ms;
  }

  /** A message of this type was taken: what was refused before is over. */
  took(channel: LiveChannel, type: ChannelMessage['type']): void {
    const { aside } = channel;
    if (aside === undefined || channel.state.link !== 'up') return;
    const isOverNow = aside.cause === 'error' ? type === 'commitment_signed' : type === aside.cause;
    if (isOverNow) channel.aside = undefined;
  }

  /** The operator wants it to go on, or to end: it is tried again now. */
  tryNow(channel: LiveChannel): void {
    if (channel.aside === undefined || channel.state.link !== 'aside') return;
    channel.aside = { ...channel.aside, rests_until_ms: this.#options.clock.monotonicMs() };
    this.#renew(channel, 'trying a channel again that was set aside');
  }

  /** Nothing is tried any more. */
  stop(): void {
    for (const cancel of this.#waits.values()) cancel();
    this.#waits.clear();
  }

  #renew(channel: LiveChannel, reason: string): void {
    const { peer } = channel;
    this.#options.book.speak(() => peer?.disconnect(reason));
  }

  #renewLater(channel: LiveChannel, delay_ms: number): void {
    const { peer } = channel;
    this.#waits.get(channel)?.();
    const cancel = this.#options.clock.after(delay_ms, () => {
      this.#waits.delete(channel);
      const isWaiting = channel.peer === peer && channel.state.link === 'aside' && !isOver(channel.state);
      // After a rest the others have shown that the connection is good: it is not ended for this one.
      const mayEnd = delay_ms < REST_MS || this.#isAlone(channel);
      if (isWaiting && mayEnd) this.#renew(channel, 'trying a channel again that was set aside');
    });
    this.#waits.set(channel, cancel);
  }

  /** Whether no other channel goes on over the same connection. */
  #isAlone(channel: LiveChannel): boolean {
    const { peer } = channel;
    if (peer === undefined) return true;
    const others = this.#options.table.over(peer).filter((each) => each !== channel);
    return others.every(({ state }) => isOver(state) || state.link === 'aside');
  }
}
