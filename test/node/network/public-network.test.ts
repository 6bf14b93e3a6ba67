import assert from 'node:assert/strict';
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { getPriority, tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { Worker } from 'node:worker_threads';
import { ManualClock } from '../../../src/base/types/clock.ts';
import { type NetworkPeer, type OwnName, PublicNetwork } from '../../../src/node/network/public-network.ts';
import { TIMEOUT } from '../../support/time-limit.ts';
import { announcement, CHAIN_HASH, idOf, street, update } from './city.ts';

const NOW = 1_700_000_000;

interface Scene {
  readonly network: PublicNetwork;
  readonly failures: Error[];
  readonly clock: ManualClock;
  own: (short_channel_id: string) => OwnName;
}

function scene(t: TestContext, path = (dir: string): string => join(dir, 'gossip_store')): Scene {
  const dir = mkdtempSync(join(tmpdir(), 'till-network-'));
  const clock = new ManualClock(NOW);
  const failures: Error[] = [];
  const built: Scene = {
    failures,
    clock,
    own: () => undefined,
    network: new PublicNetwork({
      path: path(dir),
      chain_hash: CHAIN_HASH,
      known_features: new Set(),
      clock,
      outputs: { can_check_all: false, claims_at_once: 1, check: async () => [] },
      height: () => 1_000,
      onSpends: () => () => {},
      onBlockGone: () => () => {},
      ownName: (_peer_id, short_channel_id) => built.own(short_channel_id),
      log: () => {},
      onFailure: (error) => void failures.push(error),
    }),
  };
  // The thread alone keeps no process alive.
  const alive = setInterval(() => {}, 1_000);
  t.after(async () => {
    clearInterval(alive);
    await built.network.stop();
    rmSync(dir, { recursive: true });
  });
  return built;
}

function peerOf(name: string): NetworkPeer & { readonly got: Uint8Array[] } {
  const got: Uint8Array[] = [];
  return { node_id: idOf(name), features: new Set([7, 11]), sendBytes: (messages) => void got.push(...messages), got };
}

test('the thread yields to the others of the node', {
  ...TIMEOUT,
  skip: process.platform === 'linux' ? false : 'only Linux has a priority for each thread',
}, async (t) => {
  const { network } = scene(t);
  const threads = (): string[] => readdirSync('/proc/self/task');
  const before = new Set(threads());
  network.start();
  await network.ask('state', {});
  const started = threads().filter((thread) => !before.has(thread));
  const lowered = Math.min(getPriority() + 5, 19);
  assert.ok(started.some((thread) => getPriority(Number(thread)) === lowered));
  assert.ok([...before].every((thread) => getPriority(Number(thread)) === getPriority(process.pid)));
});

test('gossip goes through the thread into the map; what is private does not', TIMEOUT, async (t) => {
  const names: Record<string, OwnName> = { '500x1x0': 'public', '500x2x0': 'private' };
  const real = scene(t);
  real.own = (name) => names[name];
  real.network.start();
  const peer = peerOf('anna');
  real.network.peerConnected(peer);
  assert.equal(real.network.takes(peer, announcement('anna', 'berta', '500x1x0')), true);
  const ours = update('anna', 'berta', '500x1x0', { timestamp: NOW });
  assert.equal(real.network.takes(peer, ours), false, 'our channels hear of it as well');
  assert.equal(real.network.takes(peer, announcement('anna', 'berta', '500x2x0')), true);
  assert.equal(real.network.takes(peer, update('anna', 'berta', '500x2x0', { timestamp: NOW })), false);
  for (const message of street('berta', 'carla', '500x3x0', NOW)) assert.equal(real.network.takes(peer, message), true);
  for (;;) {
    const { entries } = await real.network.ask('channels', { from: 0 });
    if (entries.length < 3) continue;
    assert.deepEqual(entries.map(({ short_channel_id }) => short_channel_id).sort(), ['500x1x0', '500x3x0', '500x3x0']);
    break;
  }
  assert.equal(peer.got.length > 0, true, 'it was asked for what it has');
});

test('a thread that ends answers what was asked with an error, and what is asked later', TIMEOUT, async (t) => {
  const { network, failures } = scene(t, (dir) => join(dir, 'nowhere', 'gossip_store'));
  network.start();
  await assert.rejects(network.ask('state', {}), { name: 'NetworkStopped' });
  assert.equal(failures.length, 1);
  await assert.rejects(network.ask('state', {}), /the map of the network has stopped: .*nowhere/);
});

test('a thread that has ended keeps nobody from stopping', TIMEOUT, async (t) => {
  const { network } = scene(t, (dir) => join(dir, 'nowhere', 'gossip_store'));
  const { emit } = Worker.prototype;
  const gone = new Promise<void>((resolve) => {
    t.mock.method(Worker.prototype, 'emit', function (this: Worker, name: string, ...args: unknown[]) {
      const isHeard = emit.call(this, name, ...args);
      if (name === 'exit') resolve();
      return isHeard;
    });
  });
  network.start();
  await assert.rejects(network.ask('state', {}), { name: 'NetworkStopped' });
  await gone;
  await network.stop();
});

test('a peer that lies is not read again when it comes back, until two days are over', TIMEOUT, async (t) => {
  const real = scene(t);
  const { network, clock } = real;
  network.start();
  const liar = peerOf('liar');
  network.peerConnected(liar);
  const forged = announcement('anna', 'berta', '500x1x0');
  forged.fill(1, 2, 66);
  for (let lie = 0; lie < 10; lie++) network.takes(liar, forged);
  const asked = (peer: ReturnType<typeof peerOf>) => peer.got.length;
  // Once the lies were looked at, a new connection of the same node is told nothing.
  for (;;) {
    await network.ask('state', {});
    const again = peerOf('liar');
    network.peerConnected(again);
    await network.ask('state', {});
    const isHeldOff = asked(again) === 0;
    network.peerDisconnected(again);
    if (isHeldOff) break;
  }
  // What it says of a channel that we have with it is heard all the same.
  real.own = () => 'public';
  const ours = update('anna', 'berta', '500x1x0', { timestamp: NOW });
  assert.equal(network.takes(peerOf('liar'), ours), false);
  clock.advance(49 * 3_600_000);
  const later = peerOf('liar');
  network.peerConnected(later);
  while (asked(later) === 0) await network.ask('state', {});
});

/** Fills what a peer may have waiting. All of it is of another chain, and passed over at once. */
function flood(network: PublicNetwork, peer: NetworkPeer, large_count: number): void {
  const elsewhere = { chain_hash: '11'.repeat(32) };
  const small = announcement('anna', 'berta', '500x9x0', elsewhere);
  const large = Buffer.concat([small, Buffer.alloc(60_000)]);
  for (const message of Array(large_count).fill(large)) assert.equal(network.takes(peer, message), true);
  // What is left is less than a message of a few hundred bytes.
  for (const message of Array(150).fill(small)) network.takes(peer, message);
}

/** The channels that the map has once it has the one named. */
async function channelsWith(network: PublicNetwork, name: string): Promise<readonly string[]> {
  for (;;) {
    const { entries } = await network.ask('channels', { from: 0 });
    const names = new Set<string>(entries.map(({ short_channel_id }) => short_channel_id));
    if (names.has(name)) return [...names].sort();
  }
}

test(
  'of a flood that the thread cannot keep up with, what is too much is dropped, and nothing of others',
  TIMEOUT,
  async (t) => {
    const { network } = scene(t);
    const [flooder, quiet] = [peerOf('flooder'), peerOf('quiet')];
    const takeAll = (peer: NetworkPeer, messages: readonly Uint8Array[]): void => {
      for (const message of messages) network.takes(peer, message);
    };
    for (const peer of [flooder, quiet]) network.peerConnected(peer);
    takeAll(flooder, street('anna', 'berta', '500x1x0', NOW));
    // The thread has not started, and takes none.
    flood(network, flooder, 300);
    takeAll(flooder, [announcement('anna', 'carla', '500x2x0')]);
    takeAll(quiet, street('berta', 'carla', '500x3x0', NOW));
    network.start();
    assert.deepEqual(await channelsWith(network, '500x3x0'), ['500x1x0', '500x3x0']);
    // Once it has said that it caught up, the flooder is heard again.
    for (let is_heard = false; !is_heard; ) {
      takeAll(flooder, street('anna', 'carla', '500x2x0', NOW));
      const { entries } = await network.ask('channels', { from: 0 });
      is_heard = entries.some(({ short_channel_id }) => short_channel_id === '500x2x0');
    }
  },
);

test('many who flood together hold little more than one: each has its share', TIMEOUT, async (t) => {
  const { network } = scene(t);
  const peers = Array.from({ length: 20 }, (_, index) => peerOf(`flooder ${index}`));
  const quiet = peerOf('quiet');
  for (const peer of [...peers, quiet]) network.peerConnected(peer);
  for (const [index, peer] of peers.entries()) {
    flood(network, peer, index === 0 ? 300 : 20);
    network.takes(peer, announcement('anna', 'berta', `500x${index}x0`));
  }
  for (const message of street('berta', 'carla', '600x3x0', NOW)) network.takes(quiet, message);
  network.start();
  assert.deepEqual(await channelsWith(network, '600x3x0'), ['600x3x0']);
  const { channels } = await network.ask('state', {});
  assert.equal(channels, 1, 'no flooder had room for one more');
});
