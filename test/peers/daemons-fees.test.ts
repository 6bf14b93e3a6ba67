/**
 * update_fee with real daemons, up and down, by either side, while each has its own opinion of the fees. LND says it no
 * sooner than 10 to 60 minutes after the last: `TILL_PEER_FEE_MINUTES=70 npm test -- --patient daemons-fees` waits so long.
 */
import assert from 'node:assert/strict';
import { describe, type TestContext, test } from 'node:test';
import type { BitcoindView } from './daemons/bitcoind-view.ts';
import type { DaemonKind } from './daemons/daemon.ts';
import { until } from './daemons/daemon-process.ts';
import { KINDS } from './daemons/kinds.ts';
import { World } from './daemons/world.ts';

const TIMEOUT = { timeout: 400_000 };
const FEE_MINUTES = Number(process.env.TILL_PEER_FEE_MINUTES ?? 0);
/** How often a minute `until` looks. */
const LOOKS_A_MINUTE = 600;
/** Estimates in satoshi per 1000 virtual bytes: a calm, a rise, a spike, and back. */
const ESTIMATES_PER_KB = [5_000, 12_000, 60_000, 8_000, 2_000];

/** A channel whose opener changes its mind about the fees. Answers the feerates that the channel had, per 1000 weight. */
async function follow(t: TestContext, kind: DaemonKind, opener: 'Till' | 'the peer'): Promise<readonly number[]> {
  const world = await World.open(t);
  const { till } = world;
  const { daemon, view } = await world.daemon(kind, 'peer');
  const views: readonly BitcoindView[] = [world.till_view, view];
  await world.fillWallets(daemon);
  await world.connect(daemon);
  const opening = { amount_sat: 2_000_000n, push_msat: 900_000_000n };
  const funding = opener === 'Till' ? await world.openTo(daemon, opening) : await world.openFrom(daemon, opening);
  const feerates: number[] = [];
  for (const estimate of ESTIMATES_PER_KB) {
    for (const each of views) each.estimate_per_kb = estimate;
    // Each asks for the fees every few minutes, and when it starts.
    await daemon.stop();
    await till.stop();
    await till.start();
    await daemon.start();
    await world.usable(daemon, funding);
    for (let block = 0; block < 3; block++) await world.mine(1);
    await world.usable(daemon, funding);
    assert.equal(await daemon.pay((await till.invoice(2_000_000n)).bolt11), 'complete');
    assert.equal(await till.pay(await daemon.invoice(1_000_000n)), 'complete');
    await world.quiet(daemon);
    feerates.push(Number((await till.channel(funding))?.feerate?.perkw));
  }
  assert.deepEqual(await world.disagreements(daemon), []);
  const closed = await till.call('close', { id: (await till.channel(funding))?.channel_id as string });
  assert.equal(closed.type, 'mutual');
  t.diagnostic(`feerates per kw: ${feerates.join(', ')}`);
  return feerates;
}

function whyNoWait(kind: DaemonKind): string | false {
  if (kind.lacks.includes('update_fee')) return 'it sends none';
  return FEE_MINUTES === 0 && 'it takes up to an hour: TILL_PEER_FEE_MINUTES=70';
}

for (const { kind, skip } of KINDS) {
  describe(`${kind.name} ${kind.version}`, { skip }, () => {
    test('Till, the opener, follows the fees up to its limit and down', TIMEOUT, async (t) => {
      const feerates = await follow(t, kind, 'Till');
      assert.ok(Math.max(...feerates) <= 2_500);
      assert.ok(new Set(feerates).size > 1, 'the feerate was moved');
    });

    test('the peer, the opener, follows the fees, and Till goes along', TIMEOUT, async (t) => {
      await follow(t, kind, 'the peer');
    });

    test('the peer, the opener, moves the feerate while both go on running', {
      timeout: (FEE_MINUTES + 10) * 60_000,
      skip: whyNoWait(kind),
    }, async (t) => {
      const world = await World.open(t);
      const { till } = world;
      const { daemon, view } = await world.daemon(kind, 'peer');
      await world.fillWallets(daemon);
      await world.connect(daemon);
      const funding = await world.openFrom(daemon, { amount_sat: 2_000_000n, push_msat: 900_000_000n });
      const feerate = async () => (await till.channel(funding))?.feerate?.perkw;
      const before = await feerate();
      for (const each of [world.till_view, view]) each.estimate_per_kb = 24_000;
      await until('the feerate is another', async () => (await feerate()) !== before, FEE_MINUTES * LOOKS_A_MINUTE);
      assert.equal(await daemon.pay((await till.invoice(2_000_000n)).bolt11), 'complete');
      assert.equal(await till.pay(await daemon.invoice(1_000_000n)), 'complete');
      await world.quiet(daemon);
      assert.deepEqual(await world.disagreements(daemon), []);
      t.diagnostic(`feerates per kw: ${before}, ${await feerate()}`);
    });
  });
}
