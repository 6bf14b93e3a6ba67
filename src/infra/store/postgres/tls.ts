/** How a connection is protected: libpq's modes in the words of Node. */
import { readFileSync } from 'node:fs';
import type { ConnectionOptions } from 'node:tls';
import { StoreFailure } from '../failure.ts';
import { isLocal, type PostgresTarget } from './target.ts';

/** The options of TLS; false where it is not asked for. Throws StoreFailure when a file cannot be read. */
export function tlsOptions(target: PostgresTarget): ConnectionOptions | false {
  const { sslmode, sslrootcert, sslcert, sslkey } = target;
  if (sslmode === 'disable') return false;
  const ca = sslrootcert === undefined || sslrootcert === 'system' ? undefined : readOwn('sslrootcert', sslrootcert);
  // As in libpq, a certificate to prove the server by is used when there is one.
  const isProven = sslmode === 'verify-full' || sslmode === 'verify-ca' || (sslmode === 'require' && ca !== undefined);
  return {
    rejectUnauthorized: isProven,
    ...(ca === undefined ? {} : { ca }),
    ...(sslcert === undefined ? {} : { cert: readOwn('sslcert', sslcert) }),
    ...(sslkey === undefined ? {} : { key: readOwn('sslkey', sslkey) }),
    ...(sslmode === 'verify-full' ? {} : { checkServerIdentity: () => undefined }),
  };
}

/** What the operator should know of a connection that others can listen to; undefined when nobody can. */
export function openLine({ sslmode, addresses }: PostgresTarget): string | undefined {
  const far = addresses.find(({ host }) => !isLocal(host));
  if (sslmode !== 'disable' || far === undefined) return undefined;
  return `what goes to the database on ${far.host} is not encrypted (sslmode=disable): whoever is between reads preimages`;
}

/** The server has no TLS; with `prefer` it is then spoken to without. */
export function hasNoTls(error: unknown): boolean {
  return error instanceof Error && error.message === 'The server does not support SSL connections';
}

function readOwn(parameter: string, file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch (error) {
    throw new StoreFailure(`wallet: ${parameter}: ${error instanceof Error ? error.message : String(error)}`);
  }
}
