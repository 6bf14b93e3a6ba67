/** Channels that are being opened, by us or by a peer. They live in memory: a lost connection ends them. */

import type { ChannelId, NodeId, Txid } from '../../../base/types/brand.ts';
import type { Clock } from '../../../base/types/clock.ts';
import type { FundingCreated, KnownMessage, OpenChannel } from '../../../codec/wire/index.ts';
import { type AcceptRequest, acceptOpening, stepAccepter } from '../../../protocol/channel/accept.ts';
import type { Effect } from '../../../protocol/channel/effect.ts';
import { type OpenRequest, startOpening, stepOpener } from '../../../protocol/channel/open.ts';
import { channelId, type Opening, type OpeningInput, type OpeningOutcome } from '../../../protocol/channel/opening.ts';
import type { Environment } from '../../../protocol/channel/policy.ts';
import type { ChannelSigner } from '../../../protocol/channel/signer.ts';
import type { ChannelState } from '../../../protocol/channel/state.ts';
import { ALL_CHANNELS, type BoughtClaim, type ConnectedPeer, type FundingOptions } from '../ports.ts';

/** A peer could open and abandon without end: more than this at once is refused. */
const MAX_OPENINGS_PER_PEER = 4;
/** An opening takes two round trips and a few signatures. One that hangs holds coins, or a place, for nothing. */
const OPENING_TIMEOUT_MS = 120_000;

/** What an opening of ours ended in. */
export type OpeningEnd =
  | { readonly kind: 'channel'; readonly channel_id: ChannelId; readonly funding_txid: Txid; readonly outnum: number }
  /** `cause`: what the wallet threw, when it was the wallet. */
  | { readonly kind: 'failed'; readonly reason: string; readonly cause?: unknown };

/** Whoever waits for the end of an opening. */
export interface AwaitedEnd {
  resolve(end: OpeningEnd): void;
  reject(error: Error): void;
}

/** An opening that has not ended, and who is part of it. */
export interface LiveOpening {
  readonly peer: ConnectedPeer;
  readonly key_id: string;
  readonly signer: ChannelSigner;
  opening: Opening;
  /** Ours: the funding transaction that the wallet keeps for it. */
  funding_txid: Txid | undefined;
  /** Ours: the wallet is making it. */
  is_funding: boolean;
  /** Ours: how the wallet is to make it, and why it could not. */
  readonly funding: FundingOptions | undefined;
  failure?: unknown;
  /** Where a mutual close was to pay to: free again when the opening comes to nothing. */
  readonly shutdown_script: string;
  cancelTimeout: () => void;
  readonly end: AwaitedEnd | undefined;
  /** The peer's: what it was bought for. */
  readonly bought: BoughtClaim | undefined;
}

/** What the registry of channels does with an opening's effects and with what became of it. */
export interface OpeningHost {
  readonly clock: Clock;
  /** Whether a channel has this id, or had: its funding output is another channel's. */
  isKnown(channel_id: ChannelId): boolean;
  environment(signer: ChannelSigner, peer: ConnectedPeer): Environment;
  /** Makes room for a channel that a peer is about to fund. False when there is none. */
  makeRoom(peer: ConnectedPeer, push_msat: bigint): boolean;
  created(opening: LiveOpening, state: ChannelState, effects: readonly Effect[]): void;
  effects(opening: LiveOpening, effects: readonly Effect[]): void;
}

export class Openings {
  readonly #host: OpeningHost;
  readonly #all = new Set<LiveOpening>();
  readonly #reserved = new Set<{ readonly node_id: NodeId }>();

  constructor(host: OpeningHost) {
    this.#host = host;
  }

  /**
   * Takes a place for an opening that this peer begins and we cannot answer at once. Answers how to give the place back;
   * undefined when the peer has too many.
   */
  reserve(node_id: NodeId): (() => void) | undefined {
    if (this.count(node_id) >= MAX_OPENINGS_PER_PEER) return undefined;
    const place = { node_id };
    this.#reserved.add(place);
    return () => void this.#reserved.delete(place);
  }

  /** How many openings with this peer are under way. */
  count(node_id: NodeId): number {
    const begun = [...this.#all].filter(({ peer }) => peer.node_id === node_id).length;
    return begun + [...this.#reserved].filter((place) => place.node_id === node_id).length;
  }

  /** Begins one of ours; the promise says what became of it. */
  start(
    peer: ConnectedPeer,
    key_id: string,
    signer: ChannelSigner,
    request: OpenRequest,
    funding: FundingOptions,
  ): Promise<OpeningEnd> {
    const end = Promise.withResolvers<OpeningEnd>();
    const { shutdown_script } = request;
    this.#begin(
      {
        peer,
        key_id,
        signer,
        shutdown_script,
        funding_txid: undefined,
        is_funding: false,
        funding,
        end,
        bought: undefined,
      },
      (env) => startOpening(request, env),
    );
    return end.promise;
  }

  /** Answers a peer that begins one. */
  accept(
    peer: ConnectedPeer,
    key_id: string,
    signer: ChannelSigner,
    message: OpenChannel,
    request: AcceptRequest & { readonly bought: BoughtClaim | undefined },
  ): void {
    const { shutdown_script } = request;
    const none = {
      funding_txid: undefined,
      is_funding: false,
      funding: undefined,
      end: undefined,
      bought: request.bought,
    };
    this.#begin({ peer, key_id, signer, shutdown_script, ...none }, (env) => acceptOpening(message, request, env));
  }

  #begin(live: Omit<LiveOpening, 'opening' | 'cancelTimeout'>, run: (env: Environment) => OpeningOutcome): void {
    const outcome = run(this.#host.environment(live.signer, live.peer));
    const opening = { ...live, cancelTimeout: () => {} } as LiveOpening;
    if (outcome.opening !== undefined) {
      this.#all.add(opening);
      opening.cancelTimeout = this.#host.clock.after(OPENING_TIMEOUT_MS, () =>
        this.step(opening, { kind: 'cancel', reason: 'the opening takes too long' }),
      );
    }
    this.#follow(opening, outcome);
  }

  /** Takes a message of the peer when it concerns an opening. False when it does not. */
  receive(peer: ConnectedPeer, message: KnownMessage & { readonly channel_id?: ChannelId }): boolean {
    const id = 'temporary_channel_id' in message ? message.temporary_channel_id : message.channel_id;
    // Gossip may come at any time. It names no channel, and an opening has none before it is funded: they are not the same.
    if (id === undefined) return false;
    if (id === ALL_CHANNELS && message.type === 'error') {
      for (const live of this.#of(peer)) this.step(live, { kind: 'message', message });
      return false;
    }
    const live = [...this.#all].find(
      ({ peer: other, opening }) =>
        other === peer && (opening.temporary_channel_id === id || opening.channel?.terms.channel_id === id),
    );
    if (live === undefined) return false;
    if (message.type === 'funding_created' && this.#isTaken(message)) {
      this.step(live, { kind: 'cancel', reason: 'funding_created: this output is the funding of another channel' });
      return true;
    }
    if (message.type === 'funding_created' && !this.#hasRoom(live)) {
      this.step(live, { kind: 'cancel', reason: 'funding_created: too many channels without funding' });
      return true;
    }
    this.step(live, { kind: 'message', message: message as never });
    return true;
  }

  /** Many openings may be under way at once: each needs a place when it becomes a channel. */
  #hasRoom({ peer, opening }: LiveOpening): boolean {
    return opening.minimum_depth === 0 || this.#host.makeRoom(peer, opening.push_msat);
  }

  /** Whoever names the funding of somebody else's channel as its own must not come to stand in its place. */
  #isTaken({ funding_txid, funding_output_index }: FundingCreated): boolean {
    const id = channelId(funding_txid, funding_output_index);
    return this.#host.isKnown(id) || [...this.#all].some(({ opening }) => opening.channel?.terms.channel_id === id);
  }

  #of(peer: ConnectedPeer): readonly LiveOpening[] {
    return [...this.#all].filter((live) => live.peer === peer);
  }

  /** The peer is gone, and with it what was not finished. */
  disconnected(peer: ConnectedPeer): void {
    for (const live of this.#of(peer)) this.step(live, { kind: 'disconnected' });
  }

  /** Whether the wallet is making a funding transaction for an opening, or has made this one for one. */
  usesFunding(txid: Txid): boolean {
    return [...this.#all].some(({ is_funding, funding_txid }) => is_funding || funding_txid === txid);
  }

  /** Moves an opening on. One that is over already takes nothing more: answers whether it was not. */
  step(live: LiveOpening, input: OpeningInput): boolean {
    if (!this.#all.has(live)) return false;
    const env = this.#host.environment(live.signer, live.peer);
    const run = live.opening.opener === 'local' ? stepOpener : stepAccepter;
    this.#follow(live, run(live.opening, input, env));
    return true;
  }

  #follow(live: LiveOpening, { opening, channel, effects }: OpeningOutcome): void {
    if (opening === undefined) {
      this.#all.delete(live);
      live.cancelTimeout();
    } else live.opening = opening;
    if (channel === undefined) this.#host.effects(live, effects);
    else this.#host.created(live, channel, effects);
  }
}
