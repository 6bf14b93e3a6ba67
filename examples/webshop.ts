/**
 * A web shop with one thing to sell: `node examples/webshop.ts SOCKET [PORT]`. A program elsewhere imports from
 * 'lightning-till/client'. When the node restarts, the shop goes on: the client connects again, and repeats what may be
 * repeated. Only a node that is away for half a minute is answered with 503.
 *
 *   POST /orders/ORDER    makes the invoice of this order, or answers it again: {"bolt11": ...}
 *   GET  /orders/ORDER    answers once the order is paid (402 when its time is over): {"paid": true, "msat": ...}
 */
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { CallError, connectToNode } from '../src/api/client/index.ts';

const [socket, port = '0'] = process.argv.slice(2);
if (socket === undefined) throw new Error('usage: webshop.ts SOCKET [PORT]');
const node = await connectToNode(socket);

/** What the node says, by its error's number. */
const HTTP_STATUS: Readonly<Record<number, number>> = { [-32602]: 400, [-1]: 404, 900: 409, 903: 402 };

async function answer(request: IncomingMessage, response: ServerResponse): Promise<object | undefined> {
  const order = /^\/orders\/([\w-]{1,40})$/.exec(request.url ?? '')?.[1];
  if (order === undefined) return undefined;
  const label = `order-${order}`;
  if (request.method === 'POST') {
    // The order is the label, so asking twice never makes two invoices.
    const { bolt11 } = await node.call('invoice', {
      amount_msat: '250sat',
      label,
      description: `Order ${order}: 1 cup of coffee`,
      idempotent: true,
    });
    return { bolt11 };
  }
  // A customer who closes the page ends the wait; the payment counts all the same.
  const gone = new AbortController();
  response.once('close', () => gone.abort());
  const { amount_received_msat } = await node.call('waitinvoice', { label }, { signal: gone.signal });
  return { paid: true, msat: amount_received_msat };
}

const server = createServer(async (request, response) => {
  const reply = (status: number, body: object): void => {
    response.writeHead(status, { 'content-type': 'application/json' }).end(`${JSON.stringify(body)}\n`);
  };
  try {
    const body = await answer(request, response);
    reply(body === undefined ? 404 : 200, body ?? { error: 'there is POST or GET /orders/ORDER' });
  } catch (error) {
    if (response.destroyed) return;
    if (error instanceof CallError) reply(HTTP_STATUS[error.code] ?? 502, { error: error.message });
    else reply(503, { error: 'the node does not answer' });
  }
});
server.listen(Number(port), '127.0.0.1', () => {
  console.log(`the shop is at http://127.0.0.1:${(server.address() as AddressInfo).port}`);
});
