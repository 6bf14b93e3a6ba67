/** `till stop` comes back when the node is gone. */
import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { isLocked, lockDirectory } from '../../../src/infra/store/lock.ts';
import { newDirectory, TillNode, till } from '../../e2e/till.ts';

test('when till stop comes back nobody holds the directory, and the database is whole in one file', async () => {
  const dir = newDirectory();
  const network_dir = join(dir, 'regtest');
  for (let round = 0; round < 3; round++) {
    const node = await TillNode.start(dir);
    assert.ok(isLocked(network_dir));
    await node.till('invoice', '1000', `round ${round}`, 'x');
    assert.equal((await till(dir, 'stop')).code, 0);
    assert.equal(isLocked(network_dir), false);
    lockDirectory(network_dir)();
    assert.equal(existsSync(join(network_dir, 'till.sqlite3-wal')), false, 'nothing is left beside the database');
    await node.stop();
  }
});
