/** Webhooks: deliveries to a fast receiver in a process of its own, signed, and what payments notice of them. */
import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { webhookPort } from '../src/app/daemon/webhook-port.ts';
import { secureRandomBytes } from '../src/base/crypto/random.ts';
import { msat } from '../src/base/types/amount.ts';
import { systemClock } from '../src/base/types/clock.ts';
import { Secret } from '../src/base/types/secret.ts';
import { SendingProcess } from '../src/shop/webhooks/sending-process.ts';
import { Webhooks } from '../src/shop/webhooks/webhooks.ts';
import { type Figure, latencies, percentile } from './figures.ts';
import { fail, PRIVATE_KEY } from './support/invoices.ts';
import { cpuUs } from './support/memory.ts';
import { type BenchShop, openShop } from './support/shop.ts';

export const name = 'webhooks: deliveries to a fast receiver, and payments beside them';

const EVENTS = 20_000;
const PAID = 300;

export async function run(): Promise<readonly Figure[]> {
  const shop = await openShop();
  const receiver = fork(join(import.meta.dirname, 'support/receiver.ts'));
  try {
    const [port] = (await once(receiver, 'message')) as [number];
    const url = `http://127.0.0.1:${port}/`;
    await shop.create('sent', EVENTS);
    await rateOf(shop, url, true);
    const parallel = await rateOf(shop, url, true);
    const ordered = await rateOf(shop, url, false);
    return [
      { what: 'in parallel, by the clock', value: parallel.by_clock, unit: '/s' },
      { what: 'in parallel, a second of CPU of both processes', value: parallel.by_cpu, unit: '/s', must_reach: 5_000 },
      { what: 'in parallel, a second of CPU of the node alone', value: parallel.by_node_cpu, unit: '/s' },
      { what: 'in order, by the clock', value: ordered.by_clock, unit: '/s' },
      { what: 'in order, a second of CPU of both processes', value: ordered.by_cpu, unit: '/s', must_reach: 5_000 },
      ...(await firstAttempt(shop)),
      ...(await paymentsBeside(shop, url)),
    ];
  } finally {
    await end(receiver);
    await shop.close();
  }
}

async function end(receiver: ChildProcess): Promise<void> {
  const ended = once(receiver, 'exit');
  receiver.disconnect();
  await ended;
}

interface Opened {
  readonly webhooks: Webhooks;
  readonly sender: SendingProcess;
}

async function open(shop: BenchShop): Promise<Opened> {
  const sender = new SendingProcess({ allowed: ['127.0.0.1'], user_agent: 'Till/bench', onProblem: fail });
  const webhooks = new Webhooks({
    store: shop.store,
    clock: systemClock,
    randomBytes: secureRandomBytes,
    events: webhookPort(shop.log),
    sender,
    seal_key: new Secret(PRIVATE_KEY),
    log: { info: () => {}, warn: fail },
    onBackgroundError: fail,
  });
  await webhooks.start();
  return { webhooks, sender };
}

async function hook(webhooks: Webhooks, url: string, is_parallel: boolean, after?: number): Promise<number> {
  const settings = { url, types: undefined, label_prefix: undefined, is_parallel };
  return (await webhooks.create(settings, after)).webhook.webhook_id;
}

/** All events, from the first to the last. */
async function rateOf(
  shop: BenchShop,
  url: string,
  is_parallel: boolean,
): Promise<{ readonly by_clock: number; readonly by_cpu: number; readonly by_node_cpu: number }> {
  const { webhooks, sender } = await open(shop);
  const before = process.cpuUsage();
  const start_ms = performance.now();
  const id = await hook(webhooks, url, is_parallel, 0);
  while (webhooks.get(id).progress.position < EVENTS) await new Promise((resolve) => setTimeout(resolve, 5));
  const passed_ms = performance.now() - start_ms;
  const { user, system } = process.cpuUsage(before);
  const other_us = cpuUs(sender.pid as number);
  await webhooks.delete(id);
  await webhooks.stop();
  return {
    by_clock: (EVENTS * 1000) / passed_ms,
    by_cpu: (EVENTS * 1_000_000) / (user + system + other_us),
    by_node_cpu: (EVENTS * 1_000_000) / (user + system),
  };
}

/** From the durable payment to the request at a receiver in this process. */
async function firstAttempt(shop: BenchShop): Promise<readonly Figure[]> {
  let came = Promise.withResolvers<void>();
  const server = createServer((request, response) => {
    request.resume();
    came.resolve();
    response.writeHead(204).end();
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const hashes = await shop.create('first', PAID);
  const { webhooks } = await open(shop);
  const id = await hook(webhooks, `http://127.0.0.1:${(server.address() as AddressInfo).port}/`, false);
  const times: number[] = [];
  for (const hash of hashes) {
    came = Promise.withResolvers();
    await shop.invoices.markPaid(hash, msat(1000));
    const durable_ms = performance.now();
    await came.promise;
    times.push(performance.now() - durable_ms);
  }
  await webhooks.delete(id);
  await webhooks.stop();
  server.close();
  return [
    { what: 'durable to the first attempt, p50', value: percentile(times, 0.5), unit: 'ms' },
    { what: 'durable to the first attempt, p99', value: percentile(times, 0.99), unit: 'ms', must_reach: 50 },
  ];
}

/** Payments one at a time, while four webhooks are sent everything again, and while nothing is sent. */
async function paymentsBeside(shop: BenchShop, url: string): Promise<readonly Figure[]> {
  const pay = async (prefix: string): Promise<readonly number[]> => {
    const hashes = await shop.create(prefix, PAID);
    return await latencies(async (index) => {
      const hash = hashes[index];
      if (hash !== undefined) await shop.invoices.markPaid(hash, msat(1000));
    }, PAID);
  };
  const alone = await pay('alone');
  const { webhooks } = await open(shop);
  const ids: number[] = [];
  for (let index = 0; index < 4; index++) ids.push(await hook(webhooks, url, true, 0));
  const beside = await pay('beside');
  const isBusy = ids.every((id) => webhooks.get(id).progress.position < EVENTS);
  for (const id of ids) await webhooks.delete(id);
  await webhooks.stop();
  return [
    { what: 'an invoice marked paid, nothing sent, p50', value: percentile(alone, 0.5), unit: 'ms' },
    { what: 'an invoice marked paid, nothing sent, p99', value: percentile(alone, 0.99), unit: 'ms' },
    {
      what: `beside four webhooks ${isBusy ? '' : 'that ended too soon, '}sent all again, p50`,
      value: percentile(beside, 0.5),
      unit: 'ms',
    },
    { what: 'the same, p99', value: percentile(beside, 0.99), unit: 'ms' },
  ];
}
