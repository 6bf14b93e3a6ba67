import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
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

test('a peer that lies is not read again when it comes back, until two days are over', TIMEOUT, async (t) => {
  const { network, clock } = scene(t);
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
  clock.advance(49 * 3_600_000);
  const later = peerOf('liar');
  network.peerConnected(later);
  while (asked(later) === 0) await network.ask('state', {});
});
