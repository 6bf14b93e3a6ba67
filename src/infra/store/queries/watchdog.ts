/**
 * A thread of the process of queries. SQLite computes without a pause in which it could be asked to stop, so this thread
 * ends the whole process when a query takes too long or too much memory, or when the node that asked is gone.
 */
import { parentPort, workerData } from 'node:worker_threads';
import type { QueryLimits } from './messages.ts';

/** A query begins, or is over. */
export type WatchdogOrder = 'begin' | 'end';

/** How often a query is looked at. */
const LOOK_EVERY_MS = 50;
/** The signals tell the node why: too long, or too much. */
export const TOO_LONG = 'SIGKILL';
export const TOO_MUCH = 'SIGTERM';

const { time_ms, memory_bytes } = workerData as QueryLimits;
/** Another process takes the place of a parent that is gone. */
const node_pid = process.ppid;
let timer: NodeJS.Timeout | undefined;
parentPort?.on('message', (order: WatchdogOrder) => {
  clearInterval(timer);
  if (order === 'end') return;
  const began_ms = performance.now();
  timer = setInterval(() => {
    if (process.memoryUsage.rss() > memory_bytes) process.kill(process.pid, TOO_MUCH);
    if (performance.now() - began_ms > time_ms || process.ppid !== node_pid) process.kill(process.pid, TOO_LONG);
  }, LOOK_EVERY_MS);
});
