/** node:sqlite by itself, set as the store sets it: what one fsync costs, alone and shared, and what a look-up costs. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { type Figure, rate } from './figures.ts';

export const name = 'node:sqlite: WAL, synchronous=FULL';

const TIMING = { warm_up_ms: 200, run_ms: 400, runs: 3 };
const BATCH = 50;
const ROWS = 100_000;

export async function run(): Promise<readonly Figure[]> {
  const dir = mkdtempSync(join(tmpdir(), 'till-bench-'));
  const database = new DatabaseSync(join(dir, 'bench.sqlite3'));
  try {
    database.exec(`PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL;
      CREATE TABLE rows (id INTEGER PRIMARY KEY, name TEXT UNIQUE, value BLOB)`);
    const insert = database.prepare('INSERT INTO rows (name, value) VALUES (?, ?)');
    const find = database.prepare('SELECT value FROM rows WHERE name = ?');
    const value = new Uint8Array(300);
    let next = 0;
    const inserted = (): unknown => insert.run(`name ${next++}`, value);
    const batch = (rows: number): void => {
      database.exec('BEGIN');
      for (let index = 0; index < rows; index++) inserted();
      database.exec('COMMIT');
    };
    const alone = rate(inserted, TIMING);
    const shared = rate(() => batch(BATCH), TIMING) * BATCH;
    if (next < ROWS) batch(ROWS - next);
    return [
      { what: 'inserts, each durable by itself', value: alone, unit: '/s' },
      { what: `inserts, ${BATCH} to a commit`, value: shared, unit: '/s' },
      {
        what: `look-ups by a text, among ${ROWS / 1000},000 rows or more`,
        value: rate((index) => find.get(`name ${index % next}`), TIMING),
        unit: '/s',
      },
    ];
  } finally {
    database.close();
    rmSync(dir, { recursive: true });
  }
}
