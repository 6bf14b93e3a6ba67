/** `till start`: runs a node until it is told to stop. */
import { rmSync, writeFileSync } from 'node:fs';
import { type Config, checkTogether, loadConfig } from '../config/config.ts';
import { ConfigError } from '../config/option.ts';
import { Daemon } from '../daemon/daemon.ts';
import { wasShown } from '../keys/seed-file.ts';
import { complain, type Log, LogFileError, type LogLevel, openLog } from '../log.ts';
import { goToBackground, isBackground, tellStarter } from './background.ts';
import { EXIT } from './exit-codes.ts';
import { startUsage } from './usage.ts';

/** Runs a node; resolves with the exit code when it has ended, or has gone to the background. */
export async function start(args: readonly string[]): Promise<number> {
  if (args.includes('--help') || args.includes('-h')) {
    process.stdout.write(startUsage());
    return EXIT.ok;
  }
  // What a node writes is for its owner alone: its database holds preimages.
  process.umask(0o077);
  try {
    const config = loadConfig(args);
    checkTogether(config);
    const { values } = config;
    const log = openLog({
      level: values['log-level'] as LogLevel,
      file: values['log-file'],
      now: () => new Date().toISOString(),
    });
    if (values.daemon && !isBackground()) return await goToBackground(args, config);
    return await run(config, log);
  } catch (error) {
    if (!(error instanceof ConfigError || error instanceof LogFileError)) throw error;
    process.stderr.write(`till: ${error.message}\n`);
    return EXIT.usage;
  }
}

/** Runs a node in this process; resolves with its exit code when it has ended. */
async function run(config: Config, log: Log): Promise<number> {
  const { values } = config;
  const fail = (message: string): void => {
    if (values['log-file'] !== undefined) log.error(message);
    if (!isBackground()) complain(`till: ${message}\n`);
  };
  const asked = Promise.withResolvers<void>();
  let daemon: Daemon | undefined;
  try {
    daemon = await Daemon.start({
      config,
      log,
      onFatal(message) {
        // Nothing may be said or done from here on: memory is ahead of the disk.
        fail(message);
        process.exit(EXIT.error);
      },
      onStop: asked.resolve,
    });
    if (values['pid-file'] !== undefined) writeFileSync(values['pid-file'], `${process.pid}\n`);
  } catch (error) {
    await daemon?.stop();
    const message = error instanceof Error ? error.message : String(error);
    fail(message);
    tellStarter({ failed: message });
    return EXIT.error;
  }
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.once(signal, () => asked.resolve());
  if (!wasShown(config.network_dir)) log.warn('the seed is on no paper yet: till seed shows it, once');
  tellStarter('up');
  await asked.promise;
  await daemon.stop();
  if (values['pid-file'] !== undefined) rmSync(values['pid-file'], { force: true });
  return EXIT.ok;
}
