/**
 * Kills in the middle of a stream of payments, of a wallet that may have recorded that it takes a payment and was killed before
 * it said so. It never says so afterwards, and each of its signatures is for a commitment without the HTLC. Till refuses
 * those and sets the channel aside; after the third refusal it is closed here, as its operator would. At the end, when all
 * is over on the chain, every payment is judged, and what Till and the wallet have is compared to the satoshi.
 * More kills find more: `TILL_PEER_ROUNDS=20 npm test -- --patient daemons-unsent`.
 */
import assert from 'node:assert/strict';
import { describe, type TestContext, test } from 'node:test';
import { CallError } from '../../src/api/client/index.ts';
import { holdings, mineUntilEnded, mineUntilTaken, ownMsat } from './daemons/accounts.ts';
import type { DaemonKind, PeerDaemon } from './daemons/daemon.ts';
import { until } from './daemons/daemon-process.ts';
import { KINDS } from './daemons/kinds.ts';
import type { Relay } from './daemons/relay.ts';
import { Stream, type Verdict } from './daemons/stream.ts';
import type { TillChannel } from './daemons/till-daemon.ts';
import { World } from './daemons/world.ts';

const ROUNDS = Number(process.env.TILL_PEER_ROUNDS ?? 2);
const SECONDS = Number(process.env.TILL_PEER_SECONDS ?? Number.POSITIVE_INFINITY);
const TIMEOUT = { timeout: 900_000 + ROUNDS * 240_000 };
/** What no daemon takes on the chain, or has no output: up to here. */
const DUST_MSAT = 546_001n;
const OPENING = { amount_sat: 5_000_000n, push_msat: 2_500_000_000n };
/** So often a signature is refused before Till lets the channel rest. */
const REFUSALS = 3;
/** Both anchors of a commitment. */
const ANCHORS_SAT = 660n;
/** A minute for a payer who tries again, and more for a machine that is busy. */
const LOOKS = 3_000;

/** How often in a row Till refused this channel's signature; 0 while the channel is in use. */
function refusals({ till }: World, { channel_id, reestablished }: TillChannel): number {
  if (reestablished === true) return 0;
  const line = new RegExp(
    `channel ${channel_id} is set aside \\((\\d+) times in a row\\): .*signature .* is not valid`,
    'g',
  );
  return Number([...till.log.matchAll(line)].at(-1)?.[1] ?? 0);
}

/**
 * Waits until the stream's payments have ended, or hang in channels that Till refused three times: answers those. Each time that Till has
 * set a channel aside the connection is cut, since Till waits a minute before it does that for one channel of two.
 */
async function spoilt(
  world: World,
  daemon: PeerDaemon,
  relay: Relay,
  fundings: readonly string[],
  stream: Stream,
): Promise<readonly TillChannel[]> {
  const { till } = world;
  stream.stop();
  let bad: readonly TillChannel[] = [];
  const cut_at = new Map<string, number>();
  await until(
    'the payments have ended, or a channel was refused three times',
    async () => {
      const open = (await till.channels(daemon.node_id)).filter(({ funding_txid }) => fundings.includes(funding_txid));
      for (const { state, status } of open) assert.equal(state, 'CHANNELD_NORMAL', `it was closed: ${status.join()}`);
      bad = open.filter((channel) => refusals(world, channel) >= REFUSALS);
      const good = open.filter((channel) => !bad.includes(channel));
      for (const channel of good) {
        const count = refusals(world, channel);
        if (count <= (cut_at.get(channel.channel_id) ?? 0)) continue;
        cut_at.set(channel.channel_id, count);
        relay.cut();
        return false;
      }
      const are_usable =
        good.length === 0 || (await world.areUsable(daemon, ...good.map(({ funding_txid }) => funding_txid)));
      // A payment may have ended, and its HTLC stay in a channel that shows only later that it is spoilt.
      return are_usable && (bad.length > 0 || (stream.hasEnded() && (await world.isQuiet(daemon))));
    },
    LOOKS,
  );
  return bad;
}

/** Opens a channel in the place of one that was closed: the wallet hangs up when it hears of the close, perhaps just then. */
async function openAgain(world: World, daemon: PeerDaemon): Promise<string> {
  let funding = '';
  await until('another channel is open', async () => {
    try {
      funding = await world.openTo(daemon, OPENING);
    } catch (error) {
      if (!(error instanceof CallError)) throw error;
    }
    return funding !== '';
  });
  return funding;
}

async function killAgain(t: TestContext, kind: DaemonKind): Promise<void> {
  const world = await World.open(t);
  const { till } = world;
  const { daemon } = await world.daemon(kind, 'peer');
  await world.fillWallets(daemon);
  const relay = await world.relayTo(daemon);
  await world.connect(daemon, relay.port);
  let fundings = [await world.openFrom(daemon, OPENING), await world.openTo(daemon, OPENING)];
  const before = await holdings(world, daemon);
  const had_msat = await ownMsat(world, daemon);

  const sum = { kills: 0, paid: 0, failed: 0, hanging_at_peer: 0, never_taken: 0, lost_as_dust: 0, spoilt_by_peer: 0 };
  let gained_msat = 0n;
  const count = (verdict: Verdict): void => {
    assert.deepEqual(verdict.faults, []);
    for (const key of ['paid', 'failed', 'hanging_at_peer', 'never_taken', 'lost_as_dust'] as const) {
      sum[key] += verdict[key];
    }
    gained_msat += verdict.paid_to_till_msat - verdict.paid_by_till_msat;
  };
  const unjudged: Stream[] = [];
  try {
    const end_ms = performance.now() + SECONDS * 1000;
    for (let round = 0; round < ROUNDS && performance.now() < end_ms; round++) {
      const stream = new Stream(world, daemon);
      await stream.reach(4 + ((round * 5) % 17));
      await daemon.kill();
      await daemon.start();
      const bad = await spoilt(world, daemon, relay, fundings, stream);
      if (bad.length === 0) {
        count(await stream.judge());
        assert.deepEqual(await world.disagreements(daemon), []);
      } else {
        unjudged.push(stream);
        for (const { channel_id, funding_txid } of bad) {
          await till.call('close', { id: channel_id, unilateraltimeout: 1 });
          fundings = fundings.filter((each) => each !== funding_txid);
        }
        await world.mine(1);
        for (const _ of bad) fundings.push(await openAgain(world, daemon));
      }
      sum.kills++;
      sum.spoilt_by_peer += bad.length;
    }

    assert.ok(await mineUntilEnded(world, daemon, unjudged), 'all payments have ended');
    const { missing_sat, fees_sat } = await mineUntilTaken(world, daemon, before);
    assert.equal(missing_sat, 0n, 'what neither has, or somebody has twice');
    for (const stream of unjudged) count(await stream.judge({ peer_owes_words: true, dust_msat: DUST_MSAT }));
    assert.deepEqual(await world.disagreements(daemon), []);
    const off_msat = (await ownMsat(world, daemon)) - had_msat - gained_msat;
    t.diagnostic(`Till has ${off_msat} msat beside its payments; all fees: ${fees_sat} sat`);
    // Fees, anchors, and HTLCs that were too small for an output may have been Till's to pay.
    const anchors_msat = BigInt(sum.spoilt_by_peer) * ANCHORS_SAT * 1000n;
    assert.ok(off_msat <= anchors_msat && off_msat >= -(fees_sat * 1000n + anchors_msat), `${off_msat} msat`);
  } finally {
    t.diagnostic(JSON.stringify(sum));
  }
}

for (const { kind, skip } of KINDS) {
  if (!kind.lacks.includes('sending what it recorded when killed')) continue;
  describe(`${kind.name} ${kind.version}, killed in the middle of payments`, { skip }, () => {
    test(
      'it may spoil a channel, which Till sets aside; each payment is judged, and all money is accounted for',
      TIMEOUT,
      (t) => killAgain(t, kind),
    );
  });
}
