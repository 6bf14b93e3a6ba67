/** `till start`: runs a node until it is told to stop. */
import { spawn } from 'node:child_process';
import { closeSync, openSync, rmSync, writeFileSync } from 'node:fs';
import { type Config, loadConfig } from '../config/config.ts';
import { ConfigError } from '../config/option.ts';
import { Daemon } from '../daemon/daemon.ts';
import { type LogLevel, openLog } from '../log.ts';
import { EXIT } from './exit-codes.ts';
import { startUsage } from './usage.ts';

/** Set in the process that `--daemon` leaves behind: it tells its parent when it is up. */
const BACKGROUND = 'TILL_BACKGROUND';

export async function start(args: readonly string[]): Promise<number> {
  if (args.includes('--help') || args.includes('-h')) {
    process.stdout.write(startUsage());
    return EXIT.ok;
  }
  let config: Config;
  try {
    config = loadConfig(args);
    checkTogether(config);
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    process.stderr.write(`till: ${error.message}\n`);
    return EXIT.usage;
  }
  if (config.values.daemon && process.env[BACKGROUND] === undefined) return await goToBackground(args, config);
  return await run(config);
}

function checkTogether({ values, network }: Config): void {
  if (network.name === 'bitcoin' && !values['accept-real-money-risk']) {
    throw new ConfigError(
      'network=bitcoin is real money, and Till has not been proven with it: read SECURITY.md, then add --accept-real-money-risk',
    );
  }
  if (values.daemon && values['log-file'] === undefined) {
    throw new ConfigError('daemon needs log-file: nobody would see the log otherwise');
  }
  if (!/^0?[0-7]{3}$/.test(values['rpc-file-mode'])) {
    throw new ConfigError(`rpc-file-mode is an octal mode such as 0600, not '${values['rpc-file-mode']}'`);
  }
  if (values.rgb !== undefined && !/^[0-9a-fA-F]{6}$/.test(values.rgb)) {
    throw new ConfigError(`rgb is six hex digits, not '${values.rgb}'`);
  }
  if (values.alias !== undefined && Buffer.byteLength(values.alias) > 32) {
    throw new ConfigError('alias has at most 32 bytes');
  }
}

/** Runs a node in this process; resolves with its exit code when it has ended. */
async function run(config: Config): Promise<number> {
  const { values } = config;
  const log = openLog({
    level: values['log-level'] as LogLevel,
    file: values['log-file'],
    now: () => new Date().toISOString(),
  });
  const ended = Promise.withResolvers<number>();
  const asked = Promise.withResolvers<void>();
  const stop = (): void => asked.resolve();
  let daemon: Daemon;
  try {
    daemon = await Daemon.start({
      config,
      log,
      onFatal(message) {
        // Nothing may be said or done from here on: memory is ahead of the disk.
        log.error(message);
        process.stderr.write(`till: ${message}\n`);
        process.exit(EXIT.error);
      },
      onStop: stop,
    });
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    log.error(message);
    process.stderr.write(`till: ${message}\n`);
    return EXIT.error;
  }
  if (values['pid-file'] !== undefined) writeFileSync(values['pid-file'], `${process.pid}\n`);
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, stop);
  if (process.send !== undefined) process.send('up', () => process.disconnect?.());
  asked.promise
    .then(async () => {
      await daemon.stop();
      if (values['pid-file'] !== undefined) rmSync(values['pid-file'], { force: true });
      ended.resolve(EXIT.ok);
    })
    .catch(ended.reject);
  return await ended.promise;
}

/** Starts the same node in a process of its own, and waits until that answers commands. */
async function goToBackground(args: readonly string[], config: Config): Promise<number> {
  const log_file = config.values['log-file'] as string;
  const fd = openSync(log_file, 'a', 0o600);
  const child = spawn(process.execPath, [process.argv[1] as string, 'start', ...args], {
    detached: true,
    stdio: ['ignore', fd, fd, 'ipc'],
    env: { ...process.env, [BACKGROUND]: '1' },
  });
  closeSync(fd);
  return await new Promise((resolve) => {
    child.once('message', () => {
      process.stdout.write(`till runs as process ${child.pid}, commands at ${config.rpc_file}\n`);
      child.disconnect();
      child.unref();
      resolve(EXIT.ok);
    });
    child.once('exit', (code) => {
      process.stderr.write(`till did not start; ${log_file} says why\n`);
      resolve(code ?? EXIT.error);
    });
  });
}
