/**
 * Stops, kills and cuts of either side in the middle of a stream of payments with real daemons. More rounds find more:
 * `TILL_PEER_ROUNDS=100 npm test -- daemons-crash`; TILL_PEER_SECONDS begins no more rounds after that time.
 */
import assert from 'node:assert/strict';
import { describe, type TestContext, test } from 'node:test';
import { decodeInvoice } from '../../src/codec/bolt11/native.ts';
import { type Holdings, holdings, mineUntilEnded, mineUntilTaken, ownMsat } from './daemons/accounts.ts';
import type { DaemonKind, PeerDaemon } from './daemons/daemon.ts';
import { until } from './daemons/daemon-process.ts';
import { KINDS } from './daemons/kinds.ts';
import type { Relay } from './daemons/relay.ts';
import { Stream, wasRefused } from './daemons/stream.ts';
import { World } from './daemons/world.ts';

const ROUNDS = Number(process.env.TILL_PEER_ROUNDS ?? 2);
const SECONDS = Number(process.env.TILL_PEER_SECONDS ?? Number.POSITIVE_INFINITY);
const TIMEOUT = { timeout: 60_000 + ROUNDS * 120_000 };

/** What no daemon takes on the chain, or has no output: up to here. */
const DUST_MSAT = 546_001n;
/** BOLT 8: a length with its MAC, before the message with its own. A commitment_signed without HTLCs has one byte more. */
const HEADER_BYTES = 18;
const REVOCATION_BYTES = HEADER_BYTES + 99 + 16;
const OPENING = { amount_sat: 5_000_000n, push_msat: 2_500_000_000n };

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

/**
 * The channels that a peer still has after it was killed, which closes some of them by itself. The HTLCs of those have ended
 * on the chain when this resolves, and all that was in them is in the two wallets.
 */
async function withoutLost(
  world: World,
  daemon: PeerDaemon,
  channels: readonly string[],
  stream: Stream,
  before: Holdings,
): Promise<readonly string[]> {
  const { till } = world;
  let kept = channels;
  await until('each channel can be used again, or is closed', async () => {
    const ours = await Promise.all(channels.map((funding_txid) => till.channel(funding_txid)));
    kept = channels.filter((_funding_txid, index) => ours[index]?.state === 'CHANNELD_NORMAL');
    return kept.length === 0 || (await world.areUsable(daemon, ...kept));
  });
  if (kept.length === channels.length) return kept;
  assert.ok(await mineUntilEnded(world, daemon, [stream]), 'the HTLCs of a closed channel have ended');
  const { missing_sat } = await mineUntilTaken(world, daemon, before);
  assert.equal(missing_sat, 0n, 'what neither has of the closed channels, or somebody has twice');
  return kept;
}

async function disturb(t: TestContext, kind: DaemonKind, disturbance: Disturbance): Promise<void> {
  const world = await World.open(t);
  const { daemon } = await world.daemon(kind, 'peer');
  await world.fillWallets(daemon);
  const relay = await world.relayTo(daemon);
  await world.connect(daemon, relay.port);
  let channels: readonly string[] = [await world.openFrom(daemon, OPENING), await world.openTo(daemon, OPENING)];
  const peer_forgets = kind.lacks.includes('keeping channels when killed');
  const sum = {
    rounds: 0,
    paid: 0,
    failed: 0,
    hanging_at_peer: 0,
    forgotten_by_peer: 0,
    refused_after_all: 0,
    lost_by_peer: 0,
  };
  const why = new Map<string, number>();
  try {
    const end_ms = performance.now() + SECONDS * 1000;
    for (let round = 0; round < ROUNDS && performance.now() < end_ms; round++) {
      const before = peer_forgets ? await holdings(world, daemon) : undefined;
      const had_msat = await ownMsat(world, daemon);
      const stream = new Stream(world, daemon);
      await stream.reach(4 + ((round * 5) % 17));
      await disturbance(world, daemon, relay);
      const kept = before === undefined ? channels : await withoutLost(world, daemon, channels, stream, before);
      if (kept.length > 0) await world.usable(daemon, ...kept);
      const verdict = await stream.judge({
        peer_forgets,
        dust_msat: kept.length < channels.length ? DUST_MSAT : 0n,
      });
      const { paid, failed, faults, reasons } = verdict;
      assert.deepEqual(faults, []);
      assert.deepEqual(await world.disagreements(daemon), []);
      if (kept.length === channels.length) {
        const gained_msat = verdict.paid_to_till_msat - verdict.paid_by_till_msat;
        assert.equal((await ownMsat(world, daemon)) - had_msat, gained_msat, 'what Till has more, and was paid more');
      }
      sum.rounds++;
      sum.paid += paid;
      sum.failed += failed;
      sum.hanging_at_peer += verdict.hanging_at_peer;
      sum.forgotten_by_peer += verdict.forgotten_by_peer;
      sum.refused_after_all += verdict.refused_after_all;
      sum.lost_by_peer += channels.length - kept.length;
      for (const [reason, count] of reasons) why.set(reason, (why.get(reason) ?? 0) + count);
      const replacements: string[] = [];
      while (kept.length + replacements.length < channels.length)
        replacements.push(await world.openTo(daemon, OPENING));
      channels = [...kept, ...replacements];
    }
  } finally {
    t.diagnostic(JSON.stringify(sum));
    for (const [reason, count] of why) t.diagnostic(`${count} times ${reason}`);
  }
}

/** One payment by Till alone, so that no other message makes the peer go on; it is killed when it owes a signature. */
async function killOwing(t: TestContext, kind: DaemonKind): Promise<void> {
  const world = await World.open(t);
  const { till } = world;
  const { daemon } = await world.daemon(kind, 'peer');
  await world.fillWallets(daemon);
  const relay = await world.relayTo(daemon);
  await world.connect(daemon, relay.port);
  const channel = await world.openFrom(daemon, OPENING);
  for (let round = 0; round < ROUNDS; round++) {
    const bolt11 = await daemon.invoice(20_000_000n);
    const { promise: killed, resolve } = Promise.withResolvers<void>();
    relay.back.behind(
      (length) => length === REVOCATION_BYTES || length === REVOCATION_BYTES - HEADER_BYTES,
      () => void daemon.kill().then(resolve),
    );
    const paying = till.pay(bolt11);
    await killed;
    await daemon.start();
    await world.usable(daemon, channel);
    await world.quiet(daemon);
    const end = await paying;
    const { payment_hash } = decodeInvoice(bolt11);
    const is_paid = await daemon.isPaid(payment_hash);
    const agree = is_paid === (end === 'complete');
    assert.ok(agree || (await wasRefused(till, payment_hash)), `Till says ${end}, is it paid: ${is_paid}`);
  }
}

for (const { kind, skip } of KINDS) {
  describe(`${kind.name} ${kind.version}, killed when it owes a signature`, {
    skip: skip || (kind.lacks.includes('keeping channels when killed') && 'it loses channels when it is killed'),
  }, () => {
    test('behind the revoke_and_ack for a payment by Till: that ends', TIMEOUT, (t) => killOwing(t, kind));
  });

  describe(`${kind.name} ${kind.version}, with payments both ways`, { skip }, () => {
    for (const [name, disturbance] of Object.entries(DISTURBANCES)) {
      const spoils = name === 'the peer is killed' && kind.lacks.includes('sending what it recorded when killed');
      const options = { ...TIMEOUT, skip: spoils && 'in daemons-unsent.test.ts' };
      test(`${name}: each payment is paid on both sides or on neither, and the channels go on`, options, (t) =>
        disturb(t, kind, disturbance),
      );
    }
  });
}
