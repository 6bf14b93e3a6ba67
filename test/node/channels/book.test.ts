/** What the book of all channels hands to the store. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Store, Write } from '../../../src/infra/store/store.ts';
import { Book } from '../../../src/node/channels/book.ts';

const named = (sql: string, whole_row?: string): Write => ({
  sql,
  params: [],
  ...(whole_row === undefined ? {} : { whole_row }),
});

test('of many writes of one whole row in a unit the last one stays, behind what came before it; other writes all stay', async () => {
  const units: string[][] = [];
  const store = {
    commit: async (unit: readonly Write[]) => {
      units.push(unit.map(({ sql }) => sql));
      return { committed: true, rows: [] };
    },
  } as unknown as Store;
  const book = new Book(store, () => {});
  const twice = named('counted');
  book.write(named('a, block 1', 'a'), twice, named('b, block 1', 'b'));
  book.write(twice, named('a, block 2', 'a'));
  book.write(named('a, block 3', 'a'));
  await book.idle();
  assert.deepEqual(units, [['counted', 'b, block 1', 'counted', 'a, block 3']]);
  book.write(named('a, block 4', 'a'));
  await book.idle();
  assert.deepEqual(units.slice(1), [['a, block 4']], 'a unit that was handed over is not touched');
});
