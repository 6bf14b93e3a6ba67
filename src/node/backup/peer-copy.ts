/**
 * What a peer keeps for us (BOLT 1, Peer Storage): our static backups, small enough for a peer that keeps no more than
 * 1,024 bytes, as LDK does (docs/decisions/0053). Sealed like the file, and padded to one of two lengths.
 *
 * A channel is a TLV stream with its length before it. What the seed or the funding output gives again is left out, and so
 * are the scripts for a mutual close: a channel that comes back from a backup is closed by the peer alone.
 */
import { inflateRawSync } from 'node:zlib';
import type { RandomBytes } from '../../base/crypto/random.ts';
import { msat, sat } from '../../base/types/amount.ts';
import type { NodeId } from '../../base/types/brand.ts';
import type { ChannelPublicKeys } from '../../codec/tx/channel-keys.ts';
import { Reader, WireError, Writer } from '../../codec/wire/bytes.ts';
import { type Field, nodeId, point, record, restBytes, shortChannelId, txid, u16 } from '../../codec/wire/field.ts';
import { MAX_STORAGE_BYTES } from '../../codec/wire/index.ts';
import { encodeTlvs, readTlvs, type TlvsOf, tlv } from '../../codec/wire/tlv.ts';
import { channelId } from '../../protocol/channel/opening.ts';
import type { SideTerms } from '../../protocol/channel/state.ts';
import {
  BackupError,
  backupsOf,
  type Form,
  open,
  SEALING_BYTES,
  type Seal,
  type StaticBackup,
  seal,
} from './static-backup.ts';

/** What LDK keeps for a peer, at most. */
export const SHORT_COPY_BYTES = 1_024;
/** The two lengths: they tell a peer whether we have few channels or many, and nothing else. */
const LENGTHS_BYTES = [SHORT_COPY_BYTES, MAX_STORAGE_BYTES];

/** The form of now, and the one before: JSON, compressed. */
const COPY: Form = { magic: Buffer.from('tillpsb\x02', 'latin1'), is_bound: true };
const JSON_COPY: Form = { magic: Buffer.from('tillpsb\x01', 'latin1'), is_bound: false };

/** The seal of a peer's copy, which knows the keys that the seed gives. */
export interface PeerSeal extends Seal {
  channelPoints(key_id: string): ChannelPublicKeys;
}

/** A number in groups of seven bits, the lowest first: amounts of channels are longer as BigSize. */
const number: Field<bigint> = {
  read(reader) {
    let value = 0n;
    for (let shift = 0n; ; shift += 7n) {
      const byte = reader.u8();
      value |= BigInt(byte & 0x7f) << shift;
      if (byte < 0x80) return value;
      if (shift >= 63n) throw new WireError('a number of more than ten bytes');
    }
  },
  write(writer, value) {
    let left = value;
    for (; left >= 0x80n; left >>= 7n) writer.u8(Number(left & 0x7fn) | 0x80);
    writer.u8(Number(left));
  },
};

const keyId: Field<string> = { read: (reader) => reader.hex(16), write: (writer, value) => writer.hex(value, 16) };

const POINTS: Field<ChannelPublicKeys> = record({
  funding_pubkey: point,
  revocation_basepoint: point,
  payment_basepoint: point,
  delayed_payment_basepoint: point,
  htlc_basepoint: point,
});

const LIMITS = record({
  dust_limit_satoshis: number,
  max_htlc_value_in_flight_msat: number,
  channel_reserve_satoshis: number,
  htlc_minimum_msat: number,
  to_self_delay: number,
  max_accepted_htlcs: number,
});

/** All even: whoever does not understand one of them must not guess. */
const CHANNEL = {
  /** Like the address, only where it is another one than that of the channel before. */
  peer_id: tlv(0, nodeId),
  /** As text. */
  address: tlv(2, restBytes),
  channel: tlv(
    4,
    record({ key_id: keyId, funding_txid: txid, funding_output_index: u16, local_alias: shortChannelId }),
  ),
  terms: tlv(
    6,
    record({
      flags: number,
      funding_satoshis: number,
      opened_height: number,
      minimum_depth: number,
      local: LIMITS,
      remote: LIMITS,
    }),
  ),
  remote_points: tlv(8, POINTS),
  /** Where they are not those of `key_id`. */
  local_points: tlv(10, POINTS),
};

const FLAGS = { opened_by_us: 1n, announce_channel: 2n, option_scid_alias: 4n, option_zeroconf: 8n };

/** Seals backups for a peer to keep. What does not fit into so many bytes is left out: the last ones of the list. */
export function sealForPeer(
  backups: readonly StaticBackup[],
  key: PeerSeal,
  randomBytes: RandomBytes,
  most_bytes = MAX_STORAGE_BYTES,
): { readonly blob: Uint8Array; readonly left_out: number } {
  const { length_bytes, parts } = fit(backups, key, most_bytes);
  const padded = Buffer.alloc(length_bytes - SEALING_BYTES);
  let at = 0;
  for (const part of parts) {
    padded.set(part, at);
    at += part.length;
  }
  return { blob: seal(COPY, padded, key, randomBytes), left_out: backups.length - parts.length };
}

/** Opens what `sealForPeer` made, now or in an earlier version, and a peer returned. Throws BackupError. */
export function openFromPeer(blob: Uint8Array, key: PeerSeal): readonly StaticBackup[] {
  if (Buffer.compare(blob.subarray(0, JSON_COPY.magic.length), JSON_COPY.magic) === 0) {
    return readJson(Buffer.from(open(JSON_COPY, blob, key)));
  }
  try {
    return readChannels(new Reader(open(COPY, blob, key)), key);
  } catch (error) {
    if (!(error instanceof WireError)) throw error;
    throw new BackupError(`this backup cannot be read, it may be of a newer Till: ${error.message}`);
  }
}

/** JSON, compressed, after its length. The form is not under the seal: any other text of ours may be called this. */
function readJson(padded: Buffer): readonly StaticBackup[] {
  try {
    return backupsOf(inflateRawSync(padded.subarray(4, 4 + padded.readUInt32BE())));
  } catch (error) {
    throw new BackupError(`this backup is damaged: ${error instanceof Error ? error.message : String(error)}`);
  }
}

/** Whether a copy says all that a peer is given now, in as many bytes. */
export function isCopyOf(
  { length, content }: { readonly length: number; readonly content: readonly StaticBackup[] },
  backups: readonly StaticBackup[],
  key: PeerSeal,
  most_bytes: number,
): boolean {
  const { length_bytes, parts } = fit(backups, key, most_bytes);
  return length === length_bytes && Buffer.concat(encodeChannels(content, key)).equals(Buffer.concat(parts));
}

/** The shortest length that holds all, and what of it fits. */
function fit(backups: readonly StaticBackup[], key: PeerSeal, most_bytes: number) {
  const parts = encodeChannels(backups, key);
  const ends: number[] = [];
  for (const part of parts) ends.push((ends.at(-1) ?? 0) + part.length);
  const lengths = LENGTHS_BYTES.filter((length) => length <= most_bytes);
  const needs_bytes = (ends.at(-1) ?? 0) + SEALING_BYTES;
  const length_bytes = lengths.find((length) => needs_bytes <= length) ?? (lengths.at(-1) as number);
  return {
    length_bytes,
    parts: parts.filter((_part, index) => (ends[index] as number) + SEALING_BYTES <= length_bytes),
  };
}

function encodeChannels(backups: readonly StaticBackup[], key: PeerSeal): Uint8Array[] {
  return backups.map((backup, index) => {
    const before = backups[index - 1];
    const is_same_place = backup.peer_id === before?.peer_id && backup.address === before.address;
    const stream = encodeTlvs(CHANNEL, channelTlvs(backup, is_same_place, key));
    const writer = new Writer();
    number.write(writer, BigInt(stream.length));
    writer.bytes(stream);
    return writer.done();
  });
}

function channelTlvs(
  { peer_id, address, key_id, terms }: StaticBackup,
  is_same_place: boolean,
  key: PeerSeal,
): TlvsOf<typeof CHANNEL> {
  const { opener, channel_type, announce_channel, funding_txid, funding_output_index, local_alias, local, remote } =
    terms;
  const flags =
    (opener === 'local' ? FLAGS.opened_by_us : 0n) |
    (announce_channel ? FLAGS.announce_channel : 0n) |
    (channel_type.option_scid_alias ? FLAGS.option_scid_alias : 0n) |
    (channel_type.option_zeroconf ? FLAGS.option_zeroconf : 0n);
  const own = pointsOf(local);
  const derived = key.channelPoints(key_id);
  const is_derived = Object.entries(own).every(([name, value]) => derived[name as keyof ChannelPublicKeys] === value);
  return {
    ...(is_same_place ? {} : { peer_id }),
    ...(is_same_place || address === undefined ? {} : { address: Buffer.from(address) }),
    channel: { key_id, funding_txid, funding_output_index, local_alias },
    terms: {
      flags,
      funding_satoshis: terms.funding_satoshis,
      opened_height: BigInt(terms.opened_height),
      minimum_depth: BigInt(terms.minimum_depth),
      local: limitsOf(local),
      remote: limitsOf(remote),
    },
    remote_points: pointsOf(remote),
    ...(is_derived ? {} : { local_points: own }),
  };
}

function readChannels(reader: Reader, key: PeerSeal): readonly StaticBackup[] {
  const backups: StaticBackup[] = [];
  // The padding reads as a channel of no length.
  while (reader.left > 0) {
    const length = Number(number.read(reader));
    if (length === 0) break;
    backups.push(readChannel(readTlvs(reader.part(length), CHANNEL), backups.at(-1), key));
  }
  return backups;
}

function readChannel(
  { peer_id, address, channel, terms, remote_points, local_points }: TlvsOf<typeof CHANNEL>,
  before: StaticBackup | undefined,
  key: PeerSeal,
): StaticBackup {
  if (channel === undefined || terms === undefined || remote_points === undefined) {
    throw new WireError('a channel lacks a record');
  }
  const place = peer_id === undefined ? before : { peer_id, address: address && Buffer.from(address).toString() };
  if (place === undefined) throw new WireError('the first channel lacks its peer');
  const { key_id, funding_txid, funding_output_index, local_alias } = channel;
  const has = (flag: bigint): boolean => (terms.flags & flag) !== 0n;
  return {
    peer_id: place.peer_id as NodeId,
    address: place.address,
    key_id,
    terms: {
      channel_id: channelId(funding_txid, funding_output_index),
      opener: has(FLAGS.opened_by_us) ? 'local' : 'remote',
      channel_type: {
        option_scid_alias: has(FLAGS.option_scid_alias),
        option_zeroconf: has(FLAGS.option_zeroconf),
      },
      announce_channel: has(FLAGS.announce_channel),
      funding_txid,
      funding_output_index,
      funding_satoshis: sat(terms.funding_satoshis),
      opened_height: Number(terms.opened_height),
      minimum_depth: Number(terms.minimum_depth),
      local_alias,
      default_shutdown_script: '',
      local: sideOf(terms.local, local_points ?? key.channelPoints(key_id)),
      remote: sideOf(terms.remote, remote_points),
    },
  };
}

type Limits = typeof LIMITS extends Field<infer T> ? T : never;

function limitsOf(side: SideTerms): Limits {
  return {
    dust_limit_satoshis: side.dust_limit_satoshis,
    max_htlc_value_in_flight_msat: side.max_htlc_value_in_flight_msat,
    channel_reserve_satoshis: side.channel_reserve_satoshis,
    htlc_minimum_msat: side.htlc_minimum_msat,
    to_self_delay: BigInt(side.to_self_delay),
    max_accepted_htlcs: BigInt(side.max_accepted_htlcs),
  };
}

function sideOf(limits: Limits, points: ChannelPublicKeys): SideTerms {
  return {
    dust_limit_satoshis: sat(limits.dust_limit_satoshis),
    max_htlc_value_in_flight_msat: msat(limits.max_htlc_value_in_flight_msat),
    channel_reserve_satoshis: sat(limits.channel_reserve_satoshis),
    htlc_minimum_msat: msat(limits.htlc_minimum_msat),
    to_self_delay: Number(limits.to_self_delay),
    max_accepted_htlcs: Number(limits.max_accepted_htlcs),
    ...points,
    upfront_shutdown_script: '',
  };
}

function pointsOf(side: ChannelPublicKeys): ChannelPublicKeys {
  const { funding_pubkey, revocation_basepoint, payment_basepoint, delayed_payment_basepoint, htlc_basepoint } = side;
  return { funding_pubkey, revocation_basepoint, payment_basepoint, delayed_payment_basepoint, htlc_basepoint };
}
