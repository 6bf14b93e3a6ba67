/** `sql` answers the same on both stores: every table, every column, asked of one node before and after its database moved. */
import assert from 'node:assert/strict';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { isDeepStrictEqual } from 'node:util';
import { connectToNode } from '../../../src/api/client/index.ts';
import { SQL_TABLES } from '../../../src/api/commands/sql-tables.ts';
import type { PlainJson, PlainJsonObject } from '../../../src/api/rpc/json.ts';
import type { Daemon } from '../../../src/app/daemon/daemon.ts';
import { moveToServer } from '../../../src/app/daemon/move-database.ts';
import { DATABASE_FILE } from '../../../src/infra/store/file-name.ts';
import { parseTarget } from '../../../src/infra/store/postgres/target.ts';
import { PostgresServer, postgresMissing } from '../../support/postgres.ts';
import { Town, until } from '../../support/town.ts';

let town: Town;
let server: PostgresServer;

before(async () => {
  if (postgresMissing !== undefined) return;
  server = await PostgresServer.start(['fsync=on']);
  town = await Town.found();
});
after(async () => {
  await town?.close();
  await server?.stop();
});

async function ask(daemon: Daemon, method: string, params: PlainJsonObject = {}): Promise<PlainJsonObject> {
  const client = await connectToNode(daemon.rpc_file);
  try {
    return (await client.callAny(method, params)) as PlainJsonObject;
  } finally {
    client.close();
  }
}

/** What is asked of tables that are read from a file where there is one, which no other table has. */
const OF_VIEWS = [
  ...['rowid', 'oid', '_rowid_'].flatMap((id) =>
    ['invoices', 'sendpays', 'bkpr_income'].map((table) => `SELECT ${id} FROM ${table} ORDER BY 1`),
  ),
  'SELECT * FROM main.invoices',
  'SELECT max(t.rowid) FROM invoices AS t',
];

/** Each table whole, and each of its columns on its own: counted, sorted and looked for, as what it is and as text. */
async function answers(daemon: Daemon): Promise<ReadonlyMap<string, PlainJson>> {
  const found = new Map<string, PlainJson>();
  const answer = async (query: string): Promise<void> => {
    const { rows } = await ask(daemon, 'sql', { query }).catch(({ message }: Error) => ({ rows: message }));
    found.set(query, rows as PlainJson);
  };
  for (const { name, columns } of SQL_TABLES) {
    const names = columns.map((column) => column.name);
    await answer(`SELECT ${names.join(', ')} FROM ${name} ORDER BY ${names.map((_, index) => index + 1).join(', ')}`);
    await answer(`SELECT * FROM ${name}`);
    for (const column of names) {
      const greatest = `SELECT quote(max(${column})), quote(upper(max(${column}))) FROM ${name}`;
      for (const query of [
        `SELECT count(*), count(DISTINCT ${column}), min(${column}), max(${column}) FROM ${name}`,
        `SELECT count(*) FROM ${name} WHERE ${column} = (SELECT max(${column}) FROM ${name})`,
        greatest,
      ])
        await answer(query);
      const [row] = found.get(greatest) as readonly string[][];
      for (const value of row ?? []) await answer(`SELECT count(*) FROM ${name} WHERE ${column} = ${value}`);
    }
  }
  for (const query of OF_VIEWS) await answer(query);
  return found;
}

test('every table and every column answers on a server as on a file', { skip: postgresMissing ?? false }, async () => {
  // A file, also where all other tests are run on a server.
  const fileOf = (name: string): string => `--wallet=sqlite3://${join(town.dir, name, 'regtest', DATABASE_FILE)}`;
  let shop = await town.start('shop', fileOf('shop'));
  const customer = await town.start('customer', fileOf('customer'));
  await town.fund(customer);
  await town.fund(shop);
  await town.connect(customer, shop);
  await town.open(customer, shop, 1_000_000, 300_000_000);
  const make = (node: Daemon, label: string, more: PlainJsonObject = {}) =>
    ask(node, 'invoice', { amount_msat: 30_000, label, description: `one ${label} ☕ "é"`, ...more });
  const paid = await make(shop, 'paid', { metadata: { table: 7 } });
  await make(shop, 'open');
  await make(shop, 'old', { expiry: 0 });
  await make(shop, 'any', { amount_msat: 'any' });
  await ask(customer, 'pay', { bolt11: paid.bolt11 as string, label: 'mine' });
  const theirs = await make(customer, 'theirs');
  await ask(shop, 'pay', { bolt11: theirs.bolt11 as string, label: 'a label' });
  const gone = await make(customer, 'gone');
  await ask(customer, 'delinvoice', { label: 'gone', status: 'unpaid' });
  await assert.rejects(ask(shop, 'pay', { bolt11: gone.bolt11 as string }), { code: 203 });
  await until(() =>
    [shop, customer].every((node) => node.channels.list().every(({ state }) => state.htlcs.length === 0)),
  );
  await town.mine(1);
  await town.stop(customer);
  await town.stop(shop);

  shop = await town.start('shop', '--offline', fileOf('shop'));
  const on_file = await answers(shop);
  await town.stop(shop);
  await moveToServer({
    directory: join(town.dir, 'shop', 'regtest'),
    target: parseTarget(server.dsn()),
    say: () => {},
  });
  shop = await town.start('shop', '--offline', `--wallet=${server.dsn()}`);
  const on_server = await answers(shop);
  await town.stop(shop);

  const filled = [...on_file].filter(
    ([query, rows]) => query.includes('ORDER BY') && (rows as readonly PlainJson[]).length > 0,
  );
  for (const table of ['invoices', 'sendpays', 'peerchannels', 'transactions', 'bkpr_accountevents', 'bkpr_income']) {
    assert.ok(
      filled.some(([query]) => query.includes(`FROM ${table} `)),
      `nothing is in ${table}`,
    );
  }
  const different = [...on_file]
    .filter(([query, rows]) => !isDeepStrictEqual(on_server.get(query), rows))
    .map(([query, rows]) => ({ query, on_file: rows, on_server: on_server.get(query) }));
  assert.deepEqual(different, []);
});
