/** What the node says of itself, over weeks of a clock that tests set. */
import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { curve } from '../../../src/base/crypto/secp256k1.ts';
import { ManualClock } from '../../../src/base/types/clock.ts';
import type { ShortChannelId } from '../../../src/base/types/short-channel-id.ts';
import { decodeMessage, type NodeAnnouncement } from '../../../src/codec/wire/index.ts';
import { OwnAnnouncement, type OwnContent } from '../../../src/node/network/own-announcement.ts';
import { idOf, keyOf, street, update } from './city.ts';
import { join2, TestKeeper, talk } from './keepers.ts';

const NOW = 1_700_000_000;
const HOUR_MS = 3_600_000;
const CHANNEL = '500x1x0' as ShortChannelId;

/** Our node, with a peer that keeps a map as well. */
class Weeks {
  readonly clock = new ManualClock(NOW);
  readonly own = new TestKeeper(this.clock);
  readonly other = new TestKeeper(this.clock);
  content: OwnContent = { alias: 'shop', color: '0a0b0c', features: new Set([7]), addresses: [] };
  is_public = true;
  readonly announcement: OwnAnnouncement;

  constructor(t: TestContext) {
    this.announcement = new OwnAnnouncement({
      node_id: idOf('us'),
      signAsNode: (digest) => curve.sign(digest, keyOf('us')),
      content: () => this.content,
      hasPublicChannel: () => this.is_public,
      network: {
        ask: (name, asked) => this.own.keeper.answer(name, asked),
        say: (about, message, short_channel_id) => this.own.keeper.own(about, message, short_channel_id),
      },
      clock: this.clock,
      log: (_level, text) => assert.fail(text),
    });
    t.after(() => {
      this.announcement.stop();
      this.own.end();
      this.other.end();
    });
  }

  /** Our channel is announced, both directions are as of now, and both maps have it. */
  async announceChannel(): Promise<void> {
    const [announced] = street('us', 'berta', CHANNEL, NOW) as [Buffer];
    this.own.keeper.own(`channel ${CHANNEL}`, announced, CHANNEL);
    this.sayUpdates();
    join2(this.own, this.other);
    await talk([this.own, this.other], 2);
  }

  /** Both directions are said again. */
  sayUpdates(): void {
    const timestamp = this.clock.nowSeconds();
    for (const [from, to] of [
      ['us', 'berta'],
      ['berta', 'us'],
    ] as const) {
      this.own.keeper.own(`update ${from}`, update(from, to, CHANNEL, { timestamp }), CHANNEL);
    }
  }

  /** The announcements that the other was told since the last call. */
  async told(): Promise<readonly NodeAnnouncement[]> {
    await talk([this.own, this.other], 1);
    const messages = (this.own.sent.get(1) ?? []).map((bytes) => decodeMessage(bytes));
    this.own.sent.clear();
    return messages.filter((message): message is NodeAnnouncement => message.type === 'node_announcement');
  }

  async days(count: number): Promise<void> {
    for (let hour = 0; hour < 24 * count; hour++) {
      this.clock.advance(HOUR_MS);
      for (const each of [this.own, this.other]) await each.quiet();
    }
  }
}

test('a node is announced once it has a public channel, again when it changes, and before two weeks are over', async (t) => {
  const weeks = new Weeks(t);
  weeks.is_public = false;
  weeks.announcement.start();
  await weeks.announceChannel();
  assert.deepEqual(await weeks.told(), []);
  weeks.is_public = true;
  await weeks.announcement.look();
  const [first, ...more] = await weeks.told();
  assert(first !== undefined && more.length === 0);
  assert.deepEqual([first.node_id, first.rgb_color], [idOf('us'), Uint8Array.of(10, 11, 12)]);
  await weeks.days(11);
  assert.deepEqual(await weeks.told(), [], 'nothing has changed');
  weeks.content = { ...weeks.content, alias: 'another shop' };
  await weeks.days(1);
  const [changed, ...rest] = await weeks.told();
  assert(changed !== undefined && rest.length === 0);
  assert.match(Buffer.from(changed.alias).toString(), /^another shop\0+$/);
  assert(changed.timestamp > first.timestamp);
  weeks.sayUpdates();
  await weeks.days(11);
  weeks.sayUpdates();
  await weeks.days(2);
  const [again, ...none] = await weeks.told();
  assert(again !== undefined && none.length === 0, 'before thirteen days were over');
  const age_days = (again.timestamp - changed.timestamp) / 86_400;
  assert(age_days >= 12 && age_days < 13, `after ${age_days} days`);
});

test('in two weeks of silence a peer forgets the channel and with it the node; said again in time, neither', async (t) => {
  const weeks = new Weeks(t);
  await weeks.announceChannel();
  await weeks.announcement.look();
  await talk([weeks.own, weeks.other], 1);
  const known = async (): Promise<readonly [number, string | undefined]> => {
    const { channels } = await weeks.other.keeper.answer('state', {});
    const { entries } = await weeks.other.keeper.answer('nodes', { id: idOf('us'), from: 0 });
    return [channels, entries[0]?.details?.alias];
  };
  const shop = Buffer.from('shop').toString('hex');
  for (let fortnight = 0; fortnight < 3; fortnight++) {
    await weeks.days(12);
    weeks.sayUpdates();
    await weeks.days(2);
    assert.deepEqual(await known(), [1, shop], `after ${14 * (fortnight + 1)} days`);
  }
  await weeks.days(15);
  assert.deepEqual(await known(), [0, undefined]);
});

test('a name is never cut inside a letter', async (t) => {
  const weeks = new Weeks(t);
  weeks.content = { ...weeks.content, alias: `${'x'.repeat(31)}é` };
  await weeks.announceChannel();
  await weeks.announcement.look();
  const [first] = await weeks.told();
  assert.equal(Buffer.from(first?.alias ?? []).toString('hex'), `${'78'.repeat(31)}00`);
});
