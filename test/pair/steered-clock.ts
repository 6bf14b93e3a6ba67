/**
 * Loaded before a node (`--import`): its wall clock is off by as many milliseconds as TILL_CLOCK_OFF says, and from
 * SIGUSR2 on by as many as the file `clock` of its directory says. The monotonic clock stays as it is: nobody sets that.
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';

let off_ms = Number(process.env.TILL_CLOCK_OFF ?? 0);
process.on('SIGUSR2', () => {
  off_ms = Number(readFileSync(join(process.env.TILL_DIR ?? '.', 'clock'), 'utf8'));
});

const RealDate = Date;
class SteeredDate extends RealDate {
  constructor(...given: unknown[]) {
    if (given.length === 0) super(RealDate.now() + off_ms);
    else super(...(given as [number]));
  }

  static override now(): number {
    return RealDate.now() + off_ms;
  }
}
globalThis.Date = SteeredDate as DateConstructor;
