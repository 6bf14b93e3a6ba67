/** Keepers of maps without threads, joined by wires that carry gossip at once. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ManualClock } from '../../../src/base/types/clock.ts';
import { Keeper } from '../../../src/node/network/keeper.ts';
import type { OutputClaim, OutputFinding } from '../../../src/node/network/ports.ts';
import { CHAIN_HASH } from './city.ts';

/** The features that a test's keeper knows. */
export const KNOWN_FEATURES = new Set([0, 1, 8, 9]);

export class TestKeeper {
  readonly clock: ManualClock;
  readonly path: string;
  readonly held_off: number[] = [];
  readonly logged: string[] = [];
  /** What was sent to each peer. */
  readonly sent = new Map<number, Uint8Array[]>();
  /** What is said of funding outputs; by default each holds a million satoshi. */
  finding: (claim: OutputClaim) => OutputFinding = unspent;
  can_check_all = true;
  keeper: Keeper;
  readonly #directory: string;
  readonly #wires = new Map<number, (messages: readonly Uint8Array[]) => Promise<void>>();
  #sending: Promise<void>[] = [];

  constructor(clock = new ManualClock()) {
    this.clock = clock;
    this.#directory = mkdtempSync(join(tmpdir(), 'till-map-'));
    this.path = join(this.#directory, 'gossip_store');
    this.keeper = this.open();
  }

  open(): Keeper {
    const outer = this;
    return new Keeper({
      path: this.path,
      chain_hash: CHAIN_HASH,
      known_features: KNOWN_FEATURES,
      height: 1000,
      clock: this.clock,
      ports: {
        send: (peer, messages) => {
          this.sent.set(peer, [...(this.sent.get(peer) ?? []), ...messages]);
          const wire = this.#wires.get(peer);
          if (wire !== undefined) this.#sending.push(wire(messages));
        },
        holdOff: (peer) => void this.held_off.push(peer),
        log: (_level, text) => void this.logged.push(text),
        outputs: {
          get can_check_all() {
            return outer.can_check_all;
          },
          claims_at_once: 100,
          check: (claims) => Promise.resolve(claims.map((claim) => this.finding(claim))),
        },
      },
    });
  }

  /** Everything of this peer goes there. */
  wire(peer: number, to: (messages: readonly Uint8Array[]) => Promise<void>): void {
    this.#wires.set(peer, to);
  }

  connect(number: number, abilities = { can_query: true, can_query_more: true }): void {
    this.keeper.connected({ number, ...abilities });
  }

  /** Resolves when nothing that was sent is still to be looked at. */
  async quiet(): Promise<void> {
    while (this.#sending.length > 0) await Promise.all(this.#sending.splice(0));
    await this.keeper.idle();
  }

  async restart(): Promise<void> {
    this.keeper.stop();
    this.keeper = this.open();
  }

  end(): void {
    this.keeper.stop();
    rmSync(this.#directory, { recursive: true });
  }
}

/** Every output is there. Its txid follows from its id. */
export function unspent({ short_channel_id }: OutputClaim): OutputFinding {
  const name = Buffer.alloc(32);
  name.write(short_channel_id);
  return { kind: 'unspent', amount_sat: 1_000_000n, txid: name.toString('hex'), vout: 0 };
}

/** Joins two keepers by one connection: each is peer 1 to the other. */
export function join2(one: TestKeeper, two: TestKeeper): void {
  one.wire(1, (messages) => two.keeper.receive(1, messages));
  two.wire(1, (messages) => one.keeper.receive(1, messages));
  one.connect(1);
  two.connect(1);
}

/** Lets both talk until neither has anything to say, seconds passing between their turns. */
export async function talk(keepers: readonly TestKeeper[], seconds: number): Promise<void> {
  for (let second = 0; second < seconds; second++) {
    for (let round = 0; round < 3; round++) for (const each of keepers) await each.quiet();
    for (const each of new Set(keepers.map(({ clock }) => clock))) each.advance(1000);
  }
}
