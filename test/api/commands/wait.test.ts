/** `wait` for what never happens: parts of payments are never deleted. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { wait } from '../../../src/api/commands/wait.ts';

test('who waits for a deleted part of a payment waits until its client goes, or has gone already', async () => {
  const run = async (nextvalue: bigint, signal: AbortSignal) =>
    await wait.run(
      { subsystem: 'sendpays', indexname: 'deleted', nextvalue } as never,
      {} as never,
      { signal } as never,
    );
  const client = new AbortController();
  assert.deepEqual(await run(0n, client.signal), { subsystem: 'sendpays', deleted: 0 });
  const waiting = run(1n, client.signal);
  client.abort(new Error('the client has gone'));
  await assert.rejects(waiting, /the client has gone/);
  await assert.rejects(run(1n, client.signal), /the client has gone/);
});
