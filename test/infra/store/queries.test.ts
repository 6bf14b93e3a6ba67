/** Queries of strangers over tables that the node lays out: what they may read, and what bounds them. */
import assert from 'node:assert/strict';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { after, before, describe, it, test } from 'node:test';
import { ManualClock } from '../../../src/base/types/clock.ts';
import { QueryFailure } from '../../../src/infra/store/queries/conversation.ts';
import { NOW_FUNCTION } from '../../../src/infra/store/queries/guard.ts';
import { QueryRunner, type QueryRunnerOptions } from '../../../src/infra/store/queries/runner.ts';
import type { QueryTable } from '../../../src/infra/store/queries/tables.ts';
import type { SqlValue } from '../../../src/infra/store/store.ts';
import { Random } from '../../sim/random.ts';

const TABLES: readonly QueryTable[] = [
  {
    name: 'cups',
    columns: [
      { name: 'rowid', type: 'INTEGER' },
      { name: 'owner', type: 'BLOB' },
      { name: 'size', type: 'INTEGER' },
      { name: 'share', type: 'REAL' },
    ],
    key: 'rowid',
    indices: [['owner']],
  },
  {
    name: 'orders',
    columns: [
      { name: 'number', type: 'INTEGER' },
      { name: 'state', type: 'TEXT' },
      { name: 'code', type: 'BLOB' },
      { name: 'note', type: 'TEXT' },
    ],
    key: 'number',
    indices: [],
    view: {
      reads: { orders: ['number', 'due', 'is_paid'] },
      parts: [
        {
          table: 'orders',
          expressions: {
            number: 'number',
            state: `CASE WHEN is_paid THEN 'paid' WHEN due <= ${NOW_FUNCTION}() THEN 'late' ELSE 'open' END`,
            code: 'code_of(number)',
          },
        },
      ],
      lookups: { code_of: 'SELECT code FROM orders WHERE number = ? AND is_paid = 1' },
      functions: [NOW_FUNCTION],
    },
  },
];
const NOW = new ManualClock().nowSeconds();
const OWNER = new Uint8Array([2, 171]);
const CUPS: readonly SqlValue[][] = [
  [1n, OWNER, 250n, 0.5],
  [2n, null, 9_007_199_254_740_993n, null],
];
/** Five numbers in a way that takes no table. */
const FIVE = Array.from({ length: 5 }, (_, n) => `SELECT ${n} AS n`).join(' UNION ALL ');

async function* cups(table: string) {
  assert.equal(table, 'cups');
  for (const row of CUPS) yield [row];
}

const NEVER = new AbortController().signal;

function runnerOn(file: string | undefined, limits: QueryRunnerOptions['limits'] = {}): QueryRunner {
  return new QueryRunner({ file, tables: TABLES, clock: new ManualClock(), limits });
}

describe('on a database with secrets', () => {
  const dir = mkdtempSync(join(tmpdir(), 'till-queries-'));
  const file = join(dir, 'shop.sqlite3');
  let runner: QueryRunner;

  before(() => {
    const database = new DatabaseSync(file);
    database.exec(`PRAGMA journal_mode = WAL;
      CREATE TABLE orders (number INTEGER PRIMARY KEY, due INTEGER, is_paid INTEGER, code BLOB, secret TEXT);
      CREATE TABLE keys (secret TEXT);
      INSERT INTO keys VALUES ('the seed');
      INSERT INTO orders VALUES (1, ${NOW + 60}, 0, x'aa', 's'), (2, ${NOW}, 0, x'bb', 's'), (3, ${NOW}, 1, x'cc', 's')`);
    database.close();
    runner = runnerOn(file);
  });
  after(async () => {
    await runner.stop();
    rmSync(dir, { recursive: true });
  });

  const run = (sql: string): Promise<readonly string[]> => runner.run(sql, cups, NEVER);
  const refused = (sql: string, why: RegExp): Promise<void> =>
    assert.rejects(run(sql), (error: Error) => error instanceof QueryFailure && why.test(error.message));

  it('reads the file through the view, and what others wrote meanwhile', async () => {
    const sql = 'SELECT number, state, code, note FROM orders ORDER BY number';
    const rows = ['[1,"open",null,null]', '[2,"late",null,null]', '[3,"paid","cc",null]'];
    assert.deepEqual(await run(sql), rows);
    const database = new DatabaseSync(file);
    database.exec(`INSERT INTO orders VALUES (4, ${NOW + 9}, 1, x'dd', 's')`);
    assert.deepEqual(await run(sql), [...rows, '[4,"paid","dd",null]']);
    database.exec('DELETE FROM orders WHERE number = 4');
    database.close();
    assert.deepEqual(await run('SELECT count(*) FROM orders'), ['[3]']);
  });

  it('writes each kind of value as JSON', async () => {
    const rows = await run('SELECT rowid, owner, size, share FROM cups ORDER BY rowid');
    assert.deepEqual(rows, ['[1,"02ab",250,0.500000]', '[2,null,9007199254740993,null]']);
    assert.deepEqual(await run(`SELECT 'é"' || char_length, 9e999 FROM (SELECT 1 AS char_length)`), ['["é\\"1",null]']);
    assert.deepEqual(await run("SELECT hex(owner) FROM cups WHERE owner = x'02ab'"), ['["02AB"]']);
    assert.deepEqual(await run('VALUES (1, 2)'), ['[1,2]']);
    assert.deepEqual(await run('/* a */ -- b\n WITH big AS (SELECT 1) SELECT count(*) FROM big'), ['[1]']);
  });

  it('keeps nothing of a query for the next', async () => {
    for (let time = 0; time < 3; time++) assert.deepEqual(await run('SELECT count(*) FROM cups'), ['[2]']);
  });

  it('shows no secret, whatever a query calls itself', async () => {
    for (const sql of [
      'SELECT secret FROM keys',
      'SELECT secret FROM main.keys',
      'SELECT count(*) FROM keys',
      'SELECT secret FROM main.orders',
      'SELECT code FROM main.orders',
      'SELECT "code" FROM main.orders WHERE is_paid = 0',
      'WITH orders AS (SELECT code FROM main.orders) SELECT * FROM orders',
      'WITH orders AS (SELECT secret AS code FROM main.orders) SELECT code FROM orders',
      'SELECT * FROM (SELECT code FROM main.orders) AS orders',
      'WITH cups AS (SELECT secret FROM main.keys) SELECT * FROM cups',
      'SELECT (SELECT secret FROM keys) FROM orders',
      'SELECT number FROM orders WHERE (SELECT secret FROM keys) LIKE "a%"',
      'SELECT number FROM orders ORDER BY (SELECT code FROM main.orders m WHERE m.number = 1)',
      'SELECT name FROM sqlite_master',
      'SELECT sql FROM sqlite_temp_master',
      'SELECT count(*) FROM sqlite_schema',
      'SELECT * FROM temp.sqlite_temp_schema',
      "SELECT * FROM pragma_table_info('keys')",
      'SELECT count(*) FROM pragma_database_list',
      'SELECT * FROM dbstat',
      "SELECT * FROM json_each('[1]')",
    ]) {
      await refused(sql, /prohibited|not authorized|no such column|unknown table main/);
    }
    assert.deepEqual(await run('SELECT code FROM orders WHERE number = 1'), ['[null]'], 'it is not paid');
  });

  it('shows no secret to queries that are put together at random', async () => {
    const seed = 20_261_129;
    const random = new Random(seed);
    const sources = ['orders', 'cups', 'main.orders', 'main.orders', 'main.keys', 'keys', 'o'];
    const names = ['number', 'code', 'code', 'secret', '*', 'count(*)', 'hex(code)', 'state'];
    const select = (depth: number, from = random.pick(sources)): string => {
      const columns = Array.from({ length: 1 + random.below(2) }, () => random.pick(names));
      if (depth > 0 && random.chance(0.2)) columns.push(`(${select(depth - 1)})`);
      const source =
        depth > 0 && random.chance(0.3) ? `(${select(depth - 1)}) AS ${random.pick(['orders', 'cups'])}` : from;
      const more = random.chance(0.1) ? `, ${random.pick(sources)} AS o` : '';
      const union = depth > 0 && random.chance(0.1) ? ` UNION ALL ${select(0)}` : '';
      return `SELECT ${columns.join(', ')} FROM ${source}${more}${union}`;
    };
    let answered = 0;
    for (let round = 0; round < 6000; round++) {
      const name = random.pick(['orders', 'orders', 'cups', 'o']);
      const sql = random.chance(0.7) ? `WITH ${name} AS (${select(1)}) ${select(1, name)}` : select(2);
      const rows = await run(sql).catch((error: Error) => {
        assert.ok(error instanceof QueryFailure, `${error} from ${sql}, seed ${seed}`);
        return [];
      });
      if (rows.length > 0) answered++;
      // The codes of orders that nobody paid, the secrets of orders, the seed; as blobs or as text of their hex.
      for (const row of rows) assert.doesNotMatch(row, /"(?:aa|bb|AA|BB|s|the seed)"/, `from ${sql}, seed ${seed}`);
    }
    assert.ok(answered > 100, `${answered} queries have rows`);
  });

  it('calls no function but those that are named', async () => {
    for (const call of [
      "load_extension('x')",
      "readfile('/etc/passwd')",
      'randomblob(1000000)',
      'zeroblob(1000000000)',
      'code_of(1)',
      `${NOW_FUNCTION}()`,
      "printf('%1000000d', 1)",
      "replace('a', 'a', 'b')",
      "group_concat('a')",
      'sqlite_version()',
    ]) {
      await refused(`SELECT ${call}`, /not authorized to use function|no such function/);
    }
    assert.deepEqual(await run("SELECT coalesce(NULL, upper('a')), length('abc'), abs(-1)"), ['["A",3,1]']);
  });

  it('changes nothing', async () => {
    const stolen = join(dir, 'stolen');
    for (const sql of [
      'DELETE FROM orders',
      'INSERT INTO cups VALUES (9, NULL, 1, 1)',
      'UPDATE main.orders SET is_paid = 1',
      'WITH x AS (SELECT 1) DELETE FROM cups',
      'WITH x AS (SELECT 1) INSERT INTO main.keys SELECT 1',
      'REPLACE INTO cups VALUES (1, NULL, 1, 1)',
      'DROP TABLE main.orders',
      'CREATE TABLE x (a)',
      'CREATE TEMP TABLE x (a)',
      'CREATE TEMP VIEW x AS SELECT secret FROM main.keys',
      'ALTER TABLE orders RENAME TO x',
      `ATTACH '${stolen}' AS x`,
      `VACUUM INTO '${stolen}'`,
      'PRAGMA writable_schema = 1',
      'PRAGMA main.table_info(keys)',
      'BEGIN',
      'SAVEPOINT x',
      'REINDEX',
      'ANALYZE',
      'EXPLAIN SELECT 1',
      'EXPLAIN QUERY PLAN SELECT number FROM orders',
      '/* x */ -- y\n explain select 1',
    ]) {
      await refused(sql, /a query may only read: SELECT|not authorized|cannot modify/);
    }
    assert.equal(existsSync(stolen), false);
    assert.deepEqual(await run('SELECT count(*) FROM orders; DROP TABLE orders'), ['[3]'], 'one statement is run');
    assert.deepEqual(await run('SELECT count(*) FROM orders'), ['[3]']);
  });

  it('says what is wrong with a query', async () => {
    await refused('', /a query may only read/);
    await refused('-- nothing', /a query may only read/);
    await refused('SELECT', /^query failed with incomplete input|syntax error/);
    await refused('SELECT nonsense FROM cups', /^query failed with no such column: nonsense/);
    await refused('SELECT 1 FROM nowhere', /^query failed with no such table: nowhere/);
    await refused(`SELECT ${'1 + '.repeat(200)} 1`, /^query failed with/);
    await refused(`SELECT ${'1, '.repeat(4000)} 1`, /too big|too long/i);
    await refused(Array.from({ length: 30 }, () => 'SELECT 1').join(' UNION '), /^query failed with too many terms/);
    await refused('WITH RECURSIVE t (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM t) SELECT n FROM t', /recursive/);
  });
});

test('without a file the rows of every table are handed over', async () => {
  const runner = runnerOn(undefined);
  const orders: readonly SqlValue[][] = [[7n, 'open', null, 'milk']];
  const rowsOf = async function* (table: string) {
    yield table === 'cups' ? CUPS : orders;
  };
  const sql = 'SELECT number, note, (SELECT count(*) FROM cups) FROM orders';
  assert.deepEqual(await runner.run(sql, rowsOf, NEVER), ['[7,"milk",2]']);
  await runner.stop();
});

test('a query that computes for too long is ended, and the next one runs', async () => {
  const runner = runnerOn(undefined, { time_ms: 300 });
  const endless = `WITH d AS (${FIVE}) SELECT count(*) FROM ${[...'abcdefghijklmnopqrst'].map((name) => `d ${name}`).join(', ')}`;
  await assert.rejects(runner.run(endless, cups, NEVER), {
    name: 'QueryFailure',
    message: 'the query took longer than 0.3 seconds: ask for less at a time',
  });
  assert.deepEqual(await runner.run('SELECT 1', cups, NEVER), ['[1]']);
  await runner.stop();
});

test('a query that takes too much memory is ended', async () => {
  const runner = runnerOn(undefined, { memory_bytes: 220 * 2 ** 20, time_ms: 300_000, rows: 10 });
  const names = [...'abcdefghij'];
  const greedy = `WITH d AS (${FIVE}) SELECT a.n FROM ${names.map((name) => `d ${name}`).join(', ')}
    ORDER BY ${names.map((name) => `${name}.n`).join(' || ')} || '${'x'.repeat(500)}' LIMIT 9999999`;
  await assert.rejects(runner.run(greedy, cups, NEVER), { message: /^the query took more than 220 MB/ });
  await runner.stop();
});

test('an answer that is too long is refused', async () => {
  const few = runnerOn(undefined, { rows: 100 });
  const product = `WITH d AS (${FIVE}) SELECT a.n FROM d a, d b, d c`;
  await assert.rejects(few.run(product, cups, NEVER), { message: /over 100 rows .* ask for fewer with LIMIT$/ });
  assert.equal((await few.run(`${product} LIMIT 100`, cups, NEVER)).length, 100);
  await few.stop();
  const short = runnerOn(undefined, { characters: 1000 });
  const wide = `WITH d AS (${FIVE}) SELECT '${'x'.repeat(300)}' FROM d`;
  await assert.rejects(short.run(wide, cups, NEVER), { message: /over .* or 1000 characters/ });
  await short.stop();
});

test('who does not want the answer any more does not hold up the next', async () => {
  const runner = runnerOn(undefined);
  const gone = new AbortController();
  const endless = `WITH d AS (${FIVE}) SELECT count(*) FROM ${[...'abcdefghijklmnopqrst'].map((name) => `d ${name}`).join(', ')}`;
  const asked = runner.run(endless, cups, gone.signal);
  const next = runner.run('SELECT 1', cups, NEVER);
  gone.abort(new Error('gone'));
  await assert.rejects(asked, { message: 'gone' });
  assert.deepEqual(await next, ['[1]']);
  await runner.stop();
});

test('more queries than can wait are refused at once', async () => {
  const runner = runnerOn(undefined);
  const asked = Array.from({ length: 16 }, () => runner.run('SELECT 1', cups, NEVER));
  await assert.rejects(runner.run('SELECT 1', cups, NEVER), { message: '16 queries wait already: ask again later' });
  assert.deepEqual(await Promise.all(asked), Array(16).fill(['[1]']));
  assert.deepEqual(await runner.run('SELECT 1', cups, NEVER), ['[1]']);
  await runner.stop();
});

test('rows that cannot be had fail their query only', async () => {
  const runner = runnerOn(undefined);
  const failing = async function* (): AsyncGenerator<readonly SqlValue[][]> {
    yield [[1n, null, 1n, null]];
    throw new Error('the list failed');
  };
  await assert.rejects(runner.run('SELECT * FROM cups', failing, NEVER), { message: 'the list failed' });
  assert.deepEqual(await runner.run('SELECT count(*) FROM cups', cups, NEVER), ['[2]']);
  await runner.stop();
  await assert.rejects(runner.run('SELECT 1', cups, NEVER), { message: 'the node is stopping' });
});
