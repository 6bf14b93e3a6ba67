/**
 * The server for local clients: JSON-RPC 2.0 on a Unix socket, as lightning-cli and Core Lightning's client libraries
 * speak it. No logic is here; dispatch knows the commands.
 */
import { chmodSync, lstatSync } from 'node:fs';
import { createServer, type Server } from 'node:net';
import { Connection, type ConnectionHost } from './connection.ts';

/** The system's sockaddr_un holds so many bytes of a path. */
export const LONGEST_PATH_BYTES = process.platform === 'linux' ? 107 : 103;

/** How often we look whether the socket's file is still there: somebody may have cleaned up its directory. */
const LOOK_MS = 5000;

/** How long clients have to take their last replies when the node stops. */
const FAREWELL_MS = 2000;

export interface UnixSocketOptions extends ConnectionHost {
  /** Where the socket is made. Nothing may be there: removing a stale one is for whoever holds the directory's lock. */
  readonly path: string;
  /** The file mode of the socket: who may connect. */
  readonly mode?: number;
  /** Called when the socket's file was gone and is there again, or could not be made again. */
  readonly onRestored?: (problem: string | undefined) => void;
}

/** A running server. */
export interface UnixSocketServer {
  readonly path: string;
  /** Takes no more clients, ends all waits, lets replies go out for up to two seconds, and hangs up. */
  close(): Promise<void>;
}

/** Listens. Rejects with the system's error (EADDRINUSE where something is at the path), or RangeError for a path too long. */
export async function serveUnixSocket(options: UnixSocketOptions): Promise<UnixSocketServer> {
  const { path, mode = 0o600 } = options;
  if (Buffer.byteLength(path) > LONGEST_PATH_BYTES) {
    throw new RangeError(
      `the path of the socket has ${Buffer.byteLength(path)} bytes, and this system takes ${LONGEST_PATH_BYTES} at most: choose a ` +
        `shorter --lightning-dir, or give a shorter path with --rpc-file (${path})`,
    );
  }
  const connections = new Set<Connection>();
  const open = async (): Promise<Server> => {
    const server = createServer({ allowHalfOpen: true, noDelay: true }, (socket) => {
      const connection = new Connection(socket, options);
      connections.add(connection);
      socket.once('close', () => connections.delete(connection));
    });
    await listen(server, path);
    if (mode !== 0o600) chmodSync(path, mode);
    return server;
  };
  let server: Server | undefined = await open();
  /** Of servers that take no more clients: each resolves when its clients have gone. */
  const farewells: Promise<void>[] = [];
  const retire = (): void => {
    const gone = server;
    server = undefined;
    if (gone !== undefined) farewells.push(new Promise((resolve) => gone.close(() => resolve())));
  };
  let is_closing = false;
  let restoring: Promise<void> = Promise.resolve();
  let problem: string | undefined;
  /** Clients that are connected stay so: only the name for new ones is gone. */
  const restore = async (): Promise<void> => {
    if (is_closing || lstatSync(path, { throwIfNoEntry: false }) !== undefined) return;
    try {
      // First: closing a server removes the file of its name, whoever made it.
      retire();
      server = await open();
      problem = undefined;
      options.onRestored?.(undefined);
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error);
      if (reason !== problem) options.onRestored?.(reason);
      problem = reason;
    }
  };
  let stopLooking = (): void => {};
  const look = (): void => {
    stopLooking = options.clock.after(LOOK_MS, () => {
      restoring = restore().finally(() => {
        if (!is_closing) look();
      });
    });
  };
  look();
  return {
    path,
    async close() {
      is_closing = true;
      stopLooking();
      const stopWaiting = options.clock.after(FAREWELL_MS, () => {
        for (const connection of connections) connection.destroy();
      });
      retire();
      for (const connection of connections) connection.stop();
      // One that was being made again at this moment.
      await restoring;
      retire();
      for (const connection of connections) connection.stop();
      await Promise.all(farewells);
      stopWaiting();
    },
  };
}

function listen(server: Server, path: string): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    // The socket is made within this call, and must not be wider for an instant than it shall be: so the mask first.
    const mask = process.umask(0o177);
    try {
      server.listen({ path, backlog: 1024 }, () => {
        server.off('error', reject);
        resolve();
      });
    } finally {
      process.umask(mask);
    }
  });
}
