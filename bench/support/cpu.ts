/** The CPU that processes have used, as Linux tells it. */
import { readdirSync, readFileSync } from 'node:fs';

/** Linux counts the time of a process in hundredths of a second. */
const TICKS_PER_SECOND = 100;

/** The child process of a node that serves HTTP. */
export function webProcessOf(pid: number): number {
  const child = readdirSync('/proc').find((name) => {
    try {
      const isChild = readFileSync(`/proc/${name}/stat`, 'utf8').replace(/.*\) /, '').split(' ')[1] === String(pid);
      return isChild && readFileSync(`/proc/${name}/cmdline`, 'utf8').includes('/web/main.');
    } catch {
      return false;
    }
  });
  if (child === undefined) throw new Error('the node has no web process');
  return Number(child);
}

/** Seconds of CPU of a process until now. */
export function cpuSeconds(pid: number): number {
  const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').replace(/.*\) /, '').split(' ');
  return (Number(fields[11]) + Number(fields[12])) / TICKS_PER_SECOND;
}
