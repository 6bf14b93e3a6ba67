/** Opens a connection of the driver to the first of a target's addresses that will do. */
import { Client, type Connection } from 'pg';
import { StoreFailure } from '../failure.ts';
import { ConnectionLost, describeServerFailure, ServerError } from './failure.ts';
import type { DriverError } from './packet.ts';
import { passwordFor } from './password.ts';
import type { PostgresTarget, ServerAddress } from './target.ts';
import { hasNoTls, tlsOptions } from './tls.ts';

/** Longer than a server of the same country takes, however busy it is. */
const CONNECT_MS = 3_000;
/** How soon the system asks whether a silent peer is still there. */
const KEEPALIVE_MS = 5_000;

/** A client of the driver that is connected, with what its types leave out. */
export type OpenClient = Client & {
  /** The process of the server that serves it. */
  readonly processID: number;
  readonly connection: Connection;
};

/** An error of the driver as one of ours. */
export function typedError(error: DriverError, statement = 0): ServerError | ConnectionLost {
  // The socket's own errors have codes too, such as ECONNRESET.
  if (error.severity === undefined || error.code === undefined) return new ConnectionLost(error.message);
  // What a value was is nobody's business, and these messages quote it.
  const message = error.code.startsWith('22') ? 'a value that its column cannot hold' : error.message;
  return new ServerError(error.code, message, statement);
}

/**
 * Connects to one address. `onLost` is called when the connection ends later, by itself. Rejects with ServerError,
 * ConnectionLost, or StoreFailure where the password is missing.
 */
export async function connectTo(
  target: PostgresTarget,
  address: ServerAddress,
  onLost: (error: Error) => void,
): Promise<OpenClient> {
  const tls = tlsOptions(target);
  try {
    return await open(target, address, tls, onLost);
  } catch (error) {
    if (target.sslmode !== 'prefer' || tls === false || !hasNoTls(error)) throw error;
    return await open(target, address, false, onLost);
  }
}

async function open(
  target: PostgresTarget,
  { host, port }: ServerAddress,
  ssl: ReturnType<typeof tlsOptions>,
  onLost: (error: Error) => void,
): Promise<OpenClient> {
  let missing: StoreFailure | undefined;
  const client = new Client({
    host,
    port,
    user: target.user,
    database: target.database,
    password: () => {
      const password = passwordFor(target, { host, port });
      if (password !== undefined) return password.reveal();
      missing = new StoreFailure(
        `database ${target.name}: the server asks for a password: give it in wallet-password-file or PGPASSFILE`,
      );
      throw missing;
    },
    ssl,
    keepAlive: true,
    keepAliveInitialDelayMillis: KEEPALIVE_MS,
    connectionTimeoutMillis: CONNECT_MS,
    ...(target.options === undefined ? {} : { options: target.options }),
  });
  client.on('error', onLost);
  try {
    await client.connect();
    return client as OpenClient;
  } catch (error) {
    (client as OpenClient).connection.stream.destroy();
    throw missing ?? typedError(error as DriverError);
  }
}

/** Tries the addresses one after the other. Rejects with what the last one said, or with StoreFailure for several. */
export async function firstThatWill<T>(
  target: PostgresTarget,
  attempt: (address: ServerAddress) => Promise<T>,
): Promise<T> {
  const said: string[] = [];
  for (const address of target.addresses) {
    try {
      return await attempt(address);
    } catch (error) {
      if (target.addresses.length === 1) throw error;
      said.push(`${address.host}:${address.port}: ${describeServerFailure(error, target.name).message}`);
    }
  }
  throw new ConnectionLost(`no server of ${target.name} takes writes: ${said.join('; ')}`);
}
