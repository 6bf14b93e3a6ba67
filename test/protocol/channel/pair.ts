/** Two ends of one channel in a process, wired to each other without a network: what the tests of the module start from. */
import assert from 'node:assert/strict';
import { sha256 } from '../../../src/base/crypto/hash.ts';
import { msat, sat } from '../../../src/base/types/amount.ts';
import type { ChannelId, PaymentHash, PaymentPreimage, Txid } from '../../../src/base/types/brand.ts';
import { toHex } from '../../../src/base/types/hex.ts';
import { Secret } from '../../../src/base/types/secret.ts';
import type { ShortChannelId } from '../../../src/base/types/short-channel-id.ts';
import { channelKeysFromSeed } from '../../../src/codec/tx/channel-keys.ts';
import { createSigner } from '../../../src/codec/tx/signer.ts';
import { acceptOpening, stepAccepter } from '../../../src/protocol/channel/accept.ts';
import type { Effect } from '../../../src/protocol/channel/effect.ts';
import type { Input } from '../../../src/protocol/channel/input.ts';
import type { ChannelMessage } from '../../../src/protocol/channel/message.ts';
import { type OpenRequest, startOpening, stepOpener } from '../../../src/protocol/channel/open.ts';
import type { Opening, OpeningOutcome } from '../../../src/protocol/channel/opening.ts';
import { type ChannelPolicy, DEFAULT_POLICY, type Environment } from '../../../src/protocol/channel/policy.ts';
import type { ChannelSigner } from '../../../src/protocol/channel/signer.ts';
import type { ChannelState } from '../../../src/protocol/channel/state.ts';
import { type Outcome, step } from '../../../src/protocol/channel/step.ts';
import { fakeSigner } from './fake-signer.ts';

export const REGTEST = '06226e46111a0b59caaf126043eb5bbf28c34f3a5e332a1fc7b2b73cf188910f';

/** An environment with the defaults of the tests. */
export function environment(signer: ChannelSigner, changes: Partial<Environment> = {}): Environment {
  return {
    signer,
    policy: DEFAULT_POLICY,
    feerates: {
      floor_per_kw: 253,
      mempool_per_kw: 253,
      commitment_per_kw: 1_000,
      closing_per_kw: 1_000,
      max_closing_per_kw: 5_000,
    },
    height: 100,
    option_shutdown_anysegwit: true,
    option_simple_close: false,
    option_upfront_shutdown_script: true,
    ...changes,
  };
}

/** A signer with real keys, made from a name. */
export function realSigner(name: string): ChannelSigner {
  return createSigner(channelKeysFromSeed(new Secret(sha256(Buffer.from(name)))));
}

/** A policy that differs from the default in a few places. */
export function policy(changes: Partial<ChannelPolicy>): ChannelPolicy {
  return { ...DEFAULT_POLICY, ...changes };
}

/** What the opener of the tests asks for. */
export function openRequest(changes: Partial<OpenRequest> = {}): OpenRequest {
  return {
    temporary_channel_id: '77'.repeat(32) as ChannelId,
    chain_hash: REGTEST,
    local_alias: '1x2x3' as ShortChannelId,
    shutdown_script: `0014${'11'.repeat(20)}`,
    option_support_large_channel: false,
    has_anchors: true,
    funding_satoshis: sat(1_000_000),
    push_msat: msat(200_000_000),
    feerate_per_kw: 1_000,
    announce_channel: false,
    channel_type: { option_scid_alias: true, option_zeroconf: false },
    ...changes,
  };
}

/** What the accepter of the tests answers with. */
export function acceptRequest(changes: Partial<Parameters<typeof acceptOpening>[1]> = {}) {
  return {
    chain_hash: REGTEST,
    local_alias: '4x5x6' as ShortChannelId,
    shutdown_script: `0014${'22'.repeat(20)}`,
    option_support_large_channel: false,
    zeroconf_allowed: false,
    ...changes,
  };
}

export const FUNDING_TXID = 'ab'.repeat(32) as Txid;

/** A preimage from a number, and its hash. */
export function preimage(number: number): { payment_preimage: PaymentPreimage; payment_hash: PaymentHash } {
  const bytes = sha256(Buffer.from(`preimage ${number}`));
  return { payment_preimage: toHex(bytes) as PaymentPreimage, payment_hash: toHex(sha256(bytes)) as PaymentHash };
}

/** The messages among effects. */
export function messagesOf(effects: readonly Effect[]): ChannelMessage[] {
  return effects.flatMap((effect) => (effect.kind === 'send' ? [effect.message] : []));
}

/** The one message among effects. */
export function onlyMessage(effects: readonly Effect[]): ChannelMessage {
  const messages = messagesOf(effects);
  assert.equal(messages.length, 1, `one message, not ${messages.map(({ type }) => type).join(', ') || 'none'}`);
  return messages[0] as ChannelMessage;
}

/** One end: a state, its environment, what it was told to do, and what it has to say to the other. */
export class End {
  state: ChannelState;
  env: Environment;
  readonly outbox: ChannelMessage[] = [];
  readonly events: Effect[] = [];

  constructor(state: ChannelState, env: Environment) {
    this.state = state;
    this.env = env;
  }

  /** Takes an input that must neither break a rule nor be refused. */
  do(input: Input): Outcome {
    const outcome = this.attempt(input);
    assert.equal(outcome.refusal?.message, undefined);
    assert.equal(outcome.violation?.message, undefined);
    return outcome;
  }

  /** Takes any input. */
  attempt(input: Input): Outcome {
    const outcome = step(this.state, input, this.env);
    this.state = outcome.state;
    for (const effect of outcome.effects) {
      if (effect.kind === 'send') this.outbox.push(effect.message);
      else this.events.push(effect);
    }
    return outcome;
  }

  /** The events of a kind, which are then forgotten. */
  take<Kind extends Effect['kind']>(kind: Kind): Extract<Effect, { kind: Kind }>[] {
    const found = this.events.filter((event) => event.kind === kind) as Extract<Effect, { kind: Kind }>[];
    for (const event of found) this.events.splice(this.events.indexOf(event), 1);
    return found;
  }
}

/** Both ends of a channel. */
export class Pair {
  readonly alice: End;
  readonly bob: End;

  constructor(alice: End, bob: End) {
    this.alice = alice;
    this.bob = bob;
  }

  /** Delivers and signs until nobody has anything to say. */
  exchange(): void {
    for (let round = 0; round < 1_000; round++) {
      for (const [from, to] of [
        [this.alice, this.bob],
        [this.bob, this.alice],
      ] as const) {
        for (const message of from.outbox.splice(0)) to.do({ kind: 'message', message });
        to.do({ kind: 'commit' });
      }
      if (this.alice.outbox.length + this.bob.outbox.length > 0) continue;
      const paused = [this.alice, this.bob].filter((end) => end.take('pause').length > 0);
      for (const end of paused) end.do({ kind: 'pause_over' });
      if (paused.length === 0) return;
    }
    assert.fail('the two ends never stop talking');
  }

  /** Breaks the connection: what was said and not heard is lost. */
  disconnect(): void {
    for (const end of [this.alice, this.bob]) {
      end.outbox.length = 0;
      end.do({ kind: 'disconnected' });
    }
  }

  reconnect(): void {
    this.alice.do({ kind: 'connected' });
    this.bob.do({ kind: 'connected' });
  }
}

/** Goes through the whole opening, up to the funding transaction: alice opens. */
export function fundedPair(
  options: {
    readonly open?: Partial<OpenRequest>;
    readonly accept?: Partial<Parameters<typeof acceptOpening>[1]>;
    readonly alice?: Environment;
    readonly bob?: Environment;
  } = {},
): Pair {
  const alice_env = options.alice ?? environment(fakeSigner('alice'));
  const bob_env = options.bob ?? environment(fakeSigner('bob'));
  let alice = startOpening(openRequest(options.open), alice_env);
  const open = onlyMessage(alice.effects);
  assert.equal(open.type, 'open_channel');
  let bob = acceptOpening(open as never, acceptRequest(options.accept), bob_env);
  alice = stepOpener(must(alice), { kind: 'message', message: onlyMessage(bob.effects) }, alice_env);
  assert.equal(alice.effects[0]?.kind, 'funding_needed');
  const fund = { kind: 'fund', funding_txid: FUNDING_TXID, funding_output_index: 1 } as const;
  alice = stepOpener(must(alice), fund, alice_env);
  bob = stepAccepter(must(bob), { kind: 'message', message: onlyMessage(alice.effects) }, bob_env);
  const [signed, ...more] = messagesOf(bob.effects);
  alice = stepOpener(must(alice), { kind: 'message', message: signed as ChannelMessage }, alice_env);
  const pair = new Pair(
    new End(alice.channel as ChannelState, alice_env),
    new End(bob.channel as ChannelState, bob_env),
  );
  pair.bob.outbox.push(...more);
  pair.alice.outbox.push(...messagesOf(alice.effects));
  return pair;
}

function must(outcome: OpeningOutcome): Opening {
  const failed = outcome.effects.find((effect) => effect.kind === 'opening_failed');
  assert.ok(outcome.opening, failed?.reason ?? 'the opening ended');
  return outcome.opening;
}

/** Where the funding transaction of the tests is mined. */
export function confirmation(depth_blocks: number) {
  return { kind: 'funding_depth', confirmation: { block_height: 90, transaction_index: 2, depth_blocks } } as const;
}

/** A channel that is ready for payments. */
export function usablePair(options: Parameters<typeof fundedPair>[0] = {}): Pair {
  const pair = fundedPair(options);
  pair.alice.do(confirmation(3));
  pair.bob.do(confirmation(3));
  pair.exchange();
  assert.equal(pair.alice.state.phase, 'normal');
  assert.equal(pair.bob.state.phase, 'normal');
  return pair;
}

/** An HTLC of so much, with the hash of `preimage(number)`. */
export function offer(number: number, amount_msat: number | bigint, cltv_expiry = 140): Input {
  const { payment_hash } = preimage(number);
  const onion_routing_packet = '00'.repeat(1_366);
  return {
    kind: 'add_htlc',
    htlc: { amount_msat: msat(amount_msat), payment_hash, cltv_expiry, onion_routing_packet },
  };
}
