/**
 * The checkout page: what it weighs, how many a core serves, and how soon after the durable payment an open page has it. The
 * client is on the same machine, so pages for each second of CPU of the web process are the figure that counts.
 */
import { Agent, type IncomingMessage, request } from 'node:http';
import { Browser, browserMissing } from '../test/browser/support/browser.ts';
import { Storefront } from '../test/support/storefront.ts';
import { type Figure, median, percentile } from './figures.ts';
import { cpuSeconds, webProcessOf } from './support/cpu.ts';

export const name = 'checkout: the page on the wire, pages a second, paid until shown';

const CONNECTIONS = 16;
const INVOICES = 200;
const PAGES = 10_000;
const PAID = 100;
const ZIPPED = { 'accept-encoding': 'gzip, br' };

/** Runs the bench. */
export async function run(): Promise<readonly Figure[]> {
  const store = await Storefront.open('--invoices-onchain-fallback');
  const agent = new Agent({ keepAlive: true, maxSockets: CONNECTIONS });
  try {
    return [
      ...(await weight(store, agent)),
      ...(await served(store, agent)),
      ...(await shown(store)),
      ...(await painted(store)),
    ];
  } finally {
    agent.destroy();
    await store.close();
  }
}

function get(url: string, agent: Agent | false, headers: Record<string, string> = {}): Promise<IncomingMessage> {
  return new Promise((resolve, reject) => {
    request(url, { agent, headers }, resolve).on('error', reject).end();
  });
}

async function bodyOf(answer: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of answer as AsyncIterable<Buffer>) chunks.push(chunk);
  return Buffer.concat(chunks);
}

/** The page and all that it loads, compressed as browsers get it. */
async function weight(store: Storefront, agent: Agent): Promise<readonly Figure[]> {
  const { checkout_url } = await store.invoice();
  const plain = async (path: string): Promise<string> =>
    (await bodyOf(await get(store.shop_url + path, agent))).toString();
  const assetsIn = (text: string): string[] =>
    [...text.matchAll(/["'](\/assets\/[^"']+)["']/g)].map(([, path]) => path as string);
  const path = new URL(checkout_url).pathname;
  const loaded = new Set(assetsIn(await plain(path)));
  for (const asset of [...loaded]) for (const imported of assetsIn(await plain(asset))) loaded.add(imported);
  const sizes = await Promise.all(
    [path, ...loaded].map(async (each) => (await bodyOf(await get(store.shop_url + each, agent, ZIPPED))).length),
  );
  const total = sizes.reduce((sum, size) => sum + size, 0);
  return [
    { what: 'the page itself, two codes', value: (sizes[0] as number) / 1000, unit: 'kB' },
    { what: 'the page and all that it loads, bodies', value: total / 1000, unit: 'kB', must_reach: 12 },
  ];
}

async function served(store: Storefront, agent: Agent): Promise<readonly Figure[]> {
  const urls: string[] = [];
  for (let count = 0; count < INVOICES; count++) urls.push((await store.invoice()).checkout_url);
  const round = async (pages: number): Promise<void> => {
    let next = 0;
    const worker = async (): Promise<void> => {
      while (next < pages) {
        const answer = await get(urls[next++ % urls.length] as string, agent, ZIPPED);
        if (answer.statusCode !== 200) throw new Error(`status ${answer.statusCode}`);
        await bodyOf(answer);
      }
    };
    await Promise.all(Array.from({ length: CONNECTIONS }, worker));
  };
  await round(INVOICES * 5);
  const pid = webProcessOf(process.pid);
  const [cpu, start] = [cpuSeconds(pid), performance.now()];
  await round(PAGES);
  const seconds = (performance.now() - start) / 1000;
  return [
    {
      what: `GET /i/ID of ${INVOICES} invoices, ${CONNECTIONS} connections; client and node in one process`,
      value: PAGES / seconds,
      unit: '/s',
    },
    {
      what: '  for each second of CPU of the web process',
      value: PAGES / (cpuSeconds(pid) - cpu),
      unit: '/s',
      must_reach: 2000,
    },
  ];
}

/** From the moment when the payment is durable until the new part of the page is with a reader. */
async function shown(store: Storefront): Promise<readonly Figure[]> {
  const times_ms: number[] = [];
  for (let count = 0; count < PAID; count++) {
    const made = await store.invoice();
    const page = (await bodyOf(await get(made.checkout_url, false))).toString();
    const live = store.shop_url + /data-live="([^"]+)"/.exec(page)?.[1];
    const stream = await get(live, false);
    const heard = new Promise<number>((resolve) => {
      stream.on('data', (chunk: Buffer) => {
        if (chunk.includes('event: state')) resolve(performance.now());
      });
    });
    await store.markPaid(made);
    const paid = performance.now();
    times_ms.push(Math.max(0, (await heard) - paid));
    stream.destroy();
  }
  return [
    { what: 'paid until the open page has it, p50', value: median(times_ms), unit: 'ms' },
    { what: '  p99', value: percentile(times_ms, 0.99), unit: 'ms', must_reach: 100 },
  ];
}

/** A network, and how many times slower the phone is than this machine. */
interface Slowness {
  readonly what: string;
  readonly round_trip_ms: number;
  readonly bits_a_second: number;
  readonly cpu_times: number;
  readonly must_reach: number;
}

const SLOW: readonly Slowness[] = [
  { what: 'slow 4G', round_trip_ms: 150, bits_a_second: 1_600_000, cpu_times: 1, must_reach: 1000 },
  { what: '3G with a slow phone', round_trip_ms: 400, bits_a_second: 400_000, cpu_times: 6, must_reach: 2000 },
];
const VISITS = 7;

/** From the click until the code is painted, where there is a browser. The page is painted as a whole. */
async function painted(store: Storefront): Promise<readonly Figure[]> {
  if (browserMissing.skip !== undefined) return [];
  const { checkout_url } = await store.invoice();
  const browser = await Browser.open();
  try {
    const figures: Figure[] = [];
    for (const { what, must_reach, ...slowness } of SLOW) {
      const times_ms: number[] = [];
      for (let visit = 0; visit < VISITS; visit++) times_ms.push(await paintMs(browser, checkout_url, slowness));
      figures.push({ what: `the code is painted, ${what}, p50`, value: median(times_ms), unit: 'ms', must_reach });
    }
    return figures;
  } finally {
    await browser.close();
  }
}

async function paintMs(
  browser: Browser,
  url: string,
  { round_trip_ms, bits_a_second, cpu_times }: Omit<Slowness, 'what' | 'must_reach'>,
): Promise<number> {
  const seen = await browser.visit('about:blank', { width: 320 });
  const devtools = await seen.page.context().newCDPSession(seen.page);
  await devtools.send('Network.enable');
  await devtools.send('Network.emulateNetworkConditions', {
    offline: false,
    latency: round_trip_ms,
    downloadThroughput: bits_a_second / 8,
    uploadThroughput: bits_a_second / 8,
  });
  await devtools.send('Emulation.setCPUThrottlingRate', { rate: cpu_times });
  await seen.page.goto(url);
  const ms = await seen.page.evaluate(`new Promise((resolve) => {
    new PerformanceObserver((list) => {
      const paint = list.getEntriesByName('first-contentful-paint')[0];
      if (paint !== undefined) resolve(paint.startTime);
    }).observe({ type: 'paint', buffered: true });
  })`);
  await seen.close();
  return ms as number;
}
