/**
 * The public network as typed arrays: which channels there are, what each direction asks, which nodes they join. Only
 * what was judged (`judge.ts`) is put in here. 60,000 channels with 18,000 nodes take about ten megabytes.
 */
import { ChannelColumns, HalfColumns, ID_BYTES, NodeColumns } from './columns.ts';
import { type AnnouncementFields, blockOf, type UpdateFields } from './fields.ts';
import { hashOfPair, PlaceTable } from './place-table.ts';

/** What is known of a channel, as bits of its status. */
export const CHANNEL_BITS = {
  live: 1,
  /** The funding output was looked at. */
  checked: 2,
  /** It has features that nobody may route through without knowing them. */
  strange: 4,
} as const;

/** `channel_flags`: the direction is closed for now. */
export const DISABLED = 2;

/** Which halves end at each node: `halves[starts[node]]` up to `halves[starts[node + 1]]`. */
export interface Rows {
  readonly starts: Uint32Array;
  readonly halves: Uint32Array;
}

export class NetworkMap {
  readonly channels = new ChannelColumns();
  readonly halves = new HalfColumns();
  readonly nodes = new NodeColumns();
  readonly #by_scid = new PlaceTable((channel) => {
    const { scid_high, scid_low } = this.channels;
    return hashOfPair(scid_high[channel] as number, scid_low[channel] as number);
  });
  readonly #by_id = new PlaceTable((node) => hashOfId(this.nodes.id, node * ID_BYTES));
  readonly #free_channels: number[] = [];
  readonly #free_nodes: number[] = [];
  #room = { channels: 0, nodes: 0 };
  /** Places in use or free, each. */
  channel_places = 0;
  node_places = 0;
  channel_count = 0;
  node_count = 0;
  #rows: Rows | undefined;

  /** Makes room for so many, where one knows how many there will be. */
  reserve(channels: number, nodes: number): void {
    if (channels > this.#room.channels) this.#growChannels(channels);
    if (nodes > this.#room.nodes) this.#growNodes(nodes);
    this.#by_scid.reserve(channels);
    this.#by_id.reserve(nodes);
  }

  /** The channel of this id; -1 when there is none. */
  find(scid_high: number, scid_low: number): number {
    const table = this.#by_scid;
    const { scid_high: high, scid_low: low } = this.channels;
    for (let slot = table.home(hashOfPair(scid_high, scid_low)); ; slot = table.after(slot)) {
      const place = table.at(slot);
      if (place === -1 || (low[place] === scid_low && high[place] === scid_high)) return place;
    }
  }

  /** The node whose id (33 bytes) is at `at`; -1 when it has no channel. */
  findNode(bytes: Uint8Array, at = 0): number {
    const table = this.#by_id;
    const { id } = this.nodes;
    for (let slot = table.home(hashOfId(bytes, at)); ; slot = table.after(slot)) {
      const place = table.at(slot);
      if (place === -1 || isSameId(id, place * ID_BYTES, bytes, at)) return place;
    }
  }

  /** The 33 bytes of a node's id, to be read before a channel is added. */
  nodeId(node: number): Buffer {
    const { id } = this.nodes;
    return Buffer.from(id.buffer, id.byteOffset + node * ID_BYTES, ID_BYTES);
  }

  nodeIdHex(node: number): string {
    return this.nodeId(node).toString('hex');
  }

  isLive(channel: number): boolean {
    return ((this.channels.status[channel] as number) & CHANNEL_BITS.live) !== 0;
  }

  isChecked(channel: number): boolean {
    return ((this.channels.status[channel] as number) & CHANNEL_BITS.checked) !== 0;
  }

  /** Adds a channel that is not there yet; answers its place. The nodes' ids are in `bytes`, the lesser one first. */
  add(
    fields: Pick<AnnouncementFields, 'scid_high' | 'scid_low' | 'node_1_at' | 'node_2_at'>,
    bytes: Uint8Array,
    details: { readonly added_at: number; readonly is_strange: boolean; readonly announcement_place: number },
  ): number {
    const channel = this.#takeChannelPlace();
    const { channels } = this;
    channels.scid_high[channel] = fields.scid_high;
    channels.scid_low[channel] = fields.scid_low;
    channels.capacity_msat[channel] = 0;
    channels.status[channel] = CHANNEL_BITS.live | (details.is_strange ? CHANNEL_BITS.strange : 0);
    // Not written where it is 0 already: memory that nobody has written to takes none.
    if (channels.spent_height[channel] !== 0) channels.spent_height[channel] = 0;
    channels.outpoint_high[channel] = 0;
    channels.outpoint_low[channel] = 0;
    channels.added_at[channel] = details.added_at;
    channels.announcement_place[channel] = details.announcement_place;
    this.#beginHalf(2 * channel, this.#joinNode(bytes, fields.node_1_at));
    this.#beginHalf(2 * channel + 1, this.#joinNode(bytes, fields.node_2_at));
    this.#by_scid.add(channel);
    this.channel_count++;
    this.#rows = undefined;
    return channel;
  }

  /** Takes what an update says of one direction. */
  update(channel: number, fields: UpdateFields, checksum: number, update_place: number): void {
    const half = 2 * channel + (fields.channel_flags & 1);
    const { halves } = this;
    halves.fee_base_msat[half] = fields.fee_base_msat;
    halves.fee_ppm[half] = fields.fee_proportional_millionths;
    halves.cltv_expiry_delta[half] = fields.cltv_expiry_delta;
    halves.htlc_minimum_msat[half] = fields.htlc_minimum_msat;
    halves.htlc_maximum_msat[half] = fields.htlc_maximum_msat;
    halves.message_flags[half] = fields.message_flags;
    halves.channel_flags[half] = fields.channel_flags;
    halves.timestamp[half] = fields.timestamp;
    halves.checksum[half] = checksum;
    halves.update_place[half] = update_place;
    this.#judgeUse(half);
  }

  /** Somebody looked: the funding output is there, with this much in it. */
  setChecked(channel: number, capacity_msat: number, outpoint_high: number, outpoint_low: number): void {
    const { channels } = this;
    channels.capacity_msat[channel] = capacity_msat;
    channels.status[channel] = (channels.status[channel] as number) | CHANNEL_BITS.checked;
    if (outpoint_high !== 0 || outpoint_low !== 0) {
      channels.outpoint_high[channel] = outpoint_high;
      channels.outpoint_low[channel] = outpoint_low;
    }
    this.#judgeUse(2 * channel);
    this.#judgeUse(2 * channel + 1);
  }

  /** The funding output was spent at this height; 0: it is there again. */
  setSpent(channel: number, height: number): void {
    this.channels.spent_height[channel] = height;
    this.#judgeUse(2 * channel);
    this.#judgeUse(2 * channel + 1);
  }

  /** Takes what a node says of itself. */
  announceNode(node: number, timestamp: number, is_strange: boolean, place: number): void {
    this.nodes.timestamp[node] = timestamp;
    this.nodes.is_strange[node] = is_strange ? 1 : 0;
    this.nodes.announcement_place[node] = place;
  }

  /** Forgets a channel, and the nodes that have no other. */
  remove(channel: number): void {
    const { channels, halves, nodes } = this;
    this.#by_scid.remove(channel);
    channels.status[channel] = 0;
    for (const half of [2 * channel, 2 * channel + 1]) {
      halves.usable[half] = 0;
      halves.timestamp[half] = 0;
      const node = halves.node[half] as number;
      nodes.degree[node] = (nodes.degree[node] as number) - 1;
      if (nodes.degree[node] === 0) this.#removeNode(node);
    }
    this.#free_channels.push(channel);
    this.channel_count--;
    this.#rows = undefined;
  }

  /** Which halves end at each node. Made anew when channels came or went. */
  rows(): Rows {
    this.#rows ??= this.#makeRows();
    return this.#rows;
  }

  /** The channels from one block on up to another, in the order of their ids. */
  between(first_block: number, end_block: number): number[] {
    const { channels } = this;
    const found: number[] = [];
    for (let channel = 0; channel < this.channel_places; channel++) {
      const block = blockOf(channels.scid_high[channel] as number);
      if (this.isLive(channel) && block >= first_block && block < end_block) found.push(channel);
    }
    const { scid_high, scid_low } = channels;
    return found.sort(
      (a, b) =>
        (scid_high[a] as number) - (scid_high[b] as number) || (scid_low[a] as number) - (scid_low[b] as number),
    );
  }

  /** A direction may be used when it has an update that makes sense, is not disabled, and the channel is there. */
  #judgeUse(half: number): void {
    const { channels, halves } = this;
    const channel = half >>> 1;
    const status = channels.status[channel] as number;
    const capacity_msat = channels.capacity_msat[channel] as number;
    const most_msat = halves.htlc_maximum_msat[half] as number;
    const isUsable =
      halves.timestamp[half] !== 0 &&
      ((halves.channel_flags[half] as number) & DISABLED) === 0 &&
      (status & CHANNEL_BITS.live) !== 0 &&
      (status & CHANNEL_BITS.strange) === 0 &&
      channels.spent_height[channel] === 0 &&
      (halves.htlc_minimum_msat[half] as number) <= most_msat &&
      (capacity_msat === 0 || most_msat <= capacity_msat);
    halves.usable[half] = isUsable ? 1 : 0;
  }

  #takeChannelPlace(): number {
    const free = this.#free_channels.pop();
    if (free !== undefined) return free;
    if (this.channel_places === this.#room.channels) this.#growChannels(largerRoom(this.#room.channels));
    return this.channel_places++;
  }

  #growChannels(places: number): void {
    this.#room.channels = places;
    this.channels.grow(places);
    this.halves.grow(2 * places);
  }

  #growNodes(places: number): void {
    this.#room.nodes = places;
    this.nodes.grow(places);
  }

  #beginHalf(half: number, node: number): void {
    const { halves } = this;
    halves.node[half] = node;
    halves.timestamp[half] = 0;
    halves.htlc_maximum_msat[half] = 0;
    halves.usable[half] = 0;
  }

  #joinNode(bytes: Uint8Array, at: number): number {
    const known = this.findNode(bytes, at);
    const node = known === -1 ? this.#addNode(bytes, at) : known;
    this.nodes.degree[node] = (this.nodes.degree[node] as number) + 1;
    return node;
  }

  #addNode(bytes: Uint8Array, at: number): number {
    let node = this.#free_nodes.pop();
    if (node === undefined) {
      if (this.node_places === this.#room.nodes) this.#growNodes(largerRoom(this.#room.nodes));
      node = this.node_places++;
    }
    const { nodes } = this;
    for (let index = 0; index < ID_BYTES; index++) nodes.id[node * ID_BYTES + index] = bytes[at + index] as number;
    nodes.degree[node] = 0;
    nodes.timestamp[node] = 0;
    nodes.is_strange[node] = 0;
    this.#by_id.add(node);
    this.node_count++;
    return node;
  }

  #removeNode(node: number): void {
    this.#by_id.remove(node);
    this.nodes.timestamp[node] = 0;
    this.#free_nodes.push(node);
    this.node_count--;
  }

  #makeRows(): Rows {
    const { nodes, halves } = this;
    const starts = new Uint32Array(this.node_places + 1);
    for (let node = 0; node < this.node_places; node++) {
      starts[node + 1] = (starts[node] as number) + (nodes.degree[node] as number);
    }
    const next = starts.slice();
    const into = new Uint32Array(2 * this.channel_count);
    for (let channel = 0; channel < this.channel_places; channel++) {
      if (!this.isLive(channel)) continue;
      for (let half = 2 * channel; half <= 2 * channel + 1; half++) {
        const end = halves.node[half ^ 1] as number;
        const at = next[end] as number;
        into[at] = half;
        next[end] = at + 1;
      }
    }
    return { starts, halves: into };
  }
}

/** By an eighth: to copy them costs little, and what is not in use would cost memory. */
function largerRoom(places: number): number {
  return Math.max(256, Math.ceil(places * 1.125));
}

/** The hash of the node id that begins here. */
function hashOfId(bytes: Uint8Array, start: number): number {
  const word = (at: number): number =>
    ((bytes[at] as number) << 24) |
    ((bytes[at + 1] as number) << 16) |
    ((bytes[at + 2] as number) << 8) |
    (bytes[at + 3] as number);
  return hashOfPair(word(start + 1), word(start + 5));
}

/** Whether both 33 bytes are the same. Most ids differ in their last byte. */
function isSameId(one: Uint8Array, one_at: number, other: Uint8Array, other_at: number): boolean {
  for (let index = ID_BYTES - 1; index >= 0; index--) {
    if (one[one_at + index] !== other[other_at + index]) return false;
  }
  return true;
}
