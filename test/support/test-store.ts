/**
 * The store that tests of modules run on: in memory, or on a server when TILL_TEST_STORE says postgres
 * (`npm test -- --store=postgres`).
 */
import { after } from 'node:test';
import { MemoryStore, type MemoryStoreOptions } from '../../src/infra/store/memory-store.ts';
import { openSqliteStore, type SqliteStoreOptions } from '../../src/infra/store/sqlite-store.ts';
import type { Row, SqlValue, Store, UnitResult, Write } from '../../src/infra/store/store.ts';
import { asHolder } from './holder.ts';
import type { TestSchema } from './postgres.ts';

/** Whether tests run on a server. */
export const isOnServer = process.env.TILL_TEST_STORE === 'postgres';

/** For `skip`: why a test does not run where all stores are on a server, false elsewhere. */
export function skippedOnServer(why: string): string | false {
  return isOnServer ? `not on a server: ${why}` : false;
}

/** An empty store, of its own. */
export function testStore(options: MemoryStoreOptions): Store {
  if (!isOnServer) return new MemoryStore(options);
  return closeAtEnd(new LateStore(openServerStore(options)));
}

/** The store of a directory, which may be opened again when it is closed: a file there, or a schema that belongs to it. */
export async function openTestStore(options: SqliteStoreOptions): Promise<Store> {
  if (!isOnServer) return await openSqliteStore(options);
  const { PostgresHome, PostgresStore } = await import('../../src/infra/store/postgres/postgres-store.ts');
  const { parseTarget } = await import('../../src/infra/store/postgres/target.ts');
  const home = await PostgresHome.open({
    target: parseTarget(await dsnOf(options.directory, 'store')),
    must_be_durable: false,
    timeout_seconds: 60,
  });
  return await PostgresStore.open(home, { ...asHolder('a test'), ...options });
}

interface DirectorySchema {
  readonly schema: Promise<TestSchema>;
  /** A node's schema is dropped by whoever stops the node, and not before. */
  user: 'node' | 'store';
}

/** By the directory that they belong to. */
const schemas = new Map<string, DirectorySchema>();

/** A node is named by its directory, or by the one for its network in there. */
async function dsnOf(place: string, user: DirectorySchema['user']): Promise<string> {
  const directory = place.replace(/\/regtest$/, '');
  const { newSchema } = await import('./postgres.ts');
  let known = schemas.get(directory);
  if (known === undefined) {
    known = { schema: newSchema(), user };
    schemas.set(directory, known);
  }
  if (user === 'node') known.user = user;
  return (await known.schema).dsn;
}

/**
 * The option by which a node of this directory keeps its rows where tests run; none where `options` say it, or for a
 * file. `dropServerSchemas` drops them when the node has stopped.
 */
export async function walletOption(directory: string, options: readonly string[] = []): Promise<readonly string[]> {
  if (!isOnServer || options.some((option) => option.startsWith('--wallet='))) return [];
  return [`--wallet=${await dsnOf(directory, 'node')}`];
}

/** Drops the schemas of nodes whose directories are this one, or in it. They have stopped. */
export async function dropServerSchemas(place: string): Promise<void> {
  for (const [directory, { schema }] of schemas) {
    if (directory !== place && !directory.startsWith(`${place}/`)) continue;
    schemas.delete(directory);
    await (await schema).drop();
  }
}

/** What the stores of tests on a server were asked and have not answered. */
let under_way = 0;

async function counted<T>(asked: Promise<T>): Promise<T> {
  under_way++;
  try {
    return await asked;
  } finally {
    under_way--;
  }
}

/** So many turns of the event loop in a row in which no store is asked anything: a server takes longer than one turn. */
export async function calmTurns(count: number): Promise<void> {
  for (let calm = 0; calm < count; ) {
    await new Promise((resolve) => setImmediate(resolve));
    calm = under_way === 0 ? calm + 1 : 0;
  }
}

const opened = new Set<LateStore>();

/** Many tests leave their store to the end of the process, which its connections would put off. */
function closeAtEnd(store: LateStore): LateStore {
  opened.add(store);
  return store;
}

if (isOnServer) {
  after(async () => {
    // One after the other: each asks over a connection of its own to have its schema dropped, and some tests leave a hundred.
    for (const each of [...opened]) await each.close();
    for (const { schema, user } of schemas.values()) if (user === 'store') await (await schema).drop();
  });
}

interface OpenStore {
  readonly store: Store;
  readonly drop: () => Promise<void>;
}

async function openServerStore(options: MemoryStoreOptions): Promise<OpenStore> {
  // Loaded by those who ask for it: most runs do not.
  const { PostgresHome, PostgresStore } = await import('../../src/infra/store/postgres/postgres-store.ts');
  const { newSchema } = await import('./postgres.ts');
  const { target, drop } = await newSchema();
  const home = await PostgresHome.open({ target, must_be_durable: false, timeout_seconds: 60 });
  return { store: await PostgresStore.open(home, { ...asHolder('a test'), ...options }), drop };
}

/** A store that takes units while it is being opened. */
class LateStore implements Store {
  readonly #opening: Promise<OpenStore>;

  constructor(opening: Promise<OpenStore>) {
    this.#opening = opening;
  }

  commit(unit: readonly Write[]): Promise<UnitResult> {
    return counted(this.#opening.then(({ store }) => store.commit(unit)));
  }

  read(sql: string, params?: readonly SqlValue[]): Promise<readonly Row[]> {
    return counted(this.#opening.then(({ store }) => store.read(sql, params)));
  }

  /** Nobody else writes the database of a test. */
  fence(): undefined {
    return undefined;
  }

  async close(): Promise<void> {
    opened.delete(this);
    // Who used a store that did not open was told; the others must be closed all the same.
    const open = await this.#opening.catch(() => undefined);
    if (open === undefined) return;
    const { store, drop } = open;
    await store.close();
    await drop();
  }
}
