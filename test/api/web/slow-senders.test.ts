/** Clients that say nothing, half of a head, or half of a body: each is let go in time, over plain HTTP and over TLS. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { connect, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { connect as connectTls } from 'node:tls';
import { loadCertificates } from '../../../src/api/server/certificates.ts';
import { createListener, METHOD_NOT_ALLOWED } from '../../../src/api/web/listener.ts';

/** All that comes until the server hangs up. */
async function untilLetGo(socket: Socket): Promise<string> {
  let text = '';
  socket.on('data', (chunk: Buffer) => {
    text += chunk.toString('latin1');
  });
  socket.on('error', () => {});
  await once(socket, 'close');
  return text;
}

for (const protocol of ['http', 'https'] as const) {
  test(`who does not finish a request is let go, over ${protocol}`, async () => {
    const dir = mkdtempSync(join(tmpdir(), 'till-slow-'));
    const made = protocol === 'https' ? await loadCertificates(dir, '127.0.0.1') : undefined;
    const listener = createListener({
      ...{ host: '127.0.0.1', port: 0, head_ms: 100, request_ms: 200, unknownMethod: METHOD_NOT_ALLOWED },
      tls: made && { cert: made['server.pem'], key: made['server-key.pem'] },
      serve: (request, response) => {
        request.on('error', () => response.destroy());
        request.on('end', () => response.end('whole')).resume();
      },
      upgrades: () => false,
    });
    const port = await listener.listen();
    const open = (): Socket =>
      made === undefined
        ? connect(port, '127.0.0.1')
        : connectTls({ port, host: '127.0.0.1', ca: made['ca.pem'], ALPNProtocols: ['http/1.1'] });
    const send = (bytes: string): Promise<string> => {
      const socket = open();
      socket.write(bytes);
      return untilLetGo(socket);
    };
    const [head, body, whole] = await Promise.all([
      send('POST /v1/getinfo HTTP/1.1\r\nhost: x\r\nru'),
      send('POST /v1/getinfo HTTP/1.1\r\nhost: x\r\ncontent-length: 10\r\n\r\n12345'),
      send('POST /v1/getinfo HTTP/1.1\r\nhost: x\r\nconnection: close\r\ncontent-length: 5\r\n\r\n12345'),
    ]);
    assert.match(head, /^HTTP\/1\.1 408 /);
    assert.match(body, /^HTTP\/1\.1 408 /);
    assert.match(whole, /^HTTP\/1\.1 200 /);
    if (protocol === 'http') assert.equal(await untilLetGo(open()), '', 'who says nothing');
    await listener.close();
    rmSync(dir, { recursive: true });
  });
}
