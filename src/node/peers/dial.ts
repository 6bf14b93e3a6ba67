/** Opens a connection to an address: directly, or through a SOCKS5 proxy. */
import { connect, type Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { connectThroughProxy, ProxyError } from '../../base/socks5.ts';
import { isOnion, type NetAddress } from './net-address.ts';

/** Gives a stream to the address. Rejects when there is none; `signal` ends the attempt. */
export type Dial = (address: NetAddress, signal: AbortSignal) => Promise<Duplex>;

/** A proxy, and whether everything goes through it or only what nothing else can reach. */
export interface ProxyOptions {
  readonly address: NetAddress;
  readonly always: boolean;
}

/** The machine's own network. */
export function netDial(proxy?: ProxyOptions): Dial {
  return async (address, signal) => {
    if (proxy !== undefined && (proxy.always || isOnion(address))) {
      const socket = await openSocket(proxy.address, signal);
      const abort = (): void => void socket.destroy();
      signal.addEventListener('abort', abort, { once: true });
      try {
        await connectThroughProxy(socket, address);
        return socket;
      } catch (error) {
        socket.destroy();
        throw error;
      } finally {
        signal.removeEventListener('abort', abort);
      }
    }
    if (isOnion(address)) throw new ProxyError('an onion service can only be reached through a proxy');
    return openSocket(address, signal);
  };
}

function openSocket({ host, port }: NetAddress, signal: AbortSignal): Promise<Socket> {
  return new Promise((resolve, reject) => {
    // Messages are written whole: waiting to fill a packet would only add its 40 ms.
    const socket = connect({ host, port, noDelay: true });
    const abort = (): void => void socket.destroy(new Error('the attempt to connect was cancelled'));
    const failed = (error: Error): void => {
      signal.removeEventListener('abort', abort);
      reject(error);
    };
    socket.once('error', failed);
    socket.once('connect', () => {
      signal.removeEventListener('abort', abort);
      socket.off('error', failed);
      resolve(socket);
    });
    if (signal.aborted) abort();
    else signal.addEventListener('abort', abort, { once: true });
  });
}
