/**
 * A server that answers every request without looking at it, in a process of its own: what a flood costs when nobody
 * works on it. Says its port, and ends with its parent.
 */
import { type AddressInfo, createServer } from 'node:net';

const ANSWER = 'HTTP/1.1 403 Forbidden\r\ncontent-length: 0\r\n\r\n';

const server = createServer((socket) => {
  // The flooder sends a request when it has the answer to the one before, so what comes at once is one request.
  socket.on('data', (chunk) => {
    if (chunk.includes('\r\n\r\n')) socket.write(ANSWER);
  });
  socket.on('error', () => socket.destroy());
});
process.on('disconnect', () => process.exit(0));
server.listen({ host: '127.0.0.1', port: 0, backlog: 1024 }, () => {
  process.send?.((server.address() as AddressInfo).port);
});
