/**
 * Stops, kills and cuts of either side in the middle of a stream of payments with real daemons. More rounds find more:
 * `TILL_PEER_ROUNDS=100 npm test -- daemons-crash`; TILL_PEER_SECONDS begins no more rounds after that time.
 */
import assert from 'node:assert/strict';
import { describe, type TestContext, test } from 'node:test';
import type { DaemonKind, PeerDaemon } from './daemons/daemon.ts';
import { KINDS } from './daemons/kinds.ts';
import type { Relay } from './daemons/relay.ts';
import { Stream } from './daemons/stream.ts';
import { World } from './daemons/world.ts';

const ROUNDS = Number(process.env.TILL_PEER_ROUNDS ?? 2);
const SECONDS = Number(process.env.TILL_PEER_SECONDS ?? Number.POSITIVE_INFINITY);
const TIMEOUT = { timeout: 60_000 + ROUNDS * 120_000 };

/** What is done to the two in the middle of the stream, and undone. */
type Disturbance = (world: World, daemon: PeerDaemon, relay: Relay) => Promise<void>;

const DISTURBANCES: Readonly<Record<string, Disturbance>> = {
  'the peer stops': async (_world, daemon) => {
    await daemon.stop();
    await daemon.start();
  },
  'the peer is killed': async (_world, daemon) => {
    await daemon.kill();
    await daemon.start();
  },
  'Till stops': async ({ till }) => {
    await till.stop();
    await till.start();
  },
  'Till is killed': async ({ till }) => {
    await till.kill();
    await till.start();
  },
  'the connection is cut': async (_world, _daemon, relay) => relay.cut(),
};

async function disturb(t: TestContext, kind: DaemonKind, disturbance: Disturbance): Promise<void> {
  const world = await World.open(t);
  const { daemon } = await world.daemon(kind, 'peer');
  await world.fillWallets(daemon);
  const relay = await world.relayTo(daemon);
  await world.connect(daemon, relay.port);
  const channels = [
    await world.openFrom(daemon, { amount_sat: 5_000_000n, push_msat: 2_500_000_000n }),
    await world.openTo(daemon, { amount_sat: 5_000_000n, push_msat: 2_500_000_000n }),
  ];
  const sum = { rounds: 0, paid: 0, failed: 0, hanging_at_peer: 0 };
  try {
    const end_ms = performance.now() + SECONDS * 1000;
    for (let round = 0; round < ROUNDS && performance.now() < end_ms; round++) {
      const stream = new Stream(world, daemon);
      await stream.reach(4 + ((round * 5) % 17));
      await disturbance(world, daemon, relay);
      await world.usable(daemon, ...channels);
      const { paid, failed, hanging_at_peer, faults } = await stream.judge();
      assert.deepEqual(faults, []);
      assert.deepEqual(await world.disagreements(daemon), []);
      sum.rounds++;
      sum.paid += paid;
      sum.failed += failed;
      sum.hanging_at_peer += hanging_at_peer;
    }
  } finally {
    t.diagnostic(JSON.stringify(sum));
  }
}

for (const { kind, skip } of KINDS) {
  describe(`${kind.name} ${kind.version}, with payments both ways`, { skip }, () => {
    for (const [name, disturbance] of Object.entries(DISTURBANCES)) {
      test(`${name}: each payment is paid on both sides or on neither, and the channels go on`, TIMEOUT, (t) =>
        disturb(t, kind, disturbance),
      );
    }
  });
}
