/** Takes the records of the map's file into the map. Signatures were checked before they were written. */
import { updateChecksum } from '../../protocol/gossip/checksum.ts';
import {
  CHANNEL_ANNOUNCEMENT,
  CHANNEL_UPDATE,
  isHashAt,
  messageNumber,
  NODE_ANNOUNCEMENT,
  readAnnouncement,
  readNode,
  readUpdate,
} from '../../protocol/gossip/fields.ts';
import { isStrange } from '../../protocol/gossip/judge.ts';
import type { NetworkMap } from '../../protocol/gossip/network-map.ts';
import { type FileRecord, NOTE_BYTES, RECORD_TYPES, readRecord } from '../../protocol/gossip/record.ts';

/** What a map is read with. */
export interface ReadingOptions {
  readonly chain_hash: Uint8Array;
  /** Features of channels and nodes that may be required: Till knows them. */
  readonly known_features: ReadonlySet<number>;
}

/** Messages are read where they lie: a view of each would be most of the garbage, and half of the time. */
export class MapReading {
  readonly #map: NetworkMap;
  readonly #options: ReadingOptions;
  /** The channel that was announced last. */
  #announced = -1;

  constructor(map: NetworkMap, options: ReadingOptions) {
    this.#map = map;
    this.#options = options;
  }

  /** Takes the whole records of a piece of the file that begins at `place`. Answers how many bytes they have. */
  take(bytes: Buffer, place: number): number {
    let at = 0;
    for (let record = readRecord(bytes, at); record !== undefined; record = readRecord(bytes, at)) {
      at = record.at + record.length;
      if (!record.is_deleted) this.#takeRecord(bytes, record, place);
    }
    return at;
  }

  #takeRecord(bytes: Buffer, record: FileRecord, place: number): void {
    switch (messageNumber(bytes, record.at)) {
      case CHANNEL_ANNOUNCEMENT:
        this.#takeAnnouncement(bytes, record, place);
        break;
      case CHANNEL_UPDATE:
        this.#takeUpdate(bytes, record, place);
        break;
      case NODE_ANNOUNCEMENT:
        this.#takeNode(bytes, record, place);
        break;
      default:
        this.#takeNote(bytes, record);
    }
  }

  #takeAnnouncement(bytes: Buffer, { at, length, timestamp }: FileRecord, place: number): void {
    const { chain_hash, known_features } = this.#options;
    const map = this.#map;
    const fields = readAnnouncement(bytes, at, at + length);
    if (fields === undefined || !isHashAt(bytes, fields.chain_hash_at, chain_hash)) {
      this.#announced = -1;
      return;
    }
    const known = map.find(fields.scid_high, fields.scid_low);
    this.#announced =
      known !== -1
        ? known
        : map.add(fields, bytes, {
            added_at: timestamp,
            is_strange: isStrange(bytes, fields, known_features),
            announcement_place: place + at,
          });
  }

  #takeUpdate(bytes: Buffer, { at, length }: FileRecord, place: number): void {
    const map = this.#map;
    const fields = readUpdate(bytes, at, at + length);
    if (fields === undefined) return;
    const channel = map.find(fields.scid_high, fields.scid_low);
    if (channel === -1) return;
    const half = 2 * channel + (fields.channel_flags & 1);
    if (fields.timestamp <= (map.halves.timestamp[half] as number)) return;
    map.update(channel, fields, updateChecksum(bytes, at, at + length), place + at);
  }

  #takeNode(bytes: Buffer, { at, length }: FileRecord, place: number): void {
    const map = this.#map;
    const fields = readNode(bytes, at, at + length);
    if (fields === undefined) return;
    const node = map.findNode(bytes, fields.node_id_at);
    if (node === -1 || fields.timestamp <= (map.nodes.timestamp[node] as number)) return;
    map.announceNode(node, fields.timestamp, isStrange(bytes, fields, this.#options.known_features), place + at);
  }

  /** What is no gossip. A record that is too short says nothing. */
  #takeNote(bytes: Buffer, { at, length }: FileRecord): void {
    const map = this.#map;
    const type = messageNumber(bytes, at);
    if (type === RECORD_TYPES.channel_amount) {
      if (length < NOTE_BYTES.channel_amount || this.#announced === -1) return;
      map.setChecked(this.#announced, capacityAt(bytes, at + 2), 0, 0);
      return;
    }
    if (length < NOTE_BYTES.delete_channel) return;
    const channel = map.find(bytes.readUInt32BE(at + 2), bytes.readUInt32BE(at + 6));
    if (channel === -1) return;
    if (type === RECORD_TYPES.delete_channel) map.remove(channel);
    if (type === RECORD_TYPES.channel_dying && length >= NOTE_BYTES.channel_dying) {
      map.setSpent(channel, bytes.readUInt32BE(at + 10));
    }
    if (type === RECORD_TYPES.output_checked && length >= NOTE_BYTES.output_checked) {
      map.setChecked(channel, capacityAt(bytes, at + 10), bytes.readUInt32BE(at + 18), bytes.readUInt32BE(at + 22));
    }
  }
}

/** An amount in satoshi, in msat: exact up to 2^53. */
function capacityAt(bytes: Buffer, at: number): number {
  return 1000 * (bytes.readUInt32BE(at) * 2 ** 32 + bytes.readUInt32BE(at + 4));
}
