import assert from 'node:assert/strict';
import { test } from 'node:test';
import { freePort } from '../support/bitcoind.ts';
import { Reader } from './reader.ts';

test('docs/guide/operating.md', async (t) => {
  const port = String(await freePort());
  const reader = new Reader('operating', [['9737', port]]);
  t.after(() => reader.close());
  const node = reader.begin('till start --metrics-bind=127.0.0.1:9737 --log-format=json --log-file=till.log');
  let answer: Response | undefined;
  while (answer === undefined) answer = await fetch(`http://127.0.0.1:${port}/healthz`).catch(() => undefined);
  assert.equal(answer.status, 200);
  await node.end();
  reader.assertAllFollowed();
});
