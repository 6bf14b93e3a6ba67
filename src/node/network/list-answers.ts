/** The map as lists, a page at a time: what `listchannels`, `listnodes` and `listincoming` tell. */
import type { NodeId } from '../../base/types/brand.ts';
import { fromHex } from '../../base/types/hex.ts';
import type { ShortChannelId } from '../../base/types/short-channel-id.ts';
import { readAddresses } from '../../protocol/gossip/addresses.ts';
import { readAnnouncement, readNode, scidHalves, scidText } from '../../protocol/gossip/fields.ts';
import { addressesOf } from '../../protocol/gossip/judge.ts';
import { DISABLED, type NetworkMap } from '../../protocol/gossip/network-map.ts';
import type { MapFile } from './map-file.ts';
import type { IncomingCapacity, ListedChannel, ListedNode, NodeDetails, Page, Questions } from './questions.ts';

/** Channels, or nodes, in one page. */
const PAGE = 500;

/** The public channels, both directions of each, as far as they have an update. */
export function listChannels(
  map: NetworkMap,
  file: MapFile,
  asked: Questions['channels']['asked'],
): Page<ListedChannel> {
  const { short_channel_id, source, destination, from } = asked;
  if (short_channel_id !== undefined) {
    const halves = scidHalves(short_channel_id);
    const channel = halves === undefined ? -1 : map.find(halves.scid_high, halves.scid_low);
    return { entries: channel === -1 ? [] : bothHalves(map, file, channel), next: undefined };
  }
  const end = source ?? destination;
  if (end !== undefined) {
    const node = map.findNode(fromHex(end));
    if (node === -1) return { entries: [], next: undefined };
    const { starts, halves } = map.rows();
    const into = [...halves.subarray(starts[node], starts[node + 1])];
    const wanted = into.map((half) => (source === undefined ? half : half ^ 1));
    return { entries: wanted.flatMap((half) => listedHalf(map, file, half)), next: undefined };
  }
  const entries: ListedChannel[] = [];
  let channel = from;
  for (; channel < map.channel_places && entries.length < PAGE; channel++) {
    if (map.isLive(channel)) entries.push(...bothHalves(map, file, channel));
  }
  return { entries, next: channel < map.channel_places ? channel : undefined };
}

function bothHalves(map: NetworkMap, file: MapFile, channel: number): ListedChannel[] {
  return [2 * channel, 2 * channel + 1].flatMap((half) => listedHalf(map, file, half));
}

function listedHalf(map: NetworkMap, file: MapFile, half: number): ListedChannel[] {
  const { channels, halves } = map;
  if (halves.timestamp[half] === 0) return [];
  const channel = half >>> 1;
  const announcement = file.read(channels.announcement_place[channel] as number);
  const fields = readAnnouncement(announcement);
  const at = fields?.features_at ?? 0;
  const capacity_msat = channels.capacity_msat[channel] as number;
  const channel_flags = halves.channel_flags[half] as number;
  return [
    {
      source: map.nodeIdHex(halves.node[half] as number) as NodeId,
      destination: map.nodeIdHex(halves.node[half ^ 1] as number) as NodeId,
      short_channel_id: scidOf(map, channel),
      direction: half & 1,
      amount_msat: capacity_msat === 0 ? mostOf(map, channel) : capacity_msat,
      message_flags: halves.message_flags[half] as number,
      channel_flags,
      active: (channel_flags & DISABLED) === 0,
      last_update: halves.timestamp[half] as number,
      base_fee_millisatoshi: halves.fee_base_msat[half] as number,
      fee_per_millionth: halves.fee_ppm[half] as number,
      delay: halves.cltv_expiry_delta[half] as number,
      htlc_minimum_msat: halves.htlc_minimum_msat[half] as number,
      htlc_maximum_msat: halves.htlc_maximum_msat[half] as number,
      features: announcement.toString('hex', at, at + (fields?.features_length ?? 0)),
    },
  ];
}

/** Nobody has looked at the output: the most that either direction lets through stands for what is in it. */
function mostOf({ halves }: NetworkMap, channel: number): number {
  return Math.max(halves.htlc_maximum_msat[2 * channel] as number, halves.htlc_maximum_msat[2 * channel + 1] as number);
}

/** The id of a channel. */
export function scidOf({ channels }: NetworkMap, channel: number): ShortChannelId {
  return scidText(channels.scid_high[channel] as number, channels.scid_low[channel] as number) as ShortChannelId;
}

/** The nodes that have a public channel. */
export function listNodes(map: NetworkMap, file: MapFile, { id, from }: Questions['nodes']['asked']): Page<ListedNode> {
  if (id !== undefined) {
    const node = map.findNode(fromHex(id));
    return { entries: node === -1 ? [] : [listedNode(map, file, node)], next: undefined };
  }
  const entries: ListedNode[] = [];
  let node = from;
  for (; node < map.node_places && entries.length < PAGE; node++) {
    if (map.nodes.degree[node] !== 0) entries.push(listedNode(map, file, node));
  }
  return { entries, next: node < map.node_places ? node : undefined };
}

function listedNode(map: NetworkMap, file: MapFile, node: number): ListedNode {
  return { nodeid: map.nodeIdHex(node) as NodeId, details: detailsOf(map, file, node) };
}

function detailsOf(map: NetworkMap, file: MapFile, node: number): NodeDetails | undefined {
  if (map.nodes.timestamp[node] === 0) return undefined;
  const bytes = file.read(map.nodes.announcement_place[node] as number);
  const fields = readNode(bytes);
  if (fields === undefined) return undefined;
  const alias = bytes.subarray(fields.alias_at, fields.alias_at + 32);
  const end = alias.indexOf(0);
  return {
    alias: alias.toString('hex', 0, end === -1 ? 32 : end),
    color: bytes.toString('hex', fields.rgb_at, fields.rgb_at + 3),
    last_timestamp: fields.timestamp,
    features: bytes.toString('hex', fields.features_at, fields.features_at + fields.features_length),
    addresses: readAddresses(addressesOf(bytes, fields))?.addresses ?? [],
  };
}

/** What each of these peers can be sent by others: over its channels, but for those with us. */
export function incomingCapacity(
  map: NetworkMap,
  { node_id, peer_ids }: Questions['incoming']['asked'],
): readonly IncomingCapacity[] {
  const us = map.findNode(fromHex(node_id));
  const { starts, halves } = map.rows();
  return peer_ids.map((peer_id) => {
    const peer = map.findNode(fromHex(peer_id));
    let incoming_msat = 0;
    const end = peer === -1 ? 0 : (starts[peer + 1] as number);
    for (let at = peer === -1 ? 0 : (starts[peer] as number); at < end; at++) {
      const half = halves[at] as number;
      if (map.halves.usable[half] === 1 && map.halves.node[half] !== us) {
        incoming_msat += map.halves.htlc_maximum_msat[half] as number;
      }
    }
    return { peer_id, incoming_msat };
  });
}

/** Whether there are channels in the map beside those of this node. */
export function hasOthers(map: NetworkMap, node_id: NodeId): boolean {
  const us = map.findNode(fromHex(node_id));
  return map.channel_count > (us === -1 ? 0 : (map.nodes.degree[us] as number));
}
