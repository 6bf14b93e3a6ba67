/** What the failure of a part says of the way that it took, and in which words (BOLT 4, Receiving Failure Codes). */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { msat } from '../../../src/base/types/amount.ts';
import type { ChannelId, NodeId } from '../../../src/base/types/brand.ts';
import { toHex } from '../../../src/base/types/hex.ts';
import type { ShortChannelId } from '../../../src/base/types/short-channel-id.ts';
import { encodeFailure, failureCode } from '../../../src/codec/onion/failure.ts';
import { channelBehind } from '../../../src/node/payments/lessons.ts';
import type { Sendpay } from '../../../src/node/payments/sendpay.ts';
import { verdictOn, wordsFor } from '../../../src/node/payments/verdict.ts';

const OURS = 'aa'.repeat(32) as ChannelId;
const [HUB, MIDDLE, SHOP] = ['11', '22', '33'].map((byte) => `02${byte.repeat(32)}` as NodeId) as [
  NodeId,
  NodeId,
  NodeId,
];
const ROUTE = [
  { id: HUB, channel: '1x1x1', amount_msat: msat(1_020), delay: 88 },
  { id: MIDDLE, channel: '2x2x2', amount_msat: msat(1_010), delay: 48 },
  { id: SHOP, channel: '3x3x3', amount_msat: msat(1_000), delay: 18 },
];
const SENT = { height: 500, min_final_cltv_expiry_delta: 18 };
const BEHIND_HUB = channelBehind(HUB, '2x2x2' as ShortChannelId);
const BEHIND_MIDDLE = channelBehind(MIDDLE, '3x3x3' as ShortChannelId);

function part(failure: unknown, route: readonly unknown[] = ROUTE): Sendpay {
  return { route, channel_id: OURS, failure } as unknown as Sendpay;
}

function failed(erring_index: number, failcodename: Parameters<typeof failureCode>[0], raw_message = ''): Sendpay {
  return part({ erring_index, failcode: failureCode(failcodename), failcodename, raw_message });
}

test('a channel that did not carry the amount teaches that amount; one whose node is away rests; any other is of no use', () => {
  assert.deepEqual(verdictOn(failed(0, 'temporary_channel_failure'), SENT), {
    kind: 'failed',
    subject: BEHIND_HUB,
    amount_msat: 1_010n,
  });
  assert.deepEqual(verdictOn(failed(1, 'temporary_channel_failure'), SENT), {
    kind: 'failed',
    subject: BEHIND_MIDDLE,
    amount_msat: 1_000n,
  });
  for (const name of ['unknown_next_peer', 'channel_disabled', 'expiry_too_soon'] as const) {
    assert.deepEqual(verdictOn(failed(1, name), SENT), { kind: 'rest', subjects: [BEHIND_MIDDLE] }, name);
  }
  for (const name of ['permanent_channel_failure', 'fee_insufficient', 'incorrect_cltv_expiry'] as const) {
    assert.deepEqual(verdictOn(failed(0, name), SENT), { kind: 'exclude', subject: BEHIND_HUB }, name);
  }
});

test('a node that fails for the time being rests, one that fails for good is left out', () => {
  assert.deepEqual(verdictOn(failed(0, 'temporary_node_failure'), SENT), { kind: 'rest', subjects: [HUB] });
  assert.deepEqual(verdictOn(failed(1, 'permanent_node_failure'), SENT), { kind: 'exclude', subject: MIDDLE });
});

test('a payee that says no is believed, unless its chain was ahead and too few blocks were left for it', () => {
  const says = (height: number): string => {
    const failure = { failure: 'incorrect_or_unknown_payment_details', htlc_msat: msat(1_000), height } as const;
    const text = toHex(encodeFailure(failure as never));
    return verdictOn(failed(2, 'incorrect_or_unknown_payment_details', text), SENT).kind;
  };
  assert.equal(says(500), 'refused');
  assert.equal(says(501), 'rest', '17 blocks were left, and it wants 18');
  const at_start = { ...SENT, height: 0 };
  assert.equal(verdictOn(failed(2, 'invalid_onion_payload'), at_start).kind, 'refused', 'it told no height');
  assert.equal(verdictOn(failed(2, 'mpp_timeout'), SENT).kind, 'again');
  assert.deepEqual(verdictOn(failed(2, 'temporary_node_failure'), SENT), { kind: 'rest', subjects: [BEHIND_MIDDLE] });
  const direct = part(
    { erring_index: 0, failcode: failureCode('temporary_node_failure'), raw_message: '' },
    ROUTE.slice(2),
  );
  assert.deepEqual(verdictOn(direct, SENT), { kind: 'rest', subjects: [OURS] }, 'it is our peer');
});

test('where nobody can be named, our channel rests when the connection ended, and else what lies behind our peer', () => {
  const nobody = (failcodename: string, route = ROUTE) =>
    verdictOn(part({ erring_index: undefined, failcode: 0, failcodename, raw_message: '' }, route), SENT);
  assert.deepEqual(nobody('permanent_channel_failure'), { kind: 'exclude', subject: OURS });
  assert.deepEqual(nobody('temporary_channel_failure'), { kind: 'rest', subjects: [OURS] });
  assert.deepEqual(nobody('unreadable'), { kind: 'rest', subjects: [BEHIND_HUB, BEHIND_MIDDLE] });
  assert.deepEqual(nobody('unreadable', ROUTE.slice(2)), { kind: 'rest', subjects: [OURS] });
});

test('each failure is told with who failed it', () => {
  const away = `channel 3x3x3 from ${MIDDLE} to ${SHOP} failed with unknown_next_peer (the payee may be offline)`;
  assert.equal(wordsFor(failed(1, 'unknown_next_peer')), away);
  assert.match(wordsFor(failed(1, 'temporary_channel_failure')), /\(the payee may be offline\)$/);
  assert.equal(
    wordsFor(failed(0, 'unknown_next_peer')),
    `channel 2x2x2 from ${HUB} to ${MIDDLE} failed with unknown_next_peer`,
  );
  assert.match(wordsFor(failed(1, 'fee_insufficient')), /failed with fee_insufficient$/);
  assert.equal(wordsFor(failed(1, 'temporary_node_failure')), `node ${MIDDLE} answers temporary_node_failure`);
  assert.equal(wordsFor(failed(2, 'mpp_timeout')), `the payee ${SHOP} answers mpp_timeout`);
  const nobody = (failcodename: string) => wordsFor(part({ erring_index: undefined, failcodename }));
  assert.match(nobody('permanent_channel_failure'), /^it timed out on chain, after channel 1x1x1 ended/);
  assert.match(nobody('temporary_channel_failure'), /^the connection to .* ended before our channel 1x1x1/);
  assert.match(nobody('unreadable'), /in a form that nobody can read$/);
  const unnamed = part({ erring_index: 0, failcode: 0x4fff, failcodename: 'unknown' });
  assert.match(wordsFor(unnamed), /failed with failure 20479$/);
});
