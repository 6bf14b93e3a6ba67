/**
 * One map file for two nodes: Core Lightning's answers were recorded (`core-lightning.json.gz`), Till gives its own. The file
 * is the snapshot, which is too large for the repository; without it the tests are skipped. Where lightningd and bitcoind are
 * found (`test/peers/daemons/find.ts`), Core Lightning is asked anew.
 */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, suite, test } from 'node:test';
import { gunzipSync } from 'node:zlib';
import { snapshotFolder, writeMapFile } from '../../../../bench/support/snapshot.ts';
import { sha256 } from '../../../../src/base/crypto/hash.ts';
import type { NodeId } from '../../../../src/base/types/brand.ts';
import { ManualClock } from '../../../../src/base/types/clock.ts';
import { toHex } from '../../../../src/base/types/hex.ts';
import type { ListedChannel, ListedNode, Page } from '../../../../src/node/network/questions.ts';
import { feeFor } from '../../../../src/protocol/routing/graph.ts';
import { TIMEOUT } from '../../../support/time-limit.ts';
import { TestKeeper } from '../keepers.ts';
import { anewMissing, CoreLightningOnFile } from './core-lightning-on-file.ts';

/** What was recorded. The digests are of the rows as JSON arrays, sorted. */
interface Recorded {
  readonly timestamp: number;
  readonly riskfactor: number;
  readonly cltv: number;
  readonly channels_sha256: string;
  readonly nodes_sha256: string;
  readonly questions: readonly {
    readonly source: NodeId;
    readonly destination: NodeId;
    readonly amount_msat: number;
    /** The channels of Core Lightning's way, with their directions; null when it found none. */
    readonly path: readonly string[] | null;
  }[];
}

/** It is asked 900 ways, one after the other. */
const PATIENCE = { timeout: 600_000 };
const BLOCKS_A_YEAR = 52_596;
/** Sums of fractions. */
const ROUNDING_MSAT = 1;
const folder = snapshotFolder();
const skip = folder === undefined ? 'no snapshot: set TILL_NETWORK_DATA to its folder' : false;

function digestOf(rows: readonly (readonly unknown[])[]): string {
  return toHex(
    sha256(
      Buffer.from(
        rows
          .map((row) => JSON.stringify(row))
          .sort()
          .join('\n'),
      ),
    ),
  );
}

suite('on one map file with Core Lightning', { skip, ...TIMEOUT }, () => {
  const packed = readFileSync(join(import.meta.dirname, 'core-lightning.json.gz'));
  const recorded = JSON.parse(gunzipSync(packed).toString()) as Recorded;
  const price_of_block = recorded.riskfactor / 100 / BLOCKS_A_YEAR;
  let node: TestKeeper;
  const channels: ListedChannel[] = [];
  const nodes: ListedNode[] = [];

  before(async () => {
    node = new TestKeeper(new ManualClock(recorded.timestamp + 3_600));
    node.keeper.stop();
    writeMapFile(folder as string, node.path, recorded.timestamp, true);
    node.keeper = node.open();
    for (let from: number | undefined = 0; from !== undefined; ) {
      const page: Page<ListedChannel> = await node.keeper.answer('channels', { from } as never);
      channels.push(...page.entries);
      from = page.next;
    }
    for (let from: number | undefined = 0; from !== undefined; ) {
      const page: Page<ListedNode> = await node.keeper.answer('nodes', { id: undefined, from });
      nodes.push(...page.entries);
      from = page.next;
    }
  });

  after(() => node?.end());

  test('listchannels has the same 118,856 directions, field by field', () => {
    assert.equal(channels.length, 118_856);
    const rows = channels.map((each) => [
      each.source,
      each.destination,
      each.short_channel_id,
      each.direction,
      each.amount_msat,
      each.message_flags,
      each.channel_flags,
      each.active,
      each.last_update,
      each.base_fee_millisatoshi,
      each.fee_per_millionth,
      each.delay,
      each.htlc_minimum_msat,
      each.htlc_maximum_msat,
      each.features,
    ]);
    assert.equal(digestOf(rows), recorded.channels_sha256);
  });

  test('listnodes has the same nodes, with the same names and addresses', () => {
    const rows = nodes.map(({ nodeid, details }) => [
      nodeid,
      Buffer.from(details?.alias ?? '', 'hex').toString(),
      details?.color,
      details?.last_timestamp,
      details?.addresses,
    ]);
    assert.equal(digestOf(rows), recorded.nodes_sha256);
  });

  /** What ways in this map cost. */
  const prices = () => {
    const halves = new Map(channels.map((each) => [`${each.short_channel_id}/${each.direction}`, each]));
    /** What a way costs, fee and time, and the first limit that it breaks. */
    const priceOf = (amount_msat: number, path: readonly string[]) => {
      let carried_msat = amount_msat;
      let delay = recorded.cltv;
      let broken: string | undefined;
      for (const name of path.toReversed()) {
        const half = halves.get(name) as ListedChannel;
        const { amount_msat: capacity_msat, htlc_minimum_msat, htlc_maximum_msat } = half;
        // What BOLT 7 says not to route through counts as a limit.
        if (carried_msat > htlc_maximum_msat || htlc_maximum_msat > capacity_msat) broken ??= `${name}: maximum`;
        if (carried_msat < htlc_minimum_msat || htlc_minimum_msat > htlc_maximum_msat) broken ??= `${name}: minimum`;
        if (!half.active) broken ??= `${name}: disabled`;
        carried_msat += feeFor(half.base_fee_millisatoshi, half.fee_per_millionth, carried_msat);
        delay += half.delay;
      }
      return { cost_msat: carried_msat - amount_msat + carried_msat * price_of_block * delay, broken };
    };
    return priceOf;
  };

  /** Asks Till every question; its way costs no more than the one that is there, and breaks no limit. */
  const judge = async (questions: Recorded['questions']): Promise<void> => {
    const priceOf = prices();
    let found = 0;
    for (const { source, destination, amount_msat, path } of questions) {
      const what = `${amount_msat} msat from ${source} to ${destination}`;
      const answer = await node.keeper.answer('ways', {
        source,
        destination,
        amount_msat,
        final_cltv: recorded.cltv,
        max_fee_msat: Number.POSITIVE_INFINITY,
        max_delay: Number.POSITIVE_INFINITY,
        max_hops: 20,
        max_parts: 1,
        price_of_block,
        price_of_doubt: 0,
        own_ways: undefined,
        hints: [],
        avoid: [],
        held: [],
        terms: [],
      });
      const theirs = path === null ? undefined : priceOf(amount_msat, path);
      if (answer.kind === 'none') {
        assert(theirs === undefined || theirs.broken !== undefined, `${what}: Core Lightning found a way`);
        continue;
      }
      found++;
      const hops = answer.routes[0]?.hops ?? [];
      const ours = priceOf(
        amount_msat,
        hops.map((hop) => `${hop.short_channel_id}/${hop.direction}`),
      );
      assert.equal(ours.broken, undefined, `${what}: a limit is broken`);
      if (theirs === undefined || theirs.broken !== undefined) continue;
      assert(ours.cost_msat <= theirs.cost_msat + ROUNDING_MSAT, `${what}: ${ours.cost_msat}, not ${theirs.cost_msat}`);
    }
    assert(found > 300, `only ${found} questions had a way`);
  };

  test("900 ways cost no more than Core Lightning's, and break no limit", () => judge(recorded.questions));

  test('Core Lightning asked anew: the same lists, and no dearer ways', {
    skip: anewMissing,
    ...PATIENCE,
  }, async (t) => {
    const core_lightning = await CoreLightningOnFile.start(t, folder as string, recorded.timestamp);
    assert.equal(digestOf(await core_lightning.channelRows()), recorded.channels_sha256);
    assert.equal(digestOf(await core_lightning.nodeRows()), recorded.nodes_sha256);
    const questions = [];
    for (const { source, destination, amount_msat } of recorded.questions) {
      const { riskfactor, cltv } = recorded;
      const asked = { id: destination, fromid: source, amount_msat, riskfactor, cltv };
      questions.push({ source, destination, amount_msat, path: await core_lightning.pathFor(asked) });
    }
    await judge(questions);
  });
});
