import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { curve } from '../../../src/base/crypto/secp256k1.ts';
import { msat } from '../../../src/base/types/amount.ts';
import type { PaymentSecret } from '../../../src/base/types/brand.ts';
import type { ShortChannelId } from '../../../src/base/types/short-channel-id.ts';
import {
  decodeFailure,
  encodeFailure,
  type FailureMessage,
  failureCode,
  isPermanent,
} from '../../../src/codec/onion/failure.ts';
import { onionKey, sharedSecrets } from '../../../src/codec/onion/keys.ts';
import {
  createPacket,
  InvalidPayload,
  MalformedOnion,
  PACKET_BYTES,
  peelPacket,
} from '../../../src/codec/onion/packet.ts';
import {
  decodeFinalPayload,
  encodeFinalPayload,
  encodeForwardPayload,
  PayloadError,
} from '../../../src/codec/onion/payload.ts';
import { createReturnPacket, openReturnPacket, wrapReturnPacket } from '../../../src/codec/onion/return-packet.ts';
import * as vectors from './vectors.ts';

const bytes = (text: string): Uint8Array => new Uint8Array(Buffer.from(text, 'hex'));
const hex = (data: Uint8Array): string => Buffer.from(data).toString('hex');
/** The vectors' payloads carry their length: ours are without. */
const bare = (payload: string): Uint8Array => bytes(payload).slice(payload.startsWith('fd') ? 3 : 1);
const hops = vectors.HOPS.map(({ node_id, payload }) => ({ node_id: bytes(node_id), payload: bare(payload) }));
const data = bytes(vectors.ASSOCIATED_DATA);

test('the packet of BOLT 4 is made to the byte', () => {
  const { packet, shared_secrets } = createPacket(bytes(vectors.SESSION_KEY), hops, data);
  assert.equal(hex(packet), vectors.PACKET);
  assert.deepEqual(shared_secrets.map(hex), vectors.SHARED_SECRETS);
});

test('each hop of BOLT 4 finds its payload, and the last one knows that it is the last', () => {
  let packet: Uint8Array | undefined = bytes(vectors.PACKET);
  for (const [index, key] of vectors.HOP_KEYS.entries()) {
    assert.ok(packet !== undefined);
    const peeled = peelPacket(packet, data, (point) => curve.ecdh(point, bytes(key)));
    assert.equal(hex(peeled.payload), hex((hops[index] as { payload: Uint8Array }).payload));
    packet = peeled.next_packet;
  }
  assert.equal(packet, undefined);
});

test('a packet that cannot be read has one of three faults, with its hash', () => {
  const ecdh = (point: Uint8Array): Uint8Array => curve.ecdh(point, bytes(vectors.HOP_KEYS[0] as string));
  const cases: [MalformedOnion['failure'], (packet: Buffer) => void][] = [
    ['invalid_onion_version', (packet) => packet.writeUInt8(1, 0)],
    ['invalid_onion_key', (packet) => packet.writeUInt8(5, 1)],
    ['invalid_onion_hmac', (packet) => packet.writeUInt8((packet[700] as number) ^ 1, 700)],
  ];
  for (const [failure, damage] of cases) {
    const packet = Buffer.from(vectors.PACKET, 'hex');
    damage(packet);
    assert.throws(
      () => peelPacket(packet, data, ecdh),
      (error) => error instanceof MalformedOnion && error.failure === failure && error.sha256_of_onion.length === 64,
    );
  }
  const other_hash = new Uint8Array(32).fill(1);
  assert.throws(() => peelPacket(bytes(vectors.PACKET), other_hash, ecdh), MalformedOnion);
});

test('the failure of BOLT 4 comes back to the byte, and its origin is found', () => {
  const secrets = vectors.SHARED_SECRETS.map(bytes);
  const last = secrets.at(-1) as Uint8Array;
  assert.equal(hex(onionKey('um', last)), vectors.UM_KEY_OF_LAST);
  assert.deepEqual(
    secrets.map((secret) => hex(onionKey('ammag', secret))),
    vectors.AMMAG_KEYS,
  );
  let packet = createReturnPacket(last, bytes(vectors.FAILURE));
  for (const secret of secrets.slice(0, -1).reverse()) packet = wrapReturnPacket(secret, packet);
  assert.equal(hex(packet), vectors.RETURN_PACKET);
  const opened = openReturnPacket(secrets, packet);
  assert.equal(opened?.erring_index, 4);
  assert.equal(decodeFailure(opened?.failure as Uint8Array).name, 'temporary_node_failure');
  assert.equal(openReturnPacket(secrets.slice(0, 4), packet), undefined);
});

test('a payment travels any route, and any hop can answer it', () => {
  const anyKey = fc.uint8Array({ minLength: 32, maxLength: 32 }).filter((key) => curve.isPrivateKey(key));
  const anyRoute = fc.array(fc.record({ key: anyKey, payload: fc.uint8Array({ minLength: 2, maxLength: 100 }) }), {
    minLength: 1,
    maxLength: 8,
  });
  fc.assert(
    fc.property(anyKey, anyRoute, fc.nat(), (session_key, route, where) => {
      const made = createPacket(
        session_key,
        route.map(({ key, payload }) => ({ node_id: curve.publicKey(key), payload })),
        data,
      );
      assert.equal(made.packet.length, PACKET_BYTES);
      let packet: Uint8Array | undefined = made.packet;
      const secrets: Uint8Array[] = [];
      for (const { key, payload } of route) {
        const peeled = peelPacket(packet as Uint8Array, data, (point) => curve.ecdh(point, key));
        assert.equal(hex(peeled.payload), hex(payload));
        secrets.push(peeled.shared_secret);
        packet = peeled.next_packet;
      }
      const erring_index = where % route.length;
      let back = createReturnPacket(secrets[erring_index] as Uint8Array, encodeFailure({ failure: 'mpp_timeout' }));
      for (let hop = erring_index - 1; hop >= 0; hop--) back = wrapReturnPacket(secrets[hop] as Uint8Array, back);
      const opened = openReturnPacket(made.shared_secrets, back);
      assert.equal(opened?.erring_index, erring_index);
      assert.equal(decodeFailure(opened?.failure as Uint8Array).name, 'mpp_timeout');
    }),
    { numRuns: 15 },
  );
});

test('payloads that do not fit are refused, and a length that reaches out of the packet is found', () => {
  const node_id = curve.publicKey(new Uint8Array(32).fill(9));
  const session_key = new Uint8Array(32).fill(8);
  assert.throws(() => createPacket(session_key, [{ node_id, payload: new Uint8Array(1300) }], data), RangeError);
  const { packet } = createPacket(session_key, [{ node_id, payload: new Uint8Array(1) }], data);
  const ecdh = (point: Uint8Array): Uint8Array => curve.ecdh(point, new Uint8Array(32).fill(9));
  assert.throws(() => peelPacket(packet, data, ecdh), InvalidPayload);
});

test('the shared secrets of a route are those that its hops compute', () => {
  const { shared_secrets } = sharedSecrets(
    bytes(vectors.SESSION_KEY),
    vectors.HOPS.map(({ node_id }) => bytes(node_id)),
  );
  assert.deepEqual(shared_secrets.map(hex), vectors.SHARED_SECRETS);
});

test('the last payload is read as it was written, and what is missing is named', () => {
  const payload = {
    amt_to_forward: msat(1000),
    outgoing_cltv_value: 500_000,
    payment_data: { payment_secret: 'ab'.repeat(32) as PaymentSecret, total_msat: msat(3000) },
    payment_metadata: 'cdef',
  };
  assert.deepEqual(decodeFinalPayload(encodeFinalPayload(payload)), payload);
  const fault = (text: string): bigint => {
    try {
      decodeFinalPayload(bytes(text));
    } catch (error) {
      assert.ok(error instanceof PayloadError);
      return error.tlv_type;
    }
    return -1n;
  };
  assert.equal(fault('0402ffff'), 2n);
  assert.equal(fault('020203e8'), 4n);
  assert.equal(fault('020203e80402ffff06080000000000000001'), 6n);
  assert.equal(fault('020203e80402ffff0a0100'), 10n);
  const path_key = `0c21${vectors.HOPS[0]?.node_id}`;
  assert.equal(fault(`020203e80402ffff${path_key}`), 12n, 'a path key without a blinded path');
  assert.equal(fault(`020203e80402ffff0a0100${path_key}`), 10n, 'a blinded path');
  assert.equal(fault('0202'), 2n, 'a record that is cut off');
  assert.equal(fault('020203e80403ffff'), 4n, 'a length beyond the end');
  assert.equal(fault('02020001'), 2n, 'a number that is not in its shortest form');
  assert.equal(fault('020203e80402ffff0803abcdef'), 8n, 'a record whose value is too short');
  assert.equal(fault('fd'), 0n, 'not even a type');
  assert.equal(fault('020203e80402ffffff0000000146c6616c00'), 5_482_373_484n, 'an unknown even record: keysend');
  const forward = { amt_to_forward: msat(1), outgoing_cltv_value: 1, short_channel_id: '1x2x3' as ShortChannelId };
  assert.throws(() => decodeFinalPayload(encodeForwardPayload(forward)), PayloadError);
});

test('arbitrary payloads throw nothing but PayloadError', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 200 }), (noise) => {
      try {
        decodeFinalPayload(noise);
      } catch (error) {
        assert.ok(error instanceof PayloadError);
      }
    }),
    { numRuns: 500 },
  );
});

test('failures are read as they were written; unknown and cut ones do not throw', () => {
  const details: FailureMessage = {
    failure: 'incorrect_or_unknown_payment_details',
    htlc_msat: msat(123),
    height: 800_000,
  };
  assert.equal(hex(encodeFailure(details)), '400f000000000000007b000c3500');
  assert.deepEqual(decodeFailure(encodeFailure(details)).message, details);
  assert.deepEqual(decodeFailure(bytes('400f00')), {
    failure_code: 0x400f,
    name: 'incorrect_or_unknown_payment_details',
    message: undefined,
  });
  assert.equal(decodeFailure(bytes('7fff')).name, 'unknown');
  assert.equal(decodeFailure(bytes('40')).name, 'unknown');
  assert.equal(failureCode('mpp_timeout'), 23);
  assert.ok(isPermanent(failureCode('unknown_next_peer')) && !isPermanent(failureCode('mpp_timeout')));
});
