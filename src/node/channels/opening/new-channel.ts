/** What follows from an opening: the wallet's transaction, the channel's first row, the answer to whoever asked. */
import { sat } from '../../../base/types/amount.ts';
import type { Effect } from '../../../protocol/channel/effect.ts';
import type { OpeningInput } from '../../../protocol/channel/opening.ts';
import type { ChannelState } from '../../../protocol/channel/state.ts';
import type { Agenda } from '../agenda.ts';
import type { Book } from '../book.ts';
import { LiveChannel } from '../live-channel.ts';
import { type ChannelsOptions, feeratesOf } from '../options.ts';
import type { Turns } from '../turn.ts';
import type { Fundings } from './fundings.ts';
import type { LiveOpening } from './openings.ts';
import type { SpareScripts } from './spare-scripts.ts';

export interface NewChannelsOptions extends Pick<ChannelsOptions, 'chain' | 'wallet' | 'log' | 'onListChanged'> {
  readonly fundings: Fundings;
  readonly book: Book;
  readonly agenda: Agenda;
  readonly turns: Turns;
  readonly spare_scripts: SpareScripts;
  /** The channel exists from now on; its funding output is watched from this height on. */
  begin(channel: LiveChannel, from_height: number): void;
  /** Moves the opening on. */
  step(opening: LiveOpening, input: OpeningInput): boolean;
}

export class NewChannels {
  readonly #options: NewChannelsOptions;

  constructor(options: NewChannelsOptions) {
    this.#options = options;
  }

  /** Carries out the effects of an opening that is still under way or has failed. */
  follow(opening: LiveOpening, effects: readonly Effect[]): void {
    for (const effect of effects) this.#followOne(opening, effect);
  }

  #followOne(opening: LiveOpening, effect: Effect): void {
    const { book, log, wallet, spare_scripts } = this.#options;
    const { peer } = opening;
    if (effect.kind === 'send') book.send(peer, effect.message);
    else if (effect.kind === 'peer_warned') log.warn(`peer ${peer.node_id} warns: ${effect.text}`);
    else if (effect.kind === 'funding_needed') void this.#fund(opening, effect.script_pubkey, effect.funding_satoshis);
    else if (effect.kind === 'opening_failed') {
      if (opening.funding_txid !== undefined) wallet.release(opening.funding_txid);
      spare_scripts.giveBack(opening.shutdown_script);
      opening.bought?.release();
      log.info(`could not open a channel with ${peer.node_id}: ${effect.reason}`);
      opening.end?.resolve({ kind: 'failed', reason: effect.reason, cause: opening.failure });
    }
  }

  /** The peer accepted: the wallet makes the transaction, and keeps it to itself until the peer has signed. */
  async #fund(opening: LiveOpening, script_pubkey: string, funding_satoshis: bigint): Promise<void> {
    const { chain, wallet, step } = this.#options;
    opening.is_funding = true;
    try {
      const how = opening.funding ?? { feerate_per_kw: feeratesOf(chain).closing_per_kw };
      const { txid, vout } = await wallet.fund(script_pubkey, sat(funding_satoshis), how);
      opening.funding_txid = txid;
      opening.is_funding = false;
      const isWanted = step(opening, { kind: 'fund', funding_txid: txid, funding_output_index: vout });
      // The peer hung up, or the time was over, while the wallet signed: the coins serve something else.
      if (!isWanted) wallet.release(txid);
    } catch (error) {
      opening.is_funding = false;
      const reason = error instanceof Error ? error.message : String(error);
      opening.failure = error;
      step(opening, { kind: 'cancel', reason: `no funding transaction: ${reason}` });
    }
  }

  /** The opening has become a channel. */
  create(opening: LiveOpening, state: ChannelState, effects: readonly Effect[]): void {
    const { chain, log, book, agenda, turns, onListChanged, begin, fundings } = this.#options;
    const { peer, key_id, signer, end, bought } = opening;
    const channel = new LiveChannel(peer.node_id, key_id, signer, state, undefined);
    channel.peer = peer;
    channel.host = peer.host;
    begin(channel, chain.tip().height + 1);
    agenda.save(channel);
    if (bought !== undefined) book.write(...bought.opened(channel.channel_id));
    // Before money goes into the channel: from then on its backup is what gets it out again.
    book.speak(onListChanged);
    if (end !== undefined) fundings.expect(channel, end);
    turns.follow(channel, effects);
    book.speak(() => log.info(`channel ${channel.channel_id} with ${peer.node_id} waits for its funding transaction`));
  }
}
