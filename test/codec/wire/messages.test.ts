import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { curve } from '../../../src/base/crypto/secp256k1.ts';
import { decodeMessage, encodeMessage, type KnownMessage, WireError } from '../../../src/codec/wire/index.ts';

const hex = (length: number): fc.Arbitrary<string> =>
  fc.uint8Array({ minLength: length, maxLength: length }).map((bytes) => Buffer.from(bytes).toString('hex'));
const anyHex = fc.uint8Array({ maxLength: 80 }).map((bytes) => Buffer.from(bytes).toString('hex'));
const anyBytes = fc.uint8Array({ maxLength: 80 });
const u8 = fc.nat(0xff);
const u16 = fc.nat(0xffff);
const u32 = fc.nat(0xffffffff);
const u64 = fc.bigInt(0n, 2n ** 64n - 1n);
const scid = fc.tuple(fc.nat(0xffffff), fc.nat(0xffffff), u16).map((parts) => parts.join('x'));
const features = fc.uniqueArray(fc.nat(90)).map((bits) => new Set(bits.sort((a, b) => b - a)));
const id = hex(32);
const point = hex(32)
  .filter((key) => curve.isPrivateKey(Buffer.from(key, 'hex')))
  .map((key) => Buffer.from(curve.publicKey(Buffer.from(key, 'hex'))).toString('hex'));
const signature = hex(64);

const basepoints = {
  funding_pubkey: point,
  revocation_basepoint: point,
  payment_basepoint: point,
  delayed_payment_basepoint: point,
  htlc_basepoint: point,
  first_per_commitment_point: point,
};
const limits = {
  temporary_channel_id: id,
  dust_limit_satoshis: u64,
  max_htlc_value_in_flight_msat: u64,
  channel_reserve_satoshis: u64,
  htlc_minimum_msat: u64,
  to_self_delay: u16,
  max_accepted_htlcs: u16,
};
const simpleClose = {
  channel_id: id,
  closer_scriptpubkey: anyHex,
  closee_scriptpubkey: anyHex,
  fee_satoshis: u64,
  locktime: u32,
};
const closeSignatures = {
  closer_output_only: signature,
  closee_output_only: signature,
  closer_and_closee_outputs: signature,
};
const openingTlvs = { upfront_shutdown_script: anyHex, channel_type: anyBytes };

/** For each message: its fields, and the TLV records that may be absent. */
const MESSAGES: Record<
  KnownMessage['type'],
  [Record<string, fc.Arbitrary<unknown>>, Record<string, fc.Arbitrary<unknown>>]
> = {
  warning: [{ channel_id: id, data: anyBytes }, {}],
  error: [{ channel_id: id, data: anyBytes }, {}],
  init: [
    { globalfeatures: features, features },
    { networks: fc.array(id), remote_addr: anyBytes },
  ],
  ping: [{ num_pong_bytes: u16, ignored: anyBytes }, {}],
  pong: [{ ignored: anyBytes }, {}],
  peer_storage: [{ blob: anyBytes }, {}],
  peer_storage_retrieval: [{ blob: anyBytes }, {}],
  lsps0_message: [{ payload: anyBytes }, {}],
  open_channel: [
    {
      chain_hash: id,
      ...limits,
      funding_satoshis: u64,
      push_msat: u64,
      feerate_per_kw: u32,
      ...basepoints,
      channel_flags: u8,
    },
    openingTlvs,
  ],
  accept_channel: [{ ...limits, minimum_depth: u32, ...basepoints }, openingTlvs],
  funding_created: [{ temporary_channel_id: id, funding_txid: id, funding_output_index: u16, signature }, {}],
  funding_signed: [{ channel_id: id, signature }, {}],
  channel_ready: [{ channel_id: id, second_per_commitment_point: point }, { short_channel_id: scid }],
  shutdown: [{ channel_id: id, scriptpubkey: anyHex }, {}],
  closing_signed: [
    { channel_id: id, fee_satoshis: u64, signature },
    { fee_range: fc.record({ min_fee_satoshis: u64, max_fee_satoshis: u64 }, { noNullPrototype: true }) },
  ],
  closing_complete: [simpleClose, closeSignatures],
  closing_sig: [simpleClose, closeSignatures],
  update_add_htlc: [
    { channel_id: id, id: u64, amount_msat: u64, payment_hash: id, cltv_expiry: u32, onion_routing_packet: hex(1366) },
    { path_key: point, extra_fee: u64 },
  ],
  update_fulfill_htlc: [{ channel_id: id, id: u64, payment_preimage: id }, {}],
  update_fail_htlc: [{ channel_id: id, id: u64, reason: anyHex }, {}],
  update_fail_malformed_htlc: [{ channel_id: id, id: u64, sha256_of_onion: id, failure_code: u16 }, {}],
  commitment_signed: [
    { channel_id: id, signature, htlc_signatures: fc.array(signature, { maxLength: 5 }) },
    { funding_txid: id },
  ],
  revoke_and_ack: [{ channel_id: id, per_commitment_secret: id, next_per_commitment_point: point }, {}],
  update_fee: [{ channel_id: id, feerate_per_kw: u32 }, {}],
  channel_reestablish: [
    {
      channel_id: id,
      next_commitment_number: u64,
      next_revocation_number: u64,
      your_last_per_commitment_secret: id,
      my_current_per_commitment_point: point,
    },
    {},
  ],
  channel_announcement: [
    {
      node_signature_1: signature,
      node_signature_2: signature,
      bitcoin_signature_1: signature,
      bitcoin_signature_2: signature,
      features,
      chain_hash: id,
      short_channel_id: scid,
      node_id_1: point,
      node_id_2: point,
      bitcoin_key_1: point,
      bitcoin_key_2: point,
      excess: anyBytes,
    },
    {},
  ],
  node_announcement: [
    {
      signature,
      features,
      timestamp: u32,
      node_id: point,
      rgb_color: fc.uint8Array({ minLength: 3, maxLength: 3 }),
      alias: fc.uint8Array({ minLength: 32, maxLength: 32 }),
      addresses: anyBytes,
      excess: anyBytes,
    },
    {},
  ],
  channel_update: [
    {
      signature,
      chain_hash: id,
      short_channel_id: scid,
      timestamp: u32,
      message_flags: u8,
      channel_flags: u8,
      cltv_expiry_delta: u16,
      htlc_minimum_msat: u64,
      fee_base_msat: u32,
      fee_proportional_millionths: u32,
      htlc_maximum_msat: u64,
      excess: anyBytes,
    },
    {},
  ],
  announcement_signatures: [
    { channel_id: id, short_channel_id: scid, node_signature: signature, bitcoin_signature: signature },
    {},
  ],
  query_short_channel_ids: [{ chain_hash: id, encoded_short_ids: anyBytes }, { query_flags: anyBytes }],
  reply_short_channel_ids_end: [{ chain_hash: id, full_information: u8 }, {}],
  query_channel_range: [{ chain_hash: id, first_blocknum: u32, number_of_blocks: u32 }, { query_option: anyBytes }],
  reply_channel_range: [
    { chain_hash: id, first_blocknum: u32, number_of_blocks: u32, sync_complete: u8, encoded_short_ids: anyBytes },
    { timestamps_tlv: anyBytes, checksums_tlv: anyBytes },
  ],
  gossip_timestamp_filter: [{ chain_hash: id, first_timestamp: u32, timestamp_range: u32 }, {}],
};

function arbitrary(type: KnownMessage['type']): fc.Arbitrary<KnownMessage> {
  const [fields, tlvs] = MESSAGES[type];
  return fc
    .tuple(fc.record(fields), fc.record(tlvs, { requiredKeys: [] }))
    .map(([required, optional]) => ({ type, ...required, ...optional }) as unknown as KnownMessage);
}

test('every message is read back as it was written', () => {
  for (const type of Object.keys(MESSAGES) as KnownMessage['type'][]) {
    fc.assert(
      fc.property(arbitrary(type), (message) => {
        assert.deepEqual(decodeMessage(encodeMessage(message)), { ...message });
      }),
      { numRuns: 25 },
    );
  }
});

test('arbitrary bytes, and messages that were cut or changed, throw nothing but WireError', () => {
  const harmless = (bytes: Uint8Array): void => {
    try {
      decodeMessage(bytes);
    } catch (error) {
      assert.ok(error instanceof WireError, String(error));
    }
  };
  fc.assert(fc.property(fc.uint8Array({ maxLength: 300 }), harmless), { numRuns: 500 });
  const types = Object.keys(MESSAGES) as KnownMessage['type'][];
  const damaged = fc
    .tuple(fc.constantFrom(...types).chain(arbitrary), fc.nat(), fc.nat(), fc.nat(255))
    .map(([message, cut, at, value]) => {
      const bytes = encodeMessage(message).slice(0, -(cut % 40) || undefined);
      if (bytes.length > 2) bytes[2 + (at % (bytes.length - 2))] = value;
      return bytes;
    });
  fc.assert(fc.property(damaged, harmless), { numRuns: 1000 });
});

test('an unknown number is told, not thrown', () => {
  assert.deepEqual(decodeMessage(new Uint8Array([0x80, 0x01, 1, 2])), { type: 'unknown', number: 0x8001 });
});

test('a field of the wrong length is refused when writing', () => {
  const shutdown = { type: 'shutdown', channel_id: 'ab', scriptpubkey: '' } as unknown as KnownMessage;
  assert.throws(() => encodeMessage(shutdown), WireError);
});
