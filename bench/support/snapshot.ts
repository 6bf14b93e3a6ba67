/**
 * A public network as large as mainnet's, from a snapshot that Core Lightning's repository holds (its
 * tests/data/gossip-store-2024-09-22.compressed with the node map beside it): 59,428 channels with their real shape,
 * capacities and fees. The ids of channels, times and signatures are not in it, so they are made up here.
 *
 * The format is described in its devtools/gossmap-compress.c: gzip, then numbers as BigSize. Special maxima mean the
 * capacity, or 99 % of it; the first direction is that from the lesser node id.
 */
import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { fromHex } from '../../src/base/types/hex.ts';
import { NETWORKS } from '../../src/base/types/network.ts';
import { channelRecord, encodeRecord, FILE_VERSION, RECORD_TYPES } from '../../src/protocol/gossip/record.ts';

const NAME = 'gossip-store-2024-09-22';
const ROOT = dirname(dirname(import.meta.dirname));
/** Where the snapshot may lie: it is too large for the repository. */
const FOLDERS = [process.env.TILL_NETWORK_DATA, join(dirname(ROOT), 'shared/data/network')];

/** The shape of the network: which nodes its channels join, and what each direction asks. */
export interface Snapshot {
  readonly count: number;
  readonly first: Uint32Array;
  readonly second: Uint32Array;
  readonly disabled: Uint8Array;
  readonly capacity_sat: Float64Array;
  readonly minimum: Float64Array;
  readonly maximum: Float64Array;
  readonly base: Float64Array;
  readonly ppm: Float64Array;
  readonly cltv: Float64Array;
  readonly ids: readonly Buffer[];
}

/** The folder of the snapshot; undefined when it is not there. */
export function snapshotFolder(): string | undefined {
  return FOLDERS.find((folder) => folder !== undefined && existsSync(join(folder, `${NAME}.compressed`)));
}

/** The snapshot as arrays. */
export function readSnapshot(folder: string): Snapshot {
  const bytes = gunzipSync(readFileSync(join(folder, `${NAME}.compressed`)));
  let at = bytes.indexOf(0) + 1;
  const number = (): number => {
    const start = bytes[at++] as number;
    if (start < 0xfd) return start;
    const width = start === 0xfd ? 2 : start === 0xfe ? 4 : 8;
    at += width;
    if (width === 8) return Number(bytes.readBigUInt64BE(at - 8));
    return width === 2 ? bytes.readUInt16BE(at - 2) : bytes.readUInt32BE(at - 4);
  };
  const count = number();
  const first = new Uint32Array(count).map(number);
  const second = new Uint32Array(count).map(number);
  const disabled = new Uint8Array(2 * count);
  for (let half = number(); half < 2 * count; half = number()) disabled[half] = 1;
  const values = (length: number): Float64Array => {
    const table = Array.from({ length: number() }, number);
    return new Float64Array(length).map(() => table[number()] as number);
  };
  const capacity_sat = values(count);
  const [minimum, most, base, ppm, cltv] = [0, 1, 2, 3, 4].map(() => values(2 * count)) as [
    Float64Array,
    Float64Array,
    Float64Array,
    Float64Array,
    Float64Array,
  ];
  const maximum = most.map((value, half) => {
    const capacity_msat = 1000 * (capacity_sat[half >> 1] as number);
    if (value === 0) return capacity_msat;
    return value === 1 ? Math.floor(capacity_msat * 0.99) : value;
  });
  const ids: Buffer[] = [];
  const lines = execFileSync('xz', ['-dc', join(folder, `${NAME}-node-map.xz`)], { maxBuffer: 1 << 26 }).toString();
  for (const line of lines.split('\n')) {
    const match = /^(\d+):([0-9a-f]{66})/.exec(line);
    if (match !== null) ids[Number(match[1])] = Buffer.from(match[2] as string, 'hex');
  }
  return { count, first, second, disabled, capacity_sat, minimum, maximum, base, ppm, cltv, ids };
}

/** How much is in the channel that was announced just before. */
function amountRecord(satoshi: bigint): Buffer {
  const message = Buffer.alloc(10);
  message.writeUInt16BE(RECORD_TYPES.channel_amount);
  message.writeBigUInt64BE(satoshi, 2);
  return message;
}

/** What each node says of itself: an alias, seven bytes of features, an IPv4 address, as most nodes have. */
function nodeRecord(id: Buffer, number: number, now_seconds: number): Buffer {
  const message = Buffer.alloc(156);
  message.writeUInt16BE(257);
  message.writeUInt16BE(7, 66);
  // data_loss_protect, tlv_onion, static_remotekey and payment_secret, none of them required.
  message.write('0000000000a202', 68, 'hex');
  message.writeUInt32BE(now_seconds, 75);
  message.set(id, 79);
  message.write(`node ${number}`, 115);
  message.writeUInt16BE(7, 147);
  message.writeUInt32BE(0x01080000 + (number >>> 8), 149);
  message[153] = number & 0xff;
  message.writeUInt16BE(9735, 154);
  return encodeRecord(message, now_seconds);
}

/**
 * Writes the snapshot as a map file of regtest, unsigned. Answers how many channels it has. `for_others`: only with records
 * that Core Lightning knows too.
 */
export function writeMapFile(folder: string, path: string, now_seconds: number, for_others = false): number {
  const snapshot = readSnapshot(folder);
  const chain_hash = fromHex(NETWORKS.regtest.chain_hash);
  const records: Buffer[] = [Buffer.of(FILE_VERSION)];
  for (let channel = 0; channel < snapshot.count; channel++) {
    const ends = [snapshot.first[channel] as number, snapshot.second[channel] as number];
    const [one, two] = ends.map((node) => snapshot.ids[node] as Buffer).sort((a, b) => a.compare(b)) as [
      Buffer,
      Buffer,
    ];
    const [scid_high, scid_low] = [256 * (1 + (channel >> 16)), (channel & 0xffff) << 8];
    const announcement = Buffer.alloc(432);
    announcement.writeUInt16BE(256);
    announcement.set(chain_hash, 260);
    announcement.writeUInt32BE(scid_high, 292);
    announcement.writeUInt32BE(scid_low >>> 0, 296);
    for (const [index, id] of [one, two, one, two].entries()) announcement.set(id, 300 + 33 * index);
    records.push(encodeRecord(announcement, now_seconds));
    const satoshi = BigInt(snapshot.capacity_sat[channel] as number);
    records.push(
      for_others
        ? encodeRecord(amountRecord(satoshi), 0)
        : encodeRecord(
            channelRecord(RECORD_TYPES.output_checked, scid_high, scid_low >>> 0, satoshi, BigInt(channel + 1)),
            0,
          ),
    );
    for (const direction of [0, 1]) {
      const half = 2 * channel + direction;
      const update = Buffer.alloc(138);
      update.writeUInt16BE(258);
      update.set(chain_hash, 66);
      update.writeUInt32BE(scid_high, 98);
      update.writeUInt32BE(scid_low >>> 0, 102);
      update.writeUInt32BE(now_seconds, 106);
      update[110] = 1;
      update[111] = direction | (snapshot.disabled[half] === 1 ? 2 : 0);
      update.writeUInt16BE(snapshot.cltv[half] as number, 112);
      update.writeBigUInt64BE(BigInt(snapshot.minimum[half] as number), 114);
      update.writeUInt32BE(snapshot.base[half] as number, 122);
      update.writeUInt32BE(snapshot.ppm[half] as number, 126);
      update.writeBigUInt64BE(BigInt(snapshot.maximum[half] as number), 130);
      records.push(encodeRecord(update, now_seconds));
    }
  }
  for (const [number, id] of snapshot.ids.entries()) records.push(nodeRecord(id, number, now_seconds));
  writeFileSync(path, Buffer.concat(records));
  return snapshot.count;
}
