/** What every store must do, whatever it is made of. */
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { lastNumber, nextNumber, nextNumberIfRow } from '../../src/infra/store/counters.ts';
import { readAll } from '../../src/infra/store/read-all.ts';
import {
  MAX_READ_ROWS,
  type Store,
  StoreClosedError,
  StoreRefusedError,
  type Write,
} from '../../src/infra/store/store.ts';
import { TIMEOUT } from '../support/time-limit.ts';

const MARK: Write = { sql: "UPDATE counters SET value = value + 1 WHERE name = 'units' RETURNING value", params: [] };
const INSERT = `INSERT INTO things (id, name) VALUES (${nextNumber('things')}, ?) ON CONFLICT DO NOTHING RETURNING id`;

function insert(name: string): Write[] {
  return [MARK, { sql: INSERT, params: [name], stop_if_no_row: true }];
}

/** Runs the suite on the stores that `open` makes; `missing` says why it cannot. */
export function storeContract(name: string, open: () => Promise<Store>, missing?: string): void {
  describe(`${name} as a store`, { ...TIMEOUT, skip: missing ?? false }, () => {
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

    it('runs what came behind a unit that stops as if that unit had never been there', async () => {
      const [before] = await store.read("SELECT value FROM counters WHERE name = 'things'");
      const seen = await Promise.all(
        ['first', 'p0', 'n1', 'p1', 'first', 'n2', 'n3', 'p2'].map((name) => store.commit(insert(name))),
      );
      const ids = seen.map((result) => (result.committed ? result.rows[1]?.[0]?.id : undefined));
      const next = (before?.value as bigint) + 1n;
      const u = undefined;
      assert.deepEqual(ids, [u, next, u, next + 1n, u, u, u, next + 2n]);
    });

    it('answers a statement that found no row and is alone in its unit, beside others', async () => {
      const touch = (name: string): Write[] => [
        { sql: 'UPDATE things SET blob = NULL WHERE name = ?', params: [name], stop_if_no_row: true },
      ];
      const results = await Promise.all([store.commit(touch('nobody')), store.commit(touch('first'))]);
      assert.deepEqual(results, [
        { committed: false, stopped_at: 0 },
        { committed: true, rows: [[]] },
      ]);
    });

    it('refuses what not every database can keep, without a harm to what comes beside it', async () => {
      const add = (id: bigint, name: string): Write[] => [
        { sql: 'INSERT INTO things (id, name) VALUES (?, ?)', params: [id, name] },
      ];
      const beside = store.commit(add(2_000n, 'beside'));
      for (const [id, name] of [
        [2_001n, 'a\0b'],
        [2_002n, '\ud800'],
        [2n ** 63n, 'too large'],
      ] as const) {
        await assert.rejects(store.commit(add(id, name)), StoreRefusedError);
      }
      await assert.rejects(store.read('SELECT id FROM things WHERE name = ?', ['a\0b']), StoreRefusedError);
      assert.equal((await beside).committed, true);
    });

    it('refuses a unit that a constraint forbids, alone, and does not show its values', async () => {
      const add = (id: bigint, name: string): Write[] => [
        MARK,
        { sql: 'INSERT INTO things (id, name) VALUES (?, ?)', params: [id, name] },
      ];
      const [counter] = await store.read("SELECT value FROM counters WHERE name = 'units'");
      const [one, twin, other] = await Promise.allSettled([
        store.commit(add(3_000n, 'one')),
        store.commit(add(3_000n, 'hidden')),
        store.commit(add(3_001n, 'other')),
      ]);
      assert.deepEqual([one.status, twin.status, other.status], ['fulfilled', 'rejected', 'fulfilled']);
      assert.ok(twin.status === 'rejected' && twin.reason instanceof StoreRefusedError);
      assert.match(twin.reason.message, /^the database refuses "INSERT INTO things \(id, \.\.\.": /);
      assert.doesNotMatch(twin.reason.message, /hidden|3000/);
      const [now] = await store.read("SELECT value FROM counters WHERE name = 'units'");
      assert.equal(now?.value, (counter?.value as bigint) + 2n);
    });

    it('gives each unit the next numbers, and those that stop or are refused none', async () => {
      const counters = async () => {
        const rows = await store.read(
          "SELECT name, value FROM counters WHERE name IN ('events', 'things') ORDER BY name",
        );
        return rows.map(({ value }) => Number(value)) as [number, number];
      };
      const [events_before, things_before] = await counters();
      const told = (about: string, sql = nextNumber('events')): Write => ({
        sql: `INSERT INTO tellings (id, thing, told) VALUES (${sql}, ${lastNumber('things')}, ?)`,
        params: [about],
      });
      const perhaps = (name: string): Write => ({
        sql: `INSERT INTO tellings (id, thing, told) SELECT ${nextNumberIfRow('events')}, id, CAST(? AS TEXT) FROM things WHERE name = ?`,
        params: [`perhaps ${name}`, name],
      });
      const thing = (name: string): Write => ({ sql: INSERT, params: [name], stop_if_no_row: true });
      const units: readonly (readonly Write[])[] = [
        [thing('c1'), told('c1')],
        // Stops behind what it has told.
        [told('never'), thing('c1')],
        [thing('c2'), told('c2'), told('c2 again')],
        // Finds no row, and takes no number.
        [perhaps('nobody'), thing('c3'), told('c3')],
        // Is refused behind what it took: the key is there already.
        [thing('c4'), { sql: 'INSERT INTO things (id, name) VALUES (?, ?)', params: [things_before + 1, 'c4 again'] }],
        [thing('c5'), perhaps('c1'), told('c5')],
        // Alone, and stops.
        [thing('c1')],
        [thing('c6')],
        [perhaps('nobody'), perhaps('c6')],
        [told('last')],
      ];
      const results = await Promise.allSettled(units.map((unit) => store.commit(unit)));
      assert.deepEqual(
        results.map((result) => (result.status === 'rejected' ? 'refused' : result.value.committed)),
        [true, false, true, true, 'refused', true, false, true, true, true],
      );
      const things = await store.read('SELECT id, name FROM things WHERE id > ? AND id < 1000 ORDER BY id', [
        things_before,
      ]);
      assert.deepEqual(
        things.map(({ id, name }) => [Number(id) - things_before, name]),
        ['c1', 'c2', 'c3', 'c5', 'c6'].map((name, index) => [index + 1, name]),
      );
      const events = await store.read('SELECT id, thing, told FROM tellings WHERE id > ? ORDER BY id', [events_before]);
      assert.deepEqual(
        events.map((event) => [Number(event.id) - events_before, Number(event.thing) - things_before, event.told]),
        [
          ['c1', 1],
          ['c2', 2],
          ['c2 again', 2],
          ['c3', 3],
          ['perhaps c1', 1],
          ['c5', 4],
          ['perhaps c6', 5],
          ['last', 5],
        ].map(([about, of], index) => [index + 1, of, about]),
      );
      assert.deepEqual(await counters(), [events_before + 8, things_before + 5]);
    });

    it('takes a unit of a MiB', async () => {
      const blob = new Uint8Array(1024 * 1024).map((_, index) => index % 251);
      await store.commit([{ sql: "INSERT INTO things (id, name, blob) VALUES (4000, 'large', ?)", params: [blob] }]);
      const [row] = await store.read('SELECT blob FROM things WHERE id = 4000');
      assert.deepEqual(row?.blob, blob);
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
      await assert.rejects(closing.commit([MARK]), StoreClosedError);
      assert.equal((await taken).committed, true);
      await closed;
    });
  });
}
