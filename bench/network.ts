/**
 * The map of a public network as large as mainnet's: how fast it is read, what it takes in memory, and how fast ways are
 * found in it, in CPU time. It needs a snapshot that is too large for the repository (`support/snapshot.ts`), and says so without it.
 */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ManualClock } from '../src/base/types/clock.ts';
import { fromHex } from '../src/base/types/hex.ts';
import { NETWORKS } from '../src/base/types/network.ts';
import { Keeper } from '../src/node/network/keeper.ts';
import { MapFile } from '../src/node/network/map-file.ts';
import { graphOf } from '../src/node/network/way-answers.ts';
import { NetworkMap } from '../src/protocol/gossip/network-map.ts';
import { findFlowParts } from '../src/protocol/routing/flow-parts.ts';
import { Knowledge } from '../src/protocol/routing/knowledge.ts';
import { findParts, Searches } from '../src/protocol/routing/parts.ts';
import type { SearchRequest } from '../src/protocol/routing/search.ts';
import { street } from '../test/node/network/city.ts';
import { type Figure, median, percentile } from './figures.ts';
import { simulate } from './support/simulation.ts';
import { snapshotFolder, writeMapFile } from './support/snapshot.ts';

export const name = 'the public network: 59,428 channels read, and ways through them';

const NOW = 1_727_000_000;
const WAYS = 300;
const PAYMENTS = 150;
const NEW_CHANNELS = 2_000;
/** Not every pair can pay so much. */
const MOST_TRIES = 2_000;
const SAT = 1_000;
/** Payers and payees with fewer are seldom able to pay or be paid. */
const LEAST_CHANNELS = 4;

/** Numbers that look random and are the same in every run. */
function draws(seed: number): (below: number) => number {
  let state = seed;
  return (below) => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state % below;
  };
}

/** CPU time, which says the same on a machine that has other work. */
function cpuMs(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1000;
}

function megabytes(columns: object): number {
  return Object.values(columns).reduce(
    (sum, column) => sum + (ArrayBuffer.isView(column) ? column.byteLength : 0) / 1e6,
    0,
  );
}

/** As `deploy/till.service` starts Till; without it the C library keeps memory apart for each thread that ever asked for some. */
const AS_DEPLOYED = { MALLOC_ARENA_MAX: '2' } as const;

/** What the thread of this map adds to a process, or one that does nothing: MB at rest, and after searches. The middle of five. */
function threadMb(
  args: readonly string[],
  variables: NodeJS.ProcessEnv = AS_DEPLOYED,
): { rest_mb: number; later_mb: number } {
  const program = join(import.meta.dirname, 'support/map-memory.ts');
  const { MALLOC_ARENA_MAX: _, ...env } = process.env;
  const runs = Array.from({ length: 5 }, () => {
    const options = { env: { ...env, ...variables } };
    const text = execFileSync(process.execPath, ['--expose-gc', program, ...args], options).toString();
    return JSON.parse(text) as readonly number[];
  });
  return {
    rest_mb: median(runs.map((run) => run.at(0) as number)),
    later_mb: median(runs.map((run) => run.at(-1) as number)),
  };
}

export async function run(): Promise<readonly Figure[]> {
  return [await syncing(), ...(await searching())];
}

/** How fast gossip is taken that nobody has seen before: of a channel four signatures, and one for each direction. */
async function syncing(): Promise<Figure> {
  const directory = mkdtempSync(join(tmpdir(), 'till-bench-gossip-'));
  const refuse = (): never => {
    throw new Error('a peer that sends what is right was refused');
  };
  const keeper = new Keeper({
    path: join(directory, 'gossip_store'),
    chain_hash: NETWORKS.regtest.chain_hash,
    known_features: new Set(),
    height: 1_000,
    clock: new ManualClock(NOW),
    ports: {
      send: () => {},
      holdOff: refuse,
      log: () => {},
      outputs: { can_check_all: false, claims_at_once: 1, check: async () => [] },
    },
  });
  try {
    const gossip = Array.from({ length: NEW_CHANNELS }, (_, index) =>
      street(`node ${index % 50}`, `node ${50 + (index % 49)}`, `500x${index}x0`, NOW - 100),
    ).flat();
    keeper.connected({ number: 1, can_query: false, can_query_more: false });
    const start = cpuMs();
    await keeper.receive(1, gossip);
    const seconds = (cpuMs() - start) / 1000;
    const { channels } = await keeper.answer('state', {});
    if (channels !== NEW_CHANNELS) throw new Error(`${channels} of ${NEW_CHANNELS} channels were taken`);
    return { what: 'new channels taken from gossip', value: NEW_CHANNELS / seconds, unit: '/s', must_reach: 1_000 };
  } finally {
    keeper.stop();
    rmSync(directory, { recursive: true });
  }
}

async function searching(): Promise<readonly Figure[]> {
  const folder = snapshotFolder();
  if (folder === undefined) {
    console.log('  no ways measured: set TILL_NETWORK_DATA to the folder of gossip-store-2024-09-22.compressed');
    return [];
  }
  const directory = mkdtempSync(join(tmpdir(), 'till-bench-network-'));
  try {
    const path = join(directory, 'gossip_store');
    writeMapFile(folder, path, NOW);
    const options = { path, chain_hash: fromHex(NETWORKS.regtest.chain_hash), known_features: new Set<number>() };
    const start = cpuMs();
    const map = new NetworkMap();
    const file = new MapFile(options);
    file.load(map);
    map.rows();
    const load_ms = cpuMs() - start;
    const columns_mb = megabytes(map.channels) + megabytes(map.halves) + megabytes(map.nodes);
    const times = (amount_sat: number, max_parts: number, price_of_doubt: number): number[] =>
      timesOf(map, amount_sat, max_parts, price_of_doubt);
    // Warm first.
    times(50_000, 1, 0.3);
    const one = [1_000, 50_000, 1_000_000].flatMap((amount) => times(amount, 1, 0.3));
    const cheapest = times(50_000, 1, 0);
    const split = times(2_000_000, 16, 0.3);
    const flow = timesOf(map, 1_000_000, 16, 0.3, (searches, ...rest) => findFlowParts(searches.flow, ...rest));
    file.compact(map);
    const file_mb = statSync(path).size / 1e6;
    file.close();
    // The first run leaves the files without types behind, as a node's first start does.
    threadMb([path, String(NOW)]);
    const [thread, idle] = [threadMb([path, String(NOW)]), threadMb([])];
    const apart = threadMb([path, String(NOW)], {});
    const graph = graphOf(map);
    const draw = draws(7);
    const share = (): number => draw(1_000_003) / 1_000_003;
    const paid = simulate(map, graph, 100_000 * SAT, PAYMENTS, share);
    const large = simulate(map, graph, 1_000_000 * SAT, PAYMENTS / 3, share);
    return [
      {
        what: 'a map file of 59,428 channels, read until ways can be found',
        value: load_ms,
        unit: 'ms',
        must_reach: 500,
      },
      { what: 'its columns in memory', value: columns_mb, unit: 'MB', must_reach: 12 },
      { what: 'its thread with all of it, more resident memory', value: thread.rest_mb, unit: 'MB', must_reach: 30 },
      { what: 'the same without MALLOC_ARENA_MAX=2', value: apart.rest_mb, unit: 'MB' },
      { what: 'a thread that does nothing, for comparison', value: idle.rest_mb, unit: 'MB', beside: true },
      { what: 'the thread after its first searches', value: thread.later_mb, unit: 'MB' },
      { what: 'the map file when it was compacted', value: file_mb, unit: 'MB', must_reach: 50 },
      { what: 'a likely way for 1,000 to 1,000,000 sat, p50', value: percentile(one, 0.5), unit: 'ms', must_reach: 5 },
      { what: 'the same, p99', value: percentile(one, 0.99), unit: 'ms', must_reach: 15 },
      { what: 'the cheapest way for 50,000 sat, p50', value: percentile(cheapest, 0.5), unit: 'ms', must_reach: 5 },
      {
        what: 'ways for 2,000,000 sat in up to 16 parts, p50',
        value: percentile(split, 0.5),
        unit: 'ms',
      },
      { what: 'a flow for 1,000,000 sat, p50', value: percentile(flow, 0.5), unit: 'ms', must_reach: 30 },
      {
        what: '100,000 sat, simulated: paid if one way can carry it',
        value: 100 * paid.paid_share,
        unit: '%',
        must_reach: 99,
      },
      { what: 'paid at once', value: 100 * paid.at_once_share, unit: '%', must_reach: 68 },
      { what: 'HTLCs for each', value: paid.htlcs, unit: '', must_reach: 2.1 },
      { what: 'fee', value: paid.fee_ppm, unit: 'ppm', must_reach: 320 },
      { what: '1,000,000 sat, simulated: paid', value: 100 * large.paid_share, unit: '%' },
      { what: 'paid at once', value: 100 * large.at_once_share, unit: '%' },
      { what: 'HTLCs for each', value: large.htlcs, unit: '' },
      { what: 'fee', value: large.fee_ppm, unit: 'ppm' },
    ];
  } finally {
    rmSync(directory, { recursive: true });
  }
}

function timesOf(
  map: NetworkMap,
  amount_sat: number,
  max_parts: number,
  price_of_doubt: number,
  find: typeof findParts = findParts,
): number[] {
  const graph = graphOf(map);
  const searches = new Searches();
  const knowledge = new Knowledge();
  const draw = draws(amount_sat);
  const amount_msat = amount_sat * SAT;
  const times: number[] = [];
  const degree = (node: number): number => map.nodes.degree[node] as number;
  for (let tries = 0; times.length < WAYS && tries < MOST_TRIES; tries++) {
    const [source, target] = [draw(map.node_places), draw(map.node_places)];
    if (source === target || degree(source) < LEAST_CHANNELS || degree(target) < LEAST_CHANNELS) continue;
    const request: SearchRequest = {
      source,
      target,
      amount_msat,
      final_cltv: 18,
      max_fee_msat: amount_msat,
      max_delay: 2016,
      max_hops: 20,
      price_of_block: 0,
      price_of_doubt,
      extra: [],
      only_extra_from_source: false,
      avoided_halves: new Set(),
      avoided_nodes: new Set(),
      held_msat: new Map(),
      terms: new Map(),
      now_seconds: NOW,
      prefers_short: false,
    };
    const start = cpuMs();
    const found = find(searches, graph, knowledge, request, max_parts);
    if (found !== undefined) times.push(cpuMs() - start);
  }
  return times;
}
