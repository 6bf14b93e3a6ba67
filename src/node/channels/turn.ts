/**
 * A turn: one input moves one channel's state at once, its effects go into the book, and what follows from them for the
 * same channel is applied until nothing is left. Every input of every channel passes here, once.
 */
import type { Effect } from '../../protocol/channel/effect.ts';
import type { Input } from '../../protocol/channel/input.ts';
import { type Outcome, step } from '../../protocol/channel/step.ts';
import type { Agenda } from './agenda.ts';
import type { Book } from './book.ts';
import { closingBegunBy } from './closing/close-cause.ts';
import { carryOut, type EffectScope } from './effects.ts';
import { environmentOf } from './environment.ts';
import { channelEvent } from './events.ts';
import type { LiveChannel } from './live-channel.ts';
import type { ChannelsOptions } from './options.ts';
import type { ChannelTable } from './table.ts';

export class Turns {
  readonly #options: Pick<ChannelsOptions, 'policy' | 'chain' | 'features' | 'log' | 'clock'>;
  readonly #table: Pick<ChannelTable, 'dustBesideMsat'>;
  readonly #book: Book;
  readonly #agenda: Agenda;
  readonly #scope: EffectScope;

  constructor(
    options: Pick<ChannelsOptions, 'policy' | 'chain' | 'features' | 'log' | 'clock'>,
    table: Pick<ChannelTable, 'dustBesideMsat'>,
    book: Book,
    agenda: Agenda,
    scope: EffectScope,
  ) {
    this.#options = options;
    this.#table = table;
    this.#book = book;
    this.#agenda = agenda;
    this.#scope = scope;
  }

  /** Gives a channel an input, and does what follows from it. Returns the outcome of the input itself. */
  apply(channel: LiveChannel, input: Input): Outcome {
    const outcome = this.#step(channel, input);
    this.follow(channel, outcome.effects);
    return outcome;
  }

  /** Carries out effects, and applies what follows from them. */
  follow(channel: LiveChannel, effects: readonly Effect[]): void {
    const queue = [...carryOut(this.#scope, channel, effects)];
    for (let input = queue.shift(); input !== undefined; input = queue.shift()) {
      queue.push(...carryOut(this.#scope, channel, this.#step(channel, input).effects));
    }
  }

  /** Before a unit closes: signs what waits for a signature, and encodes each channel that changed, once. */
  complete(): void {
    for (const channel of this.#agenda.takeUnsigned()) {
      // What is signed for a peer that is gone hangs until it is back (BOLT 2): one that is silent is asked first.
      const awake = channel.peer?.awake();
      if (awake === undefined) this.apply(channel, { kind: 'commit' });
      else void awake.then(() => this.#agenda.sign(channel));
    }
    for (const channel of this.#agenda.takeUnsaved()) {
      this.#book.write(channel.save());
      // Behind all that is said: while the peer thinks about it.
      this.#book.speak(() => channel.prepare());
    }
  }

  #step(channel: LiveChannel, input: Input): Outcome {
    const { signer, peer, state } = channel;
    const env = environmentOf(this.#options, signer, peer?.features, () => this.#table.dustBesideMsat(channel));
    const outcome = step(state, input, env);
    const before = channel.closing;
    channel.move(outcome.state, closingBegunBy(input, channel.state, outcome.state, before));
    if (before === undefined && channel.closing !== undefined) {
      this.#book.write(...channelEvent('channel.closing', channel, this.#options.clock.nowSeconds()));
    }
    if (outcome.store) this.#agenda.save(channel);
    if (channel.listeners.size > 0) this.#book.speak(() => channel.tell());
    if (outcome.violation !== undefined) {
      const { kind, message } = outcome.violation;
      this.#options.log.warn(`channel ${channel.channel_id}: the peer broke a rule (${kind}): ${message}`);
    }
    return outcome;
  }
}
