/** One PostgreSQL for all test files that share it; a test file that is run alone starts its own. */
import { readFileSync } from 'node:fs';

/**
 * Starts the server where one of the files uses it, and names it to the processes that are started from then on.
 * @param files paths of test files
 * @param isStore whether whole nodes keep their rows there: they refuse a server that may lose what it has confirmed
 * @returns what stops it; undefined where it is not needed or no server can be had
 */
export async function startSharedServer(
  files: readonly string[],
  isStore: boolean,
): Promise<(() => Promise<void>) | undefined> {
  if (!isStore && !files.some((file) => readFileSync(file, 'utf8').includes('newSchema'))) return undefined;
  const { PostgresServer, postgresPrograms, SHARED_SERVER } = await import('../test/support/postgres.ts');
  if (postgresPrograms === undefined) return undefined;
  const server = await (isStore ? PostgresServer.start(['fsync=on']) : PostgresServer.start());
  process.env[SHARED_SERVER] = server.directory;
  return () => server.stop();
}
