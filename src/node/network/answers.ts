/** What a peer's query is answered with (BOLT 7, Query Messages): messages one by one, so that nobody holds them all. */
import {
  encodeMessage,
  type QueryChannelRange,
  type QueryShortChannelIds,
  type ReplyChannelRange,
} from '../../codec/wire/index.ts';
import type { NetworkMap } from '../../protocol/gossip/network-map.ts';
import {
  ASK_ALL,
  decodeQueryFlags,
  decodeQueryOption,
  decodeShortIds,
  encodeChecksums,
  encodeShortIds,
  encodeTimestamps,
  MOST_DETAILED_IDS,
  MOST_LISTED_IDS,
  QUERY_FLAGS,
  QUERY_OPTIONS,
} from '../../protocol/gossip/query-codec.ts';
import type { MapFile } from './map-file.ts';

/** What answers are made from. */
export interface AnswerSource {
  readonly map: NetworkMap;
  readonly file: MapFile;
  readonly chain_hash: string;
  /** Whether the whole map is told, or our own channels alone. */
  readonly tells_all: boolean;
  /** Whether others may hear of this channel from us. */
  mayTell(channel: number): boolean;
}

/** Answers which channels there are. Throws WireError when the query cannot be read. */
export function answerRange(source: AnswerSource, query: QueryChannelRange): Generator<Uint8Array> {
  const option = query.query_option === undefined ? 0 : decodeQueryOption(query.query_option);
  return tellRange(source, query, option);
}

function* tellRange(source: AnswerSource, query: QueryChannelRange, option: number): Generator<Uint8Array> {
  const { map, chain_hash } = source;
  const { first_blocknum, number_of_blocks } = query;
  const end_block = first_blocknum + number_of_blocks;
  const isOurs = query.chain_hash === chain_hash;
  const found = isOurs ? map.between(first_blocknum, end_block).filter((channel) => source.mayTell(channel)) : [];
  const at_once = option === 0 ? MOST_LISTED_IDS : MOST_DETAILED_IDS;
  for (let at = 0; at === 0 || at < found.length; at += at_once) {
    const some = found.slice(at, at + at_once);
    const isLast = at + at_once >= found.length;
    const first = at === 0 ? first_blocknum : blockAt(map, some[0] as number);
    // The last block of a part may go on in the next one.
    const end = isLast ? end_block : blockAt(map, some.at(-1) as number) + 1;
    yield encodeMessage(replyOf(source, query.chain_hash, some, option, [first, end, isLast]));
  }
}

function replyOf(
  { map }: AnswerSource,
  chain_hash: string,
  channels: readonly number[],
  option: number,
  [first, end, is_last]: readonly [number, number, boolean],
): ReplyChannelRange {
  const pairs = (column: Uint32Array) =>
    channels.map((channel) => ({
      of_node_1: map.halves.timestamp[2 * channel] === 0 ? 0 : (column[2 * channel] as number),
      of_node_2: map.halves.timestamp[2 * channel + 1] === 0 ? 0 : (column[2 * channel + 1] as number),
    }));
  return {
    type: 'reply_channel_range',
    chain_hash,
    first_blocknum: first,
    number_of_blocks: Math.max(1, end - first),
    sync_complete: is_last ? 1 : 0,
    encoded_short_ids: encodeShortIds(
      channels.map((channel) => ({
        scid_high: map.channels.scid_high[channel] as number,
        scid_low: map.channels.scid_low[channel] as number,
      })),
    ),
    ...(option & QUERY_OPTIONS.timestamps ? { timestamps_tlv: encodeTimestamps(pairs(map.halves.timestamp)) } : {}),
    ...(option & QUERY_OPTIONS.checksums ? { checksums_tlv: encodeChecksums(pairs(map.halves.checksum)) } : {}),
  };
}

function blockAt(map: NetworkMap, channel: number): number {
  return (map.channels.scid_high[channel] as number) >>> 8;
}

/** Answers what is known of these channels. Throws WireError when the query cannot be read. */
export function answerIds(source: AnswerSource, query: QueryShortChannelIds): Generator<Uint8Array> {
  const ids = decodeShortIds(query.encoded_short_ids);
  const flags = query.query_flags === undefined ? undefined : decodeQueryFlags(query.query_flags);
  return tellIds(source, query.chain_hash, ids, flags);
}

function* tellIds(
  source: AnswerSource,
  chain_hash: string,
  ids: ReturnType<typeof decodeShortIds>,
  flags: readonly number[] | undefined,
): Generator<Uint8Array> {
  const { map, file } = source;
  const isOurs = chain_hash === source.chain_hash;
  const nodes = new Set<number>();
  for (const [index, id] of ids.entries()) {
    const channel = isOurs ? map.find(id.scid_high, id.scid_low) : -1;
    if (channel === -1 || !source.mayTell(channel)) continue;
    const wanted = flags?.[index] ?? ASK_ALL;
    if (wanted & QUERY_FLAGS.announcement) yield file.read(map.channels.announcement_place[channel] as number);
    for (const [half, update, node] of [
      [2 * channel, QUERY_FLAGS.update_1, QUERY_FLAGS.node_1],
      [2 * channel + 1, QUERY_FLAGS.update_2, QUERY_FLAGS.node_2],
    ] as const) {
      if (wanted & update && map.halves.timestamp[half] !== 0) yield file.read(map.halves.update_place[half] as number);
      if (wanted & node) nodes.add(map.halves.node[half] as number);
    }
  }
  for (const node of nodes) {
    if (map.nodes.timestamp[node] !== 0) yield file.read(map.nodes.announcement_place[node] as number);
  }
  yield encodeMessage({
    type: 'reply_short_channel_ids_end',
    chain_hash,
    full_information: isOurs && source.tells_all ? 1 : 0,
  });
}

/** Everything that was said between two times: for a peer that asks for what was. */
export function* answerFilter(source: AnswerSource, first: number, end: number): Generator<Uint8Array> {
  const { map, file } = source;
  const isWithin = (timestamp: number): boolean => timestamp !== 0 && timestamp >= first && timestamp < end;
  const { timestamp, update_place } = map.halves;
  const told = new Set<number>();
  for (let channel = 0; channel < map.channel_places; channel++) {
    if (!map.isLive(channel) || !source.mayTell(channel)) continue;
    const halves = [2 * channel, 2 * channel + 1].filter((half) => isWithin(timestamp[half] as number));
    if (halves.length === 0) continue;
    yield file.read(map.channels.announcement_place[channel] as number);
    for (const half of halves) yield file.read(update_place[half] as number);
    for (const half of [2 * channel, 2 * channel + 1]) told.add(map.halves.node[half] as number);
  }
  for (const node of told) {
    if (isWithin(map.nodes.timestamp[node] as number)) yield file.read(map.nodes.announcement_place[node] as number);
  }
}
