/**
 * Two nodes, one channel, a wire that breaks and stores that lag: random steps from a seed, then calm, then the books
 * must balance to the msat. The same seed gives the same run.
 */
import assert from 'node:assert/strict';
import { sha256 } from '../../src/base/crypto/hash.ts';
import { msat, sat } from '../../src/base/types/amount.ts';
import type { PaymentHash, PaymentPreimage } from '../../src/base/types/brand.ts';
import { toHex } from '../../src/base/types/hex.ts';
import { decodeMessage, encodeMessage } from '../../src/codec/wire/index.ts';
import type { ChannelMessage } from '../../src/protocol/channel/message.ts';
import { DEFAULT_POLICY } from '../../src/protocol/channel/policy.ts';
import type { ChannelSigner } from '../../src/protocol/channel/signer.ts';
import type { Removal } from '../../src/protocol/channel/state.ts';
import { environment, usablePair } from '../protocol/channel/pair.ts';
import { SimNode } from './node.ts';
import { Random } from './random.ts';

/** How a run went, for the one who looks at it. */
export interface Figures {
  steps: number;
  offered: number;
  refused: number;
  fulfilled: number;
  failed: number;
  taken_back: number;
  fee_updates: number;
  disconnects: number;
  crashes: number;
  commitments: number;
}

const ONION = '5a'.repeat(1_366);
const FUNDING_MSAT = 1_000_000_000n;

class Simulation {
  readonly random: Random;
  readonly alice: SimNode;
  readonly bob: SimNode;
  readonly figures: Figures = {
    steps: 0,
    offered: 0,
    refused: 0,
    fulfilled: 0,
    failed: 0,
    taken_back: 0,
    fee_updates: 0,
    disconnects: 0,
    crashes: 0,
    commitments: 0,
  };
  readonly #preimages = new Map<string, PaymentPreimage>();
  /** How often the wire breaks, and how often a process dies, at each step. */
  readonly #storm: number;
  readonly #start_msat: { alice: bigint; bob: bigint };

  constructor(seed: number, signer: (name: string) => ChannelSigner) {
    this.random = new Random(seed);
    this.#storm = this.random.pick([0.0005, 0.003, 0.015]);
    const policy = {
      ...DEFAULT_POLICY,
      max_accepted_htlcs: this.random.pick([5, 12, 30]),
      dust_limit_satoshis: sat(this.random.pick([354, 1_000])),
      max_dust_htlc_exposure_msat: msat(this.random.pick([2_000_000, 50_000_000])),
    };
    const option_simple_close = this.random.chance(0.5);
    const push_msat = this.random.pick([0n, 200_000_000n, 600_000_000n]);
    const pair = usablePair({
      alice: environment(signer('alice'), { policy, option_simple_close }),
      bob: environment(signer('bob'), {
        policy: { ...policy, dust_limit_satoshis: sat(this.random.pick([354, 800])) },
        option_simple_close,
      }),
      open: { push_msat: msat(push_msat) },
    });
    this.alice = new SimNode('alice', pair.alice.state, pair.alice.env);
    this.bob = new SimNode('bob', pair.bob.state, pair.bob.env);
    this.#start_msat = { alice: FUNDING_MSAT - push_msat, bob: push_msat };
  }

  other(node: SimNode): SimNode {
    return node === this.alice ? this.bob : this.alice;
  }

  get connected(): boolean {
    return this.alice.state.link !== 'down' && this.bob.state.link !== 'down';
  }

  /** One random step. */
  step(): void {
    this.figures.steps++;
    const node = this.random.pick([this.alice, this.bob]);
    const dice = this.random.next();
    if (dice < 0.36) this.deliver(node);
    else if (dice < 0.52) node.commit();
    else if (dice < 0.66) node.take({ kind: 'commit' });
    else if (dice < 0.8) this.offer(node);
    else if (dice < 0.95) this.decide(node);
    else if (dice < 0.97) this.changeFee();
    if (this.random.chance(this.#storm)) this.breakWire();
    if (this.random.chance(this.#storm)) this.crash(node);
    if (!this.connected && this.random.chance(0.1)) this.reconnect();
  }

  deliver(from: SimNode): void {
    const message = from.wire.shift();
    if (message === undefined) return;
    if (message.type === 'commitment_signed') this.figures.commitments++;
    this.other(from).take({ kind: 'message', message: carry(message) });
  }

  offer(node: SimNode): void {
    const preimage = this.random.bytes(32);
    const payment_hash = toHex(sha256(preimage)) as PaymentHash;
    const amount_msat = msat(this.#amount());
    const cltv_expiry = 140 + this.random.below(50);
    const htlc = { amount_msat, payment_hash, cltv_expiry, onion_routing_packet: ONION };
    const outcome = node.take({ kind: 'add_htlc', htlc });
    if (outcome.refusal !== undefined) {
      this.figures.refused++;
      return;
    }
    const offered = outcome.effects.find((effect) => effect.kind === 'htlc_offered');
    assert.ok(offered);
    this.figures.offered++;
    this.#preimages.set(payment_hash, toHex(preimage) as PaymentPreimage);
    node.books.sent.set(offered.id, { amount_msat, payment_hash, status: 'pending', proven: false });
  }

  #amount(): bigint {
    const kind = this.random.next();
    if (kind < 0.3) return BigInt(1 + this.random.below(400_000));
    if (kind < 0.9) return BigInt(400_000 + this.random.below(40_000_000));
    return BigInt(this.random.below(900_000_000) + 1);
  }

  /** Fulfils or fails one HTLC that is irrevocably committed; false when there is none. */
  decide(node: SimNode): boolean {
    const open = [...node.books.received].filter(([, { decision }]) => decision === undefined);
    if (open.length === 0) return false;
    const [id, received] = this.random.pick(open);
    const removal = this.#removal(received.payment_hash);
    received.decision = removal;
    const outcome = node.take({ kind: 'remove_htlc', id, removal });
    assert.equal(outcome.refusal?.message, undefined);
    return true;
  }

  #removal(payment_hash: string): Removal {
    const kind = this.random.next();
    const payment_preimage = this.#preimages.get(payment_hash);
    assert.ok(payment_preimage !== undefined);
    if (kind < 0.7) return { kind: 'fulfill', payment_preimage };
    if (kind < 0.9) return { kind: 'fail', reason: 'ff'.repeat(this.random.below(300)) };
    return { kind: 'malformed', sha256_of_onion: '00'.repeat(32), failure_code: 0xc005 };
  }

  changeFee(): void {
    const outcome = this.alice.take({ kind: 'update_fee', feerate_per_kw: 253 + this.random.below(4_000) });
    if (outcome.refusal === undefined) this.figures.fee_updates++;
  }

  /** The wire breaks: some of what is on it still arrives, the rest is lost. */
  breakWire(): void {
    if (!this.connected) return;
    this.figures.disconnects++;
    for (const node of [this.alice, this.bob]) {
      for (let count = this.random.below(node.wire.length + 1); count > 0; count--) this.deliver(node);
    }
    this.alice.disconnect();
    this.bob.disconnect();
  }

  crash(node: SimNode): void {
    this.figures.crashes++;
    node.crash();
    this.other(node).disconnect();
  }

  reconnect(): void {
    this.alice.disconnect();
    this.bob.disconnect();
    this.alice.connect();
    this.bob.connect();
  }

  /** Everything flows until nobody has anything to say. */
  calm(): void {
    if (!this.connected) this.reconnect();
    for (let round = 0; round < 10_000; round++) {
      for (const node of [this.alice, this.bob]) {
        node.take({ kind: 'commit' });
        node.commit();
        while (node.wire.length > 0) this.deliver(node);
      }
      const quiet = [this.alice, this.bob].every((node) => !node.dirty && node.wire.length === 0);
      if (quiet && ![this.alice, this.bob].map((node) => node.endPause()).includes(true)) return;
    }
    assert.fail('the two nodes never stop talking');
  }

  /** What must be true whenever everything has flowed. */
  checkAgreement(): void {
    const [a, b] = [this.alice.state, this.bob.state];
    assert.equal(a.local_msat, b.remote_msat, 'both know the same balance of alice');
    assert.equal(a.remote_msat, b.local_msat, 'both know the same balance of bob');
    assert.equal(a.local_msat + a.remote_msat, FUNDING_MSAT, 'no msat is lost or made');
    assert.equal(a.local_number, b.remote_number, "alice's commitment has one number");
    assert.equal(b.local_number, a.remote_number, "bob's commitment has one number");
    const seen = (node: SimNode, flip: boolean) =>
      node.state.htlcs
        .map(
          ({ offered_by, id, added, removal }) =>
            `${(offered_by === 'local') !== flip}/${id}/${added}/${removal?.kind}`,
        )
        .sort();
    assert.deepEqual(seen(this.alice, false), seen(this.bob, true), 'both know the same HTLCs');
  }

  /** Every HTLC comes to its end, then all books are compared. */
  finish(): void {
    this.calm();
    this.checkAgreement();
    for (const node of [this.alice, this.bob]) {
      while (this.decide(node)) this.figures.steps++;
    }
    this.calm();
    this.checkAgreement();
    const balance = { alice: this.#start_msat.alice, bob: this.#start_msat.bob };
    for (const [payer, payee, from, to] of [
      [this.alice, this.bob, 'alice', 'bob'],
      [this.bob, this.alice, 'bob', 'alice'],
    ] as const) {
      assert.equal(payer.state.htlcs.length, 0, `${from} has no HTLC left`);
      assert.equal(payer.books.sent.size, payee.books.received.size, `all that ${from} sent was received`);
      for (const [id, sent] of payer.books.sent) {
        const received = payee.books.received.get(id);
        assert.ok(received !== undefined, `HTLC ${id} of ${from} was received`);
        assert.equal(received.payment_hash, sent.payment_hash);
        const expected = received.decision?.kind === 'fulfill' ? 'fulfilled' : 'failed';
        assert.equal(sent.status, expected, `HTLC ${id} of ${from} ended for the payer as for the payee`);
        if (sent.status === 'fulfilled') {
          this.figures.fulfilled++;
          balance[from] -= sent.amount_msat;
          balance[to] += sent.amount_msat;
        } else this.figures.failed++;
      }
    }
    for (const node of [this.alice, this.bob]) {
      node.checkPenalties();
      this.figures.taken_back += node.taken_back;
    }
    assert.equal(this.alice.state.local_msat, balance.alice, "alice's balance is the sum of her payments");
    assert.equal(this.bob.state.local_msat, balance.bob, "bob's balance is the sum of his payments");
  }

  /** One end goes to the chain alone, in the middle of everything: with a commitment that it has not revoked. */
  abandon(): void {
    const node = this.random.pick([this.alice, this.bob]);
    const other = this.other(node);
    if (this.random.chance(0.5)) this.crash(node);
    node.gives_up = true;
    node.take({ kind: 'force_close', reason: 'the simulation ends here' });
    node.commit();
    while (node.wire.length > 0 && node.wire[0]?.type !== 'error') this.deliver(node);
    const [broadcast, ...more] = node.broadcasts;
    assert.ok(broadcast !== undefined && more.length === 0);
    assert.equal(broadcast.purpose, 'commitment');
    assert.ok(broadcast.number >= other.state.remote_number, 'the peer cannot punish what was broadcast');
  }

  /** Closes in agreement, over a wire that may break on the way. */
  close(): void {
    const node = this.random.pick([this.alice, this.bob]);
    node.take({ kind: 'shutdown' });
    for (let round = this.random.below(40); round > 0; round--) {
      const dice = this.random.next();
      const some = this.random.pick([this.alice, this.bob]);
      if (dice < 0.45) this.deliver(some);
      else if (dice < 0.85) some.commit();
      else if (dice < 0.9) some.endPause();
      else if (dice < 0.95) this.breakWire();
      else this.crash(some);
      if (!this.connected && this.random.chance(0.5)) this.reconnect();
    }
    // A crash may have lost the wish to close before it was durable: then its owner says it again.
    if (node.state.phase === 'normal') node.take({ kind: 'shutdown' });
    this.calm();
    for (const { state, name, broadcasts } of [this.alice, this.bob]) {
      assert.equal(state.phase, 'closed', `${name} has closed`);
      assert.ok(broadcasts.every(({ purpose }) => purpose === 'mutual_close'));
    }
    if (this.alice.env.option_simple_close) {
      const known = (end: SimNode) => [...end.state.closing_transactions].sort();
      assert.deepEqual(known(this.alice), known(this.bob), 'both know the same closing transactions');
      return;
    }
    const last = (end: SimNode) => end.state.closing_transactions.at(-1);
    assert.equal(last(this.alice), last(this.bob), 'both broadcast the same closing transaction');
  }
}

/** What the wire does to a message. */
function carry(message: ChannelMessage): ChannelMessage {
  return decodeMessage(encodeMessage(message)) as ChannelMessage;
}

/** Runs so many steps from a seed, and throws when anything does not add up. */
export function simulate(seed: number, steps: number, signer: (name: string) => ChannelSigner): Figures {
  const simulation = new Simulation(seed, signer);
  try {
    for (let count = 0; count < steps; count++) simulation.step();
    if (simulation.random.chance(0.2)) simulation.abandon();
    else {
      simulation.finish();
      simulation.close();
    }
  } catch (error) {
    const { steps: at } = simulation.figures;
    throw new Error(`seed ${seed}, step ${at} of ${steps}: ${(error as Error).message}`, { cause: error });
  }
  return simulation.figures;
}
