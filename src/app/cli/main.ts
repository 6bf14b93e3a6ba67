/**
 * What `till` does with its arguments: runs a node (`start`, `sandbox`), shows what is in a directory (`seed`), or is a
 * thin client of a node's socket (everything else). Modules are loaded when they are needed: a client starts fast.
 */
import { EXIT } from '../config/exit-codes.ts';

export async function main(args: readonly string[]): Promise<number> {
  const [first, ...rest] = args;
  switch (first) {
    case 'start':
      return (await import('./start.ts')).start(rest);
    case 'sandbox':
      if (rest.includes('--help') || rest.includes('-h')) {
        process.stdout.write((await import('./own-commands.ts')).ownHelp('sandbox'));
        return EXIT.ok;
      }
      return (await import('../sandbox/sandbox.ts')).sandbox(rest);
    case 'seed':
      return (await import('./seed.ts')).showSeed(rest);
    case 'move-database':
      return (await import('./move-database.ts')).moveDatabase(rest);
    case 'connect-wallet':
      return (await import('./connect-wallet.ts')).connectWallet(rest);
    case 'dashboard':
      return (await import('./dashboard.ts')).openDashboard(rest);
    case 'completion':
      return (await import('./completion.ts')).printCompletion(rest);
    case undefined:
      process.stdout.write((await import('./usage.ts')).usage());
      return EXIT.usage;
    default:
      return (await import('./client.ts')).runClient(args);
  }
}
