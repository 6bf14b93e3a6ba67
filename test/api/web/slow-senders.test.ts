/** Clients that say nothing, half of a head, or half of a body: each is let go in time, over plain HTTP and over TLS. */
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { connect, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { connect as connectTls } from 'node:tls';
import { loadCertificates } from '../../../src/api/server/certificates.ts';
import { createListener, type Listener, METHOD_NOT_ALLOWED } from '../../../src/api/web/listener.ts';
import { Refusals } from '../../../src/api/web/refusals.ts';
import { systemClock } from '../../../src/base/types/clock.ts';

/** All that comes until the server hangs up. It resets a connection when it hangs up before it has read what came. */
async function untilLetGo(socket: Socket): Promise<string> {
  let text = '';
  socket.on('data', (chunk: Buffer) => {
    text += chunk.toString('latin1');
  });
  socket.on('error', () => {});
  await new Promise((resolve) => socket.once('close', resolve));
  return text;
}

/** So often the server may have missed what came, when this process had no turn for a tenth of a second. */
const MOST_TRIES = 100;

for (const protocol of ['http', 'https'] as const) {
  test(`who does not finish a request is let go, over ${protocol}`, async (t) => {
    const dir = mkdtempSync(join(tmpdir(), 'till-slow-'));
    t.after(() => rmSync(dir, { recursive: true }));
    const made = protocol === 'https' ? await loadCertificates(dir, '127.0.0.1') : undefined;
    const listenerOf = (limits: { head_ms?: number; request_ms?: number }): Listener =>
      createListener({
        ...{ host: '127.0.0.1', port: 0, unknownMethod: METHOD_NOT_ALLOWED, ...limits },
        tls: made && { cert: made['server.pem'], key: made['server-key.pem'] },
        serve: (request, response) => {
          request.on('error', () => response.destroy());
          request.on('end', () => response.end('whole')).resume();
        },
        upgrades: () => false,
        refusals: new Refusals(systemClock),
      });
    const hurried = listenerOf({ head_ms: 100, request_ms: 200 });
    const calm = listenerOf({});
    t.after(() => Promise.all([hurried.close(), calm.close()]));
    const [port, calm_port] = [await hurried.listen(), await calm.listen()];
    const open = (to: number): Socket =>
      made === undefined
        ? connect(to, '127.0.0.1')
        : connectTls({ port: to, host: '127.0.0.1', ca: made['ca.pem'], ALPNProtocols: ['http/1.1'] });
    const send = async (to: number, bytes: string): Promise<string> => {
      for (let tries = 0; tries < MOST_TRIES; tries++) {
        const socket = open(to);
        socket.write(bytes);
        const answer = await untilLetGo(socket);
        // Nothing is said to a client of which nothing was read in time.
        if (answer !== '') return answer;
      }
      return assert.fail(`no answer in ${MOST_TRIES} tries`);
    };
    const [head, body, whole] = await Promise.all([
      send(port, 'POST /v1/getinfo HTTP/1.1\r\nhost: x\r\nru'),
      send(port, 'POST /v1/getinfo HTTP/1.1\r\nhost: x\r\ncontent-length: 10\r\n\r\n12345'),
      send(calm_port, 'POST /v1/getinfo HTTP/1.1\r\nhost: x\r\nconnection: close\r\ncontent-length: 5\r\n\r\n12345'),
    ]);
    assert.match(head, /^HTTP\/1\.1 408 /);
    assert.match(body, /^HTTP\/1\.1 408 /);
    assert.match(whole, /^HTTP\/1\.1 200 /);
    if (protocol === 'http') assert.equal(await untilLetGo(open(port)), '', 'who says nothing');
  });
}
