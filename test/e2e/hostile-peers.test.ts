/** Strangers that do not keep to BOLT 1 and 8, over TCP against a whole node; a good peer pays after each group. */
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import type { ChannelId, NodeId, Txid } from '../../src/base/types/brand.ts';
import { ACT_ONE_BYTES } from '../../src/codec/transport/handshake.ts';
import { Session } from '../../src/codec/transport/session.ts';
import { encodeMessage, type KnownMessage } from '../../src/codec/wire/index.ts';
import { TIMEOUT } from '../support/time-limit.ts';
import { INIT, keyOf, RawPeer, RawSocket } from './raw-peer.ts';
import { Witness } from './witness.ts';

let witness: Witness;
let port: number;
let node_id: NodeId;

before(async () => {
  witness = await Witness.start();
  port = witness.port;
  node_id = witness.node_id;
});
after(() => witness.stop());

/** Bytes that are always the same for a seed. */
function bytesOf(seed: number, length: number): Uint8Array {
  let state = seed >>> 0;
  return Uint8Array.from({ length }, () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state >>> 24;
  });
}

test('random bytes instead of a handshake end the connection without a word', TIMEOUT, async () => {
  for (const length of [50, 51, 1_000, 100_000]) {
    for (let seed = 0; seed < 10; seed++) {
      const stranger = await RawSocket.open(port);
      stranger.write(bytesOf(seed, length));
      await stranger.hungUp();
      assert.equal(stranger.length_bytes, 0, `seed ${seed}, ${length} bytes`);
    }
  }
  await witness.isPaid();
});

test('a first act of another version, key or tag ends the connection without a word', TIMEOUT, async () => {
  const actOne = (): Uint8Array =>
    new Session({
      static_key: keyOf(1),
      ephemeral_key: keyOf(2),
      remote_public_key: new Uint8Array(Buffer.from(node_id, 'hex')),
    }).open();
  const spoils: readonly [string, (act: Uint8Array) => void][] = [
    ['version', (act) => act.fill(1, 0, 1)],
    ['no point', (act) => act.fill(4, 1, 2)],
    ['another point', (act) => act.set([(act[1] as number) ^ 1], 1)],
    ['tag', (act) => act.set([(act[ACT_ONE_BYTES - 1] as number) ^ 1], ACT_ONE_BYTES - 1)],
  ];
  for (const [what, spoil] of spoils) {
    const stranger = await RawSocket.open(port);
    const act = Uint8Array.from(actOne());
    spoil(act);
    stranger.write(act);
    await stranger.hungUp();
    assert.equal(stranger.length_bytes, 0, what);
  }
  await witness.isPaid();
});

test('a stranger that stalls anywhere before its init is hung up on after a minute', TIMEOUT, async () => {
  const open = new Session({
    static_key: keyOf(1),
    ephemeral_key: keyOf(2),
    remote_public_key: new Uint8Array(Buffer.from(node_id, 'hex')),
  }).open();
  const silent = await RawSocket.open(port);
  const half = await RawSocket.open(port);
  half.write(open.subarray(0, 25));
  const one = await RawSocket.open(port);
  one.write(open);
  await one.until(() => one.length_bytes > 0);
  const three = await RawPeer.meet(port, node_id, 3);
  await three.hears('init');
  await witness.passTime(59);
  assert.deepEqual(
    [silent, half, one, three].map(({ isClosed }) => isClosed),
    [false, false, false, false],
  );
  await witness.passTime(2);
  await Promise.all([silent, half, one, three].map((stranger) => stranger.hungUp()));
  await witness.isPaid();
});

test('bytes that do not decrypt end the connection without a word', TIMEOUT, async () => {
  for (let seed = 0; seed < 5; seed++) {
    for (const length of [18, 34, 5_000]) {
      const stranger = await RawPeer.greet(port, node_id);
      stranger.write(bytesOf(seed, length));
      await stranger.hungUp();
      assert.deepEqual(stranger.complaints, []);
    }
  }
  await witness.isPaid();
});

const INIT_BYTES = encodeMessage(INIT);
const u16 = (value: number): Uint8Array => Uint8Array.of(value >> 8, value & 0xff);
/** Without an expression the peer hears nothing: before its init there is nothing to say to it (BOLT 1). */
const BAD_INITS: readonly [string, KnownMessage | Uint8Array, RegExp | undefined][] = [
  ['a ping first', { type: 'ping', num_pong_bytes: 1, ignored: new Uint8Array(0) }, undefined],
  ['an unknown message first', Uint8Array.of(0xff, 0xff), undefined],
  [
    'a feature without what it needs',
    { ...INIT, features: new Set([51]) },
    /option_zeroconf without option_scid_alias/,
  ],
  ['unknown even features', { ...INIT, features: new Set([...INIT.features, 100, 998]) }, /features.*100, 998/],
  ['unknown even features of old', { ...INIT, globalfeatures: new Set([200]) }, /features.*200/],
  ['another network', { ...INIT, networks: ['6f'.repeat(32) as never] }, /not on regtest/],
  ['features longer than the message', Uint8Array.of(0, 16, 0, 0, 0, 9, 1), /init/],
  ['nothing in it', Uint8Array.of(0, 16), /init/],
  ['records out of order', Buffer.concat([INIT_BYTES, Uint8Array.of(0x05, 0x00, 0x03, 0x00)]), /init/],
  ['an unknown even record', Buffer.concat([INIT_BYTES, Uint8Array.of(0x64, 0x00)]), /init/],
  [
    'features of 65,531 bytes',
    Buffer.concat([Uint8Array.of(0, 16, 0, 0), u16(65_529), new Uint8Array(65_529).fill(85)]),
    /features/,
  ],
  ['no type at all', Uint8Array.of(7), undefined],
  ['no bytes at all', new Uint8Array(0), undefined],
];
for (const [what, message, expected] of BAD_INITS) {
  test(`instead of a good init, ${what}: ${expected === undefined ? '' : 'said and '}hung up`, TIMEOUT, async () => {
    const stranger = await RawPeer.meet(port, node_id);
    stranger.send(message);
    const words = await stranger.lastWords();
    assert.equal(words.length, expected === undefined ? 0 : 1);
    if (expected !== undefined) assert.match(words[0] as string, expected);
  });
}

test(
  'a second init is refused; odd messages and records are passed over; a good peer is still paid by',
  TIMEOUT,
  async () => {
    const polite = await RawPeer.meet(port, node_id);
    polite.send(Buffer.concat([INIT_BYTES, Uint8Array.of(0x65, 0x02, 0xab, 0xcd)]));
    polite.send(Uint8Array.of(0xff, 0xff, 1, 2, 3), Buffer.concat([Uint8Array.of(0x13, 0x01), new Uint8Array(65_533)]));
    await polite.isHeard();
    polite.send(INIT);
    assert.deepEqual(await polite.lastWords(), ['warning: init may come once']);
    const even = await RawPeer.greet(port, node_id);
    even.send(Uint8Array.of(0x13, 0x02, 0));
    assert.match(String(await even.lastWords()), /unknown and even/);
    await witness.isPaid();
  },
);

test(
  'messages of every known number, too short, too long and senseless, are refused or passed over',
  TIMEOUT,
  async () => {
    const numbers = [
      1, 16, 17, 18, 19, 32, 33, 34, 35, 36, 38, 39, 128, 130, 131, 132, 133, 134, 135, 136, 256, 257, 258, 259, 261,
      262, 263, 264, 265,
    ];
    let refused = 0;
    let stranger = await RawPeer.greet(port, node_id);
    for (const number of numbers) {
      for (const [length, fill] of [
        [0, 0],
        [1, 0],
        [40, 0],
        [40, 0xff],
        [300, 0x02],
        [1_500, 0],
        [65_533, 0],
        [65_533, 0xff],
      ] as const) {
        const what = `message ${number} with ${length} bytes of ${fill}`;
        stranger.received.length = 0;
        stranger.send(Buffer.concat([u16(number), new Uint8Array(length).fill(fill)]));
        try {
          await stranger.isHeard();
        } catch {
          refused++;
          assert.ok(stranger.complaints.length <= 1, what);
          stranger = await RawPeer.greet(port, node_id);
        }
        assert.equal(witness.arena.daemon.channels.list().length, 1, what);
      }
    }
    assert.ok(refused > numbers.length, `${refused} were refused`);
    stranger.destroy();
    await witness.isPaid();
  },
);

test(
  'a message for a channel that is not there is answered with an error, and the connection stays',
  TIMEOUT,
  async () => {
    const stranger = await RawPeer.greet(port, node_id);
    const channel_id = 'cd'.repeat(32) as ChannelId;
    const signature = '01'.repeat(64);
    const messages: readonly KnownMessage[] = [
      { type: 'commitment_signed', channel_id, signature, htlc_signatures: [] },
      { type: 'update_fee', channel_id, feerate_per_kw: 1_000 },
      { type: 'funding_signed', channel_id, signature },
      { type: 'update_fail_htlc', channel_id, id: 0n, reason: '' },
      { type: 'shutdown', channel_id, scriptpubkey: '' },
    ];
    for (const message of messages) {
      stranger.send(message);
      const answer = await stranger.hears('error');
      assert.equal(answer.channel_id, channel_id);
      assert.match(Buffer.from(answer.data).toString(), new RegExp(`^${message.type}: there is no channel`));
    }
    const temporary_channel_id = channel_id;
    const unopened = {
      temporary_channel_id,
      funding_txid: 'ab'.repeat(32) as Txid,
      funding_output_index: 0,
      signature,
    };
    stranger.send({ type: 'funding_created', ...unopened });
    const answer = await stranger.hears('error');
    assert.equal(answer.channel_id, temporary_channel_id);
    assert.match(Buffer.from(answer.data).toString(), /^funding_created: no channel is being opened/);
    // An answer to an error would be answered with an error.
    stranger.send(
      { type: 'error', channel_id, data: Buffer.from('no') },
      { type: 'warning', channel_id, data: Buffer.from('no') },
    );
    await stranger.isHeard();
    assert.deepEqual(stranger.complaints, []);
    stranger.destroy();
    await witness.isPaid();
  },
);
