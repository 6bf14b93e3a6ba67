/**
 * One node of the simulation: a channel, the books of who pays and is paid over it, and a store that commits late. What
 * is not committed is lost in a crash; what would leave the node leaves only after the commit.
 */
import assert from 'node:assert/strict';
import { decodeState, encodeState } from '../../src/protocol/channel/codec.ts';
import { commitmentView, isDust } from '../../src/protocol/channel/commitment.ts';
import type { Effect, RevokedHtlc } from '../../src/protocol/channel/effect.ts';
import type { Input } from '../../src/protocol/channel/input.ts';
import type { ChannelMessage } from '../../src/protocol/channel/message.ts';
import type { Environment } from '../../src/protocol/channel/policy.ts';
import { REMOTE_LATEST } from '../../src/protocol/channel/stage.ts';
import type { ChannelState, Removal } from '../../src/protocol/channel/state.ts';
import { type Outcome, step, untaken } from '../../src/protocol/channel/step.ts';

/** An HTLC that this node offered: what its payer knows. */
export interface Sent {
  readonly amount_msat: bigint;
  readonly payment_hash: string;
  status: 'pending' | 'fulfilled' | 'failed';
  /** The preimage was seen, before or when the HTLC went. */
  proven: boolean;
}

/** An HTLC that this node was offered: what its payee knows. */
export interface Received {
  readonly amount_msat: bigint;
  readonly payment_hash: string;
  /** Decided and durable; the channel may still have to hear of it. */
  decision: Removal | undefined;
}

interface Books {
  sent: Map<bigint, Sent>;
  received: Map<bigint, Received>;
}

function copy(books: Books): Books {
  return {
    sent: new Map([...books.sent].map(([id, entry]) => [id, { ...entry }])),
    received: new Map([...books.received].map(([id, entry]) => [id, { ...entry }])),
  };
}

/** What a step puts behind the next commit. */
interface Unit {
  readonly connection: number;
  readonly messages: readonly ChannelMessage[];
}

/** What a penalty knows an HTLC by. */
function nameOf({ offered_by, payment_hash, amount_msat, cltv_expiry }: Omit<RevokedHtlc, `${string}_number`>): string {
  return `${offered_by}/${payment_hash}/${amount_msat}/${cltv_expiry}`;
}

export class SimNode {
  readonly name: string;
  readonly env: Environment;
  state: ChannelState;
  books: Books = { sent: new Map(), received: new Map() };
  /** What the store kept of revoked commitments. */
  readonly revoked: RevokedHtlc[] = [];
  /** What each commitment of the peer held when we signed it: the HTLCs that have an output there. */
  readonly signed = new Map<number, readonly string[]>();
  readonly broadcasts: { purpose: string; transaction: string; number: number }[] = [];
  /** Messages that are durably said, not yet delivered. */
  readonly wire: ChannelMessage[] = [];
  connection = 0;
  commits = 0;
  taken_back = 0;
  /** The run means to end without the other. */
  gives_up = false;
  /** The connection in which a pause was asked for that is not over. */
  #paused_connection: number | undefined;
  #units: Unit[] = [];
  #durable_state: string;
  #durable_books: Books = { sent: new Map(), received: new Map() };
  #durable_revoked = 0;

  constructor(name: string, state: ChannelState, env: Environment) {
    this.name = name;
    this.env = env;
    this.state = state;
    this.#durable_state = encodeState(state);
  }

  /** Whether a step waits for the store. */
  get dirty(): boolean {
    return this.#units.length > 0;
  }

  /** Takes an input. Everything that is legal is expected to be accepted: a broken rule ends the run. */
  take(input: Input): Outcome {
    const outcome = step(this.state, input, this.env);
    if (outcome.violation !== undefined) {
      const what = input.kind === 'message' ? input.message.type : input.kind;
      assert.fail(`${this.name}, at ${what}: ${outcome.violation.message}`);
    }
    this.#accept(outcome);
    return outcome;
  }

  #accept(outcome: Outcome): void {
    this.state = outcome.state;
    const messages: ChannelMessage[] = [];
    for (const effect of outcome.effects) {
      if (effect.kind === 'send') messages.push(effect.message);
      else this.#handle(effect);
      if (effect.kind === 'send' && effect.message.type === 'commitment_signed') this.#remember();
    }
    if (outcome.store || messages.length > 0) this.#units.push({ connection: this.connection, messages });
  }

  #remember(): void {
    const { remote_number, remote_next_point } = this.state;
    const view = commitmentView(this.state, 'remote', remote_number + 1, remote_next_point ?? '', REMOTE_LATEST);
    const dust_limit_satoshis = this.state.terms.remote.dust_limit_satoshis;
    this.signed.set(
      view.number,
      view.htlcs
        .filter((htlc) => !isDust(htlc, dust_limit_satoshis))
        .map(nameOf)
        .sort(),
    );
  }

  /** Every commitment of the peer can be taken apart with what was stored of it: what a penalty depends on. */
  checkPenalties(): void {
    for (const [number, expected] of this.signed) {
      const stored = this.revoked.filter(
        ({ first_remote_number, last_remote_number }) => first_remote_number <= number && number <= last_remote_number,
      );
      assert.deepEqual(stored.map(nameOf).sort(), expected, `${this.name}: the HTLCs of commitment ${number}`);
    }
  }

  /** The books, in the same unit as the state. Each event may come more than once. */
  #handle(effect: Effect): void {
    switch (effect.kind) {
      case 'htlc_committed': {
        const { id, amount_msat, payment_hash, onion_routing_packet } = effect.htlc;
        const known = this.books.received.get(id);
        assert.equal(known, undefined, `${this.name}: HTLC ${id} was offered twice`);
        assert.ok(onion_routing_packet !== undefined, `${this.name}: HTLC ${id} came without its onion`);
        this.books.received.set(id, { amount_msat, payment_hash, decision: undefined });
        this.take({ kind: 'take', incoming: [id], outgoing: [] });
        break;
      }
      case 'htlc_fulfilled': {
        const sent = this.books.sent.get(effect.id);
        assert.ok(sent !== undefined, `${this.name}: an HTLC that was never sent is fulfilled`);
        sent.proven = true;
        break;
      }
      case 'htlc_removed': {
        const { id, removal } = effect.htlc;
        const sent = this.books.sent.get(id);
        assert.ok(sent?.status === 'pending', `${this.name}: HTLC ${id} is removed twice or was never sent`);
        if (removal.kind === 'unsent') {
          assert.ok(!sent.proven, `${this.name}: HTLC ${id} is taken back, and paid`);
          this.books.sent.delete(id);
          this.taken_back++;
          this.take({ kind: 'take', incoming: [], outgoing: [id] });
          break;
        }
        if (removal.kind === 'fulfill') assert.ok(sent.proven, `${this.name}: HTLC ${id} went without its preimage`);
        else assert.ok(!sent.proven, `${this.name}: HTLC ${id} was failed after its preimage was shown`);
        sent.status = removal.kind === 'fulfill' ? 'fulfilled' : 'failed';
        this.take({ kind: 'take', incoming: [], outgoing: [id] });
        break;
      }
      case 'store_revoked_htlc':
        this.revoked.push(effect.htlc);
        break;
      case 'broadcast':
        this.broadcasts.push({
          purpose: effect.purpose,
          transaction: effect.transaction,
          number: this.state.local_number,
        });
        break;
      case 'pause':
        this.#paused_connection = this.connection;
        break;
      case 'channel_failed':
        assert.ok(this.gives_up, `${this.name}: the channel failed: ${effect.reason}`);
        break;
      default:
        break;
    }
  }

  /** The store is done with everything so far: messages of the connection that still stands go out. */
  commit(): void {
    if (this.#units.length === 0) return;
    this.commits++;
    this.#durable_state = encodeState(this.state);
    this.#durable_books = copy(this.books);
    this.#durable_revoked = this.revoked.length;
    for (const { connection, messages } of this.#units) {
      if (connection === this.connection) this.wire.push(...messages);
    }
    this.#units = [];
  }

  /** The process dies and starts again from the store. The connection is gone with it. */
  crash(): void {
    this.#units = [];
    this.wire.length = 0;
    this.connection++;
    this.state = decodeState(this.#durable_state);
    assert.equal(encodeState(this.state), this.#durable_state, 'what is stored reads back as it was');
    this.books = copy(this.#durable_books);
    this.revoked.length = this.#durable_revoked;
    for (const effect of untaken(this.state)) this.#handle(effect);
    // What was decided and written down before the crash is said to the channel again, if it did not know.
    for (const [id, { decision }] of this.books.received) {
      const htlc = this.state.htlcs.find((other) => other.offered_by === 'remote' && other.id === id);
      if (decision !== undefined && htlc !== undefined && htlc.removal === undefined) {
        this.take({ kind: 'remove_htlc', id, removal: decision });
      }
    }
  }

  /** The time of a pause is over; false when none was asked for. */
  endPause(): boolean {
    const isPaused = this.#paused_connection === this.connection;
    this.#paused_connection = undefined;
    if (isPaused) this.take({ kind: 'pause_over' });
    return isPaused;
  }

  /** The connection breaks. */
  disconnect(): void {
    this.wire.length = 0;
    this.connection++;
    if (this.state.link !== 'down') this.take({ kind: 'disconnected' });
  }

  connect(): void {
    this.take({ kind: 'connected' });
  }
}
