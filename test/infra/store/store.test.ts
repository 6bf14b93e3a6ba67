import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after } from 'node:test';
import { MemoryStore } from '../../../src/infra/store/memory-store.ts';
import { openSqliteStore } from '../../../src/infra/store/sqlite-store.ts';
import { storeContract } from '../../contract/store.ts';
import { CONTRACT_MIGRATIONS } from './schema.ts';

const directory = mkdtempSync(join(tmpdir(), 'till-store-'));
after(() => rmSync(directory, { recursive: true }));
const onFailure = (error: Error): void => assert.fail(error);

let opened = 0;
storeContract('a SQLite file', () => {
  const own = mkdtempSync(join(directory, `${opened++}-`));
  return openSqliteStore({ directory: own, migrations: CONTRACT_MIGRATIONS, onFailure });
});
storeContract('a database in memory', async () => new MemoryStore({ migrations: CONTRACT_MIGRATIONS, onFailure }));
