/** What `sendpay` and `waitsendpay` say of a part that failed: who failed it, counted from us, and behind which channel. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { NodeId } from '../../../src/base/types/brand.ts';
import { failureError } from '../../../src/node/payments/failure-error.ts';
import type { Sendpay } from '../../../src/node/payments/sendpay.ts';

const US = `02${'77'.repeat(32)}` as NodeId;
const [HUB, MIDDLE, SHOP] = ['11', '99', '33'].map((byte) => `02${byte.repeat(32)}`);
const ROUTE = [
  { id: HUB, channel: '1x1x1' },
  { id: MIDDLE, channel: '2x2x2' },
  { id: SHOP, channel: '3x3x3' },
];

function errorOf(failure: unknown) {
  const part = { failure, route: ROUTE, created_index: 4n } as unknown as Sendpay;
  const { error, message, data } = failureError(part, US) as unknown as {
    error: string;
    message: string;
    data: Record<string, unknown>;
  };
  return { error, message, data };
}

function failedBy(erring_index: number | undefined, failcodename = 'temporary_channel_failure') {
  return errorOf({ erring_index, failcode: 0x1007, failcodename, raw_message: '1007' });
}

test('a failure that could not be read is told as such, with its bytes', () => {
  const { error, data } = errorOf({ failcodename: 'unreadable', raw_message: 'abcd' });
  assert.equal(error, 'PAY_UNPARSEABLE_ONION');
  assert.deepEqual(data, { onionreply: 'abcd' });
});

test('a part that failed without a word is told without one', () => {
  assert.equal(errorOf(undefined).error, 'PAY_UNSPECIFIED_ERROR');
});

test('a node on the way is named with the channel behind it, and its direction by the order of the two', () => {
  const at = (index: number | undefined) => {
    const { error, data } = failedBy(index);
    assert.equal(error, 'PAY_TRY_OTHER_ROUTE');
    return [data.erring_index, data.erring_node, data.erring_channel, data.erring_direction];
  };
  assert.deepEqual(at(undefined), [0, undefined, '1x1x1', 1], 'our own node, which is above the hub');
  assert.deepEqual(at(0), [1, HUB, '2x2x2', 0]);
  assert.deepEqual(at(1), [2, MIDDLE, '3x3x3', 1]);
});

test('the payee is told apart from nodes on the way, with the channel that leads to it', () => {
  const { error, message, data } = failedBy(2, 'incorrect_or_unknown_payment_details');
  assert.equal(error, 'PAY_DESTINATION_PERM_FAIL');
  assert.equal(message, 'failed: WIRE_INCORRECT_OR_UNKNOWN_PAYMENT_DETAILS (reply from remote)');
  assert.deepEqual([data.erring_index, data.erring_node, data.erring_channel], [3, SHOP, '3x3x3']);
  assert.deepEqual([data.failcode, data.status, data.id], [0x1007, 'failed', 4n]);
});

test('the number of a part is told where there is one', () => {
  const partidOf = (partid: bigint) => {
    const failure = { erring_index: 0, failcode: 0x1007, failcodename: 'temporary_channel_failure', raw_message: '' };
    const part = { failure, route: ROUTE, created_index: 4n, partid } as unknown as Sendpay;
    return (failureError(part, US).data as { partid?: bigint }).partid;
  };
  assert.deepEqual([partidOf(0n), partidOf(3n)], [undefined, 3n]);
});

test('a failure without a name is told by its number', () => {
  const { message, data } = failedBy(0, 'unknown');
  assert.equal(message, 'failed: failure 4103 (reply from remote)');
  assert.equal(data.failcodename, undefined);
});
