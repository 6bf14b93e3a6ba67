/** What a part teaches of the channels of others, and which update of a failure is believed (BOLT 4). */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { msat } from '../../../src/base/types/amount.ts';
import type { NodeId } from '../../../src/base/types/brand.ts';
import { toHex } from '../../../src/base/types/hex.ts';
import type { ShortChannelId } from '../../../src/base/types/short-channel-id.ts';
import { encodeFailure, failureCode } from '../../../src/codec/onion/failure.ts';
import { encodeMessage } from '../../../src/codec/wire/index.ts';
import { newTermsOf, taughtBy } from '../../../src/node/payments/network-lessons.ts';
import type { Sendpay } from '../../../src/node/payments/sendpay.ts';
import { CHAIN_HASH } from '../network/city.ts';

const [HUB, MIDDLE, SHOP] = ['11', '22', '33'].map((byte) => `02${byte.repeat(32)}` as NodeId);
const ROUTE = [
  { id: HUB, channel: '1x1x1', amount_msat: msat(1_020), delay: 88 },
  { id: MIDDLE, channel: '2x2x2', amount_msat: msat(1_010), delay: 48 },
  { id: SHOP, channel: '3x3x3', amount_msat: msat(1_000), delay: 18 },
];

function part(failure: unknown, status = 'failed'): Sendpay {
  return { route: ROUTE, failure, status } as unknown as Sendpay;
}

test('the channels before the one that failed carried their amounts, and one that lacks the money did not', () => {
  const names = (found: ReturnType<typeof taughtBy>) =>
    [found.carried, found.refused].map((hops) =>
      hops.map((hop) => [hop.node_id, hop.short_channel_id, hop.amount_msat]),
    );
  const [first, second] = [
    [HUB, '2x2x2', 1_010n],
    [MIDDLE, '3x3x3', 1_000n],
  ];
  const failed = (erring_index: number | undefined, name: 'temporary_channel_failure' | 'channel_disabled') =>
    names(taughtBy(part({ erring_index, failcode: failureCode(name) })));
  assert.deepEqual(failed(0, 'temporary_channel_failure'), [[], [first]]);
  assert.deepEqual(failed(1, 'temporary_channel_failure'), [[first], [second]]);
  assert.deepEqual(failed(1, 'channel_disabled'), [[first], []]);
  assert.deepEqual(failed(2, 'channel_disabled'), [[first, second], []]);
  assert.deepEqual(failed(undefined, 'temporary_channel_failure'), [[], []], 'nobody can be named');
  assert.deepEqual(names(taughtBy(part(undefined, 'complete'))), [[first, second], []]);
});

function update(short_channel_id: string): Uint8Array {
  return encodeMessage({
    type: 'channel_update',
    signature: '00'.repeat(64),
    chain_hash: CHAIN_HASH,
    short_channel_id: short_channel_id as ShortChannelId,
    timestamp: 1_700_000_000,
    message_flags: 1,
    channel_flags: 0,
    cltv_expiry_delta: 41,
    htlc_minimum_msat: msat(7),
    fee_base_msat: 2_000,
    fee_proportional_millionths: 300,
    htlc_maximum_msat: msat(9_000),
    excess: new Uint8Array(),
  });
}

function told(channel_update: Uint8Array, erring_index = 1) {
  const failure = { failure: 'fee_insufficient', htlc_msat: msat(0), channel_update } as const;
  return newTermsOf(part({ erring_index, raw_message: toHex(encodeFailure(failure)) }));
}

test('the update of the channel that failed says what it asks now, with its message type before it or without', () => {
  const terms = {
    node_id: MIDDLE,
    short_channel_id: '3x3x3',
    fee_base_msat: 2_000,
    fee_proportional_millionths: 300,
    cltv_expiry_delta: 41,
    htlc_minimum_msat: 7n,
    htlc_maximum_msat: 9_000n,
  };
  assert.deepEqual(told(update('3x3x3')), terms);
  assert.deepEqual(told(update('3x3x3').subarray(2)), terms);
});

test('an update of another channel, bytes that are none, and what the payee says, teach no terms', () => {
  assert.equal(told(update('2x2x2')), undefined);
  assert.equal(told(update('3x3x3').subarray(0, 40)), undefined);
  assert.equal(told(new Uint8Array()), undefined);
  assert.equal(told(encodeMessage({ type: 'ping', num_pong_bytes: 1, ignored: new Uint8Array() })), undefined);
  assert.equal(told(update('3x3x3'), 2), undefined, 'no channel is behind the payee');
  const raw_message = toHex(encodeFailure({ failure: 'unknown_next_peer' }));
  assert.equal(newTermsOf(part({ erring_index: 1, raw_message })), undefined);
  assert.equal(newTermsOf(part({ erring_index: undefined, raw_message })), undefined);
  assert.equal(newTermsOf(part(undefined)), undefined);
});
