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

/**
 * The checksum of the bytes from `start` to `end`, after others whose checksum is `seed`. A map file has a quarter of a
 * million records: no view is made for each.
 */
export function crc32c(bytes: Uint8Array, seed = 0, start = 0, end = bytes.length): number {
  const [one, two, three, four] = TABLES;
  let crc = ~seed;
  let at = start;
  for (const last = end - 3; at < last; at += 4) {
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
  for (; at < end; at++) crc = (one[(crc ^ (bytes[at] as number)) & 0xff] as number) ^ (crc >>> 8);
  return ~crc >>> 0;
}

/** The checksum of a channel_update: of all but its number, its signature and its timestamp (BOLT 7). */
export function updateChecksum(update: Uint8Array): number {
  return crc32c(update, crc32c(update, 0, 66, 106), 110);
}
