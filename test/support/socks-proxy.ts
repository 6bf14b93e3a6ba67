/** A SOCKS5 proxy for tests, such as Tor would be. */
import { connect, createServer, type Socket } from 'node:net';
import type { TestContext } from 'node:test';

/** A SOCKS5 proxy that takes everyone to one port of this machine, or refuses; it keeps the names it was asked for. */
export async function openProxy(t: TestContext, port: number | 'refuse') {
  const asked: string[] = [];
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket.on('error', () => {}));
    socket.once('data', () => {
      socket.write(Buffer.of(5, 0));
      socket.once('data', (request: Buffer) => {
        asked.push(request.subarray(5, 5 + (request[4] as number)).toString());
        const code = port === 'refuse' ? 5 : 0;
        socket.write(Buffer.of(5, code, 0, 1, 0, 0, 0, 0, 0, 0));
        if (port === 'refuse') return;
        const onward = connect(port, '127.0.0.1');
        sockets.add(onward.on('error', () => {}));
        socket.pipe(onward).pipe(socket);
      });
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  t.after(() => {
    for (const socket of sockets) socket.destroy();
    server.close();
  });
  return { asked, port: (server.address() as { port: number }).port };
}
