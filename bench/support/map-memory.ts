/**
 * What the thread of the map adds to a process, in MB: a program of its own, because memory that was used once is seldom
 * given back. `node --expose-gc map-memory.ts PATH NOW` prints it for the map file PATH when it has been read, and when ways
 * were searched in it; without PATH, for a thread that does nothing.
 *
 * The process has taken invoices before, as a node has: V8's compiler has its memory, and the pages of Node's binary are there.
 */
import { readFileSync } from 'node:fs';
import { Worker } from 'node:worker_threads';
import { msat } from '../../src/base/types/amount.ts';
import type { NodeId, PaymentHash, PaymentSecret } from '../../src/base/types/brand.ts';
import { systemClock } from '../../src/base/types/clock.ts';
import { NETWORKS } from '../../src/base/types/network.ts';
import { decodeInvoice, encodeInvoice, signWith } from '../../src/codec/bolt11/native.ts';
import { PublicNetwork } from '../../src/node/network/public-network.ts';
import type { WayQuestion } from '../../src/node/network/questions.ts';

const INVOICES = 4_000;
const WAYS = 10;

/** The process's resident memory. */
function residentMb(): number {
  global.gc?.();
  const kb = /VmRSS:\s+(\d+)/.exec(readFileSync('/proc/self/status', 'utf8'))?.[1];
  return (Number(kb) * 1024) / 1e6;
}

function next(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}

async function takeInvoices(): Promise<void> {
  const sign = signWith(new Uint8Array(32).fill(0x42));
  for (let index = 0; index < INVOICES; index++) {
    const fields = {
      currency: 'bcrt',
      amount_msat: msat(BigInt(1_000 + index)),
      created_at: 1_750_000_000,
      payment_hash: '00'.repeat(32) as PaymentHash,
      payment_secret: '11'.repeat(32) as PaymentSecret,
      description: '1 cup of coffee',
      expiry_seconds: 600,
      min_final_cltv_expiry_delta: 18,
      routes: [],
      features: new Set([8, 14, 17]),
    } as const;
    decodeInvoice(encodeInvoice(fields, sign));
    if (index % 100 === 0) await next();
  }
}

/** Another thread beside the map's, as the database has one. */
async function idleThread(): Promise<void> {
  const program = "require('node:worker_threads').parentPort.postMessage(1); setInterval(() => {}, 1e6);";
  const worker = new Worker(program, { eval: true });
  await new Promise((resolve) => worker.once('message', resolve));
}

function network(path: string, now_seconds: number): PublicNetwork {
  return new PublicNetwork({
    path,
    chain_hash: NETWORKS.regtest.chain_hash,
    known_features: new Set(),
    clock: { ...systemClock, nowSeconds: () => now_seconds },
    outputs: {
      can_check_all: true,
      claims_at_once: 1,
      check: async (claims) => claims.map(() => ({ kind: 'unknown' as const })),
    },
    height: () => 1_000,
    onSpends: () => () => {},
    onBlockGone: () => () => {},
    ownName: () => undefined,
    log: () => {},
    onFailure: (error) => {
      throw error;
    },
  });
}

function wayTo(source: NodeId, destination: NodeId): WayQuestion {
  return {
    source,
    destination,
    amount_msat: 10_000_000,
    final_cltv: 18,
    max_fee_msat: 100_000,
    max_delay: 2_016,
    max_hops: 20,
    max_parts: 1,
    price_of_block: 0,
    price_of_doubt: 0.3,
    own_ways: undefined,
    hints: [],
    avoid: [],
    held: [],
    terms: [],
  };
}

const [path, now_seconds] = process.argv.slice(2);
const alive = setInterval(() => {}, 1e6);
await idleThread();
await takeInvoices();
const before_mb = residentMb();
const more_mb: number[] = [];
if (path === undefined) {
  await idleThread();
} else {
  const thread = network(path, Number(now_seconds));
  thread.start();
  const { channels } = await thread.ask('state', {});
  if (channels === 0) throw new Error(`${path} has no channels`);
  more_mb.push(residentMb() - before_mb);
  // Its first ways: a search has arrays of its own, and V8 compiles it.
  const { entries } = await thread.ask('nodes', { id: undefined, from: 0 });
  const [payer, ...payees] = entries.slice(0, 1 + WAYS).map(({ nodeid }) => nodeid) as [NodeId, ...NodeId[]];
  for (const payee of payees) await thread.ask('ways', wayTo(payer, payee));
}
more_mb.push(residentMb() - before_mb);
process.stdout.write(JSON.stringify(more_mb));
clearInterval(alive);
process.exit();
