/** Channels that cannot go on: one that is refused must neither loop nor take the peer's other channels along. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { ChannelId } from '../../../src/base/types/brand.ts';
import type { KnownMessage } from '../../../src/codec/wire/index.ts';
import type { ConnectedPeer } from '../../../src/node/channels/ports.ts';
import { loseState } from '../../../src/protocol/channel/lost.ts';
import { Couple } from './couple.ts';

const tooLow = (channel_id: ChannelId): KnownMessage => ({ type: 'update_fee', channel_id, feerate_per_kw: 1 });
const internal = (channel_id: ChannelId): KnownMessage => ({
  type: 'error',
  channel_id,
  data: Buffer.from('internal error'),
});

test('a refused message of one channel leaves the connection to the others; the same one again and again lets the channel rest', async () => {
  const couple = await Couple.meet(2);
  const [bad, good] = couple.channels;
  let refused = 0;
  for (let round = 1; round <= 8; round++) {
    if (bad.state.link === 'up') refused++;
    await couple.say(tooLow(bad.channel_id));
    assert.equal(bad.state.link, 'aside');
    assert.deepEqual(couple.hang_ups, [], 'nothing is interrupted for it');
    await couple.pay(good.channel_id, round);
    await couple.reconnect();
    assert.equal(good.state.link, 'up');
  }
  assert.equal(refused, 3, 'and then it rests');
  assert.equal(bad.state.phase, 'normal', 'it is not lost');
  await couple.time(3_600_000);
  await couple.reconnect();
  assert.equal(bad.state.link, 'up', 'after an hour it is tried again');
  await couple.say(tooLow(bad.channel_id));
  await couple.reconnect();
  assert.equal(bad.state.link, 'aside', 'once');
});

test('what was refused and is taken after all begins the count again', async () => {
  const couple = await Couple.meet(2);
  const [bad] = couple.channels;
  for (let round = 0; round < 6; round++) {
    await couple.say(tooLow(bad.channel_id));
    await couple.reconnect();
    await couple.say({ type: 'update_fee', channel_id: bad.channel_id, feerate_per_kw: 1100 });
    await couple.reconnect();
    assert.equal(bad.state.link, 'up');
  }
});

test('a minute after a refusal the connection is begun again for the channel, twice', async () => {
  const couple = await Couple.meet(2);
  const [bad] = couple.channels;
  for (const hang_ups of [1, 2]) {
    await couple.say(tooLow(bad.channel_id));
    assert.equal(couple.hang_ups.length, hang_ups - 1);
    await couple.time(60_000);
    assert.equal(couple.hang_ups.length, hang_ups);
    await couple.reconnect();
  }
  await couple.say(tooLow(bad.channel_id));
  await couple.time(60_000);
  await couple.time(3_600_000);
  assert.equal(couple.hang_ups.length, 2, 'the other channel shows that the connection is good');
});

test('the only channel of a peer is tried again at once, then rests without hanging up', async () => {
  const couple = await Couple.meet(1);
  const [channel] = couple.channels;
  for (const hang_ups of [1, 2, 2]) {
    await couple.say(tooLow(channel.channel_id));
    assert.equal(couple.hang_ups.length, hang_ups);
    await couple.reconnect();
  }
  assert.equal(channel.state.link, 'aside');
});

test('an error that LND takes back costs no channel: a new connection goes on, and only days of it close', async () => {
  const couple = await Couple.meet(1);
  const [channel] = couple.channels;
  await couple.say(internal(channel.channel_id));
  assert.equal(couple.hang_ups.length, 1);
  await couple.reconnect();
  await couple.pay(channel.channel_id, 1);
  assert.equal(channel.aside, undefined);
  for (let time = 1; time < 24; time++) {
    await couple.say(internal(channel.channel_id));
    await couple.time(3_600_000);
    await couple.reconnect();
    assert.equal(channel.state.phase, 'normal', `after ${time} errors`);
  }
  await couple.say(internal(channel.channel_id));
  assert.equal(channel.state.phase, 'failed');
  assert.match(channel.state.failure?.reason ?? '', /24 times in a row the peer says: internal error/);
});

test('closing a channel that rests tries it again at once', async () => {
  const couple = await Couple.meet(2);
  const [bad] = couple.channels;
  for (let round = 0; round < 3; round++) {
    await couple.say(tooLow(bad.channel_id));
    await couple.reconnect();
  }
  assert.equal(bad.state.link, 'aside');
  couple.shop.channels.apply(bad, { kind: 'shutdown' });
  couple.shop.channels.tryNow(bad);
  await couple.follow();
  await couple.reconnect();
  assert.equal(bad.state.phase, 'closed');
});

test('a peer that must close a channel is asked every minute until the funding is spent', async () => {
  const couple = await Couple.meet(1);
  couple.link.cut();
  const [channel] = couple.channels;
  channel.state = loseState(channel.state);
  const said: KnownMessage[] = [];
  const deaf: ConnectedPeer = {
    node_id: couple.customer.node_id,
    features: new Set(),
    host: undefined,
    is_wanted: false,
    send: (messages) => void said.push(...messages),
    awake: () => undefined,
    disconnect: () => {},
  };
  couple.shop.channels.peerConnected(deaf);
  await couple.follow();
  assert.deepEqual(
    said.splice(0).map(({ type }) => type),
    ['channel_reestablish'],
  );
  for (let minute = 0; minute < 3; minute++) await couple.time(60_000);
  assert.deepEqual(
    said.splice(0).map(({ type }) => type),
    ['error', 'error', 'error'],
  );
  couple.shop.channels.apply(channel, { kind: 'funding_spent', transaction: '' });
  await couple.time(60_000);
  assert.deepEqual(said, []);
});
