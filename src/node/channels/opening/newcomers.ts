/**
 * How channels begin: what an opening is given by the node (keys, an alias, a script to close to), and how many a peer
 * may have that cost it nothing, because no block holds their funding.
 */
import type { Msat, Sat } from '../../../base/types/amount.ts';
import type { ChannelId } from '../../../base/types/brand.ts';
import { hasFeature } from '../../../base/types/features.ts';
import { toHex } from '../../../base/types/hex.ts';
import type { ShortChannelId } from '../../../base/types/short-channel-id.ts';
import type { OpenChannel } from '../../../codec/wire/index.ts';
import { isMoney, isUnfunded } from '../../../protocol/channel/funding.ts';
import type { Book } from '../book.ts';
import { bothOffer } from '../environment.ts';
import { type ChannelsOptions, feeratesOf } from '../options.ts';
import type { ConnectedPeer, FundingOptions } from '../ports.ts';
import type { ChannelTable } from '../table.ts';
import type { Turns } from '../turn.ts';
import type { OpeningEnd, Openings } from './openings.ts';
import { type Newcomer, type Place, placeFor } from './places.ts';
import type { SpareScripts } from './spare-scripts.ts';

/** What the operator asks of a new channel. */
export interface OpenOptions {
  readonly funding_satoshis: Sat;
  readonly push_msat: Msat;
  readonly feerate_per_kw: number;
  readonly announce_channel: boolean;
  /** How the wallet is to make the funding transaction; at the usual feerate unless given. */
  readonly funding?: FundingOptions;
}

/** Real ones name blocks that will not come for two hundred years. */
const ALIAS_BLOCKS = 0xf00000;
export interface NewcomersOptions
  extends Pick<
    ChannelsOptions,
    'keys' | 'network' | 'chain' | 'randomBytes' | 'features' | 'zeroconf_peers' | 'bought'
  > {
  readonly table: ChannelTable;
  readonly openings: Openings;
  readonly turns: Turns;
  readonly book: Book;
  readonly spare_scripts: SpareScripts;
}

export class Newcomers {
  readonly #options: NewcomersOptions;

  constructor(options: NewcomersOptions) {
    this.#options = options;
  }

  /** Opens a channel with a connected peer; resolves when it exists, or did not come about. */
  async open(peer: ConnectedPeer, { funding, ...options }: OpenOptions): Promise<OpeningEnd> {
    const { keys, network, chain, randomBytes, table, openings, spare_scripts } = this.#options;
    const shutdown_script = await spare_scripts.take();
    if (table.peer(peer.node_id) !== peer) {
      spare_scripts.giveBack(shutdown_script);
      return { kind: 'failed', reason: 'the peer went away' };
    }
    const key_id = toHex(randomBytes(16));
    const request = {
      ...options,
      temporary_channel_id: toHex(randomBytes(32)) as ChannelId,
      chain_hash: network.chain_hash,
      local_alias: this.#newAlias(),
      shutdown_script,
      option_support_large_channel: bothOffer(this.#options.features, peer.features, 'option_support_large_channel'),
      has_anchors: hasFeature(peer.features, 'option_anchors'),
      // A public channel is known by its real name; a private one should not tell where its coins lie.
      channel_type: {
        option_scid_alias: !options.announce_channel && hasFeature(peer.features, 'option_scid_alias'),
        option_zeroconf: false,
      },
    };
    const how = funding ?? { feerate_per_kw: feeratesOf(chain).closing_per_kw };
    return await openings.start(peer, key_id, keys.channelSigner(key_id), request, how);
  }

  /** Answers a peer that wants to open a channel. */
  async accept(peer: ConnectedPeer, message: OpenChannel): Promise<void> {
    const { keys, network, randomBytes, zeroconf_peers, table, openings, spare_scripts, book } = this.#options;
    const { temporary_channel_id } = message;
    const isTrusted = zeroconf_peers.has(peer.node_id);
    const bought = this.#options.bought?.claim(peer.node_id, message);
    const isExpected = isTrusted || bought !== undefined;
    const hasRoom = isExpected || this.#placeFor(peer, message.push_msat, openings.count(peer.node_id)) !== 'none';
    const giveBack = hasRoom ? openings.reserve(peer.node_id) : undefined;
    if (giveBack === undefined) {
      bought?.release();
      const data = Buffer.from('open_channel: too many openings at once, or channels without funding');
      book.send(peer, { type: 'error', channel_id: temporary_channel_id, data });
      return;
    }
    const shutdown_script = await spare_scripts.take().finally(giveBack);
    // It went away while the wallet looked for a script.
    if (table.peer(peer.node_id) !== peer) {
      bought?.release();
      spare_scripts.giveBack(shutdown_script);
      return;
    }
    const key_id = toHex(randomBytes(16));
    openings.accept(peer, key_id, keys.channelSigner(key_id), message, {
      chain_hash: network.chain_hash,
      local_alias: this.#newAlias(),
      shutdown_script,
      option_support_large_channel: bothOffer(this.#options.features, peer.features, 'option_support_large_channel'),
      zeroconf_allowed: isTrusted,
      bought,
    });
  }

  /** Makes room for a channel of this peer that is about to be funded. False when there is none. */
  makeRoom(peer: ConnectedPeer, push_msat: bigint): boolean {
    // The opening itself is one of those under way.
    const place = this.#placeFor(peer, push_msat, this.#options.openings.count(peer.node_id) - 1);
    if (place === 'free' || place === 'none') return place === 'free';
    this.#options.turns.apply(place, {
      kind: 'forget',
      reason: 'its funding did not come, and others wait for its place',
    });
    return true;
  }

  #placeFor({ node_id, host, is_wanted }: ConnectedPeer, push_msat: bigint, openings: number): Place {
    const all = this.#options.table.list();
    const known = new Set(all.filter(({ state }) => !isUnfunded(state)).map(({ peer_id }) => peer_id));
    const newcomer: Newcomer = {
      node_id,
      host,
      is_wanted: is_wanted || known.has(node_id),
      openings,
      is_pushed: isMoney(push_msat),
    };
    // What was bought gives way to nobody.
    return placeFor(
      newcomer,
      all,
      ({ peer, peer_id, state }) => peer?.is_wanted === true || known.has(peer_id) || state.funding_sight !== undefined,
    );
  }

  #newAlias(): ShortChannelId {
    const random = Buffer.from(this.#options.randomBytes(6));
    return `${ALIAS_BLOCKS + random.readUInt16BE(0)}x${random.readUInt16BE(2)}x${random.readUInt16BE(4)}` as ShortChannelId;
  }
}
