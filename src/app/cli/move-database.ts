/** `till move-database`: a stopped node's database goes from its file to a server, or back. */
import { join } from 'node:path';
import { StoreFailure } from '../../infra/store/failure.ts';
import { DATABASE_FILE } from '../../infra/store/file-name.ts';
import { isPostgresDsn } from '../../infra/store/postgres/target.ts';
import { type Config, loadConfig } from '../config/config.ts';
import { EXIT } from '../config/exit-codes.ts';
import { ConfigError } from '../config/option.ts';
import { ownHelp } from './own-commands.ts';

/** Moves the database; answers the exit code. */
export async function moveDatabase(args: readonly string[]): Promise<number> {
  if (args.includes('--help') || args.includes('-h')) {
    process.stdout.write(ownHelp('move-database'));
    return EXIT.ok;
  }
  const ends = new Map<string, string>();
  const rest: string[] = [];
  for (const argument of args) {
    const [, name, value] = /^--(from|to)=(.*)$/s.exec(argument) ?? [];
    if (name !== undefined && value !== undefined) ends.set(name, value);
    else rest.push(argument);
  }
  try {
    const config = loadConfig(rest);
    const from = ends.get('from') ?? '';
    const to = ends.get('to') ?? '';
    const isToServer = isPostgresDsn(to);
    if (isToServer === isPostgresDsn(from) || !isOwnFile(isToServer ? from : to, config)) {
      throw new ConfigError(
        `one of --from and --to is postgres://USER@HOST:PORT/DATABASE, and the other is sqlite3://${fileOf(config)}`,
      );
    }
    return await move(config, isToServer ? to : from, isToServer);
  } catch (error) {
    if (!(error instanceof ConfigError || error instanceof StoreFailure)) throw error;
    process.stderr.write(`till: ${error.message}\n`);
    return error instanceof ConfigError ? EXIT.usage : EXIT.error;
  }
}

function fileOf({ network_dir }: Config): string {
  return join(network_dir, DATABASE_FILE);
}

/** The file has one place; it need not be spelled out. */
function isOwnFile(text: string, config: Config): boolean {
  return text === 'sqlite3://' || text === `sqlite3://${fileOf(config)}`;
}

async function move(config: Config, dsn: string, isToServer: boolean): Promise<number> {
  // The driver is loaded by those who have a server.
  const { moveToFile, moveToServer } = await import('../daemon/move-database.ts');
  const { targetOf } = await import('../daemon/open-server.ts');
  const options = {
    directory: config.network_dir,
    target: targetOf(config, dsn),
    say: (what: string) => process.stderr.write(`${what} ...\n`),
  };
  const { tables, rows } = await (isToServer ? moveToServer : moveToFile)(options);
  const next = isToServer
    ? 'start the node with --wallet=DSN from now on'
    : 'start the node without --wallet from now on';
  process.stdout.write(`moved ${rows} rows of ${tables} tables, and compared each: ${next}\n`);
  return EXIT.ok;
}
