/** A daemon closes a channel alone in the middle of payments both ways: both wallets are compared, to the satoshi. */
import assert from 'node:assert/strict';
import { describe, type TestContext, test } from 'node:test';
import { holdings, mineUntilEnded, mineUntilTaken } from './daemons/accounts.ts';
import type { DaemonKind } from './daemons/daemon.ts';
import { until } from './daemons/daemon-process.ts';
import { KINDS } from './daemons/kinds.ts';
import { Stream } from './daemons/stream.ts';
import { World } from './daemons/world.ts';

const TIMEOUT = { timeout: 590_000 };
/** What no daemon takes on the chain, or has no output: up to here. */
const DUST_MSAT = 546_001n;
/** HTLCs below this have no output in the commitment of either side. */
const NO_OUTPUT_MSAT = 354_000n;
const OPENING = { amount_sat: 5_000_000n, push_msat: 2_500_000_000n };

async function closeInStream(t: TestContext, kind: DaemonKind, opener: 'Till' | 'the peer'): Promise<void> {
  const world = await World.open(t);
  const { till } = world;
  const { daemon } = await world.daemon(kind, 'peer');
  await world.fillWallets(daemon);
  await world.connect(daemon);
  const funding = opener === 'Till' ? await world.openTo(daemon, OPENING) : await world.openFrom(daemon, OPENING);
  await until('the change is confirmed', async () => (await daemon.walletSat()) > 290_000_000n);
  const before = await holdings(world, daemon);
  const had_msat = BigInt((await till.channel(funding))?.to_us_msat as bigint);

  const stream = new Stream(world, daemon);
  await stream.reach(8);
  await daemon.close(funding, 'alone');
  await world.untilInMempool();
  const peer_hangs_below_msat = kind.lacks.includes('ending dust of channels that it closes') ? NO_OUTPUT_MSAT : 0n;
  const have_ended = await mineUntilEnded(world, daemon, [stream], peer_hangs_below_msat);
  const { payments } = await till.call('listsendpays', { status: 'pending' });
  const ours = await till.channel(funding);
  assert.ok(have_ended, `${payments.length} payments of Till are pending; ${JSON.stringify(ours?.status ?? [])}`);
  const verdict = await stream.judge({ dust_msat: DUST_MSAT, peer_hangs_below_msat });
  const { paid, faults, paid_to_till_msat, paid_by_till_msat, lost_as_dust, hanging_at_peer } = verdict;
  assert.deepEqual(faults, []);

  const { missing_sat, fees_sat, after } = await mineUntilTaken(world, daemon, before);
  assert.equal(missing_sat, 0n, 'what neither has, or somebody has twice');
  const own_sat = (had_msat + paid_to_till_msat - paid_by_till_msat) / 1000n;
  const gained_sat = after.till_sat - before.till_sat;
  t.diagnostic(
    JSON.stringify({
      paid,
      lost_as_dust,
      hanging_at_peer,
      fees_sat: `${fees_sat}`,
      own_sat: `${own_sat}`,
      gained_sat: `${gained_sat}`,
    }),
  );
  // Both anchors may be Till's; fees, and HTLCs too small for an output, may all have been Till's to pay.
  assert.ok(gained_sat <= own_sat + 660n && gained_sat >= own_sat - fees_sat - 660n, `${gained_sat} of ${own_sat} sat`);
}

for (const { kind, skip } of KINDS) {
  describe(`${kind.name} ${kind.version}, closing alone in the middle of payments`, { skip }, () => {
    for (const opener of ['Till', 'the peer'] as const) {
      test(`a channel that ${opener} opened: all of it is in the two wallets, but for fees`, TIMEOUT, (t) =>
        closeInStream(t, kind, opener),
      );
    }
  });
}
