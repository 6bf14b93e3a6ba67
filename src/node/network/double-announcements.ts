/**
 * Nodes that announced one funding output as two channels, between different nodes (BOLT 7): none of them is believed any
 * more, and their channels are forgotten. Only what nobody else can cause counts, see `take`.
 */
import { type AnnouncementFields, pointAt, readAnnouncement } from '../../protocol/gossip/fields.ts';
import { isAnnouncementSigned } from '../../protocol/gossip/judge.ts';
import type { NetworkMap } from '../../protocol/gossip/network-map.ts';
import type { MapFile } from './map-file.ts';

export interface DoubleAnnouncementsOptions {
  readonly map: NetworkMap;
  readonly file: MapFile;
  /** Whether the channel is one of ours. */
  isOwn(channel: number): boolean;
  /** Forgets a channel. `is_false`: it is not asked for again soon. */
  remove(channel: number, is_false: boolean): void;
}

/** How a second announcement was found: `nothing` says that nobody did wrong. */
export type DoubleFinding = 'nothing' | 'not signed' | 'double';

/** Each costs somebody a funding output, at least once; the oldest is believed again. */
const MOST_NODES = 10_000;

export class DoubleAnnouncements {
  readonly #options: DoubleAnnouncementsOptions;
  /** Hex. */
  readonly #nodes = new Set<string>();

  constructor(options: DoubleAnnouncementsOptions) {
    this.#options = options;
  }

  /** Whether one of the nodes of this announcement is not believed. */
  concerns(bytes: Buffer, fields: AnnouncementFields): boolean {
    return this.#nodes.size > 0 && nodesOf(bytes, fields).some((id) => this.#nodes.has(id.toString('hex')));
  }

  /**
   * An announcement of a channel that the map has between other nodes. It counts if somebody has seen the funding output of
   * the first, if the second has the same two keys for it, and if all four have signed: whoever has not both keys of an
   * output on the chain cannot make this, and a node that is named has signed it. Anything less could be made by strangers.
   */
  take(bytes: Buffer, fields: AnnouncementFields, channel: number): DoubleFinding {
    const { map, file, isOwn, remove } = this.#options;
    if (!map.isChecked(channel) || isOwn(channel)) return 'nothing';
    const known = file.read(map.channels.announcement_place[channel] as number);
    const known_fields = readAnnouncement(known);
    if (known_fields === undefined || outputOf(known, known_fields) !== outputOf(bytes, fields)) return 'nothing';
    if (!isAnnouncementSigned(bytes, fields)) return 'not signed';
    const ids = [...nodesOf(known, known_fields), ...nodesOf(bytes, fields)].map((id) => Buffer.from(id));
    const places = new Set(ids.map((id) => map.findNode(id)));
    for (const id of ids) this.#add(id.toString('hex'));
    remove(channel, true);
    for (let each = 0; each < map.channel_places; each++) {
      if (!map.isLive(each) || isOwn(each)) continue;
      if ([2 * each, 2 * each + 1].some((half) => places.has(map.halves.node[half] as number))) remove(each, false);
    }
    return 'double';
  }

  #add(node_id: string): void {
    this.#nodes.delete(node_id);
    this.#nodes.add(node_id);
    if (this.#nodes.size <= MOST_NODES) return;
    for (const oldest of this.#nodes) {
      this.#nodes.delete(oldest);
      return;
    }
  }
}

function nodesOf(bytes: Buffer, { node_1_at, node_2_at }: AnnouncementFields): readonly [Buffer, Buffer] {
  return [pointAt(bytes, node_1_at), pointAt(bytes, node_2_at)];
}

/** The keys of the funding output, which its script has in their own order. */
function outputOf(bytes: Buffer, { bitcoin_1_at, bitcoin_2_at }: AnnouncementFields): string {
  return [bitcoin_1_at, bitcoin_2_at]
    .map((at) => pointAt(bytes, at).toString('hex'))
    .sort()
    .join(' ');
}
