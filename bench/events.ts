/** The log of events: what an event costs the unit that pays an invoice, and how fast many readers have it. */
import { msat } from '../src/base/types/amount.ts';
import type { PaymentHash } from '../src/base/types/brand.ts';
import type { Store, Write } from '../src/infra/store/store.ts';
import { paidEvent } from '../src/shop/invoices/events.ts';
import { type Figure, median, percentile } from './figures.ts';
import { openShop, payAll } from './support/shop.ts';

export const name = 'events: the paying unit with its event, and many readers';

const IN_FLIGHT = 50;
const ROUND = 2_000;
const ROUNDS = 11;
const READERS = 10_000;
const SENT = 200;

export async function run(): Promise<readonly Figure[]> {
  return [...(await costs()), ...(await readers())];
}

const EVENT = /^INSERT INTO events/;

/** The same store without the writes of events. */
function withoutEvents(store: Store): Store {
  return {
    commit: (unit: readonly Write[]) => store.commit(unit.filter(({ sql }) => !EVENT.test(sql))),
    read: (sql, params) => store.read(sql, params),
    fence: () => store.fence(),
    close: () => store.close(),
  };
}

/** The CPU of all threads for each paid invoice, in microseconds, in turns: what else the machine does meets both. */
async function costs(): Promise<readonly Figure[]> {
  const shops = { with: await openShop(), without: await openShop(withoutEvents) };
  const spent = { with: [] as number[], without: [] as number[] };
  const created = { with: [] as number[], without: [] as number[] };
  const measured = async <T>(work: () => Promise<T>): Promise<[T, number]> => {
    const before = process.cpuUsage();
    const result = await work();
    const { user, system } = process.cpuUsage(before);
    return [result, (user + system) / ROUND];
  };
  for (let round = 0; round <= ROUNDS; round++) {
    for (const which of ['with', 'without'] as const) {
      const shop = shops[which];
      const [hashes, created_us] = await measured(() => shop.create(`${round}`, ROUND));
      const [, paid_us] = await measured(() => payAll(shop.invoices, hashes, IN_FLIGHT));
      // The first round warms up.
      if (round === 0) continue;
      created[which].push(created_us);
      spent[which].push(paid_us);
    }
  }
  for (const shop of Object.values(shops)) await shop.close();
  const more = spent.with.map((us, round) => us - (spent.without[round] as number));
  const more_created = created.with.map((us, round) => us - (created.without[round] as number));
  const payment_hash = 'ab'.repeat(32) as PaymentHash;
  const paid = { payment_hash, amount_received_msat: msat(1000), paid_at: 1_700_000_000 };
  const made = (): unknown => paidEvent(paid, { hasAny: false });
  for (let call = 0; call < 10_000; call++) made();
  const before = process.cpuUsage();
  for (let call = 0; call < 200_000; call++) made();
  const { user, system } = process.cpuUsage(before);
  const made_us = (user + system) / 200_000;
  return [
    { what: `paid, CPU of a unit, ${IN_FLIGHT} in flight, without event`, value: median(spent.without), unit: 'us' },
    { what: 'the same with its event', value: median(spent.with), unit: 'us' },
    { what: 'paid: the event more, p50 of rounds in turns', value: median(more), unit: 'us', must_reach: 10 },
    { what: 'creating an invoice, without event', value: median(created.without), unit: 'us' },
    { what: 'creating: the event more, p50 of rounds in turns', value: median(more_created), unit: 'us' },
    { what: 'beside that, in both: making it, before it is written', value: made_us, unit: 'us' },
  ];
}

/** From the durable payment to each of many readers that wait, one payment at a time. */
async function readers(): Promise<readonly Figure[]> {
  const shop = await openShop();
  const { log } = shop;
  const hashes = await shop.create('sent', SENT);
  const { last_id } = await log.range();
  let first_ms = 0;
  let have = 0;
  let all = Promise.withResolvers<void>();
  for (let index = 0; index < READERS; index++) {
    let after = last_id;
    log.subscribe(async () => {
      const page = await log.read({ after });
      after = page.next_after;
      if (page.events.length === 0) return;
      if (have === 0) first_ms = performance.now();
      have += page.events.length;
      if (have === READERS) all.resolve();
    });
  }
  const to_first: number[] = [];
  const to_all: number[] = [];
  for (const hash of hashes) {
    await shop.invoices.markPaid(hash, msat(1000));
    const durable_ms = performance.now();
    await all.promise;
    to_first.push(first_ms - durable_ms);
    to_all.push(performance.now() - durable_ms);
    have = 0;
    all = Promise.withResolvers();
  }
  await shop.close();
  return [
    {
      what: `durable to the first of ${READERS} readers, p50`,
      value: percentile(to_first, 0.5),
      unit: 'ms',
      must_reach: 5,
    },
    { what: 'to the last, p50', value: percentile(to_all, 0.5), unit: 'ms', must_reach: 500 },
  ];
}
