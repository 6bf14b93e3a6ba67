/** A query that computes when its node dies does not go on without it. */
import assert from 'node:assert/strict';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { test } from 'node:test';
import { connectToNode } from '../../src/api/client/index.ts';
import { until } from '../support/market.ts';
import { ChildNode } from '../support/node-process.ts';

/** The processes that this one started, as Linux shows them. */
function childrenOf(pid: number): readonly string[] {
  return readdirSync('/proc').filter((name) => /^\d+$/.test(name) && parentOf(name) === pid);
}

function parentOf(pid: string): number | undefined {
  try {
    // The name, which may hold anything, ends with the last bracket; then come the state and the parent.
    return Number(/^.*\) \S (\d+)/s.exec(readFileSync(`/proc/${pid}/stat`, 'utf8'))?.[1]);
  } catch {
    return undefined;
  }
}

test('the process of queries ends with its node', {
  skip: !existsSync('/proc/self/stat') && 'there is no /proc to look into',
}, async () => {
  const node = await ChildNode.start(['--network=regtest']);
  const client = await connectToNode(node.rpc_file);
  await client.callAny('sql', { query: 'SELECT 1' });
  const [queries] = childrenOf(node.pid);
  assert.ok(queries !== undefined);
  const five = Array.from({ length: 5 }, (_, n) => `SELECT ${n} AS n`).join(' UNION ALL ');
  const many = [...'abcdefghijklmnopqrst'].map((name) => `five ${name}`).join(', ');
  const asked = client.callAny('sql', { query: `WITH five AS (${five}) SELECT count(*) FROM ${many}` });
  const lost = assert.rejects(asked);
  await node.kill();
  // It would look for a node that starts again.
  client.close();
  await lost;
  await until(async () => !existsSync(`/proc/${queries}`));
  await node.stop('remove');
});
