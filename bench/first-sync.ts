/**
 * A node that learns a whole public network from one peer while it makes invoices: every signature is valid, every funding output
 * is in a block of bitcoind's, and the peer is as fast as Core Lightning. It needs bitcoind and a snapshot
 * (`support/snapshot.ts`), and says so without them.
 *
 * The peer, bitcoind and the clients of the socket run on the same machine, and take their part of its cores.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Client, connectToNode } from '../src/api/client/index.ts';
import { nodeIdOf } from '../test/e2e/raw-peer.ts';
import { type SignedNetwork, signedNetwork } from '../test/node/network/whole/signed-network.ts';
import { BitcoindProcess, bitcoindMissing, freePort } from '../test/support/bitcoind.ts';
import { ChildNode } from '../test/support/node-process.ts';
import { type Figure, median, percentile } from './figures.ts';
import { snapshotFolder } from './support/snapshot.ts';

export const name = 'the first sync of the public network, beside invoices';
/** Minutes: a megabyte a second is what the peer sends. */
export const isSlow = true;

const CHANNELS = Number(process.env.TILL_NETWORK_CHANNELS ?? 59_428);
const ROUNDS = 3;
/** An invoice each so many milliseconds, as in a busy shop: one after the other would itself keep the node busy. */
const PAUSE_MS = 50;
/** So many before the sync, and at least so many during it, so that a p99 is more than the slowest one. */
const INVOICES = 400;
/** The peer: Core Lightning gives a million bytes a second, and so does this. */
const HOLDER_KEY = 77;
const HOLDER = join(import.meta.dirname, '../test/node/network/whole/holder.ts');

/** What one first sync was like. */
interface Round {
  readonly before_ms: readonly number[];
  readonly during_ms: readonly number[];
  readonly seconds: number;
  readonly main_share: number;
  readonly thread_share: number;
}

export async function run(): Promise<readonly Figure[]> {
  const folder = snapshotFolder();
  if (bitcoindMissing !== undefined || folder === undefined) {
    console.log(`  nothing measured: ${bitcoindMissing ?? 'set TILL_NETWORK_DATA to the folder of the snapshot'}`);
    return [];
  }
  const directory = mkdtempSync(join(tmpdir(), 'till-bench-first-sync-'));
  const bitcoind = await BitcoindProcess.start();
  const holders: ChildProcess[] = [];
  try {
    const timestamp = Math.floor(Date.now() / 1000) - 3_600;
    const network = await signedNetwork(bitcoind, folder, CHANNELS, timestamp);
    const held_file = join(directory, 'held');
    writeFileSync(held_file, network.map_file);
    const port = await freePort();
    const holder = spawn(process.execPath, [HOLDER, held_file, String(port), String(network.height)], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    holders.push(holder);
    await once(holder.stdout, 'data');
    const holder_at = `${nodeIdOf(HOLDER_KEY)}@127.0.0.1:${port}`;
    const rounds: Round[] = [];
    for (let round = 0; round < ROUNDS; round++) {
      rounds.push(await measure(join(directory, String(round)), bitcoind, network, holder_at));
    }
    return figuresOf(rounds);
  } finally {
    for (const holder of holders) holder.kill('SIGKILL');
    await bitcoind.stop();
    rmSync(directory, { recursive: true, force: true });
  }
}

/** The middle round of each figure; the difference is taken within a round. */
function figuresOf(rounds: readonly Round[]): readonly Figure[] {
  const middle = (read: (round: Round) => number): number => median(rounds.map(read));
  const p99 = (times: readonly number[]): number => percentile(times, 0.99);
  return [
    {
      what: `${CHANNELS} channels, until each is known`,
      value: middle(({ seconds }) => seconds),
      unit: 's',
      must_reach: 60,
    },
    {
      what: 'the main thread meanwhile',
      value: middle(({ main_share }) => main_share),
      unit: '% busy',
      must_reach: 15,
    },
    { what: 'the thread of the map meanwhile', value: middle(({ thread_share }) => thread_share), unit: '% busy' },
    { what: 'an invoice before, p50', value: middle(({ before_ms }) => median(before_ms)), unit: 'ms' },
    { what: 'an invoice during the sync, p50', value: middle(({ during_ms }) => median(during_ms)), unit: 'ms' },
    { what: 'an invoice before, p99', value: middle(({ before_ms }) => p99(before_ms)), unit: 'ms' },
    { what: 'an invoice during the sync, p99', value: middle(({ during_ms }) => p99(during_ms)), unit: 'ms' },
    {
      what: 'p99 during the sync, more than before',
      value: middle(({ before_ms, during_ms }) => Math.max(0, p99(during_ms) - p99(before_ms))),
      unit: 'ms',
      must_reach: 5,
    },
  ];
}

async function measure(
  dir: string,
  bitcoind: BitcoindProcess,
  network: SignedNetwork,
  holder_at: string,
): Promise<Round> {
  mkdirSync(dir);
  const { rpcport, user, password } = bitcoind;
  const node = await ChildNode.start(
    [
      '--network=regtest',
      '--chain=bitcoind',
      `--bitcoin-rpcport=${rpcport}`,
      `--bitcoin-rpcuser=${user}`,
      `--bitcoin-rpcpassword=${password}`,
    ],
    dir,
  );
  try {
    const client = await connectToNode(node.rpc_file);
    await until(async () => (await client.call('getinfo', {})).blockheight === network.height);
    await invoices(client, 'warm', (made) => made === INVOICES / 2);
    const before_ms = await invoices(client, 'before', (made) => made === INVOICES);
    const [start, cpu] = [performance.now(), threadSeconds(node.pid)];
    await client.call('connect', { id: holder_at });
    let seconds = 0;
    const isOver = (): boolean => {
      const known = /the map of the network is complete: (\d+) channels/.exec(
        readFileSync(join(dir, 'log'), 'utf8'),
      )?.[1];
      if (known === undefined) return false;
      if (Number(known) !== CHANNELS) throw new Error(`${known} of ${CHANNELS} channels are known`);
      seconds = (performance.now() - start) / 1000;
      return true;
    };
    const during_ms = await invoices(client, 'during', isOver);
    const used = threadSeconds(node.pid);
    client.close();
    if (during_ms.length < INVOICES / 4) console.log(`  only ${during_ms.length} invoices were made during the sync`);
    const share = (thread: number): number => (100 * ((used.get(thread) ?? 0) - (cpu.get(thread) ?? 0))) / seconds;
    const others = [...used.keys()].filter((thread) => thread !== node.pid).map(share);
    const round = { before_ms, during_ms, seconds, main_share: share(node.pid), thread_share: Math.max(...others) };
    console.log(`  ${JSON.stringify(figuresOf([round]).map(({ value }) => Number(value.toFixed(2))))}`);
    return round;
  } finally {
    await node.stop();
  }
}

/** Resolves when it is so: other processes tell nobody when. */
async function until(isSo: () => Promise<boolean>): Promise<void> {
  while (!(await isSo())) await new Promise((resolve) => setTimeout(resolve, PAUSE_MS));
}

/** Makes invoices, one each PAUSE_MS, until it is over; answers how long each took, from the request to the answer, which is durable. */
async function invoices(client: Client, prefix: string, isOver: (made: number) => boolean): Promise<readonly number[]> {
  const times_ms: number[] = [];
  while (!isOver(times_ms.length)) {
    const start = performance.now();
    await client.call('invoice', { amount_msat: 1_000, label: `${prefix} ${times_ms.length}`, description: 'coffee' });
    times_ms.push(performance.now() - start);
    await new Promise((resolve) => setTimeout(resolve, PAUSE_MS));
  }
  return times_ms;
}

/** CPU that each thread of a process has used, in seconds, as Linux tells it. */
function threadSeconds(pid: number): Map<number, number> {
  return new Map(
    readdirSync(`/proc/${pid}/task`).map((thread) => {
      const stat = readFileSync(`/proc/${pid}/task/${thread}/stat`, 'utf8');
      const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
      return [Number(thread), (Number(fields[11]) + Number(fields[12])) / 100];
    }),
  );
}
