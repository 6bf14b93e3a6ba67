/**
 * Takes what a webhook of Till sends, and tells of every paid invoice once: `node examples/webhook-receiver.ts SECRET`.
 * It needs no library: an HMAC and a comparison. Libraries of Standard Webhooks do the same in other languages.
 */
import { createHmac, timingSafeEqual } from 'node:crypto';
import { createServer, type IncomingHttpHeaders } from 'node:http';
import type { AddressInfo } from 'node:net';

const [secret] = process.argv.slice(2);
if (secret === undefined) throw new Error('usage: webhook-receiver.ts SECRET');
const key = Buffer.from(secret.replace('whsec_', ''), 'base64');
/** Seconds: an older message may be a copy that somebody sends again. */
const TOLERANCE = 300;

/** Whether the sender knows the secret. While it is replaced there are two signatures, and one suffices. */
function isGenuine(headers: IncomingHttpHeaders, body: string): boolean {
  const { 'webhook-id': id, 'webhook-timestamp': timestamp, 'webhook-signature': signatures } = headers;
  if (typeof signatures !== 'string' || Math.abs(Date.now() / 1000 - Number(timestamp)) > TOLERANCE) return false;
  const expected = createHmac('sha256', key).update(`${id}.${timestamp}.${body}`).digest();
  return signatures.split(' ').some((signature) => {
    const given = Buffer.from(signature.replace('v1,', ''), 'base64');
    return given.length === expected.length && timingSafeEqual(given, expected);
  });
}

/** The messages that were handled. A shop keeps these ids beside its orders, in the same transaction. */
const handled = new Set<string>();

const server = createServer(async (request, response) => {
  let body = '';
  for await (const chunk of request.setEncoding('utf8')) body += chunk;
  if (!isGenuine(request.headers, body)) return void response.writeHead(401).end();
  const id = request.headers['webhook-id'] as string;
  if (!handled.has(id)) {
    const { type, label, data } = JSON.parse(body) as { type: string; label?: string; data: Record<string, unknown> };
    if (type === 'invoice.paid') console.log(`${label} is paid: ${data.amount_received_msat} msat`);
    else console.log(type);
    handled.add(id);
  }
  // Only now: what is not answered with 2xx comes again.
  response.writeHead(204).end();
});
server.listen(0, '127.0.0.1', () => console.log(`http://127.0.0.1:${(server.address() as AddressInfo).port}/`));
