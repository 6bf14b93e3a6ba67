/** A start that waits for its server goes on waiting: it does not end because nothing else is under way. */
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { type AddressInfo, createServer, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { test } from 'node:test';
import { EXIT } from '../../../src/app/config/exit-codes.ts';
import { PROGRAM } from '../../support/node-process.ts';
import { TIMEOUT } from '../../support/time-limit.ts';

/** What a server says to everybody while it recovers from a crash. */
function startingUp(): Buffer {
  const fields = ['SFATAL', 'VFATAL', 'C57P03', 'Mthe database system is starting up', ''].map((field) => `${field}\0`);
  const body = Buffer.from(fields.join(''), 'latin1');
  const head = Buffer.alloc(5);
  head.write('E', 'latin1');
  head.writeInt32BE(4 + body.length, 1);
  return Buffer.concat([head, body]);
}

function recovers(socket: Socket): void {
  socket.on('error', () => {});
  socket.once('data', () => socket.end(startingUp()));
}

test('a server that is starting up is asked again for the time given, and then told of', TIMEOUT, async () => {
  const server = createServer(recovers);
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  const dir = mkdtempSync(join(tmpdir(), 'till-cut-'));
  const wallet = `--wallet=postgres://till@127.0.0.1:${port}/till?sslmode=disable`;
  const options = ['--network=regtest', `--lightning-dir=${dir}`, '--database-timeout=1', wallet];
  // Nothing else keeps the process: no terminal, no channel to who started it.
  const child = spawn(process.execPath, [PROGRAM, 'start', ...options], { stdio: ['ignore', 'ignore', 'pipe'] });
  const [said, [code]] = await Promise.all([text(child.stderr), once(child, 'exit')]);
  server.close();
  rmSync(dir, { recursive: true });
  assert.match(said, /database till on 127\.0\.0\.1:\d+: the database system is starting up/);
  assert.equal(code, EXIT.error);
});
