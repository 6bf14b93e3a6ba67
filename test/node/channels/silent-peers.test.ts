/** Peers that do not say where a channel was: nothing goes over it, and no message says so. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Couple } from './couple.ts';

const MINUTE_MS = 60_000;

async function minutes(couple: Couple, count: number): Promise<void> {
  for (let minute = 0; minute < count; minute++) await couple.time(MINUTE_MS);
}

test('a peer that never says where its only channel was is connected again, and less and less often', async () => {
  const couple = await Couple.meet(1);
  const [channel] = couple.channels;
  couple.isLost = ({ type }) => type === 'channel_reestablish';
  for (let tried = 1; tried <= 3; tried++) {
    await couple.reconnect();
    assert.equal(channel.state.link, 'reestablishing');
    await minutes(couple, 4);
    // Both sides wait for the other's word; either may be the first to begin again.
    assert.ok(couple.hang_ups.length >= tried, `${couple.hang_ups.length} hang-ups after ${tried} tries`);
  }
  const before = couple.hang_ups.length;
  await couple.reconnect();
  await minutes(couple, 50);
  assert.equal(couple.hang_ups.length, before, 'it has not helped: an hour of patience');
  await minutes(couple, 15);
  assert.ok(couple.hang_ups.length > before);
  couple.isLost = () => false;
  await couple.reconnect();
  assert.equal(channel.state.link, 'up');
  assert.equal(channel.state.phase, 'normal');
});

test('a channel about which the peer is silent leaves the others in peace for half an hour', async () => {
  const couple = await Couple.meet(2);
  const [silent, good] = couple.channels;
  couple.isLost = (message) => message.type === 'channel_reestablish' && message.channel_id === silent.channel_id;
  await couple.reconnect();
  await minutes(couple, 25);
  assert.deepEqual(couple.hang_ups, []);
  assert.equal(good.state.link, 'up');
  await couple.pay(good.channel_id, 1);
  await minutes(couple, 10);
  assert.match(couple.hang_ups.join(), new RegExp(`has not said where channel ${silent.channel_id} was`));
  couple.isLost = () => false;
  await couple.reconnect();
  assert.deepEqual([silent.state.link, good.state.link], ['up', 'up']);
});
