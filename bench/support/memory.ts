/** How much memory another process holds. */
import { readFileSync } from 'node:fs';

/** Resident memory in MB, as Linux tells it; 0 elsewhere. */
export function memoryMb(pid: number): number {
  try {
    const kb = /^VmRSS:\s+(\d+) kB/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1];
    return Number(kb ?? 0) / 1024;
  } catch {
    return 0;
  }
}
