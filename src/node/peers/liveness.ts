/**
 * Whether the other side is still there (BOLT 1, The ping and pong Messages): after a time of silence we ask, and after
 * a time without an answer it is gone. Also the pings that a user asked for.
 */
import type { Clock } from '../../base/types/clock.ts';
import type { Ping, Pong } from '../../codec/wire/index.ts';
import { ASK_BEFORE_SIGNING_MS, MAX_OPEN_PINGS, NO_PONG_FROM_BYTES, PING_AFTER_MS, PONG_WITHIN_MS } from './limits.ts';
import { PeerError } from './peer.ts';

/** A pong's number, and the length of its bytes: what precedes them in the message. */
const PONG_OVERHEAD_BYTES = 4;

interface OpenPing {
  readonly num_pong_bytes: number;
  readonly resolve: (length_bytes: number) => void;
  readonly reject: (error: PeerError) => void;
}

/** What liveness asks of its connection. */
export interface LivenessPort {
  ping(message: Ping): void;
  /** Nothing came in time. */
  dead(): void;
  /** Whether it is we who do not read at the moment: then silence says nothing. */
  isDeaf(): boolean;
}

export class Liveness {
  readonly #clock: Clock;
  readonly #port: LivenessPort;
  #heard_ms: number;
  #asked = false;
  #asked_ms = 0;
  #cancel: () => void;
  #open: OpenPing[] = [];
  /** Called when anything is heard. */
  #waiting: (() => void)[] = [];

  constructor(clock: Clock, port: LivenessPort) {
    this.#clock = clock;
    this.#port = port;
    this.#heard_ms = clock.monotonicMs();
    this.#cancel = clock.after(PING_AFTER_MS, () => this.#check());
  }

  /** Bytes came. */
  heard(): void {
    this.#heard_ms = this.#clock.monotonicMs();
    this.#asked = false;
    if (this.#waiting.length > 0) for (const resolve of this.#waiting.splice(0)) resolve();
  }

  /** Undefined when the peer was heard just now; else it is asked, and the promise resolves when it is heard again. */
  awake(): Promise<void> | undefined {
    if (this.#clock.monotonicMs() - this.#heard_ms < ASK_BEFORE_SIGNING_MS) return undefined;
    if (!this.#asked) this.#ask();
    return new Promise((resolve) => this.#waiting.push(resolve));
  }

  /** Asks on a user's behalf: resolves with the length of the pong message, 0 when the size asked for wants no answer. */
  ping(num_pong_bytes: number, ignored_length_bytes: number): Promise<number> {
    if (this.#open.length >= MAX_OPEN_PINGS) {
      return Promise.reject(new PeerError('connected', `${MAX_OPEN_PINGS} pings are already waiting for an answer`));
    }
    return new Promise((resolve, reject) => {
      if (num_pong_bytes < NO_PONG_FROM_BYTES) this.#open.push({ num_pong_bytes, resolve, reject });
      else resolve(0);
      this.#port.ping({ type: 'ping', num_pong_bytes, ignored: new Uint8Array(ignored_length_bytes) });
    });
  }

  /** A pong came: the oldest question of its size is answered. One that nobody asked for is ignored. */
  pong({ ignored }: Pong): void {
    const index = this.#open.findIndex(({ num_pong_bytes }) => num_pong_bytes === ignored.length);
    const [answered] = index < 0 ? [] : this.#open.splice(index, 1);
    answered?.resolve(ignored.length + PONG_OVERHEAD_BYTES);
  }

  /** The connection is gone. */
  stop(): void {
    this.#cancel();
    this.#waiting = [];
    const open = this.#open;
    this.#open = [];
    for (const { reject } of open) reject(new PeerError('connected', 'the peer disconnected before it answered'));
  }

  #check(): void {
    const silent_ms = this.#clock.monotonicMs() - this.#heard_ms;
    const limit_ms = this.#asked ? this.#asked_ms - this.#heard_ms + PONG_WITHIN_MS : PING_AFTER_MS;
    if (this.#port.isDeaf()) this.#again(PING_AFTER_MS);
    else if (silent_ms < limit_ms) this.#again(limit_ms - silent_ms);
    else if (this.#asked) this.#port.dead();
    else this.#ask();
  }

  #ask(): void {
    this.#asked = true;
    this.#asked_ms = this.#clock.monotonicMs();
    this.#again(PONG_WITHIN_MS);
    // An answer of no bytes: all that counts is that it comes.
    this.#port.ping({ type: 'ping', num_pong_bytes: 0, ignored: new Uint8Array(0) });
  }

  #again(delay_ms: number): void {
    this.#cancel();
    this.#cancel = this.#clock.after(delay_ms, () => this.#check());
  }
}
