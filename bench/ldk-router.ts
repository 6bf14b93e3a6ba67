/**
 * The simulation of payments with LDK's router beside ours: the same map, the same hidden balances, the same payments. LDK runs
 * in WebAssembly, which makes it many times slower than its own build: its time is no measure of it.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fromHex } from '../src/base/types/hex.ts';
import { NETWORKS } from '../src/base/types/network.ts';
import { MapFile } from '../src/node/network/map-file.ts';
import { graphOf } from '../src/node/network/way-answers.ts';
import { NetworkMap } from '../src/protocol/gossip/network-map.ts';
import { Random } from '../test/sim/random.ts';
import type { Figure } from './figures.ts';
import { LdkRouter } from './support/ldk-router.ts';
import { type Simulated, simulate } from './support/simulation.ts';
import { snapshotFolder, writeMapFile } from './support/snapshot.ts';

export const name = "payments simulated with our ways and with those of LDK's router";
export const isSlow = true;

const NOW = 1_727_000_000;
const SEED = 7;
/** How many payments of each amount: fewer of those for which LDK plans longer. */
const PAYMENTS: readonly (readonly [amount_sat: number, count: number])[] = [
  [10_000, 60],
  [100_000, 40],
  [1_000_000, 20],
];

export async function run(): Promise<readonly Figure[]> {
  const folder = snapshotFolder();
  if (folder === undefined) {
    console.log('  nothing simulated: set TILL_NETWORK_DATA to the folder of gossip-store-2024-09-22.compressed');
    return [];
  }
  const map = readMap(folder);
  const graph = graphOf(map);
  const ldk = await LdkRouter.load(map, graph, NOW);
  console.log(`  LDK has ${ldk.channels} of the ${graph.half_places / 2} channels`);
  const figures: Figure[] = [];
  for (const [amount_sat, count] of PAYMENTS) {
    for (const [who, newPayer] of [
      ['Till', undefined],
      ['LDK', ldk.newPayer],
    ] as const) {
      const random = new Random(SEED);
      const simulated = simulate(map, graph, amount_sat * 1000, count, () => random.next(), newPayer);
      figures.push(...figuresOf(`${amount_sat.toLocaleString('en')} sat by ${who}`, simulated, who === 'LDK'));
    }
  }
  return figures;
}

function figuresOf(what: string, simulated: Simulated, beside: boolean): readonly Figure[] {
  const { paid_share, at_once_share, htlcs, fee_ppm, count } = simulated;
  return [
    { what: `${what}: paid, of ${count} that one way could carry`, value: 100 * paid_share, unit: '%', beside },
    { what: 'paid at once', value: 100 * at_once_share, unit: '%', beside },
    { what: 'HTLCs for each', value: htlcs, unit: '', beside },
    { what: 'fee', value: fee_ppm, unit: 'ppm', beside },
  ];
}

function readMap(folder: string): NetworkMap {
  const directory = mkdtempSync(join(tmpdir(), 'till-bench-ldk-router-'));
  try {
    const path = join(directory, 'gossip_store');
    writeMapFile(folder, path, NOW);
    const map = new NetworkMap();
    const chain_hash = fromHex(NETWORKS.regtest.chain_hash);
    const file = new MapFile({ path, chain_hash, known_features: new Set() });
    file.load(map);
    map.rows();
    file.close();
    return map;
  } finally {
    rmSync(directory, { recursive: true });
  }
}
