/** Data that is lost: an old database of either side, and Till from its words and emergency.recover. */
import assert from 'node:assert/strict';
import { cpSync, mkdirSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { describe, type TestContext, test } from 'node:test';
import type { DaemonKind } from './daemons/daemon.ts';
import { until } from './daemons/daemon-process.ts';
import { KINDS } from './daemons/kinds.ts';
import { World } from './daemons/world.ts';

const ANCHOR_SAT = 330n;
const TIMEOUT = { timeout: 300_000 };

/** Two channels, one by each side; of those by Till one has never been used. */
async function scene(t: TestContext, kind: DaemonKind) {
  const world = await World.open(t);
  const { daemon } = await world.daemon(kind, 'peer');
  await world.fillWallets(daemon);
  await world.connect(daemon);
  await world.openFrom(daemon, { amount_sat: 1_000_000n, push_msat: 400_000_000n });
  await world.openTo(daemon, { amount_sat: 600_000n });
  const payBoth = async (): Promise<void> => {
    assert.equal(await daemon.pay((await world.till.invoice(30_000_000n)).bolt11), 'complete');
    assert.equal(await world.till.pay(await daemon.invoice(20_000_000n)), 'complete');
    await world.quiet(daemon);
  };
  await payBoth();
  return { world, daemon, payBoth };
}

/** What is Till's, in the wallet and in channels. */
async function wealth({ till }: World): Promise<bigint> {
  const channels = await till.channels();
  return (await till.walletSat()) + channels.reduce((sum, { to_us_msat }) => sum + BigInt(to_us_msat ?? 0) / 1000n, 0n);
}

/** The peer closes both channels; blocks are mined until Till's wallet has this, less fees. */
async function untilRecovered(world: World, expected_sat: bigint): Promise<void> {
  const { till } = world;
  // The opener pays for our anchor too.
  const isBack = async (): Promise<boolean> => {
    const has_sat = await till.walletSat();
    return has_sat > expected_sat - 10_000n && has_sat <= expected_sat + 2n * ANCHOR_SAT;
  };
  // Core Lightning may miss the first words, and hears them again after a minute.
  await until(
    'all is back',
    async () => {
      const pool = await world.bitcoind.call<string[]>('getrawmempool');
      if (pool.length > 0 || (await till.channels()).some(({ state }) => state === 'ONCHAIN')) await world.mine(1);
      return await isBack();
    },
    1_800,
  ).catch(() => {});
  const statuses = JSON.stringify((await till.channels()).map(({ status }) => status));
  assert.ok(await isBack(), `Till has ${await till.walletSat()} sat of ${expected_sat}; ${statuses}`);
}

/** Till loses its directory, except for these files, and starts again. */
async function loseAllBut({ till, dir }: World, ...files: readonly string[]): Promise<void> {
  await till.stop();
  const lost = join(dir, 'lost');
  renameSync(till.dir, lost);
  mkdirSync(join(till.dir, 'regtest'), { recursive: true });
  for (const file of files) cpSync(join(lost, 'regtest', file), join(till.dir, 'regtest', file));
  await till.start('--rescan=-1');
}

for (const { kind, skip } of KINDS) {
  describe(`${kind.name} ${kind.version}`, { skip }, () => {
    test('Till on an old database: the peer closes, and Till has all that was its own', TIMEOUT, async (t) => {
      const { world, daemon, payBoth } = await scene(t, kind);
      const { till } = world;
      await till.stop();
      const old = join(world.dir, 'old');
      cpSync(till.dir, old, { recursive: true });
      await till.start();
      await world.usable(daemon);
      await payBoth();
      const expected_sat = await wealth(world);
      await till.stop();
      rmSync(till.dir, { recursive: true });
      renameSync(old, till.dir);
      await till.start('--copied-database=old');
      await untilRecovered(world, expected_sat);
    });

    test(
      'Till from its words and emergency.recover: the peer closes, and Till has what was its own',
      TIMEOUT,
      async (t) => {
        const { world } = await scene(t, kind);
        const { till } = world;
        const expected_sat = await wealth(world);
        await loseAllBut(world, 'seed', 'emergency.recover');
        const { stubs } = await till.call('emergencyrecover', {});
        assert.equal(stubs.length, 2);
        await untilRecovered(world, expected_sat);
      },
    );

    const keeps_nothing = kind.lacks.includes('peer storage') && 'it keeps nothing for its peers';
    test('Till from its words alone: the peer returns what it kept, closes, and Till has what was its own', {
      ...TIMEOUT,
      skip: keeps_nothing,
    }, async (t) => {
      const { world, daemon } = await scene(t, kind);
      const expected_sat = await wealth(world);
      await loseAllBut(world, 'seed');
      await world.connect(daemon);
      let recovered = 0;
      await until('both channels are known again', async () => {
        recovered += (await world.till.call('emergencyrecover', {})).stubs.length;
        return recovered === 2;
      });
      await untilRecovered(world, expected_sat);
    });

    test('the peer on an old database: it publishes nothing revoked, and Till loses nothing', TIMEOUT, async (t) => {
      const { world, daemon, payBoth } = await scene(t, kind);
      const { till } = world;
      await daemon.stop();
      const old = join(world.dir, 'old');
      cpSync(daemon.dir, old, { recursive: true });
      await daemon.start();
      await world.usable(daemon);
      await payBoth();
      await world.mine(1);
      const expected_sat = await wealth(world);
      await daemon.stop();
      world.down.add(daemon);
      rmSync(daemon.dir, { recursive: true });
      renameSync(old, daemon.dir);
      await daemon.start();
      const isTold = async (): Promise<boolean> => {
        const channels = await till.channels(daemon.node_id);
        return channels.some(({ state, status }) => state !== 'CHANNELD_NORMAL' || /old state/.test(status.join(' ')));
      };
      await until('the peer is back', async () => (await till.channels(daemon.node_id))[0]?.peer_connected === true);
      // Electrum finds out by our word, and says nothing: then the channel stays where it is.
      const has_told = await until('Till knows', isTold, 300).then(
        () => true,
        () => false,
      );
      if (!has_told) assert.notEqual((await till.channels(daemon.node_id))[0]?.reestablished, true);
      // Each has a day to hear the other. The operator need not wait: closing alone is right here.
      for (const { channel_id, state } of await till.channels(daemon.node_id)) {
        if (state === 'CHANNELD_NORMAL') await till.call('close', { id: channel_id, unilateraltimeout: 1 });
      }
      for (let block = 0; block < 300 && (await till.walletSat()) < expected_sat - 20_000n; block += 10)
        await world.mine(10);
      const has_sat = await till.walletSat();
      assert.ok(has_sat > expected_sat - 20_000n, `Till has ${has_sat} sat of ${expected_sat}`);
    });
  });
}
