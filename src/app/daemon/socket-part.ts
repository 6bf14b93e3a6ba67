/** The Unix socket for commands, as a part that is started and stopped. */
import { rmSync } from 'node:fs';
import { serveUnixSocket, type UnixSocketOptions, type UnixSocketServer } from '../../api/server/unix-socket.ts';
import type { Log } from '../../base/log.ts';
import type { Clock } from '../../base/types/clock.ts';
import type { Config } from '../config/config.ts';
import type { Part } from './lifecycle.ts';

/** The lock of the node's directory must be held: a socket that lies there is then a dead node's. */
export function socketPart({
  config,
  log,
  clock,
  dispatcher,
}: {
  readonly config: Pick<Config, 'rpc_file' | 'values'>;
  readonly log: Log;
  readonly clock: Clock;
  readonly dispatcher: UnixSocketOptions['dispatcher'];
}): Part {
  let server: UnixSocketServer | undefined;
  return {
    name: 'Unix socket',
    async start() {
      rmSync(config.rpc_file, { force: true });
      server = await serveUnixSocket({
        path: config.rpc_file,
        mode: Number.parseInt(config.values['rpc-file-mode'], 8),
        dispatcher,
        clock,
        onRestored: (problem) =>
          problem === undefined
            ? log.warn(`the socket ${config.rpc_file} was deleted by somebody else, and is there again`)
            : log.error(
                `the socket ${config.rpc_file} was deleted by somebody else, and cannot be made again: ${problem}`,
              ),
        onUnexpected: (error, method) =>
          log.error(`${method}: ${error instanceof Error ? error.message : String(error)}`),
      });
    },
    async stop() {
      await server?.close();
      rmSync(config.rpc_file, { force: true });
    },
  };
}
