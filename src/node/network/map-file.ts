/**
 * The map's file: what was taken into the map, appended record by record (`protocol/gossip/record.ts`). None of it is
 * money: it is never synced to the disk, a torn end is cut, and a file that is gone is gathered again from peers.
 */
import {
  closeSync,
  existsSync,
  fstatSync,
  ftruncateSync,
  openSync,
  readSync,
  renameSync,
  rmSync,
  writeSync,
} from 'node:fs';
import type { NetworkMap } from '../../protocol/gossip/network-map.ts';
import {
  channelRecord,
  encodeRecord,
  FILE_VERSION,
  RECORD_HEADER_BYTES,
  RECORD_TYPES,
} from '../../protocol/gossip/record.ts';
import { MapReading, type ReadingOptions } from './map-reading.ts';

/** Written again without what is out of date when that is more than what counts, and so much besides. */
const SPARE_BYTES = 32 * 1024 * 1024;
/** The file is read in pieces of so many bytes; a record has at most 64 KiB. */
const WINDOW_BYTES = 256 * 1024;
/** Most messages fit into one read of so many bytes. */
const USUAL_READ_BYTES = 640;

/** A channel has so many bytes in a file without much that is out of date, its share of the nodes included. */
const CHANNEL_BYTES = 800;
/** There are so many channels for each node. */
const CHANNELS_PER_NODE = 3;

/** What the file is read with. */
export interface MapFileOptions extends ReadingOptions {
  readonly path: string;
}

export class MapFile {
  readonly #options: MapFileOptions;
  #file: number;
  #size = 0;
  #live_bytes = 0;
  #waiting: Buffer[] = [];
  #waiting_bytes = 0;

  /** Opens the file, or makes it. Throws what the file system says. */
  constructor(options: MapFileOptions) {
    this.#options = options;
    if (!existsSync(options.path)) this.#begin();
    this.#file = openSync(options.path, 'r+');
  }

  /** Reads the file into the map. Answers what was wrong with it; undefined when nothing was. */
  load(map: NetworkMap): string | undefined {
    const { size } = fstatSync(this.#file);
    // A window that moves over the file: all of it would be in memory for long after.
    const window = Buffer.allocUnsafeSlow(Math.min(size, WINDOW_BYTES));
    if (readSync(this.#file, window, 0, 1, 0) === 0 || window[0] !== FILE_VERSION) {
      this.#startOver();
      return size === 0 ? undefined : `it has version ${window[0]}, and ${FILE_VERSION} is known`;
    }
    const channels = Math.floor(size / CHANNEL_BYTES);
    map.reserve(channels, Math.floor(channels / CHANNELS_PER_NODE));
    const reading = new MapReading(map, this.#options);
    let start = 1;
    for (;;) {
      const bytes = window.subarray(0, readSync(this.#file, window, 0, window.length, start));
      const taken = reading.take(bytes, start);
      if (taken === 0) break;
      start += taken;
    }
    // Now: the thread has little other garbage, so that it would not be collected soon.
    window.buffer.transfer(0);
    this.#size = start;
    this.#live_bytes = liveBytes(map);
    if (start === size) return undefined;
    ftruncateSync(this.#file, start);
    return `${size - start} bytes at its end cannot be read, and were cut`;
  }

  /** Adds a message; answers its place. It is in the file after the next `flush`. */
  append(message: Uint8Array, timestamp: number): number {
    const record = encodeRecord(message, timestamp);
    const place = this.#size + this.#waiting_bytes + RECORD_HEADER_BYTES;
    this.#waiting.push(record);
    this.#waiting_bytes += record.length;
    return place;
  }

  /** Writes what was added. */
  flush(): void {
    if (this.#waiting_bytes === 0) return;
    const bytes = Buffer.concat(this.#waiting);
    writeSync(this.#file, bytes, 0, bytes.length, this.#size);
    this.#size += bytes.length;
    this.#waiting = [];
    this.#waiting_bytes = 0;
  }

  /** The message at this place. */
  read(place: number): Buffer {
    if (place > this.#size) this.flush();
    return this.#readRecord(place).subarray(RECORD_HEADER_BYTES);
  }

  /** The record whose message is at this place. */
  #readRecord(place: number): Buffer {
    const bytes = Buffer.allocUnsafe(USUAL_READ_BYTES);
    const start = place - RECORD_HEADER_BYTES;
    const got = readSync(this.#file, bytes, 0, USUAL_READ_BYTES, start);
    const length = RECORD_HEADER_BYTES + bytes.readUInt16BE(2);
    if (length <= got) return bytes.subarray(0, length);
    const whole = Buffer.allocUnsafe(length);
    readSync(this.#file, whole, 0, length, start);
    return whole;
  }

  /** Whether so much of it is out of date that it should be written again. */
  isWasteful(map: NetworkMap): boolean {
    this.#live_bytes = liveBytes(map);
    return this.#size > 2 * this.#live_bytes + SPARE_BYTES;
  }

  /** Writes the file again with what the map holds, and nothing else. */
  compact(map: NetworkMap): void {
    this.flush();
    const path = `${this.#options.path}.new`;
    const file = openSync(path, 'w+');
    let size = 0;
    let chunk: Buffer[] = [];
    let chunk_bytes = 0;
    const write = (record: Buffer): void => {
      chunk.push(record);
      chunk_bytes += record.length;
      if (chunk_bytes > 1_000_000) writeOut();
    };
    const writeOut = (): void => {
      if (chunk_bytes === 0) return;
      writeSync(file, Buffer.concat(chunk), 0, chunk_bytes, size);
      size += chunk_bytes;
      chunk = [];
      chunk_bytes = 0;
    };
    // One by one: the whole file would take as much memory as all that the map has, four times over.
    const move = (place: number): number => {
      const record = this.#readRecord(place);
      write(record);
      return size + chunk_bytes - record.length + RECORD_HEADER_BYTES;
    };
    write(Buffer.of(FILE_VERSION));
    const { channels, halves, nodes } = map;
    for (let channel = 0; channel < map.channel_places; channel++) {
      if (!map.isLive(channel)) continue;
      channels.announcement_place[channel] = move(channels.announcement_place[channel] as number);
      if (map.isChecked(channel)) write(encodeRecord(checkedRecord(map, channel), 0));
      if (channels.spent_height[channel] !== 0) write(encodeRecord(spentRecord(map, channel), 0));
      for (const half of [2 * channel, 2 * channel + 1]) {
        if (halves.timestamp[half] !== 0) halves.update_place[half] = move(halves.update_place[half] as number);
      }
    }
    for (let node = 0; node < map.node_places; node++) {
      if (nodes.timestamp[node] === 0) continue;
      nodes.announcement_place[node] = move(nodes.announcement_place[node] as number);
    }
    writeOut();
    renameSync(path, this.#options.path);
    closeSync(this.#file);
    this.#file = file;
    this.#size = size;
  }

  close(): void {
    this.flush();
    closeSync(this.#file);
  }

  #begin(): void {
    const file = openSync(this.#options.path, 'w', 0o600);
    writeSync(file, Buffer.of(FILE_VERSION));
    closeSync(file);
  }

  #startOver(): void {
    closeSync(this.#file);
    rmSync(this.#options.path);
    this.#begin();
    this.#file = openSync(this.#options.path, 'r+');
    this.#size = 1;
  }
}

/** The record that says that a channel's funding output was looked at. */
export function checkedRecord(map: NetworkMap, channel: number): Buffer {
  const { scid_high, scid_low, capacity_msat, outpoint_high, outpoint_low } = map.channels;
  const fingerprint = (BigInt(outpoint_high[channel] as number) << 32n) | BigInt(outpoint_low[channel] as number);
  const satoshi = BigInt((capacity_msat[channel] as number) / 1000);
  const type = RECORD_TYPES.output_checked;
  return channelRecord(type, scid_high[channel] as number, scid_low[channel] as number, satoshi, fingerprint);
}

/** The record that says in which block a channel's funding output was spent; 0: in none any more. */
export function spentRecord({ channels }: NetworkMap, channel: number): Buffer {
  const { scid_high, scid_low, spent_height } = channels;
  const height = Buffer.alloc(4);
  height.writeUInt32BE(spent_height[channel] as number);
  const { channel_dying } = RECORD_TYPES;
  return Buffer.concat([
    channelRecord(channel_dying, scid_high[channel] as number, scid_low[channel] as number),
    height,
  ]);
}

/** About what the file would have if it held only what counts. */
function liveBytes(map: NetworkMap): number {
  return 1 + map.channel_count * (3 * RECORD_HEADER_BYTES + 460 + 2 * 138) + map.node_count * 200;
}
