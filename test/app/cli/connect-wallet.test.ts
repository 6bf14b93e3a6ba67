/** `till connect-wallet`: the link that wallets take, with a rune that works. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { newDirectory, TillNode, till } from '../../e2e/till.ts';

test('a node that serves REST gives a link with a rune and its certificates, and one that does not says how', async () => {
  const dir = newDirectory();
  const node = await TillNode.start(dir);
  const refused = await till(dir, 'connect-wallet');
  assert.equal(refused.code, 3);
  assert.match(refused.stderr, /serves no REST: start it with --clnrest-port/);
  await node.stop();

  const serving = await TillNode.start(dir, { args: ['--clnrest-port=0'] });
  const nameless = await till(dir, 'connect-wallet');
  assert.match(nameless.stderr, /name it with --host/);
  const { code, stdout, stderr } = await till(dir, 'connect-wallet', '--readonly', '--host=node.example:3010');
  assert.equal(code, 0);
  const url = new URL(stdout.trim());
  assert.deepEqual([url.protocol, url.host], ['clnrest+https:', 'node.example:3010']);
  const certs = Buffer.from(url.searchParams.get('certs') as string, 'base64').toString();
  const ca = readFileSync(join(dir, 'regtest', 'ca.pem'), 'utf8').trim();
  assert.ok(certs.includes(ca));
  assert.match(certs, /^-----BEGIN PRIVATE KEY-----[\s\S]*-----BEGIN CERTIFICATE-----/);
  assert.match(stderr, /may look, and change nothing. To revoke it: till blacklistrune 0/);
  const shown = await till(dir, 'showrunes', '-J');
  const [{ rune, restrictions_as_english }] = (JSON.parse(shown.stdout) as { runes: Record<string, string>[] })
    .runes as [Record<string, string>];
  assert.equal(url.searchParams.get('rune'), rune);
  assert.match(restrictions_as_english as string, /^method starts with list/);
  await serving.stop();
});
