/** The end of the log, as the dashboard and getlog show it. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { RecentLog } from '../../../src/app/daemon/recent-log.ts';

test('the newest lines are kept in their order, without those for debugging, and all are handed on', () => {
  const handed: string[] = [];
  const take = (text: string): void => void handed.push(text);
  let now = 0;
  const log = new RecentLog({ debug: take, info: take, warn: take, error: take }, () => ++now);
  log.debug('a detail');
  for (let line = 1; line <= 2500; line++) log.info(`line ${line}`);
  log.error('x'.repeat(5000));
  const lines = log.lines();
  assert.equal(handed.length, 2502);
  assert.equal(lines.length, 2000);
  assert.equal(lines[0]?.text, 'line 502');
  assert.equal(lines.at(-2)?.text, 'line 2500');
  assert.deepEqual([lines.at(-1)?.level, lines.at(-1)?.text.length], ['broken', 2000]);
  assert.deepEqual(
    lines.map(({ time_ms }) => time_ms),
    lines.map((_, index) => (lines[0]?.time_ms ?? 0) + index),
  );
});
