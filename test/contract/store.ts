/** What every store must do, whatever it is made of. */
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { readAll } from '../../src/infra/store/read-all.ts';
import { MAX_READ_ROWS, type Store, StoreClosedError, type Write } from '../../src/infra/store/store.ts';
import { TIMEOUT } from '../support/time-limit.ts';

const NEXT: Write = { sql: "UPDATE counters SET value = value + 1 WHERE name = 'things' RETURNING value", params: [] };

function insert(name: string): Write[] {
  const sql = `INSERT INTO things (id, name) SELECT value, ? FROM counters WHERE name = 'things'
    ON CONFLICT DO NOTHING RETURNING id`;
  return [NEXT, { sql, params: [name], stop_if_no_row: true }];
}

/** Runs the suite on the stores that `open` makes. */
export function storeContract(name: string, open: () => Promise<Store>): void {
  describe(`${name} as a store`, TIMEOUT, () => {
    let store: Store;
    before(async () => {
      store = await open();
    });
    after(() => store.close());

    it('shows a unit to readers once its promise resolves', async () => {
      const result = await store.commit(insert('first'));
      assert.deepEqual(result.committed && result.rows.map((rows) => rows.map((row) => ({ ...row }))), [
        [{ value: 1n }],
        [{ id: 1n }],
      ]);
      const rows = await store.read('SELECT id, name FROM things WHERE name = ?', ['first']);
      assert.deepEqual({ ...rows[0] }, { id: 1n, name: 'first' });
    });

    it('undoes all of a unit that stops, and says where', async () => {
      assert.deepEqual(await store.commit(insert('first')), { committed: false, stopped_at: 1 });
      const [counter] = await store.read("SELECT value FROM counters WHERE name = 'things'");
      assert.equal(counter?.value, 1n);
    });

    it('lets exactly one of many writers of a name win, and keeps the counter dense', async () => {
      const results = await Promise.all(
        Array.from({ length: 50 }, (_, index) => store.commit(insert(`n${index % 25}`))),
      );
      assert.equal(results.filter((result) => result.committed).length, 25);
      const rows = await store.read('SELECT id FROM things ORDER BY id');
      assert.deepEqual(
        rows.map((row) => row.id),
        Array.from({ length: 26 }, (_, index) => BigInt(index + 1)),
      );
    });

    it('resolves promises in the order of their units', async () => {
      const order: number[] = [];
      const promises = Array.from({ length: 40 }, (_, index) =>
        store.commit(insert(`o${index % 30}`)).then(() => order.push(index)),
      );
      await Promise.all(promises);
      assert.deepEqual(
        order,
        Array.from({ length: 40 }, (_, index) => index),
      );
    });

    it('keeps integers of 64 bits, text and bytes as they are', async () => {
      const blob = Uint8Array.of(0, 255, 7);
      const largest = 2n ** 63n - 1n;
      await store.commit([
        { sql: 'INSERT INTO things (id, name, blob) VALUES (?, ?, ?)', params: [largest, 'ü☃𝄞', blob] },
      ]);
      const [row] = await store.read('SELECT id, name, blob FROM things WHERE id = ?', [largest]);
      assert.deepEqual({ ...row }, { id: largest, name: 'ü☃𝄞', blob });
    });

    it('refuses a read of more rows than one answer may have', async () => {
      const many = `WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < ?) SELECT i FROM n`;
      assert.equal((await store.read(many, [MAX_READ_ROWS])).length, MAX_READ_ROWS);
      await assert.rejects(store.read(many, [MAX_READ_ROWS + 1]), RangeError);
    });

    it('hands over more rows than one answer may have, page by page', async () => {
      const many = `WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < ?) SELECT i FROM n ORDER BY i`;
      for (const count of [0, MAX_READ_ROWS, 2 * MAX_READ_ROWS + 5]) {
        const rows = await readAll(store, many, [count + 1]);
        assert.deepEqual([rows.length, rows.at(-1)?.i], [count + 1, BigInt(count + 1)]);
      }
    });

    it('commits what it took before it closes, and takes nothing after', async () => {
      const closing = await open();
      const taken = closing.commit([{ sql: "INSERT INTO things (id, name) VALUES (1000, 'last')", params: [] }]);
      const closed = closing.close();
      await assert.rejects(closing.commit([NEXT]), StoreClosedError);
      assert.equal((await taken).committed, true);
      await closed;
    });
  });
}
