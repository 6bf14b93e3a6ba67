/**
 * What a Socket.IO client says before it has joined, or of a namespace that there is not, is passed over, as Core Lightning
 * does. The package socket.io would end the connection.
 */
import type { EventEmitter } from 'node:events';

/** The kind of a packet, the count of its parts where it is binary, and its namespace, `/` where there is none. */
const PACKET = /^([0-6])(?:\d+-)?(\/[^,]*)?/;
/** The kind that asks to join a namespace, which is answered in any case. */
const CONNECT = '0';

/** Stands between a connection and those who hear its data by now. `hasJoined`: whether it has joined the namespace `/`. */
export function passOverEarlyPackets(connection: EventEmitter, hasJoined: () => boolean): void {
  const takers = connection.listeners('data');
  connection.removeAllListeners('data');
  let takes = true;
  connection.on('data', (data: unknown) => {
    // The parts of a binary packet follow it, and go the same way.
    if (typeof data === 'string') takes = isForUs(data, hasJoined);
    if (takes) for (const take of takers) take(data);
  });
}

/** What is no packet at all is for socket.io to refuse. */
function isForUs(text: string, hasJoined: () => boolean): boolean {
  const packet = PACKET.exec(text);
  if (packet === null) return true;
  const [, kind, namespace = '/'] = packet;
  return kind === CONNECT || (namespace === '/' && hasJoined());
}
