/**
 * Copies the database of a running node and keeps the last seven copies: `node examples/backup.ts SOCKET DIRECTORY`, from
 * cron for example. The static backup of the channels goes beside them, for a machine somewhere else.
 */
import { mkdirSync, readdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { connectToNode } from '../src/api/client/index.ts';

const KEPT = 7;
const [socket, directory] = process.argv.slice(2);
if (socket === undefined || directory === undefined) throw new Error('usage: backup.ts SOCKET DIRECTORY');

mkdirSync(directory, { recursive: true, mode: 0o700 });
const node = await connectToNode(socket);
const destination = resolve(directory, `till-${new Date().toISOString().replaceAll(':', '-')}.sqlite3`);
const { size_bytes } = await node.call('backup', { destination });
const { scb } = await node.call('staticbackup');
node.close();

writeFileSync(join(directory, 'channels.json.new'), JSON.stringify({ scb }), { mode: 0o600 });
renameSync(join(directory, 'channels.json.new'), join(directory, 'channels.json'));
const copies = readdirSync(directory).filter((name) => /^till-.*\.sqlite3$/.test(name));
for (const old of copies.sort().slice(0, -KEPT)) rmSync(join(directory, old));
console.log(`${destination}: ${size_bytes} bytes, ${scb.length} channel(s)`);
