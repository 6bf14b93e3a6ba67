/** One funding output, announced as two channels between different nodes (BOLT 7): who is believed afterwards. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ManualClock } from '../../../src/base/types/clock.ts';
import type { ShortChannelId } from '../../../src/base/types/short-channel-id.ts';
import { announcement, idOf, nodeAnnouncement, street } from './city.ts';
import { TestKeeper, talk } from './keepers.ts';

const NOW = 1_700_000_000;
const PEER = 9;
const TWICE = '500x1x0';

/** The keys of the output of TWICE, by the names that `street('anna', 'berta', TWICE)` gives them. */
const KEYS = ['anna', 'berta'].sort((a, b) => (idOf(a) < idOf(b) ? -1 : 1)).map((name) => `${TWICE} ${name}`) as [
  string,
  string,
];

/** A channel between other nodes on the output of TWICE, as only those who have both its keys can announce it. */
function again(
  one: string,
  two: string,
  [first, second] = KEYS,
  signers = [first, second] as [string, string],
): Buffer {
  return announcement(one, two, TWICE, { bitcoin_key_1: idOf(first), bitcoin_key_2: idOf(second) }, signers);
}

/** A map of four channels; what is taken is looked at in the next block. */
class Town extends TestKeeper {
  #height = 1_000;

  constructor() {
    super(new ManualClock(NOW));
    this.connect(PEER);
  }

  static async build(): Promise<Town> {
    const town = new Town();
    await town.take(
      ...street('anna', 'berta', TWICE, NOW),
      ...street('anna', 'emma', '500x2x0', NOW),
      ...street('carla', 'frida', '500x3x0', NOW),
      ...street('emma', 'frida', '500x4x0', NOW),
    );
    return town;
  }

  take(...messages: Buffer[]): Promise<void> {
    return this.keeper.receive(PEER, messages);
  }

  /** The next block. */
  async look(): Promise<void> {
    this.keeper.block(++this.#height, new Uint8Array(0));
    await talk([this], 1);
  }

  async channels(): Promise<readonly string[]> {
    const { entries } = await this.keeper.answer('channels', { from: 0 });
    return [...new Set(entries.map(({ short_channel_id }) => short_channel_id as string))].sort();
  }
}

const ALL = ['500x1x0', '500x2x0', '500x3x0', '500x4x0'];

test('none of the four nodes is believed any more, their channels are forgotten, and nobody else notices', async () => {
  const town = await Town.build();
  await town.look();
  await town.take(again('carla', 'dora'));
  assert.deepEqual(await town.channels(), ['500x4x0']);
  assert.match(town.logged.join('\n'), /channel 500x1x0 was announced twice, between different nodes/);
  // Neither what was known, nor what is new.
  await town.take(
    ...street('anna', 'berta', TWICE, NOW),
    again('carla', 'dora'),
    again('gina', 'hanna'),
    ...['anna', 'berta', 'carla', 'dora'].flatMap((name, place) => street(name, 'emma', `501x${place}x0`, NOW)),
    ...street('emma', 'gina', '502x0x0', NOW),
  );
  await town.look();
  assert.deepEqual(await town.channels(), ['500x4x0', '502x0x0']);
  await town.take(nodeAnnouncement('dora', NOW));
  const { entries } = await town.keeper.answer('nodes', { id: undefined, from: 0 });
  const known = ['emma', 'frida', 'gina'].map((name) => idOf(name));
  assert.deepEqual(new Set(entries.map(({ nodeid }) => nodeid)), new Set(known));
  // Who passed it on has done nothing wrong: it may have had only the second.
  for (let time = 0; time < 20; time++) await town.take(again('carla', 'dora'));
  assert.deepEqual(town.held_off, []);
  town.end();
});

test('who has not both keys of the output changes nothing, however many names he uses', async () => {
  const town = await Town.build();
  await town.look();
  const [first, second] = KEYS;
  await town.take(
    again('carla', 'dora', ['thief', 'other thief']),
    again('carla', 'dora', [first, 'thief']),
    again('carla', 'dora', ['thief', second]),
  );
  await town.look();
  assert.deepEqual(await town.channels(), ALL);
  assert.deepEqual(town.held_off, [], 'it may have been told the same by others');
  town.end();
});

test('who has not signed is not named, and who sends it is not listened to in the end', async () => {
  const town = await Town.build();
  await town.look();
  const named = Buffer.from(again('carla', 'dora'));
  named.writeUInt8((named[10] as number) ^ 1, 10);
  for (let time = 0; time < 9; time++) {
    await town.take(time % 2 === 0 ? named : again('carla', 'dora', KEYS, ['thief', KEYS[1]]));
  }
  assert.deepEqual([await town.channels(), town.held_off], [ALL, []]);
  await town.take(named);
  assert.deepEqual([await town.channels(), town.held_off], [ALL, [PEER]]);
  town.end();
});

test('while nobody has seen the output it is not known which of the two is true, and the first one stays', async () => {
  const town = await Town.build();
  await town.take(again('carla', 'dora'));
  assert.deepEqual(await town.channels(), ALL);
  await town.look();
  assert.deepEqual(await town.channels(), ALL);
  town.end();
});

test('a second announcement between the same nodes says nothing about them', async () => {
  const town = await Town.build();
  await town.look();
  await town.take(announcement('anna', 'berta', TWICE, { features: new Set([101]) }));
  assert.deepEqual(await town.channels(), ALL);
  assert.deepEqual(
    town.logged.filter((line) => line.includes('twice')),
    [],
  );
  town.end();
});

test('our own channels stay, whoever they are with', async () => {
  const town = await Town.build();
  await town.look();
  for (const name of ['500x1x0', '500x3x0'] as ShortChannelId[]) {
    town.keeper.own(name, nodeAnnouncement('us', NOW), name);
  }
  // Of the first, nothing counts that others say; the third is with one of the nodes that are not believed.
  await town.take(again('carla', 'dora'));
  assert.deepEqual(await town.channels(), ALL);
  const [first, second] = ['anna', 'emma']
    .sort((a, b) => (idOf(a) < idOf(b) ? -1 : 1))
    .map((name) => `500x2x0 ${name}`);
  const keys = { bitcoin_key_1: idOf(first as string), bitcoin_key_2: idOf(second as string) };
  await town.take(announcement('carla', 'gina', '500x2x0', keys, [first as string, second as string]));
  assert.deepEqual(await town.channels(), ['500x1x0', '500x3x0']);
  town.end();
});
