/**
 * `invoice` as a shop calls it: over the Unix socket of a real daemon, durable before each answer. With
 * `--peer-socket=FILE` the same is asked of another node's socket, such as Core Lightning's.
 */

import { ChildNode } from '../test/support/node-process.ts';
import { type Figure, percentile } from './figures.ts';
import { latencies, rateOf } from './support/load.ts';

export const name = 'invoice over the socket (client and daemon share the machine)';

const REQUESTS = 40_000;
const PEER_REQUESTS = 2_000;

export async function run(): Promise<readonly Figure[]> {
  const node = await ChildNode.start();
  try {
    await measure(node.rpc_file, 'warm', 10_000);
    const ours = await measure(node.rpc_file, 'run', REQUESTS);
    const figures: Figure[] = [
      { what: 'invoice, 8 connections x 8 in flight', value: ours.rate, unit: '/s', must_reach: 8_000 },
      { what: 'invoice, one at a time, p50', value: ours.p50_ms, unit: 'ms', must_reach: 0.8 },
      { what: 'invoice, one at a time, p99', value: ours.p99_ms, unit: 'ms', must_reach: 3 },
    ];
    const peer = process.argv.find((argument) => argument.startsWith('--peer-socket='))?.slice('--peer-socket='.length);
    if (peer === undefined) return figures;
    const theirs = await measure(peer, `bench${Date.now()}`, PEER_REQUESTS);
    return [
      ...figures,
      { what: `the same at ${peer}`, value: theirs.rate, unit: '/s', beside: true },
      { what: 'one at a time, p50', value: theirs.p50_ms, unit: 'ms', beside: true },
      { what: 'one at a time, p99', value: theirs.p99_ms, unit: 'ms', beside: true },
    ];
  } finally {
    await node.stop();
  }
}

function request(label: string): string {
  const params = `{"amount_msat":"10000msat","label":"${label}","description":"1 cup of coffee"}`;
  return `{"jsonrpc":"2.0","id":"bench","method":"invoice","params":${params}}`;
}

async function measure(path: string, prefix: string, requests: number) {
  const rate = await rateOf(path, 8, 8, requests, (connection, number) => request(`${prefix}-${connection}-${number}`));
  const times = await latencies(path, Math.min(requests, 2_000), (number) => request(`${prefix}-one-${number}`));
  return { rate, p50_ms: percentile(times, 0.5), p99_ms: percentile(times, 0.99) };
}
