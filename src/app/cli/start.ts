/** `till start`: runs a node until it is told to stop. */
import { once } from 'node:events';
import { rmSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { dirname } from 'node:path';
import { complain, type Log, LogFileError, type LogFormat, type LogLevel, openLog } from '../../base/log.ts';
import { LeaseLostError } from '../../infra/store/postgres/lease-row.ts';
import { isReminderDue } from '../../node/keys/seed-file.ts';
import { type Config, checkTogether, loadConfig } from '../config/config.ts';
import { EXIT } from '../config/exit-codes.ts';
import { ConfigError } from '../config/option.ts';
import { goToBackground, isBackground, leaveStarter, onStarterGone, tellStarter } from '../daemon/background.ts';
import { Daemon } from '../daemon/daemon.ts';
import { StoppedWaitingError } from '../daemon/stopped-waiting.ts';
import { ownHelp } from './own-commands.ts';

/** Runs a node; resolves with the exit code when it has ended, or has gone to the background. */
export async function start(args: readonly string[]): Promise<number> {
  if (args.includes('--help') || args.includes('-h')) {
    process.stdout.write(ownHelp('start'));
    return EXIT.ok;
  }
  // What a node writes is for its owner alone: its database holds preimages.
  process.umask(0o077);
  try {
    const config = loadConfig(args);
    checkTogether(config);
    const { values } = config;
    const log = openLog({
      get level() {
        return values['log-level'] as LogLevel;
      },
      format: values['log-format'] as LogFormat,
      file: config.log_file,
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
    if (config.log_file !== undefined) log.error(message);
    if (!isBackground()) complain(`till: ${message}\n`);
  };
  const asked = Promise.withResolvers<void>();
  // From the first moment on: a node that says it is up must not be killed by the signal that asks it to stop. One that
  // is still starting stops when it has, or while it waits for its source of blocks; the second signal ends it at once, as
  // it may at any moment.
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => asked.resolve());
  // To a node with a log file SIGHUP says, as to lightningd, that the file was moved away: the next line opens it again.
  process.on('SIGHUP', () => config.log_file === undefined && asked.resolve());
  const stopped = new AbortController();
  void asked.promise.then(() => stopped.abort());
  onStarterGone(() => asked.resolve());
  let has_handed_over = false;
  do {
    const handed = Promise.withResolvers<void>();
    let daemon: Daemon | undefined;
    try {
      await refuseForeignSocket(config);
      daemon = await Daemon.start({
        config,
        log,
        onFatal(message, error) {
          // Nothing may be said or done from here on: memory is ahead of the disk.
          fail(message);
          process.exit(error instanceof LeaseLostError ? EXIT.lease_lost : EXIT.error);
        },
        onStop: asked.resolve,
        onHandOver: handed.resolve,
        onStandby: () => void tellStarter({ up: { source: 'the database, as the standby' } }),
        has_handed_over,
        signal: stopped.signal,
      });
      if (values['pid-file'] !== undefined) writePidFile(values['pid-file']);
    } catch (error) {
      if (error instanceof StoppedWaitingError) break;
      await daemon?.stop();
      const message = error instanceof Error ? error.message : String(error);
      fail(message);
      await tellStarter({ failed: message });
      // A start that failed half-way may have left something that listens: there is nothing to wait for.
      process.exit(EXIT.error);
    }
    if (isReminderDue(config.network_dir, Date.now())) {
      log.warn('Seed not backed up yet: run `till seed` and write it down');
    }
    await tellStarter({ up: { source: daemon.source() } });
    has_handed_over = await Promise.race([asked.promise.then(() => false), handed.promise.then(() => true)]);
    await daemon.stop();
    if (values['pid-file'] !== undefined) rmSync(values['pid-file'], { force: true });
  } while (has_handed_over && values.standby);
  leaveStarter();
  return EXIT.ok;
}

/** In our own directory the lock keeps others out; elsewhere a socket may be another program's. Rejects when one answers. */
async function refuseForeignSocket({ rpc_file, network_dir }: Config): Promise<void> {
  if (dirname(rpc_file) === network_dir) return;
  const socket = connect(rpc_file);
  const answers = await once(socket, 'connect').then(
    () => true,
    () => false,
  );
  socket.destroy();
  if (answers) throw new Error(`rpc-file: another program answers at ${rpc_file}: stop it, or name another file`);
}

function writePidFile(path: string): void {
  try {
    writeFileSync(path, `${process.pid}\n`);
  } catch (error) {
    throw new Error(`pid-file: ${error instanceof Error ? error.message : error}`);
  }
}
