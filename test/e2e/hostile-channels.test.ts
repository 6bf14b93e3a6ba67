/**
 * Peers with a channel that do not keep to BOLT 2, over TCP against a whole node: a warning or an error as the BOLT says,
 * and after each a good peer pays over its own channel. The rules one by one are in test/protocol/channel/hostile.test.ts.
 */
import assert from 'node:assert/strict';
import { after, before, type TestContext, test } from 'node:test';
import type { KnownMessage } from '../../src/codec/wire/index.ts';
import { TIMEOUT } from '../support/time-limit.ts';
import { Mallory, type Tamper } from './mallory.ts';
import { nodeIdOf } from './raw-peer.ts';
import { Witness } from './witness.ts';

let witness: Witness;
let count = 0;

before(async () => {
  witness = await Witness.start(60);
});
after(() => witness.stop());

async function mallory(t: TestContext): Promise<Mallory> {
  const node = await Mallory.join(witness, `mallory ${count++}`);
  t.after(() => node.stop());
  return node;
}

async function invoice(amount_msat = 1_000_000n): Promise<string> {
  const { bolt11 } = await witness.arena.invoice(`for mallory ${count++}`, amount_msat);
  return bolt11;
}

/** Changes messages of one type. */
function changing<Type extends KnownMessage['type']>(
  type: Type,
  change: (message: Extract<KnownMessage, { type: Type }>) => KnownMessage | undefined,
): Tamper {
  return (message) => {
    if (message.type !== type) return [message];
    const changed = change(message as Extract<KnownMessage, { type: Type }>);
    return changed === undefined ? [] : [changed];
  };
}

const WRONG_SIGNATURE = '01'.repeat(64);
const POINT = nodeIdOf(99);
const REESTABLISH = {
  next_commitment_number: 1n,
  next_revocation_number: 0n,
  your_last_per_commitment_secret: '00'.repeat(32),
  my_current_per_commitment_point: POINT,
};
const ANNOUNCEMENT = {
  short_channel_id: '1x1x1',
  node_signature: WRONG_SIGNATURE,
  bitcoin_signature: WRONG_SIGNATURE,
};

test('a wrong signature in funding_created ends the opening, and leaves no channel', TIMEOUT, async (t) => {
  const node = await mallory(t);
  const channels = witness.arena.daemon.channels.list().length;
  node.tamper = changing('funding_created', (message) => ({ ...message, signature: WRONG_SIGNATURE }));
  node.beginOpening();
  assert.match(await node.isTold('error'), /funding_created: .*signature/);
  assert.equal(witness.arena.daemon.channels.list().length, channels);
  await witness.isPaid();
});

const AFTER_A_PAYMENT: readonly [string, Tamper, 'warning' | 'error', RegExp][] = [
  [
    'a wrong signature in commitment_signed',
    changing('commitment_signed', (message) => ({ ...message, signature: WRONG_SIGNATURE })),
    'warning',
    /commitment_signed.*signature/,
  ],
  [
    'a wrong signature of an HTLC',
    changing('commitment_signed', (message) => ({ ...message, htlc_signatures: [WRONG_SIGNATURE] })),
    'warning',
    /commitment_signed: HTLC signature 0/,
  ],
  [
    'no signature of an HTLC',
    changing('commitment_signed', (message) => ({ ...message, htlc_signatures: [] })),
    'warning',
    /commitment_signed.*signatures/,
  ],
  [
    'a wrong secret in revoke_and_ack',
    changing('revoke_and_ack', (message) => ({ ...message, per_commitment_secret: '07'.repeat(32) })),
    'error',
    /revoke_and_ack.*secret/,
  ],
];
for (const [what, tamper, kind, expected] of AFTER_A_PAYMENT) {
  test(`${what} is told, and nothing is paid`, TIMEOUT, async (t) => {
    const node = await mallory(t);
    await node.open();
    node.tamper = tamper;
    const bolt11 = await invoice();
    node.pay(bolt11);
    assert.match(await node.isTold(kind), expected);
    if (kind === 'warning') await node.hungUp();
    else assert.equal(node.there.state.phase, 'failed');
    assert.equal(node.there.state.local_msat, 0n);
    await witness.isPaid();
  });
}

test('after a warning the same peer may come back and do it right', TIMEOUT, async (t) => {
  const node = await mallory(t);
  await node.open();
  node.tamper = changing('commitment_signed', (message) => ({ ...message, signature: WRONG_SIGNATURE }));
  node.pay(await invoice(2_000_000n));
  await node.isTold('warning');
  await node.hungUp();
  node.tamper = (message) => [message];
  await node.connect();
  await witness.arena.until(() => node.there.state.local_msat === 2_000_000n && node.there.state.htlcs.length === 0);
  assert.equal(node.there.state.phase, 'normal');
  await witness.isPaid();
});

test(
  'one HTLC more than Till accepts, more value than the peer has, and skipped ids are warned of',
  TIMEOUT,
  async (t) => {
    const bolt11 = await invoice();
    for (const [adds, expected] of [
      [Array.from({ length: 61 }, (_, index) => [BigInt(index), 1_000n]), /max_accepted_htlcs/],
      [[[0n, 999_000_000n]], /cannot afford/],
      [[[1n, 1_000n]], /id 1 where 0/],
      [[[0n, 0n]], /amount_msat is zero/],
    ] as readonly (readonly [readonly [bigint, bigint][], RegExp])[]) {
      const node = await mallory(t);
      await node.open();
      const { channel_id } = node.node.channel;
      const messages = adds.map(([id, amount_msat]): KnownMessage => {
        const { path_key: _, ...htlc } = node.htlcFor(bolt11, amount_msat);
        return { type: 'update_add_htlc', channel_id, id, ...htlc };
      });
      node.say(...messages);
      assert.match(await node.isTold('warning'), expected);
      await node.hungUp();
      assert.equal(node.there.state.htlcs.length, 0);
    }
    await witness.isPaid();
  },
);

test('a flood of HTLCs for nothing, as many as Till accepts, is failed back one by one', TIMEOUT, async (t) => {
  const node = await mallory(t);
  await node.open();
  const bolt11 = await invoice();
  for (let round = 0; round < 5; round++) {
    for (let index = 0; index < 60; index++) node.pay(bolt11, 400_000n);
    await witness.arena.until(() => node.node.removed.length === 60 * (round + 1));
  }
  assert.equal(node.there.state.htlcs.length, 0);
  assert.equal(witness.arena.daemon.payments.pending_sets, 0);
  assert.equal(node.there.state.local_msat, 0n);
  await witness.isPaid();
});

test('a feerate that is too low, too high or too dear for the peer is refused', TIMEOUT, async (t) => {
  for (const [feerate_per_kw, expected] of [
    [0, /update_fee: 0 per kw is too low/],
    [252, /update_fee: 252 per kw is too low/],
    [10_000_000, /update_fee/],
    [0xffffffff, /update_fee/],
  ] as const) {
    const node = await mallory(t);
    await node.open(100_000n);
    node.say({ type: 'update_fee', channel_id: node.node.channel.channel_id, feerate_per_kw });
    assert.match(await node.isTold('warning'), expected, `${feerate_per_kw}`);
    await node.hungUp();
  }
  await witness.isPaid();
});

test('update_fee of the side that does not pay for it is refused', TIMEOUT, async (t) => {
  const node = await mallory(t);
  const channel = await node.openedByTill();
  node.say({ type: 'update_fee', channel_id: channel.channel_id, feerate_per_kw: 2_000 });
  assert.match(await node.isTold('warning'), /update_fee/);
  await node.hungUp();
  await witness.isPaid();
});

const LIES: readonly [string, Tamper, RegExp][] = [
  [
    'a commitment that is far ahead',
    changing('channel_reestablish', (message) => ({ ...message, next_commitment_number: 1_000n })),
    /channel_reestablish/,
  ],
  [
    'a revocation that Till never gave, without its secret',
    changing('channel_reestablish', (message) => ({ ...message, next_revocation_number: 1_000n })),
    /does not prove/,
  ],
  [
    'a revocation beyond all numbers',
    changing('channel_reestablish', (message) => ({ ...message, next_revocation_number: 2n ** 64n - 1n })),
    /does not prove/,
  ],
  [
    'a wrong secret',
    changing('channel_reestablish', (message) => ({ ...message, your_last_per_commitment_secret: '05'.repeat(32) })),
    /your_last_per_commitment_secret/,
  ],
];
for (const [what, tamper, expected] of LIES) {
  test(
    `channel_reestablish with ${what}: an error, and Till's own commitment goes to the chain`,
    TIMEOUT,
    async (t) => {
      const node = await mallory(t);
      await node.open();
      for (let index = 0; index < 3; index++) {
        node.pay(await invoice(10_000_000n));
        await witness.arena.until(
          () => node.node.channel.state.htlcs.length === 0 && node.there.state.htlcs.length === 0,
        );
      }
      const there = node.there;
      await node.leave();
      node.tamper = tamper;
      node.isDeaf = true;
      await node.connect();
      assert.match(await node.isTold('error'), expected);
      assert.equal(there.state.phase, 'failed');
      assert.equal(there.state.failure?.data_loss ?? false, false);
      await witness.arena.until(() => witness.arena.chain.pending.length > 0);
      await witness.arena.mine(1);
      await witness.isPaid();
    },
  );
}

test(
  'a commitment of long ago: the peer is told that it has lost data, may come back, and closes with an error',
  TIMEOUT,
  async (t) => {
    const node = await mallory(t);
    await node.open();
    for (let index = 0; index < 3; index++) {
      node.pay(await invoice(10_000_000n));
      await witness.arena.until(
        () => node.node.channel.state.htlcs.length === 0 && node.there.state.htlcs.length === 0,
      );
    }
    const there = node.there;
    await node.leave();
    node.tamper = changing('channel_reestablish', (message) => ({ ...message, next_commitment_number: 1n }));
    node.isDeaf = true;
    await node.connect();
    assert.match(await node.isTold('error'), /you have lost data/);
    assert.deepEqual([there.state.phase, there.state.link], ['normal', 'aside']);
    await witness.isPaid();
    node.say({ type: 'error', channel_id: there.channel_id, data: Buffer.from('then close') });
    await witness.arena.until(() => there.state.phase === 'failed');
    await witness.arena.until(() => witness.arena.chain.pending.length > 0);
    await witness.arena.mine(1);
    await witness.isPaid();
  },
);

const OUT_OF_TURN: readonly [KnownMessage['type'], object, 'warning' | 'error' | 'ignored'][] = [
  ['channel_ready', { second_per_commitment_point: POINT }, 'ignored'],
  ['channel_reestablish', REESTABLISH, 'warning'],
  ['funding_signed', { signature: WRONG_SIGNATURE }, 'warning'],
  ['closing_signed', { fee_satoshis: 1_000n, signature: WRONG_SIGNATURE }, 'warning'],
  ['commitment_signed', { signature: WRONG_SIGNATURE, htlc_signatures: [] }, 'warning'],
  ['revoke_and_ack', { per_commitment_secret: '07'.repeat(32), next_per_commitment_point: POINT }, 'warning'],
  ['update_fulfill_htlc', { id: 0n, payment_preimage: '07'.repeat(32) }, 'warning'],
  ['update_fail_htlc', { id: 0n, reason: '' }, 'warning'],
  ['update_fail_malformed_htlc', { id: 0n, sha256_of_onion: '07'.repeat(32), failure_code: 0x8005 }, 'warning'],
  ['announcement_signatures', ANNOUNCEMENT, 'ignored'],
  ['error', { data: new Uint8Array(60_000).fill(7) }, 'error'],
  ['warning', { data: new Uint8Array(60_000).fill(7) }, 'ignored'],
];
for (const [type, fields, expected] of OUT_OF_TURN) {
  test(`${type} when it is not its turn: ${expected}`, TIMEOUT, async (t) => {
    const node = await mallory(t);
    await node.open();
    node.received.length = 0;
    node.say({ type, channel_id: node.node.channel.channel_id, ...fields } as KnownMessage);
    if (expected === 'warning') {
      assert.match(await node.isTold('warning'), new RegExp(type));
      await node.hungUp();
    } else if (expected === 'error') {
      await witness.arena.until(() => node.there.state.phase === 'failed');
    } else {
      node.pay(await invoice(5_000n));
      await witness.arena.until(() => node.there.state.local_msat === 5_000n);
      assert.equal(node.isConnected, true);
    }
    await witness.isPaid();
  });
}

test('peers that stall in the middle of an opening, a payment and a close harm nobody', TIMEOUT, async (t) => {
  const opening = await mallory(t);
  opening.tamper = changing('funding_created', () => undefined);
  opening.beginOpening();
  await opening.hears('accept_channel');

  const unfunded = await mallory(t);
  unfunded.tamper = changing('funding_created', (message) => {
    unfunded.isDeaf = true;
    return message;
  });
  unfunded.beginOpening();
  await unfunded.hears('funding_signed');

  const paying = await mallory(t);
  await paying.open();
  paying.tamper = changing('revoke_and_ack', () => undefined);
  const bolt11 = await invoice();
  paying.pay(bolt11);
  await paying.hears('commitment_signed');

  const closing = await mallory(t);
  await closing.open();
  closing.isDeaf = true;
  closing.say({
    type: 'shutdown',
    channel_id: closing.node.channel.channel_id,
    scriptpubkey: `5120${'ab'.repeat(32)}`,
  });
  await closing.hears('shutdown');

  await witness.passTime(600);
  await witness.arena.mine(3);
  assert.equal(paying.there.state.local_msat, 0n);
  assert.equal(paying.there.state.phase, 'normal');
  assert.equal(witness.arena.daemon.payments.pending_sets, 0);
  await witness.isPaid();
  // Whoever goes on then finds everything as it was.
  paying.tamper = (message) => [message];
  await paying.leave();
  await paying.connect();
  await witness.arena.until(() => paying.there.state.local_msat === 1_000_000n);
  await witness.isPaid();
});
