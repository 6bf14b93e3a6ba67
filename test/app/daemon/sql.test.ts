/** `sql` on running nodes: the queries that wallets send, as they send them, and the same answers without a file. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { type Client, connectToNode } from '../../../src/api/client/index.ts';
import { ONCHAIN_INCOME_TABLE } from '../../../src/api/commands/sql-income-view.ts';
import { tableRows } from '../../../src/api/commands/sql-shape.ts';
import { SQL_LISTS, SQL_TABLES } from '../../../src/api/commands/sql-tables.ts';
import type { PlainJson, PlainJsonObject } from '../../../src/api/rpc/json.ts';
import type { Daemon } from '../../../src/app/daemon/daemon.ts';
import { systemClock } from '../../../src/base/types/clock.ts';
import { QueryRunner } from '../../../src/infra/store/queries/runner.ts';
import { Town, until } from '../../support/town.ts';

const ZEUS_INVOICES =
  'SELECT label, bolt11, bolt12, payment_hash, amount_msat, status, amount_received_msat, paid_at, payment_preimage, description, expires_at FROM invoices ORDER BY created_index DESC LIMIT 150;';
const ZEUS_PAYMENTS =
  "select sp.payment_hash, sp.groupid, min(sp.status) as status, min(sp.destination) as destination, min(sp.created_at) as created_at, min(sp.description) as description, min(sp.bolt11) as bolt11, min(sp.bolt12) as bolt12, sum(case when sp.status = 'complete' then sp.amount_sent_msat else null end) as amount_sent_msat, sum(case when sp.status = 'complete' then sp.amount_msat else 0 end) as amount_msat, max(sp.payment_preimage) as preimage from sendpays sp group by sp.payment_hash, sp.groupid order by created_index desc limit 150";
const ZEUS_CHAIN =
  "SELECT account, tag, outpoint, credit_msat, debit_msat, timestamp, blockheight FROM bkpr_accountevents WHERE (tag='deposit' OR tag='to_them' OR tag='channel_open' OR tag='channel_close') ORDER BY timestamp DESC LIMIT 150";
/** Of cln-application: its lists, its pages of transactions, and its bookkeeper. */
const APPLICATION_QUERIES = [
  'SELECT n.alias as node_alias, pc.peer_id, pc.channel_id, pc.short_channel_id, pc.state, pc.peer_connected, pc.to_us_msat, pc.total_msat, pc.their_to_self_delay, pc.opener, pc.private, pc.dust_limit_msat, pc.spendable_msat, pc.receivable_msat, pc.funding_txid FROM peerchannels pc LEFT JOIN nodes n ON pc.peer_id = n.nodeid;',
  "SELECT offer_id, active, single_use, bolt12, used, label, COALESCE(description, '') as description FROM offers ORDER BY offer_id LIMIT 100 OFFSET 0",
  "SELECT offer_id, active, single_use, bolt12, used, label, '' as description FROM offers ORDER BY offer_id LIMIT 100 OFFSET 0",
  "WITH unique_payment_hashes AS (SELECT payment_hash, created_at as sort_time FROM (SELECT DISTINCT payment_hash, MAX(created_at) as created_at FROM sendpays GROUP BY payment_hash)), unique_invoice_hashes AS (SELECT payment_hash, COALESCE(paid_at, expires_at) as sort_time FROM invoices WHERE status != 'expired'), all_unique_hashes AS (SELECT payment_hash, sort_time FROM unique_payment_hashes UNION ALL SELECT payment_hash, sort_time FROM unique_invoice_hashes), paginated_hashes AS (SELECT DISTINCT payment_hash FROM all_unique_hashes ORDER BY sort_time DESC LIMIT 100 OFFSET 0) SELECT 'INVOICE' as type, i.payment_hash, i.status, i.label, i.description, i.bolt11, i.bolt12, i.payment_preimage, i.amount_msat, i.amount_received_msat, i.expires_at, i.paid_at, NULL as completed_at, NULL as groupid, NULL as partid, COALESCE(i.paid_at, i.expires_at) as sort_time FROM invoices i INNER JOIN paginated_hashes ph ON i.payment_hash = ph.payment_hash WHERE i.status != 'expired' UNION ALL SELECT 'PAYMENT' as type, s.payment_hash, s.status, s.label, s.description, s.bolt11, s.bolt12, s.payment_preimage, s.amount_msat, s.amount_sent_msat, s.created_at, s.completed_at, s.destination, s.groupid, s.partid, s.created_at as sort_time FROM sendpays s INNER JOIN paginated_hashes ph ON s.payment_hash = ph.payment_hash ORDER BY sort_time DESC;",
  "WITH unique_timestamps AS (SELECT DISTINCT timestamp FROM bkpr_accountevents WHERE account = 'wallet' AND (tag = 'deposit' OR tag = 'withdrawal') ORDER BY timestamp DESC LIMIT 100 OFFSET 0) SELECT e.blockheight, e.credit_msat, e.debit_msat, e.outpoint, e.tag, e.timestamp, e.txid FROM bkpr_accountevents e INNER JOIN unique_timestamps ut ON e.timestamp = ut.timestamp WHERE e.account = 'wallet' AND (e.tag = 'deposit' OR e.tag = 'withdrawal') ORDER BY e.timestamp DESC;",
  "SELECT peerchannels.short_channel_id, nodes.alias, bkpr_accountevents.credit_msat, bkpr_accountevents.debit_msat, bkpr_accountevents.account, bkpr_accountevents.timestamp FROM bkpr_accountevents LEFT JOIN peerchannels ON upper(bkpr_accountevents.account)=hex(peerchannels.channel_id) LEFT JOIN nodes ON peerchannels.peer_id=nodes.nodeid WHERE bkpr_accountevents.type != 'onchain_fee' AND bkpr_accountevents.account != 'external';",
  'SELECT account, tag, credit_msat, debit_msat, currency, timestamp, description, outpoint, txid, payment_id FROM bkpr_income WHERE bkpr_income.timestamp BETWEEN 0 AND 4000000000;',
  "SELECT f.in_channel, pc_in.peer_id AS in_channel_peerid, n_in.alias AS in_channel_peer_alias, SUM(f.in_msat) AS total_in_msat, f.out_channel, pc_out.peer_id AS out_channel_peerid, n_out.alias AS out_channel_peer_alias, SUM(f.out_msat) AS total_out_msat, SUM(f.fee_msat) AS total_fee_msat FROM forwards f LEFT JOIN peerchannels pc_in ON pc_in.short_channel_id = f.in_channel LEFT JOIN nodes n_in ON n_in.nodeid = pc_in.peer_id LEFT JOIN peerchannels pc_out ON pc_out.short_channel_id = f.out_channel LEFT JOIN nodes n_out ON n_out.nodeid = pc_out.peer_id WHERE f.status = 'settled' GROUP BY f.in_channel, pc_in.peer_id, n_in.alias, f.out_channel, pc_out.peer_id, n_out.alias;",
] as const;

let town: Town;
let shop: Daemon;
let customer: Daemon;
const clients = new Map<Daemon, Client>();

async function ask(daemon: Daemon, method: string, params: PlainJsonObject = {}): Promise<PlainJsonObject> {
  const client = clients.get(daemon) ?? (await connectToNode(daemon.rpc_file));
  clients.set(daemon, client);
  return (await client.callAny(method, params)) as PlainJsonObject;
}

async function rows(daemon: Daemon, query: string): Promise<readonly (readonly PlainJson[])[]> {
  return (await ask(daemon, 'sql', { query })).rows as unknown as readonly (readonly PlainJson[])[];
}

before(async () => {
  town = await Town.found();
  [shop, customer] = await Promise.all([town.start('shop'), town.start('customer')]);
  await town.fund(customer);
  await town.connect(customer, shop);
  await town.open(customer, shop, 1_000_000);
  const make = (label: string, more: PlainJsonObject = {}) =>
    ask(shop, 'invoice', { amount_msat: 30_000, label, description: `one ${label} ☕`, ...more });
  const paid = await make('paid', { metadata: { table: 7, name: 'é' } });
  await make('open');
  await make('old', { expiry: 0 });
  await make('any', { amount_msat: 'any' });
  await ask(customer, 'pay', { bolt11: paid.bolt11 as string, label: 'mine' });
  const wrong = await make('gone');
  await ask(shop, 'delinvoice', { label: 'gone', status: 'unpaid' });
  await assert.rejects(ask(customer, 'pay', { bolt11: wrong.bolt11 as string }), { code: 203 });
  await until(() => customer.channels.list().every(({ state }) => state.htlcs.length === 0));
});
after(async () => {
  for (const client of clients.values()) client.close();
  await town.close();
});

test("Zeus' invoices: newest first, with the preimage of what was paid and of nothing else", async () => {
  const found = await rows(shop, ZEUS_INVOICES);
  const { invoices } = (await ask(shop, 'listinvoices')) as unknown as { invoices: Record<string, PlainJson>[] };
  const expected = invoices
    .toReversed()
    .map((invoice) =>
      [
        ...['label', 'bolt11', 'bolt12', 'payment_hash', 'amount_msat', 'status', 'amount_received_msat', 'paid_at'],
        ...['payment_preimage', 'description', 'expires_at'],
      ].map((name) => invoice[name] ?? null),
    );
  assert.deepEqual(found, expected);
  assert.deepEqual(
    found.map(([label, , , , , status]) => [label, status]),
    [
      ['any', 'unpaid'],
      ['old', 'expired'],
      ['open', 'unpaid'],
      ['paid', 'paid'],
    ],
  );
  assert.equal(found.filter((row) => row[8] !== null).length, 1);
});

test("Zeus' payments are added up by hash and attempt", async () => {
  const found = await rows(customer, ZEUS_PAYMENTS);
  const { pays } = (await ask(customer, 'listpays')) as unknown as { pays: Record<string, PlainJson>[] };
  assert.equal(found.length, pays.length);
  const complete = found.find((row) => row[2] === 'complete');
  const pay = pays.find(({ status }) => status === 'complete');
  assert.deepEqual(
    [complete?.[0], complete?.[3], complete?.[6], complete?.[8], complete?.[9], complete?.[10]],
    [pay?.payment_hash, pay?.destination, pay?.bolt11, 30_000, 30_000, pay?.preimage],
  );
  const failed = found.find((row) => row[2] === 'failed');
  assert.deepEqual([failed?.[8], failed?.[9], failed?.[10]], [null, 0, null]);
});

test("Zeus' transactions on the chain", async () => {
  const found = await rows(customer, ZEUS_CHAIN);
  assert.deepEqual(new Set(found.map(([, tag]) => tag)), new Set(['deposit', 'channel_open']));
  const { transactions } = (await ask(customer, 'listtransactions')) as unknown as { transactions: { hash: string }[] };
  const hashes = transactions.map(({ hash }) => hash);
  for (const [, , outpoint] of found) assert.ok(hashes.includes((outpoint as string).split(':')[0] as string));
});

test("cln-application's queries run, and say what the lists say", async () => {
  for (const daemon of [shop, customer]) {
    for (const query of APPLICATION_QUERIES) assert.ok(Array.isArray(await rows(daemon, query)));
  }
  const [channel] = await rows(shop, APPLICATION_QUERIES[0]);
  const { channels } = (await ask(shop, 'listpeerchannels')) as unknown as { channels: Record<string, PlainJson>[] };
  const names = ['peer_id', 'channel_id', 'short_channel_id', 'state'];
  assert.deepEqual(
    channel?.slice(1, 5),
    names.map((name) => channels[0]?.[name]),
  );
  assert.equal(channel?.[5], 1, 'a boolean is 0 or 1');
  const transactions = await rows(shop, APPLICATION_QUERIES[3]);
  assert.deepEqual(transactions.map(([type, , status]) => [type, status]).sort(), [
    ['INVOICE', 'paid'],
    ['INVOICE', 'unpaid'],
    ['INVOICE', 'unpaid'],
  ]);
  assert.deepEqual(
    (await rows(customer, APPLICATION_QUERIES[3])).map(([type]) => type),
    ['PAYMENT', 'PAYMENT'],
  );
  assert.deepEqual(
    (await rows(shop, APPLICATION_QUERIES[6])).map((row) => row.slice(0, 4)),
    [['channels', 'invoice', 30_000, 0]],
  );
});

test('arrays are tables of their own, which name the row that they belong to', async () => {
  const found = await rows(
    shop,
    'SELECT pc.short_channel_id, f.arrindex, f.features FROM peerchannels pc, peerchannels_features f WHERE f.row = pc.rowid ORDER BY f.arrindex LIMIT 1',
  );
  assert.deepEqual(found[0]?.slice(1), [0, 'option_static_remotekey']);
  const outputs =
    'SELECT sum(o.amount_msat) FROM transactions t JOIN transactions_outputs o ON o.row = t.rowid WHERE o.idx = 0';
  assert.equal((await rows(customer, outputs)).length, 1);
});

/** The list command of each table, and the member of its answer that holds the rows. */
const LISTS: Readonly<Record<string, readonly [method: string, member: string]>> = {
  bkpr_accountevents: ['bkpr-listaccountevents', 'events'],
  bkpr_income: ['bkpr-listincome', 'income_events'],
  channels: ['listchannels', 'channels'],
  closedchannels: ['listclosedchannels', 'closedchannels'],
  forwards: ['listforwards', 'forwards'],
  htlcs: ['listhtlcs', 'htlcs'],
  invoices: ['listinvoices', 'invoices'],
  nodes: ['listnodes', 'nodes'],
  offers: ['listoffers', 'offers'],
  peerchannels: ['listpeerchannels', 'channels'],
  peers: ['listpeers', 'peers'],
  sendpays: ['listsendpays', 'payments'],
  transactions: ['listtransactions', 'transactions'],
};

test('without the file of the database every table holds the same', async () => {
  for (const daemon of [shop, customer]) {
    const copied = new QueryRunner({ file: undefined, tables: SQL_TABLES, clock: systemClock });
    const rowsOf = async function* (name: string) {
      const list = SQL_LISTS.find(({ tables }) => tables.some((table) => table.name === name));
      const shape = list?.tables.find((table) => table.name === name);
      const [parent] = list?.tables ?? [];
      assert.ok(shape !== undefined && parent !== undefined);
      const [method, member] = LISTS[parent.name] ?? [];
      assert.ok(method !== undefined && member !== undefined, name);
      const listed = (await ask(daemon, method))[member] as unknown as readonly unknown[];
      for (const [index, row] of listed.entries()) yield [...tableRows(shape, parent, row, index + 1)];
    };
    for (const { name, columns, key } of SQL_TABLES) {
      if (name === ONCHAIN_INCOME_TABLE) continue;
      // Of a list whose rows have no number, only their order says which is which.
      const shown = columns.filter((column) => column.name !== 'rowid').map((column) => `"${column.name}"`);
      const query = `SELECT ${shown.join(', ')} FROM ${name} ORDER BY ${key}`;
      const here = await rows(daemon, query);
      const there = await copied.run(query, rowsOf, new AbortController().signal);
      assert.deepEqual(
        here,
        there.map((row) => JSON.parse(row)),
        name,
      );
    }
    await copied.stop();
  }
});

test('listsqlschemas has each table of Core Lightning with its columns and their types', async () => {
  const theirs = JSON.parse(
    readFileSync(join(import.meta.dirname, '../../../tools/data/core-lightning-sql.json'), 'utf8'),
  ) as Record<string, Record<string, string>>;
  const { schemas } = (await ask(shop, 'listsqlschemas')) as unknown as {
    schemas: { tablename: string; columns: { name: string; type: string }[]; indices?: string[][] }[];
  };
  /** Of arrays that Till's answers do not have. */
  const without = new Set(['peerchannels_inflight', 'peerchannels_state_changes', 'peers_log']);
  const lacking = new Set(['peerchannels_htlcs.local_trimmed', 'peerchannels_htlcs.status']);
  for (const [table, columns] of Object.entries(theirs)) {
    if (without.has(table)) continue;
    const ours = schemas.find(({ tablename }) => tablename === table);
    assert.ok(ours !== undefined, table);
    for (const [name, type] of Object.entries(columns)) {
      if (lacking.has(`${table}.${name}`)) continue;
      assert.equal(ours.columns.find((column) => column.name === name)?.type, type, `${table}.${name}`);
    }
  }
  const one = await ask(shop, 'listsqlschemas', { table: 'offers' });
  assert.deepEqual((one.schemas as unknown as { indices: string[][] }[])[0]?.indices, [['offer_id']]);
  await assert.rejects(ask(shop, 'listsqlschemas', { table: 'keys' }), { code: -32602 });
});

test('what a query may not do is an error of the command', async () => {
  const refused = (query: string, message: RegExp) =>
    assert.rejects(ask(shop, 'sql', { query }), { code: -1, message });
  await refused('SELECT payment_preimage FROM main.invoices', /unknown table main.invoices/);
  await refused('SELECT rowid FROM invoices', /no such column: rowid .*created_index/);
  await refused('SELECT state FROM main.channels', /unknown table main.channels/);
  await refused('DELETE FROM invoices', /a query may only read: SELECT/);
  await refused("ATTACH 'x' AS x", /a query may only read: SELECT/);
  await refused('WITH RECURSIVE t (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM t) SELECT n FROM t', /recursive/);
  await refused('SELECT nonsense FROM invoices', /^query failed with no such column: nonsense/);
});
