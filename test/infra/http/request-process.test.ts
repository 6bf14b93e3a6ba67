import assert from 'node:assert/strict';
import { test } from 'node:test';
import { AskingProcess } from '../../../src/infra/http/asking-process.ts';

test('what was given up before it was asked has failed, and no process is started for it', async () => {
  const asking = new AskingProcess({
    name: 'the process that asks',
    option: 'allow',
    allowed: [],
    user_agent: 'Till/test',
    onProblem: assert.fail,
  });
  try {
    const outcome = asking.ask({ url: 'https://rates.example/', members: [] }, AbortSignal.abort());
    assert.equal(asking.pid, undefined);
    assert.deepEqual(await outcome, { kind: 'failed', reason: 'the node stops' });
  } finally {
    asking.close();
  }
});
