/** Where the password for a server comes from when the DSN has none: a file of Till's, or what libpq knows. */
import { readFileSync, statSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { Secret } from '../../../base/types/secret.ts';
import { StoreFailure } from '../failure.ts';
import type { PostgresTarget, ServerAddress } from './target.ts';

/** The first line of a file. Throws StoreFailure when it cannot be read. */
export function readPasswordFile(file: string): Secret<string> {
  try {
    return new Secret(readFileSync(file, 'utf8').replace(/\r?\n[\s\S]*$/, ''));
  } catch (error) {
    throw new StoreFailure(`wallet-password-file: ${error instanceof Error ? error.message : String(error)}`);
  }
}

/**
 * The password for one address: the target's, else the environment's (PGPASSWORD), else the first line that fits of
 * PGPASSFILE or ~/.pgpass. Undefined where there is none: the server may ask for none.
 */
export function passwordFor(
  target: PostgresTarget,
  address: ServerAddress,
  env: NodeJS.ProcessEnv = process.env,
): Secret<string> | undefined {
  if (target.password !== undefined) return target.password;
  if (env.PGPASSWORD !== undefined) return new Secret(env.PGPASSWORD);
  const wanted = [address.host, String(address.port), target.database, target.user];
  for (const line of passFileLines(env)) {
    const fields = line.split(/(?<!\\):/).map((field) => field.replaceAll(/\\(.)/g, '$1'));
    if (fields.length === 5 && wanted.every((word, index) => fields[index] === '*' || fields[index] === word)) {
      return new Secret(fields[4] as string);
    }
  }
  return undefined;
}

/** As libpq, what others may read is not believed. */
function passFileLines(env: NodeJS.ProcessEnv): readonly string[] {
  const file = env.PGPASSFILE ?? join(homedir(), '.pgpass');
  try {
    if ((statSync(file).mode & 0o077) !== 0) return [];
    return readFileSync(file, 'utf8')
      .split(/\r?\n/)
      .filter((line) => line !== '' && !line.startsWith('#'));
  } catch {
    // Most have none.
    return [];
  }
}
