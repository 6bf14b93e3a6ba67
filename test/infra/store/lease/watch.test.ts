import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ManualClock } from '../../../../src/base/types/clock.ts';
import type { LeaseSeen } from '../../../../src/infra/store/lease/stillness.ts';
import { LeaseWatch, LOOK_EVERY_MS } from '../../../../src/infra/store/lease/watch.ts';

interface Row extends LeaseSeen {
  readonly directory: string;
}

function made(first: Row, hands_off_ms = 0, lease_ms = 3000) {
  const clock = new ManualClock();
  const problems: (string | undefined)[] = [];
  let answer: () => Row = () => first;
  const watch = new LeaseWatch<Row>({
    clock,
    lease_ms,
    hands_off_ms,
    look: async () => answer(),
    isOwn: ({ directory }) => directory === 'ours',
    onProblem: (problem) => problems.push(problem),
  });
  return {
    watch,
    clock,
    problems,
    set(next: () => Row) {
      answer = next;
    },
    /** Lets time pass, look by look. */
    async pass(ms: number, step_ms = LOOK_EVERY_MS): Promise<void> {
      for (let passed = 0; passed < ms; passed += step_ms) {
        clock.advance(step_ms);
        for (let turn = 0; turn < 5; turn++) await new Promise((resolve) => setImmediate(resolve));
      }
    },
  };
}

const never = new AbortController().signal;
const THEIRS: Row = {
  epoch: 1n,
  holder: 'front',
  commit_number: 7n,
  directory: 'theirs',
  is_connected: true,
};

test('a standby waits for as long as the holder moves, and takes over when it stands still', async () => {
  const { watch, set, pass } = made(THEIRS);
  let commits = 7n;
  set(() => ({ ...THEIRS, commit_number: commits++ }));
  let free: Row | undefined;
  void watch.untilFree(never).then((row) => {
    free = row;
  });
  await pass(10_000);
  assert.equal(free, undefined);
  assert.equal(watch.holder, 'front');
  const last: Row = { ...THEIRS, commit_number: commits };
  set(() => last);
  await pass(2800);
  assert.equal(free, undefined);
  await pass(600);
  assert.equal(free, last);
});

test('the look that counts comes when it is due, not at the next round time', async () => {
  const { watch, pass, clock } = made(THEIRS, 0, 500);
  const began_ms = clock.monotonicMs();
  let free_ms = 0;
  void watch.untilFree(never).then(() => {
    free_ms = clock.monotonicMs() - began_ms;
  });
  await pass(1000, 20);
  assert.ok(free_ms >= 500 && free_ms < 600, `${free_ms}`);
});

test('a lease that was let go, and one of this directory, are taken at once', async () => {
  assert.ok(await made({ ...THEIRS, holder: '' }).watch.untilFree(never));
  assert.ok(await made({ ...THEIRS, directory: 'ours' }).watch.untilFree(never));
});

test('a database that cannot be read proves nothing about the holder, and is told once', async () => {
  const { watch, set, pass, problems } = made(THEIRS);
  let free: Row | undefined;
  void watch.untilFree(never).then((row) => {
    free = row;
  });
  await pass(2800);
  set(() => {
    throw new Error('connection refused');
  });
  await pass(20_000);
  set(() => THEIRS);
  await pass(2800);
  assert.equal(free, undefined, 'the holder had no chance to move either');
  assert.deepEqual(problems, ['connection refused', undefined]);
  await pass(600);
  assert.ok(free);
});

test('waiting ends with the node', async () => {
  const { watch } = made(THEIRS);
  const stop = new AbortController();
  const waiting = watch.untilFree(stop.signal);
  stop.abort();
  assert.equal(await waiting, undefined);
});

test('whoever has handed over leaves the lease to another node, and takes it when none wants it', async () => {
  const released: Row = { ...THEIRS, holder: '', directory: 'ours' };
  const { watch, pass } = made(released, 3000);
  let free: Row | undefined;
  void watch.untilFree(never).then((row) => {
    free = row;
  });
  await pass(2600);
  assert.equal(free, undefined);
  await pass(600);
  assert.equal(free, released);
});

test('once another node has had it, a lease that is handed back is taken at once', async () => {
  const { watch, set, pass } = made({ ...THEIRS, holder: '', directory: 'ours' }, 3000);
  let free: Row | undefined;
  void watch.untilFree(never).then((row) => {
    free = row;
  });
  await pass(400);
  set(() => ({ ...THEIRS, epoch: 2n }));
  await pass(400);
  set(() => ({ ...THEIRS, epoch: 2n, holder: '' }));
  await pass(200);
  assert.ok(free);
});
