/**
 * How long a node needs from the moment at which it holds the lease until it is up: alone, and as a standby that has
 * waited. The database on a server has 100,000 invoices and 100 channels. The server is one of the tests', with fsync.
 */
import { copyFileSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { loadConfig } from '../src/app/config/config.ts';
import { Daemon } from '../src/app/daemon/daemon.ts';
import { sha256 } from '../src/base/crypto/hash.ts';
import type { Log } from '../src/base/log.ts';
import { msat } from '../src/base/types/amount.ts';
import { toHex } from '../src/base/types/hex.ts';
import { PostgresServer } from '../test/support/postgres.ts';
import { Town } from '../test/support/town.ts';
import { type Figure, percentile } from './figures.ts';
import { fail } from './support/invoices.ts';

export const name = 'start after the lease, 100,000 invoices and 100 channels on PostgreSQL';

const INVOICES = 100_000;
const CHANNELS = 100;
const TURNS = 5;

/** Half of them paid, a tenth still open, the rest expired. */
const FILL_INVOICES = `INSERT INTO invoices (created_index, updated_index, label, payment_hash, state, amount_msat, created_at,
    expires_at, min_final_cltv_expiry, payment_preimage, bolt11, description, pay_index, amount_received_msat, paid_at)
  SELECT i, CASE WHEN i % 2 = 0 THEN i / 2 END, 'invoice ' || i, sha256(CAST('hash ' || i AS BYTEA)),
    CASE WHEN i % 2 = 0 THEN 'paid' WHEN i % 5 = 0 THEN 'unpaid' ELSE 'expired' END, 1000, now_s - 86400,
    CASE WHEN i % 5 = 0 THEN now_s + 86400 ELSE now_s - 3600 END, 10, sha256(CAST('preimage ' || i AS BYTEA)), bolt11, 'x',
    CASE WHEN i % 2 = 0 THEN i / 2 END, CASE WHEN i % 2 = 0 THEN 1000 END, CASE WHEN i % 2 = 0 THEN now_s - 80000 END
  FROM generate_series(2, ${INVOICES}) AS i,
    (SELECT CAST(EXTRACT(EPOCH FROM now()) AS BIGINT) AS now_s, bolt11 FROM invoices WHERE created_index = 1) AS known`;
const FILL_COUNTERS = `UPDATE counters SET value = CASE name WHEN 'invoices_created' THEN ${INVOICES} ELSE ${INVOICES / 2} END
  WHERE name IN ('invoices_created', 'invoices_paid', 'invoices_updated')`;

/** What a node said, and when. */
class Told implements Log {
  readonly #lines: { readonly at_ms: number; readonly text: string }[] = [];
  readonly #waiting: { readonly pattern: RegExp; readonly resolve: () => void }[] = [];
  readonly debug = (text: string): void => this.#hear(text);
  readonly info = (text: string): void => this.#hear(text);
  readonly warn = (text: string): void => this.#hear(text);
  readonly error = (text: string): void => this.#hear(text);

  /** When it said so. */
  at(pattern: RegExp): number {
    return this.#lines.find(({ text }) => pattern.test(text))?.at_ms ?? Number.NaN;
  }

  /** Resolves when it has said so. */
  async until(pattern: RegExp): Promise<void> {
    if (this.#lines.some(({ text }) => pattern.test(text))) return;
    await new Promise<void>((resolve) => this.#waiting.push({ pattern, resolve }));
  }

  /** From the lease until it was up. */
  get startMs(): number {
    return this.at(/^node \w+ is up/) - this.at(/holds the lease/);
  }

  #hear(text: string): void {
    this.#lines.push({ at_ms: performance.now(), text });
    for (const { pattern, resolve } of this.#waiting) if (pattern.test(text)) resolve();
  }
}

/** Measures. */
export async function run(): Promise<readonly Figure[]> {
  const server = await PostgresServer.start(['fsync=on', 'shared_buffers=128MB', 'max_wal_size=1GB']);
  const town = await Town.found();
  try {
    await fillDatabase(server, town);
    const start = async (node: string, log: Log): Promise<Daemon> => {
      const config = loadConfig([
        '--network=regtest',
        `--lightning-dir=${join(town.dir, node)}`,
        `--embedded-chain=${join(town.dir, 'chain')}`,
        ...[`--wallet=${server.dsn()}`, `--node-name=${node}`, '--standby', '--lease-seconds=60'],
      ]);
      return await Daemon.start({ config, log, onFatal: fail, onStop: () => {} });
    };
    const alone: number[] = [];
    const warm: number[] = [];
    let told = new Told();
    let works = await start('shop', told);
    alone.push(told.startMs);
    copySeed(town.dir);
    for (let turn = 0; turn < TURNS; turn++) {
      const waiting = new Told();
      const next = start(turn % 2 === 0 ? 'second' : 'shop', waiting);
      await waiting.until(/is the standby now/);
      await works.stop();
      works = await next;
      warm.push(waiting.startMs);
    }
    for (let turn = 0; turn < TURNS; turn++) {
      await works.stop();
      told = new Told();
      works = await start('shop', told);
      alone.push(told.startMs);
    }
    await works.stop();
    return [
      { what: 'alone, p50', value: percentile(alone, 0.5), unit: 'ms', must_reach: 1000 },
      { what: 'a standby that takes over, p50', value: percentile(warm, 0.5), unit: 'ms', must_reach: 1000 },
      { what: 'the longest of both', value: Math.max(...alone, ...warm), unit: 'ms' },
    ];
  } finally {
    await town.close();
    await server.stop();
  }
}

/** One channel and one invoice as a node makes them, and then as many more rows as are wanted. */
async function fillDatabase(server: PostgresServer, town: Town): Promise<void> {
  const shop = await town.start('shop', `--wallet=${server.dsn()}`);
  const customer = await town.start('customer');
  await town.fund(customer);
  await town.connect(customer, shop);
  await town.open(customer, shop, 1_000_000, 100_000_000);
  await shop.invoices.create({ amount_msat: msat(1000), label: 'invoice 1', description: 'x' });
  await town.stop(shop);
  await town.stop(customer);
  await server.ask(FILL_INVOICES);
  await server.ask(FILL_COUNTERS);
  const [channel] = (await server.ask('SELECT * FROM channels')) as readonly Record<string, string>[];
  const { channel_id = '', state = '', key_id = '' } = channel ?? {};
  const client = await server.connect();
  const columns = Object.keys(channel ?? {}).join(', ');
  const copied = Object.keys(channel ?? {}).map((name) =>
    name === 'channel_id' ? '$1' : name === 'state' ? '$2' : name === 'key_id' ? '$3' : name,
  );
  for (let number = 1; number < CHANNELS; number++) {
    // The id of a channel is that of its funding transaction, whose bytes the other way round are its name.
    const other = toHex(sha256(Buffer.from(`channel ${number}`)));
    const other_key = toHex(sha256(Buffer.from(`key ${number}`)).subarray(0, 16));
    const changed = state
      .replaceAll(channel_id, other)
      .replaceAll(reversed(channel_id), reversed(other))
      .replaceAll(key_id, other_key);
    await client.query(
      `INSERT INTO channels (${columns}) SELECT ${copied.join(', ')} FROM channels WHERE channel_id = $4`,
      [other, changed, other_key, channel_id],
    );
  }
  await client.end();
  await server.ask('ANALYZE');
}

function reversed(hex: string): string {
  return Buffer.from(hex, 'hex').reverse().toString('hex');
}

/** Both nodes of a pair have the same keys. */
function copySeed(dir: string): void {
  mkdirSync(join(dir, 'second', 'regtest'), { recursive: true });
  copyFileSync(join(dir, 'shop', 'regtest', 'seed'), join(dir, 'second', 'regtest', 'seed'));
}
