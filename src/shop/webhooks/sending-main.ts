/**
 * Where the process that sends webhooks begins. It has a pair of sockets to the node as its fourth file (descriptor 3), and
 * nothing else: no key, no file, no program. What receivers answer is parsed here.
 */
import { Socket } from 'node:net';
import { dropFiles } from '../../base/bare-process.ts';
import { systemClock } from '../../base/types/clock.ts';
import { AddressGuard } from './address-guard.ts';
import { HttpSender } from './http-sender.ts';
import { lineOf, onValues } from './json-lines.ts';
import type { FromSender, ToSender } from './sending-process.ts';

const socket = new Socket({ fd: 3, readable: true, writable: true });
const under_way = new Map<number, AbortController>();
let sender: HttpSender | undefined;

function tell(message: FromSender): void {
  socket.write(lineOf(message));
}

onValues<ToSender>(socket, (message) => {
  if (message.kind === 'settings') {
    const { allowed, proxy, user_agent } = message;
    const guard = new AddressGuard({ allowed: new Set(allowed) });
    sender = new HttpSender({ clock: systemClock, guard, proxy, user_agent });
    dropFiles();
  } else if (message.kind === 'cancel') {
    under_way.get(message.number)?.abort();
  } else {
    const { number } = message;
    const abort = new AbortController();
    under_way.set(number, abort);
    void sender?.send(message.message, abort.signal).then((outcome) => {
      under_way.delete(number);
      tell({ number, outcome });
    });
  }
});
// The node is gone, or needs it no more.
socket.on('close', () => process.exit(0));
socket.on('error', () => {});

// The terminal's Ctrl-C reaches this process as well; it ends when the node does.
process.on('SIGINT', () => {});
process.on('SIGTERM', () => {});
