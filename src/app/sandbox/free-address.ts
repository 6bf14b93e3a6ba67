/** An address of this machine at which nobody listens. */
import { createServer } from 'node:net';

const HOST = '127.0.0.1';

/** ADDR:PORT with this port when it is free, else with port 0: any that is. */
export function freeAddress(port: number): Promise<string> {
  return new Promise((resolve) => {
    const probe = createServer();
    probe.once('error', () => resolve(`${HOST}:0`));
    probe.listen({ host: HOST, port }, () => probe.close(() => resolve(`${HOST}:${port}`)));
  });
}
