/**
 * What following the chain costs: a full block searched for all that a node with 1,000 channels waits for, and catching
 * up with bitcoind, beside the time that bitcoind alone takes to hand the same blocks over.
 *
 * The search is bounded by hashing: two SHA-256 for each transaction's id are two thirds of it.
 */

import { sha256 } from '../src/base/crypto/hash.ts';
import type { Txid } from '../src/base/types/brand.ts';
import { systemClock } from '../src/base/types/clock.ts';
import { Bitcoind } from '../src/infra/chain/bitcoind.ts';
import { ChainFollower } from '../src/infra/chain/follower.ts';
import type { BlockRef, WatchTarget } from '../src/infra/chain/source.ts';
import { Watches } from '../src/infra/chain/watches.ts';
import { BitcoindProcess, bitcoindMissing } from '../test/support/bitcoind.ts';
import { type Figure, median } from './figures.ts';

export const name = 'following the chain: a full block searched, and catching up with bitcoind';

const TRANSACTIONS = 4_000;
const CHANNELS = 1_000;
const WALLET_SCRIPTS = 1_000;
const BLOCKS = 10_000;
const MINER = `0014${'ab'.repeat(20)}`;

/** Bytes that look random and are the same in every run. */
function bytes(seed: string, length: number): Buffer {
  const parts: Uint8Array[] = [];
  for (let part = 0; part * 32 < length; part++) parts.push(sha256(Buffer.from(`${seed} ${part}`)));
  return Buffer.concat(parts).subarray(0, length);
}

/** A transaction as they are today: one to three P2WPKH inputs with witnesses, two or three outputs. */
function transaction(number: number): Buffer {
  const inputs = 1 + (number % 3);
  const outputs = 2 + (number % 2);
  const parts: Uint8Array[] = [Buffer.from([2, 0, 0, 0, 0, 1, inputs])];
  for (let input = 0; input < inputs; input++) {
    parts.push(bytes(`spent ${number} ${input}`, 32), Buffer.from([input, 0, 0, 0, 0, 0xfd, 0xff, 0xff, 0xff]));
  }
  parts.push(Buffer.from([outputs]));
  for (let output = 0; output < outputs; output++) {
    const script = Buffer.concat([Buffer.from([0x51, 0x20]), bytes(`paid ${number} ${output}`, 32)]);
    parts.push(Buffer.from([0x10, 0x27, 0, 0, 0, 0, 0, 0, script.length]), script);
  }
  for (let input = 0; input < inputs; input++) {
    parts.push(Buffer.from([2, 71]), bytes('signature', 71), Buffer.from([33]), bytes('key', 33));
  }
  parts.push(Buffer.alloc(4));
  return Buffer.concat(parts);
}

function fullBlock(): Buffer {
  const transactions = Array.from({ length: TRANSACTIONS }, (_, number) => transaction(number));
  const count = Buffer.from([0xfd, TRANSACTIONS & 0xff, TRANSACTIONS >> 8]);
  return Buffer.concat([bytes('header', 80), count, ...transactions]);
}

/** What a node waits for: of each channel its funding transaction and output, and the scripts of the wallet. */
function targets(): readonly WatchTarget[] {
  const all: WatchTarget[] = [];
  for (let channel = 0; channel < CHANNELS; channel++) {
    const txid = bytes(`funding ${channel}`, 32).toString('hex') as Txid;
    all.push({ kind: 'transaction', txid }, { kind: 'outpoint', outpoint: { txid, vout: 0 } });
  }
  for (let script = 0; script < WALLET_SCRIPTS; script++) {
    const program = bytes(`wallet ${script}`, 32).toString('hex');
    all.push({ kind: 'script', script_pubkey: `5120${program}` });
  }
  return all;
}

function scan(): readonly Figure[] {
  const block = fullBlock();
  const watches = new Watches();
  for (const target of targets()) watches.add({ target, listener: () => {}, from_height: 0, reported: [] });
  const times_ms: number[] = [];
  for (let round = 0; round < 40; round++) {
    const ref: BlockRef = { height: round, hash: String(round) };
    const start = performance.now();
    watches.connect(block, ref);
    times_ms.push(performance.now() - start);
  }
  const what = `a block of ${(block.length / 1e6).toFixed(1)} MB, 4,000 transactions, 1,000 channels`;
  return [
    { what: `${what}: the first`, value: times_ms[0] as number, unit: 'ms', must_reach: 50 },
    { what: `${what}: the median`, value: median(times_ms), unit: 'ms', must_reach: 50 },
  ];
}

/** Seconds to fetch every block as fast as bitcoind hands them over, `at_once` requests under way. */
async function fetchAlone(backend: Bitcoind, at_once: number): Promise<number> {
  const start = performance.now();
  let next = 1;
  const fetchOn = async (): Promise<void> => {
    while (next <= BLOCKS) {
      const hash = await backend.blockHash(next++);
      if (hash !== undefined) await backend.block(hash);
    }
  };
  await Promise.all(Array.from({ length: at_once }, fetchOn));
  return (performance.now() - start) / 1000;
}

async function catchUp(backend: Bitcoind): Promise<number> {
  const follower = new ChainFollower(backend, { clock: systemClock, poll_ms: 60_000, onHealth: () => {} });
  const genesis = await backend.blockHash(0);
  const start = performance.now();
  await follower.start({ height: 0, hash: genesis as string });
  for (const target of targets()) follower.watch(target, 1, () => {});
  await follower.refresh();
  const passed_seconds = (performance.now() - start) / 1000;
  if (follower.tip().height !== BLOCKS) throw new Error(`caught up to ${follower.tip().height} only`);
  await follower.stop();
  return passed_seconds;
}

async function behindBitcoind(): Promise<readonly Figure[]> {
  if (bitcoindMissing !== undefined) {
    console.log(`  catching up is not measured: ${bitcoindMissing}`);
    return [];
  }
  const process = await BitcoindProcess.start();
  try {
    for (let mined = 0; mined < BLOCKS; mined += 1000) await process.mine(1000, MINER);
    const backend = (): Bitcoind =>
      new Bitcoind({
        network: 'regtest',
        'bitcoin-rpcconnect': '127.0.0.1',
        'bitcoin-rpcport': process.rpcport,
        login: `${process.user}:${process.password}`,
        timeout_ms: 30_000,
      });
    const one = await fetchAlone(backend(), 1);
    const many = await fetchAlone(backend(), 8);
    const ours = await catchUp(backend());
    return [
      { what: '10,000 blocks fetched alone, one by one', value: one, unit: 's', beside: true },
      { what: '10,000 blocks fetched alone, eight at once', value: many, unit: 's', beside: true },
      { what: '10,000 blocks caught up, 1,000 channels', value: ours, unit: 's' },
      { what: 'of what bitcoind takes for them, ours in total', value: ours / many, unit: 'times', must_reach: 1.25 },
    ];
  } finally {
    await process.stop();
  }
}

export async function run(): Promise<readonly Figure[]> {
  return [...scan(), ...(await behindBitcoind())];
}
