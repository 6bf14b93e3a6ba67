/**
 * A shop's own program that takes webhooks, as a process that is made to be killed: each message is a line of a file
 * before it is answered. With a seed it is moody: what it sees for the first time it sometimes refuses or hangs up on.
 * Arguments: the port, the file, and the seed if it is moody.
 */
import { closeSync, existsSync, openSync, readFileSync, writeSync } from 'node:fs';
import { createServer } from 'node:http';
import { Random } from '../sim/random.ts';
import { type KeptMessage, keptMessages } from './killable-receiver.ts';

const [port, file, seed] = process.argv.slice(2) as [string, string, string?];
const random = seed === undefined ? undefined : new Random(Number(seed));
const seen = new Set(existsSync(file) ? keptMessages(file).map(({ headers }) => headers['webhook-id']) : []);
const lines = openSync(file, 'a');
// A run before that was killed may have left half a line.
if (existsSync(file) && !/(^|\n)$/.test(readFileSync(file, 'utf8'))) writeSync(lines, '\n');

const server = createServer(async (request, response) => {
  const chunks: Buffer[] = [];
  try {
    for await (const chunk of request) chunks.push(chunk as Buffer);
  } catch {
    // The sender was killed in the middle of it.
    return;
  }
  const kept: KeptMessage = {
    headers: request.headers as Record<string, string>,
    body: Buffer.concat(chunks).toString(),
  };
  writeSync(lines, `${JSON.stringify(kept)}\n`);
  const message_id = kept.headers['webhook-id'] as string;
  const mood = seen.has(message_id) ? 0 : (random?.below(6) ?? 0);
  seen.add(message_id);
  if (mood === 4) response.writeHead(500).end();
  else if (mood === 5) response.socket?.destroy();
  else response.writeHead(204).end();
});
server.listen(Number(port), '127.0.0.1', () => process.send?.('ready'));
process.on('disconnect', () => {
  closeSync(lines);
  process.exit(0);
});
