/**
 * The places for channels whose funding no block holds: each is a promise that costs its peer one signature, and us a row.
 * Peers that we called, keep or have a channel with have places of their own. Strangers share a hundred: whoever has
 * most of them, first by address and then by node, gives one up for a newcomer. A promise with money of ours in it is
 * never given up; those have places apart.
 */
import type { NodeId } from '../../../base/types/brand.ts';
import { holdsOurs, isUnfunded } from '../../../protocol/channel/funding.ts';
import type { LiveChannel } from '../live-channel.ts';

/** Openings of a peer, and channels of it without funding in a block. */
const MOST_PER_PEER = 4;
/** Channels of strangers without funding and without money of ours: of all together, and of one address. */
const MOST_EMPTY = 100;
const MOST_EMPTY_PER_HOST = 60;
/** The same with money of ours in them. They are kept until their time is over. */
const MOST_PUSHED = 1_000;
const MOST_PUSHED_PER_HOST = 400;

/** Who wants a place. */
export interface Newcomer {
  readonly node_id: NodeId;
  /** Where it called us from. */
  readonly host: string | undefined;
  /** Whether it has places of its own. */
  readonly is_wanted: boolean;
  /** How many openings of it are under way. */
  readonly openings: number;
  /** Whether the channel will hold money of ours from the beginning. */
  readonly is_pushed: boolean;
}

/** `free`: there is one. A channel: it has to go first. `none`: the newcomer must wait. */
export type Place = 'free' | 'none' | LiveChannel;

/** The place for one more channel. `isWanted` tells of a channel's peer what `Newcomer.is_wanted` tells. */
export function placeFor(
  newcomer: Newcomer,
  channels: readonly LiveChannel[],
  isWanted: (channel: LiveChannel) => boolean,
): Place {
  const unfunded = channels.filter(({ state }) => isUnfunded(state));
  const own = countOf(unfunded, newcomer.node_id) + newcomer.openings;
  if (own >= MOST_PER_PEER) return 'none';
  if (newcomer.is_wanted) return 'free';
  const strangers = unfunded.filter((channel) => !isWanted(channel) && holdsOurs(channel.state) === newcomer.is_pushed);
  const host = newcomer.host ?? newcomer.node_id;
  const neighbours = strangers.filter((channel) => hostOf(channel) === host);
  if (newcomer.is_pushed) {
    return strangers.length < MOST_PUSHED && neighbours.length < MOST_PUSHED_PER_HOST ? 'free' : 'none';
  }
  if (neighbours.length >= MOST_EMPTY_PER_HOST) return leaving(neighbours, own) ?? 'none';
  if (strangers.length < MOST_EMPTY) return 'free';
  const [most = []] = bySize(strangers, hostOf);
  // Another address that has more than this one would have gives way, whoever is behind it.
  if (most[0] !== undefined && hostOf(most[0]) !== host && most.length > neighbours.length + 1) {
    return leaving(most, 0) ?? leaving(most, -1) ?? 'none';
  }
  return leaving(strangers, own) ?? 'none';
}

/**
 * The channel that gives way to a node with so many of its own: of the peer with the most, one whose peer is away, the
 * oldest. Nobody gives way to one that would have as many, unless it is away itself.
 */
function leaving(channels: readonly LiveChannel[], own: number): LiveChannel | undefined {
  const [most = []] = bySize(channels, ({ peer_id }) => peer_id);
  const [oldest] = most.length > own + 1 ? oldestFirst(most) : oldestFirst(channels).filter(({ peer }) => !peer);
  return oldest;
}

function hostOf({ host, peer_id }: LiveChannel): string {
  return host ?? peer_id;
}

function countOf(channels: readonly LiveChannel[], node_id: NodeId): number {
  return channels.filter(({ peer_id }) => peer_id === node_id).length;
}

function bySize(channels: readonly LiveChannel[], keyOf: (channel: LiveChannel) => string): readonly LiveChannel[][] {
  return [...Map.groupBy(channels, keyOf).values()].sort((a, b) => b.length - a.length);
}

/** Those whose peer is away first, and each from the oldest on. */
function oldestFirst(channels: readonly LiveChannel[]): readonly LiveChannel[] {
  const isThere = ({ peer }: LiveChannel): number => (peer === undefined ? 0 : 1);
  return channels.toSorted(
    (a, b) => isThere(a) - isThere(b) || a.state.terms.opened_height - b.state.terms.opened_height,
  );
}
