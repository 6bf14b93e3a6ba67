/**
 * A whole public network on a real bitcoind: a node learns it from a peer, either is killed in the middle, the map's file is
 * torn, a peer lies, an output is spent; afterwards the map is right each time.
 *
 * `TILL_NETWORK_CHANNELS=59428 npm test -- --patient whole-network` takes all channels of the snapshot (some minutes, and more
 * than half an hour on a machine that has other work); without the variable it takes a few. It tells how long a first sync
 * took, and how busy the main thread was meanwhile.
 */
import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import {
  appendFileSync,
  existsSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  statSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, suite, type TestContext, test } from 'node:test';
import { snapshotFolder } from '../../../../bench/support/snapshot.ts';
import type { NodeId } from '../../../../src/base/types/brand.ts';
import { nodeIdOf, RawPeer } from '../../../e2e/raw-peer.ts';
import { TillDaemon } from '../../../peers/daemons/till-daemon.ts';
import { BitcoindProcess, bitcoindMissing, freePort } from '../../../support/bitcoind.ts';
import { announcement, idOf, update } from '../city.ts';
import {
  ANYBODY,
  type ListedDirection,
  mineTransaction,
  type SignedNetwork,
  signedNetwork,
  spendOf,
} from './signed-network.ts';

const ALL_ASKED = process.env.TILL_NETWORK_CHANNELS;
const CHANNELS = Number(ALL_ASKED ?? 1_500);
const HOLDER_ID = nodeIdOf(77);
const LIAR = 5;
const LIAR_ID = nodeIdOf(LIAR);
const FORGOTTEN_AFTER_BLOCKS = 72;
/** It only ends what hangs; all channels take minutes. */
const LIMIT = { timeout: ALL_ASKED === undefined ? 500_000 : 3_600_000 };
const skip =
  bitcoindMissing ?? (snapshotFolder() === undefined ? 'no snapshot: set TILL_NETWORK_DATA to its folder' : undefined);

/** Resolves when it is so: other processes tell nobody when. */
async function until(isSo: () => boolean | Promise<boolean>): Promise<void> {
  while (!(await isSo())) await new Promise((resolve) => setTimeout(resolve, 50));
}

/** CPU that the main thread of a process has used, in seconds. */
function mainThreadSeconds(pid: number): number {
  const stat = readFileSync(`/proc/${pid}/task/${pid}/stat`, 'utf8');
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return (Number(fields[11]) + Number(fields[12])) / 100;
}

function p99(values: readonly number[]): number {
  return [...values].sort((a, b) => a - b)[Math.floor(values.length * 0.99)] as number;
}

suite('a whole network', { skip, ...LIMIT }, () => {
  const directory = mkdtempSync(join(tmpdir(), 'till-whole-'));
  const held_file = join(directory, 'held');
  let bitcoind: BitcoindProcess;
  let network: SignedNetwork;
  let till: TillDaemon;
  let holder: ChildProcess | undefined;
  let holder_port: number;
  let height: number;

  /** The node's map file. */
  const mapFile = (): string => join(till.dir, 'regtest', 'gossip_store');
  const mapBytes = (): number => (existsSync(mapFile()) ? statSync(mapFile()).size : 0);

  async function startHolder(): Promise<void> {
    const program = join(import.meta.dirname, 'holder.ts');
    const args = [program, held_file, String(holder_port), String(height)];
    holder = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit'] });
    await once(holder.stdout as NodeJS.ReadableStream, 'data');
  }

  async function killHolder(): Promise<void> {
    const ended = once(holder as ChildProcess, 'exit');
    holder?.kill('SIGKILL');
    await ended;
    holder = undefined;
  }

  const connect = () => till.call('connect', { id: `${HOLDER_ID}@127.0.0.1:${holder_port}` });

  const listed = async (): Promise<Map<string, ListedDirection>> => {
    const { channels } = await till.call('listchannels', {});
    return new Map(
      channels.map((each) => [
        `${each.short_channel_id}/${each.direction}`,
        {
          source: each.source,
          destination: each.destination,
          short_channel_id: each.short_channel_id,
          amount_msat: Number(each.amount_msat),
          active: each.active,
          last_update: each.last_update,
          base_fee_millisatoshi: each.base_fee_millisatoshi,
          fee_per_millionth: each.fee_per_millionth,
          delay: each.delay,
          htlc_minimum_msat: Number(each.htlc_minimum_msat),
          htlc_maximum_msat: Number(each.htlc_maximum_msat),
        },
      ]),
    );
  };

  const expected = (gone: ReadonlySet<string> = new Set()): Map<string, ListedDirection> =>
    new Map(
      network.directions
        .filter(({ short_channel_id }) => !gone.has(short_channel_id))
        .map((each) => [`${each.short_channel_id}/${each.source < each.destination ? 0 : 1}`, each]),
    );

  /** Resolves when both directions of this channel are listed, with the amount that bitcoind found in its output. */
  const isLearned = (short_channel_id: string, amount_msat: number): Promise<void> =>
    until(async () => {
      const { channels } = await till.call('listchannels', { short_channel_id });
      return channels.length === 2 && channels.every((each) => Number(each.amount_msat) === amount_msat);
    });

  /** Resolves when every direction is listed. Some channels are waited for first: the whole list is tens of megabytes. */
  const isWhole = async (): Promise<void> => {
    for (const [index, { short_channel_id, coin }] of network.channels.entries()) {
      if (index % 50 === 0) await isLearned(short_channel_id, Number(coin.amount_sat) * 1000);
    }
    await until(async () => {
      const channels = await listed();
      if (channels.size < network.directions.length) return false;
      return network.directions.every((each) => {
        const direction = each.source < each.destination ? 0 : 1;
        return channels.get(`${each.short_channel_id}/${direction}`)?.amount_msat === each.amount_msat;
      });
    });
  };

  async function isRight(gone: ReadonlySet<string> = new Set()): Promise<void> {
    assert.deepEqual(await listed(), expected(gone));
    // The node itself and its peers are listed without any channel.
    const beside = new Set<string>([till.node_id, HOLDER_ID, LIAR_ID]);
    const nodes = (await till.call('listnodes', {})).nodes.filter(({ nodeid }) => !beside.has(nodeid));
    const left = network.directions.filter((each) => !gone.has(each.short_channel_id)).map(({ source }) => source);
    assert.deepEqual(new Set(nodes.map(({ nodeid }) => nodeid as string)), new Set(left));
    assert(
      nodes.every(({ alias }) => alias !== undefined),
      'every node has announced itself',
    );
  }

  before(async () => {
    bitcoind = await BitcoindProcess.start();
    const timestamp = Math.floor(Date.now() / 1000) - 3_600;
    network = await signedNetwork(bitcoind, snapshotFolder() as string, CHANNELS, timestamp);
    height = network.height;
    writeFileSync(held_file, network.map_file);
    holder_port = await freePort();
    await startHolder();
    const { rpcport: port, user, password } = bitcoind;
    till = await TillDaemon.create(join(directory, 'till'), { port, user, password });
  }, LIMIT);

  after(async () => {
    if (holder !== undefined) await killHolder();
    await till?.stop();
    await bitcoind?.stop();
    rmSync(directory, { recursive: true, force: true });
  });

  /** Makes invoices until told to stop; answers how many milliseconds each took. */
  async function makeInvoices(isOver: () => boolean): Promise<readonly number[]> {
    const times: number[] = [];
    while (!isOver()) {
      const start = performance.now();
      await till.invoice(1_000n);
      times.push(performance.now() - start);
    }
    return times;
  }

  test('a first sync learns all of it, and every output is found', LIMIT, async (t: TestContext) => {
    let left = 300;
    const quiet = await makeInvoices(() => left-- === 0);
    const { pid } = till;
    const [start, busy] = [performance.now(), mainThreadSeconds(pid)];
    await connect();
    let isDone = false;
    const invoices = makeInvoices(() => isDone);
    await until(() => till.log.includes('the map of the network is complete'));
    const seconds = (performance.now() - start) / 1000;
    const share = (100 * (mainThreadSeconds(pid) - busy)) / seconds;
    isDone = true;
    const during = await invoices;
    t.diagnostic(
      `${CHANNELS} channels in ${seconds.toFixed(1)} s, main thread ${share.toFixed(0)} % busy (with ${during.length} invoices made meanwhile), ` +
        `an invoice's p99 ${p99(quiet).toFixed(1)} ms before, ${p99(during).toFixed(1)} ms during`,
    );
    await isWhole();
    await isRight();
  });

  test(
    'a peer that is killed while it tells, and a node that is killed with its file torn: the rest is learned',
    LIMIT,
    async () => {
      await till.stop();
      rmSync(mapFile());
      await till.start();
      await connect();
      await until(() => mapBytes() > network.map_file.length / 8);
      await killHolder();
      await startHolder();
      await connect();
      await until(() => mapBytes() > network.map_file.length / 4);
      await till.kill();
      // In the middle of a record, and garbage behind it.
      truncateSync(mapFile(), mapBytes() - 7);
      appendFileSync(mapFile(), Buffer.alloc(300, 0xa5));
      await till.start();
      await until(() => till.log.includes('cannot be read, and were cut'));
      await connect();
      await isWhole();
      await isRight();
    },
  );

  test('a peer that announces what is not there is not listened to, and leaves nothing behind', LIMIT, async () => {
    const liar = await RawPeer.greet(till.port, till.node_id as NodeId, LIAR);
    const timestamp = Math.floor(Date.now() / 1000);
    for (let block = 1; block <= 12; block++) {
      // The coinbase is there, and pays to anybody.
      const short_channel_id = `${block}x0x0`;
      liar.send(
        announcement('liar', 'other liar', short_channel_id),
        update('liar', 'other liar', short_channel_id, { timestamp }),
        update('other liar', 'liar', short_channel_id, { timestamp }),
      );
    }
    await liar.isHeard();
    await until(async () => (await listed()).has(`12x0x0/0`) || till.log.includes('is not read for 48 hours'));
    await bitcoind.mine(1, ANYBODY);
    await until(() => till.log.includes('is not read for 48 hours'));
    await until(async () => (await till.call('listchannels', { source: idOf('liar') })).channels.length === 0);
    await isRight();
    liar.destroy();
  });

  test(
    'a channel whose output was spent is forgotten after 72 blocks, also by a node that was away meanwhile',
    LIMIT,
    async () => {
      const [first, second] = network.channels as [SignedNetwork['channels'][0], SignedNetwork['channels'][0]];
      await mineTransaction(bitcoind, spendOf(first));
      await bitcoind.mine(FORGOTTEN_AFTER_BLOCKS - 1, ANYBODY);
      const tip = await bitcoind.call<number>('getblockcount');
      await until(async () => (await till.call('getinfo', {})).blockheight === tip);
      assert((await listed()).has(`${first.short_channel_id}/0`), 'one block too early');
      await bitcoind.mine(1, ANYBODY);
      await until(async () => !(await listed()).has(`${first.short_channel_id}/0`));
      await isRight(new Set([first.short_channel_id]));
      await till.stop();
      await mineTransaction(bitcoind, spendOf(second));
      await bitcoind.mine(FORGOTTEN_AFTER_BLOCKS, ANYBODY);
      await till.start();
      await until(async () => !(await listed()).has(`${second.short_channel_id}/0`));
      await isRight(new Set([first, second].map(({ short_channel_id }) => short_channel_id)));
    },
  );
});
