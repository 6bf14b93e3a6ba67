/** What peers keep for each other: a peer and its storage, on a clock and a chain that the test moves. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { NodeId } from '../../../src/base/types/brand.ts';
import { ManualClock } from '../../../src/base/types/clock.ts';
import { type Features, featureSet } from '../../../src/base/types/features.ts';
import type { KnownMessage } from '../../../src/codec/wire/index.ts';
import type { PeerCopy } from '../../../src/node/backup/backups.ts';
import { SHORT_COPY_BYTES } from '../../../src/node/backup/peer-copy.ts';
import {
  KEEP_AFTER_CHANNELS_BLOCKS,
  MOST_PROMISED,
  PeerStorage,
  REPLACE_AFTER_MS,
  type StoragePeer,
} from '../../../src/node/backup/peer-storage.ts';
import { testStore } from '../../support/test-store.ts';

const PEER = `02${'11'.repeat(32)}` as NodeId;
const bytes = (text: string): Uint8Array => Buffer.from(text);
const PROVIDES = featureSet({ option_provide_storage: 'optional' });
const REESTABLISH = { type: 'channel_reestablish' } as KnownMessage;

/** A node and one peer of it. */
class Scene {
  readonly clock = new ManualClock();
  store = testStore({ onFailure: (error) => assert.fail(error) });
  height = 1_000;
  /** Channels with the peer. */
  channels: 'none' | 'promised' | 'funded' = 'funded';
  ours = 'ours';
  copy: PeerCopy = 'other';
  readonly returned: string[] = [];
  readonly sent: string[] = [];
  readonly #work: Promise<unknown>[] = [];
  storage = this.#make();

  #make(): PeerStorage {
    return new PeerStorage({
      store: this.store,
      clock: this.clock,
      backups: {
        peerContent: () => this.ours,
        forPeers: (most_bytes) => bytes(this.ours.slice(0, most_bytes)),
        returned: async (_peer_id, blob) => {
          this.returned.push(Buffer.from(blob).toString());
          return this.copy;
        },
      },
      hasChannel: () => this.channels !== 'none',
      hasFunded: () => this.channels === 'funded',
      height: () => this.height,
      inBackground: (_what, doing) => void this.#work.push(doing),
    });
  }

  /** Resolves when nothing is under way. */
  async settle(): Promise<void> {
    for (let doing = this.#work.shift(); doing !== undefined; doing = this.#work.shift()) await doing;
  }

  connect(node_id = PEER, features: Features = new Set()): StoragePeer {
    const peer: StoragePeer = {
      node_id,
      features,
      send: (messages) => {
        for (const message of messages) {
          assert.ok(message.type === 'peer_storage' || message.type === 'peer_storage_retrieval');
          this.sent.push(`${message.type} ${Buffer.from(message.blob)}`);
        }
      },
    };
    this.storage.peerConnected(peer);
    return peer;
  }

  /** What the peer is given back when it connects. */
  takeBack(): string | undefined {
    this.sent.length = 0;
    this.storage.peerDisconnected(this.connect());
    return this.sent.pop()?.replace('peer_storage_retrieval ', '');
  }

  async restart(): Promise<void> {
    await this.storage.stop();
    this.storage = this.#make();
    await this.storage.start();
    await this.settle();
  }

  give(peer: StoragePeer, text: string): void {
    assert.equal(this.storage.receive(peer, { type: 'peer_storage', blob: bytes(text) }), true);
  }
}

test('a peer gets back the last that it gave, first of all, also after a restart', async () => {
  const scene = new Scene();
  await scene.storage.start();
  assert.equal(scene.takeBack(), undefined);
  scene.give(scene.connect(), 'theirs');
  assert.equal(scene.takeBack(), undefined, 'not before it is durable');
  await scene.settle();
  assert.equal(scene.takeBack(), 'theirs');
  await scene.restart();
  assert.equal(scene.takeBack(), 'theirs');
});

test('what comes within a minute waits, and the last of it is written then, or when the node stops', async () => {
  const scene = new Scene();
  await scene.storage.start();
  const peer = scene.connect();
  for (const text of ['first', 'second', 'third']) scene.give(peer, text);
  await scene.settle();
  assert.equal(scene.takeBack(), 'first');
  scene.clock.advance(REPLACE_AFTER_MS - 1);
  await scene.settle();
  assert.equal(scene.takeBack(), 'first');
  scene.clock.advance(1);
  await scene.settle();
  assert.equal(scene.takeBack(), 'third');
  scene.give(peer, 'fourth');
  await scene.restart();
  assert.equal(scene.takeBack(), 'fourth');
});

test('what waits is written when the peer hangs up: it may have lost its data', async () => {
  const scene = new Scene();
  await scene.storage.start();
  const peer = scene.connect();
  for (const text of ['first', 'second']) scene.give(peer, text);
  await scene.settle();
  scene.storage.peerDisconnected(peer);
  await scene.settle();
  assert.equal(scene.takeBack(), 'second');
});

test('nobody without a channel leaves anything here, and a channel that costs nothing leaves nothing on the disk', async () => {
  const scene = new Scene();
  await scene.storage.start();
  const rows = async () => (await scene.store.read('SELECT blob FROM peer_storage')).length;
  scene.channels = 'none';
  scene.give(scene.connect(), 'a stranger');
  await scene.settle();
  scene.channels = 'promised';
  const peer = scene.connect();
  scene.give(peer, 'a promise');
  await scene.settle();
  assert.equal(await rows(), 0);
  scene.channels = 'funded';
  scene.storage.blockConnected();
  await scene.settle();
  assert.equal(scene.takeBack(), 'a promise');

  const other = new Scene();
  await other.storage.start();
  other.channels = 'promised';
  other.give(other.connect(), 'broken');
  other.channels = 'none';
  other.storage.changed();
  other.channels = 'funded';
  other.storage.changed();
  await other.settle();
  assert.equal(other.takeBack(), undefined, 'it went with the promise');
});

test('promises of many peers together hold no more than a hundred', async () => {
  const scene = new Scene();
  await scene.storage.start();
  scene.channels = 'promised';
  const peers = Array.from({ length: MOST_PROMISED + 1 }, (_, index) => scene.connect(`peer ${index}` as NodeId));
  for (const peer of peers) scene.give(peer, 'a promise');
  scene.channels = 'funded';
  scene.storage.blockConnected();
  await scene.settle();
  const [row] = await scene.store.read('SELECT COUNT(*) AS count FROM peer_storage');
  assert.equal(row?.count, BigInt(MOST_PROMISED));
});

test('it is kept for 2016 blocks after the last channel, and a new channel keeps it', async () => {
  const scene = new Scene();
  await scene.storage.start();
  scene.give(scene.connect(), 'theirs');
  await scene.settle();
  scene.channels = 'none';
  scene.storage.changed();
  await scene.settle();
  scene.height += KEEP_AFTER_CHANNELS_BLOCKS - 1;
  await scene.restart();
  assert.equal(scene.takeBack(), 'theirs');
  scene.channels = 'funded';
  scene.storage.changed();
  scene.channels = 'none';
  scene.storage.changed();
  scene.height += KEEP_AFTER_CHANNELS_BLOCKS - 1;
  scene.storage.blockConnected();
  assert.equal(scene.takeBack(), 'theirs', 'counted again from the last channel');
  scene.height += 1;
  scene.storage.blockConnected();
  assert.equal(scene.takeBack(), undefined);
  await scene.restart();
  assert.equal(scene.takeBack(), undefined);
});

test('ours is sent after what the peer returns, and only when that is not the same', async () => {
  const scene = new Scene();
  await scene.storage.start();
  const peer = scene.connect(PEER, PROVIDES);
  scene.storage.changed();
  assert.deepEqual(scene.sent, [], 'the peer may still return what we have lost');
  scene.storage.receive(peer, { type: 'peer_storage_retrieval', blob: bytes('older') });
  scene.storage.receive(peer, REESTABLISH);
  assert.deepEqual(scene.sent, [], 'it is being read');
  await scene.settle();
  for (const blob of [bytes('again'), bytes('and again')])
    scene.storage.receive(peer, { type: 'peer_storage_retrieval', blob });
  await scene.settle();
  assert.deepEqual([scene.returned, scene.sent], [['older'], ['peer_storage ours']], 'read once for each connection');
  scene.ours = 'ours, with a new channel';
  scene.storage.changed();
  scene.storage.changed();
  assert.deepEqual(scene.sent.splice(0), ['peer_storage ours', 'peer_storage ours, with a new channel']);

  scene.storage.peerDisconnected(peer);
  scene.copy = 'current';
  const again = scene.connect(PEER, PROVIDES);
  scene.storage.receive(again, { type: 'peer_storage_retrieval', blob: bytes('ours, with a new channel') });
  await scene.settle();
  assert.deepEqual(scene.sent, []);
});

test('a peer that returns nothing gets ours with its first channel_reestablish, once', async () => {
  const scene = new Scene();
  await scene.storage.start();
  const peer = scene.connect(PEER, PROVIDES);
  assert.equal(scene.storage.receive(peer, REESTABLISH), false, 'it is for the channels as well');
  scene.storage.receive(peer, REESTABLISH);
  assert.deepEqual(scene.sent, ['peer_storage ours']);
});

test('ours goes to no peer that does not offer to keep it, and to none without a channel', async () => {
  const scene = new Scene();
  await scene.storage.start();
  scene.storage.receive(scene.connect(), REESTABLISH);
  scene.channels = 'none';
  scene.storage.receive(scene.connect(PEER, PROVIDES), REESTABLISH);
  assert.deepEqual(scene.sent, []);
});

test('a peer that twice did not keep a long copy is given a short one', async () => {
  const scene = new Scene();
  await scene.storage.start();
  scene.ours = 'x'.repeat(2 * SHORT_COPY_BYTES);
  const long = `peer_storage ${scene.ours}`;
  const short = `peer_storage ${'x'.repeat(SHORT_COPY_BYTES)}`;
  /** Connects; the peer returns this. */
  const visit = async (returned?: string): Promise<readonly string[]> => {
    const peer = scene.connect(PEER, PROVIDES);
    if (returned !== undefined) scene.storage.receive(peer, { type: 'peer_storage_retrieval', blob: bytes(returned) });
    await scene.settle();
    scene.storage.receive(peer, REESTABLISH);
    scene.storage.peerDisconnected(peer);
    return scene.sent.splice(0);
  };
  assert.deepEqual(await visit(), [long]);
  assert.deepEqual(await visit(scene.ours), [long], 'it keeps one');
  assert.deepEqual(await visit('older'), [long]);
  assert.deepEqual(await visit('older'), [short]);
  assert.deepEqual(await visit('older'), [short]);
});
