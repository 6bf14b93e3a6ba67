/** CRC-32C (Castagnoli): checksums of updates in queries (BOLT 7), and of the records in the map's file. */

const POLYNOMIAL = 0x82f63b78;

/**
 * Eight tables one behind the other, so that eight bytes are taken in one step. Numbers with a sign: above 2^31 they would be
 * objects until the code is optimized, which is a good part of the time in which a map file is read.
 */
const TABLES = makeTables();

function makeTables(): Int32Array {
  const tables = new Int32Array(8 * 256);
  for (let index = 0; index < 256; index++) {
    let value = index;
    for (let bit = 0; bit < 8; bit++) value = value & 1 ? (value >>> 1) ^ POLYNOMIAL : value >>> 1;
    tables[index] = value;
  }
  for (let index = 256; index < tables.length; index++) {
    const before = tables[index - 256] as number;
    tables[index] = (before >>> 8) ^ (tables[before & 0xff] as number);
  }
  return tables;
}

/**
 * The checksum of the bytes from `start` to `end`, after others whose checksum is `seed`. A map file has a quarter of a
 * million records: no view is made for each.
 */
export function crc32c(bytes: Uint8Array, seed = 0, start = 0, end = bytes.length): number {
  const tables = TABLES;
  let crc = ~seed;
  let at = start;
  for (const last = end - 7; at < last; at += 8) {
    const first =
      crc ^
      ((bytes[at] as number) |
        ((bytes[at + 1] as number) << 8) |
        ((bytes[at + 2] as number) << 16) |
        ((bytes[at + 3] as number) << 24));
    crc =
      (tables[0x700 + (first & 0xff)] as number) ^
      (tables[0x600 + ((first >>> 8) & 0xff)] as number) ^
      (tables[0x500 + ((first >>> 16) & 0xff)] as number) ^
      (tables[0x400 + (first >>> 24)] as number) ^
      (tables[0x300 + (bytes[at + 4] as number)] as number) ^
      (tables[0x200 + (bytes[at + 5] as number)] as number) ^
      (tables[0x100 + (bytes[at + 6] as number)] as number) ^
      (tables[bytes[at + 7] as number] as number);
  }
  for (; at < end; at++) crc = (tables[(crc ^ (bytes[at] as number)) & 0xff] as number) ^ (crc >>> 8);
  return ~crc >>> 0;
}

/** The checksum of the channel_update from `start` to `end`: of all but its number, its signature and its timestamp (BOLT 7). */
export function updateChecksum(bytes: Uint8Array, start = 0, end = bytes.length): number {
  return crc32c(bytes, crc32c(bytes, 0, start + 66, start + 106), start + 110, end);
}
