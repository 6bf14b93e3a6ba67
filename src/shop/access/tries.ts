/**
 * How often somebody may try to sign in. Each address has five failures in a minute; after that it waits a minute, then two,
 * four and so on, up to an hour, until it gets it right or has been quiet for a day.
 */
import { isIPv6 } from 'node:net';
import type { Clock } from '../../base/types/clock.ts';
import { ipv6Bytes } from '../../base/types/ipv6.ts';

const FREE_FAILURES = 5;
const WINDOW_MS = 60_000;
const FIRST_WAIT_MS = 60_000;
const LONGEST_WAIT_MS = 3_600_000;
const FORGET_MS = 86_400_000;
/** Addresses that are remembered; the one that was quiet longest goes first. */
const MOST_ADDRESSES = 10_000;

interface Failures {
  /** When each of the last failures was, the oldest first. */
  recent: number[];
  blocked_until: number;
  next_wait_ms: number;
  last: number;
}

export class Tries {
  readonly #clock: Clock;
  readonly #by_address = new Map<string, Failures>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Seconds until the address may try again; 0 when it may now. */
  waitSeconds(address: string): number {
    const failures = this.#by_address.get(networkOf(address));
    return failures === undefined
      ? 0
      : Math.max(0, Math.ceil((failures.blocked_until - this.#clock.monotonicMs()) / 1000));
  }

  /** A try is beginning: it counts as failed until it is known to be right, so that many at once are no way around. */
  begin(address: string): void {
    const now = this.#clock.monotonicMs();
    const network = networkOf(address);
    const known = this.#by_address.get(network);
    const failures: Failures =
      known === undefined || now - known.last > FORGET_MS
        ? { recent: [], blocked_until: 0, next_wait_ms: FIRST_WAIT_MS, last: now }
        : known;
    failures.recent = [...failures.recent.filter((at) => now - at < WINDOW_MS), now];
    failures.last = now;
    if (failures.recent.length >= FREE_FAILURES) {
      failures.blocked_until = now + failures.next_wait_ms;
      failures.next_wait_ms = Math.min(failures.next_wait_ms * 2, LONGEST_WAIT_MS);
      failures.recent = [];
    }
    this.#by_address.delete(network);
    this.#by_address.set(network, failures);
    if (this.#by_address.size > MOST_ADDRESSES) this.#by_address.delete(this.#by_address.keys().next().value as string);
  }

  /** It was right: nothing is held against the address. */
  succeed(address: string): void {
    this.#by_address.delete(networkOf(address));
  }
}

/** Who has one IPv6 address has a whole network of them. */
function networkOf(address: string): string {
  return isIPv6(address) ? ipv6Bytes(address).toString('hex', 0, 8) : address;
}
