/**
 * Loaded before the tests of a file (`npm test`): ends a process whose test waits for what never comes. With the runner's own
 * timer beside it such a test would wait for ten minutes, until the limit of a test is over.
 */
import { performance } from 'node:perf_hooks';

/** So many looks in a row, one each second, find a process in which nothing is left that could happen. */
const LOOKS = Number(process.env.TILL_HANG_SECONDS ?? 60);

/** Whatever keeps the process alive, but one timer, as the runner has one. So no test may sleep as long as all the looks. */
function alive(): string {
  const names = [...process.getActiveResourcesInfo()].sort();
  const timer = names.indexOf('Timeout');
  return (timer < 0 ? names : names.toSpliced(timer, 1)).join();
}

// Both are there only once somebody has asked for them.
const { stdout: _stdout, stderr: _stderr } = process;
const at_start = alive();
let looks = 0;
let turns = 0;
let looked_ms = performance.now();
setInterval(() => {
  const { loopCount } = performance.nodeTiming.uvMetricsInfo;
  // This look is a turn of the event loop of its own. A test that looks again and again makes more.
  const isStill = loopCount - turns <= 2 && alive() === at_start;
  const isLate = performance.now() - looked_ms > 1_500;
  turns = loopCount;
  looked_ms = performance.now();
  // A machine that gives the process no time says nothing about the test.
  if (isLate) return;
  looks = isStill ? looks + 1 : 0;
  if (looks < LOOKS) return;
  console.error(`A test waits for what never comes: for ${LOOKS} s nothing was left that could happen`);
  process.exit(1);
}, 1_000).unref();
