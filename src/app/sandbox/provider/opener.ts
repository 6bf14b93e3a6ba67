/** Opens channels to clients, one at a time for each, and says which channel has come of which wish. */
import type { Log } from '../../../base/log.ts';
import { msat, sat } from '../../../base/types/amount.ts';
import type { NodeId, Txid } from '../../../base/types/brand.ts';
import type { LiveChannel } from '../../../node/channels/live-channel.ts';
import type { Conduct } from './conduct.ts';
import type { SellingNode } from './provider-node.ts';

/** A channel that is to be opened. */
export interface Wish {
  readonly client_id: NodeId;
  readonly funding_sat: bigint;
  readonly push_msat: bigint;
  readonly announce_channel: boolean;
  /** The channel has come about. Its funding is sent when the promise resolves. */
  readonly onChannel: (channel: LiveChannel) => Promise<void>;
}

/** What became of a wish. `refused`: the client said no; `gone`: it went away; `unfunded`: our wallet could not. */
export type Opened = 'opened' | 'refused' | 'gone' | 'unfunded';

/** An opening that fails on our side is begun again so often. */
const MOST_TRIES = 3;
/** While the source of blocks has no estimate. */
const USUAL_PER_KW = 1_000;

export class ChannelOpener {
  readonly #node: () => SellingNode;
  readonly #conduct: Conduct;
  readonly #log: Log;
  readonly #current = new Map<NodeId, { readonly wish: Wish; readonly cameAbout: () => void }>();
  readonly #queue = new Map<NodeId, Promise<unknown>>();

  constructor(node: () => SellingNode, conduct: Conduct, log: Log) {
    this.#node = node;
    this.#conduct = conduct;
    this.#log = log;
  }

  /** Resolves when the channel has come about, or will not. */
  open(wish: Wish): Promise<Opened> {
    const before = this.#queue.get(wish.client_id) ?? Promise.resolve();
    const turn = before.then(() => this.#open(wish));
    this.#queue.set(wish.client_id, turn);
    return turn;
  }

  async #open(wish: Wish): Promise<Opened> {
    const { client_id } = wish;
    for (let attempt = 1; ; attempt++) {
      const client = this.#node().client(client_id);
      if (client === undefined) return 'gone';
      const cameAbout = Promise.withResolvers<'opened'>();
      this.#current.set(client_id, { wish, cameAbout: () => cameAbout.resolve('opened') });
      const ended = this.#node().channels.open(client, {
        funding_satoshis: sat(this.#conduct.fundingSat(wish.funding_sat)),
        push_msat: msat(wish.push_msat),
        feerate_per_kw: this.#node().chain.feeratePerKw(12) ?? USUAL_PER_KW,
        announce_channel: wish.announce_channel,
      });
      const end = await Promise.race([cameAbout.promise, ended]);
      this.#current.delete(client_id);
      if (end === 'opened' || end.kind === 'channel') return 'opened';
      this.#log.info(`a channel that was sold could not be opened: ${end.reason}`);
      // Ours to mend: the wallet failed. A client that says no means it.
      if (end.cause !== undefined && attempt < MOST_TRIES) continue;
      if (this.#node().client(client_id) !== client) return 'gone';
      return end.cause === undefined ? 'refused' : 'unfunded';
    }
  }

  /** The funding of a channel is to be sent. */
  async beforePublishing(funding_txid: Txid): Promise<void> {
    const channel = this.#node()
      .channels.list()
      .find(({ state }) => state.terms.funding_txid === funding_txid);
    const current = channel === undefined ? undefined : this.#current.get(channel.peer_id);
    if (channel === undefined || current === undefined) return;
    this.#current.delete(channel.peer_id);
    const mayBeSent = current.wish.onChannel(channel);
    current.cameAbout();
    await mayBeSent;
  }
}
