/** `till dashboard`: prints a link that opens the dashboard and signs its owner in, once. */
import { CallError, type Client, ConnectionError, connectToNode } from '../../api/client/index.ts';
import { loadConfig } from '../config/config.ts';
import { EXIT } from '../config/exit-codes.ts';
import { ConfigError } from '../config/option.ts';
import { ownHelp } from './own-commands.ts';

/** Prints the link; resolves with the exit code. */
export async function openDashboard(args: readonly string[]): Promise<number> {
  if (args.includes('--help') || args.includes('-h')) {
    process.stdout.write(ownHelp('dashboard'));
    return EXIT.ok;
  }
  const user = args.find((argument) => argument.startsWith('--user='))?.slice('--user='.length);
  let client: Client | undefined;
  try {
    const config = loadConfig(args.filter((argument) => !argument.startsWith('--user=')));
    client = await connectToNode(config.rpc_file);
    const { url, counter_url, user: name, role } = await client.call('createlogin', user === undefined ? {} : { user });
    if (url === undefined) {
      throw new ConfigError('this node serves no dashboard: start it with --dashboard-bind=127.0.0.1:3011');
    }
    process.stdout.write(`${url}\n`);
    process.stderr.write(`\nThe link signs ${name} (${role}) in, once, within ten minutes. Show it to nobody else.\n`);
    if (counter_url !== undefined) {
      process.stderr.write(`To open the counter with it instead: ${counter_url}\n`);
    }
    return EXIT.ok;
  } catch (error) {
    if (!(error instanceof ConfigError || error instanceof ConnectionError || error instanceof CallError)) throw error;
    process.stderr.write(`till: ${error.message}\n`);
    if (error instanceof CallError) return EXIT.error;
    return error instanceof ConfigError ? EXIT.usage : EXIT.unreachable;
  } finally {
    client?.close();
  }
}
