/**
 * Where the web process begins. It has a pair of sockets to the node as its fourth file (descriptor 3), and nothing else: no
 * key, no file, no program. Where Node can, it also gives up the right to read files, once its own code is loaded.
 */
import { Socket } from 'node:net';
import { runWeb } from './web.ts';

/** Node's permission model, where it is in force. Dropping came later than the model. */
const { permission } = process as unknown as {
  permission?: { has(scope: string): boolean; drop?(scope: string): void };
};

const RIGHTS = [
  ['fs.read', 'reads files'],
  ['fs.write', 'writes files'],
  ['child', 'starts programs'],
] as const;

runWeb({
  socket: new Socket({ fd: 3, readable: true, writable: true }),
  onLoaded() {
    if (permission?.has('fs.read') === true) permission.drop?.('fs.read');
  },
  rights: () => RIGHTS.filter(([scope]) => permission?.has(scope) !== false).map(([, right]) => right),
  onEnd: () => process.exit(0),
});

// The terminal's Ctrl-C reaches this process as well; it ends when the node says so, or is gone.
process.on('SIGINT', () => {});
process.on('SIGTERM', () => {});
