/** Replicas that may lack what the server confirmed: a pair refuses them, and every start says it. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { replicationFault } from '../../../src/app/daemon/replication-fault.ts';

const ASYNCHRONOUS = { is_synchronous: false, replicas: 1, timeline: 1n };

function judge(replication: typeof ASYNCHRONOUS, standby: boolean, must: boolean) {
  const warned: string[] = [];
  const values = { standby, 'database-must-be-synchronous': must };
  const fault = replicationFault(replication, { values }, { warn: (text) => void warned.push(text) });
  return { fault, warned };
}

test('one half of a pair refuses replicas that may lack what was confirmed', () => {
  assert.throws(
    () => judge(ASYNCHRONOUS, true, true),
    /synchronous_standby_names, or accept that with --database-must/,
  );
});

for (const [what, standby, must] of [
  ['one half of a pair that accepts them', true, false],
  ['a node alone', false, true],
  ['a node alone that accepts them', false, false],
] as const) {
  test(`${what} is told of them at every start, and getinfo has it`, () => {
    const { fault, warned } = judge(ASYNCHRONOUS, standby, must);
    assert.match(fault ?? '', /replicates asynchronously/);
    assert.deepEqual(warned, [fault]);
  });
}

test('a server without replicas, or one that waits for them, is no reason to say anything', () => {
  for (const standby of [true, false]) {
    for (const replication of [
      { ...ASYNCHRONOUS, replicas: 0 },
      { ...ASYNCHRONOUS, is_synchronous: true },
    ]) {
      assert.deepEqual(judge(replication, standby, true), { fault: undefined, warned: [] });
    }
  }
});
