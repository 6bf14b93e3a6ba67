/** `--daemon`: the same node in a process of its own, which outlives its terminal. */
import { spawn } from 'node:child_process';
import { closeSync, openSync } from 'node:fs';
import type { Config } from '../config/config.ts';
import { EXIT } from '../config/exit-codes.ts';

/** Set in the process that stays. */
const BACKGROUND = 'TILL_BACKGROUND';

/** Set for a node that must not outlive the process that started it, such as one of the sandbox. */
export const BOUND = 'TILL_BOUND';

/** What a node tells the process that started it, once. */
export type StartReport = { readonly up: { readonly source: string } } | { readonly failed: string };

/** Whether this is the process that stays. */
export function isBackground(): boolean {
  return process.env[BACKGROUND] !== undefined;
}

/**
 * Tells whoever started this process, if anyone listens; resolves when it is said. Others than `--daemon` only ever hear
 * that it is up.
 */
export async function tellStarter(report: StartReport): Promise<void> {
  if (process.send === undefined || !process.connected || ('failed' in report && !isBackground())) return;
  // A starter that is gone has nothing more to hear.
  await new Promise((resolve) => process.send?.(report, resolve));
  // A standby tells it once when it waits, and once when it works: the first is enough for all but those that are bound.
  if (process.env[BOUND] === undefined) leaveStarter();
}

/** Calls back when the process to which this one is bound is gone, if it is bound to one. */
export function onStarterGone(callback: () => void): void {
  if (process.env[BOUND] !== undefined) process.once('disconnect', callback);
}

/** The channel to the starter, where it is still open, keeps nobody from ending. */
export function leaveStarter(): void {
  if (process.connected) process.disconnect?.();
}

/** Starts the node and waits until it answers commands, or says why it cannot; resolves with the exit code. */
export async function goToBackground(args: readonly string[], config: Config): Promise<number> {
  const { rpc_file } = config;
  const log_file = config.log_file as string;
  // What the process itself may have to say, such as a fault of the runtime, goes where the log is.
  const fd = openSync(log_file, 'a', 0o600);
  const child = spawn(process.execPath, [process.argv[1] as string, 'start', ...args], {
    detached: true,
    stdio: ['ignore', fd, fd, 'ipc'],
    env: { ...process.env, [BACKGROUND]: '1' },
  });
  closeSync(fd);
  return await new Promise((resolve) => {
    let reason = `${log_file} says why`;
    child.on('message', (report: StartReport) => {
      if ('failed' in report) {
        reason = report.failed;
        return;
      }
      process.stdout.write(
        `till runs as process ${child.pid}, commands at ${rpc_file}\nblocks come from ${report.up.source}\n`,
      );
      if (child.connected) child.disconnect();
      child.unref();
      resolve(EXIT.ok);
    });
    child.once('exit', (code) => {
      process.stderr.write(`till: it did not start: ${reason}\n`);
      resolve(code ?? EXIT.error);
    });
  });
}
