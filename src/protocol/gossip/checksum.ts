/** CRC-32C (Castagnoli): checksums of updates in queries (BOLT 7), and of the records in the map's file. */

const POLYNOMIAL = 0x82f63b78;

/** Four tables, so that four bytes are taken in one step. */
const TABLES = makeTables();

function makeTables(): readonly [Uint32Array, Uint32Array, Uint32Array, Uint32Array] {
  const first = new Uint32Array(256).map((_, index) => {
    let value = index;
    for (let bit = 0; bit < 8; bit++) value = value & 1 ? (value >>> 1) ^ POLYNOMIAL : value >>> 1;
    return value;
  });
  const next = (table: Uint32Array): Uint32Array =>
    table.map((value) => ((value >>> 8) ^ (first[value & 0xff] as number)) >>> 0);
  const second = next(first);
  const third = next(second);
  return [first, second, third, next(third)];
}

/** The checksum of these bytes, after others whose checksum is `seed`. */
export function crc32c(bytes: Uint8Array, seed = 0): number {
  const [one, two, three, four] = TABLES;
  let crc = ~seed;
  let at = 0;
  for (const end = bytes.length - 3; at < end; at += 4) {
    crc ^=
      (bytes[at] as number) |
      ((bytes[at + 1] as number) << 8) |
      ((bytes[at + 2] as number) << 16) |
      ((bytes[at + 3] as number) << 24);
    crc =
      (four[crc & 0xff] as number) ^
      (three[(crc >>> 8) & 0xff] as number) ^
      (two[(crc >>> 16) & 0xff] as number) ^
      (one[crc >>> 24] as number);
  }
  for (; at < bytes.length; at++) crc = (one[(crc ^ (bytes[at] as number)) & 0xff] as number) ^ (crc >>> 8);
  return ~crc >>> 0;
}

/** The checksum of a channel_update: of all but its number, its signature and its timestamp (BOLT 7). */
export function updateChecksum(update: Uint8Array): number {
  return crc32c(update.subarray(110), crc32c(update.subarray(66, 106)));
}
