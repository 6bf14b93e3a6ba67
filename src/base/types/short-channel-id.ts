/** short_channel_id (BOLT 7): block height, transaction index, output index in 64 bits; `539268x845x1` for people. */
import type { Brand } from './brand.ts';
import { parseWholeNumber } from './decimal.ts';

/** The text form, `BLOCKxTXxOUT`: how records, SQL and JSON spell it. */
export type ShortChannelId = Brand<string, 'short_channel_id'>;

/** Parses the text form. Undefined when it is none, or a part does not fit 24, 24 and 16 bits. */
export function parseShortChannelId(text: string): ShortChannelId | undefined {
  const match = /^(\d+)x(\d+)x(\d+)$/.exec(text);
  if (match === null) return undefined;
  const [, first = '', second = '', third = ''] = match;
  const block = parseWholeNumber(first, 0xffffffn);
  const transaction = parseWholeNumber(second, 0xffffffn);
  const output = parseWholeNumber(third, 0xffffn);
  if (block === undefined || transaction === undefined || output === undefined) return undefined;
  return `${block}x${transaction}x${output}` as ShortChannelId;
}

/** The text form of the wire's 64 bits. */
export function shortChannelIdFromU64(value: bigint): ShortChannelId {
  return `${value >> 40n}x${(value >> 16n) & 0xffffffn}x${value & 0xffffn}` as ShortChannelId;
}

/** The wire's 64 bits. */
export function shortChannelIdToU64(short_channel_id: ShortChannelId): bigint {
  const [block, transaction, output] = short_channel_id.split('x') as [string, string, string];
  return (BigInt(block) << 40n) | (BigInt(transaction) << 16n) | BigInt(output);
}
