/** A real daemon in a process of its own, on a directory that goes with it. */
import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { dropServerSchemas, walletOption } from './test-store.ts';

/** The command as a checkout has it. */
export const PROGRAM = join(import.meta.dirname, '../../bin/till.ts');

export class ChildNode {
  readonly dir: string;
  readonly #process: ChildProcess;

  /** Resolves when the node answers commands. Rejects when it ends instead. */
  static async start(
    args: readonly string[] = [],
    dir = mkdtempSync(join(tmpdir(), 'till-node-')),
    program = PROGRAM,
  ): Promise<ChildNode> {
    const { node, ready } = ChildNode.spawn([...args, ...(await walletOption(dir, args))], dir, program);
    await ready;
    return node;
  }

  /** Starts one, and answers it before it is up. */
  static spawn(
    args: readonly string[],
    dir: string,
    program = PROGRAM,
  ): { readonly node: ChildNode; readonly ready: Promise<void> } {
    const options = [`--lightning-dir=${dir}`, `--log-file=${join(dir, 'log')}`, ...args];
    const child = spawn(process.execPath, [program, 'start', ...options], {
      stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
    });
    const ready = new Promise<void>((resolve, reject) => {
      child.once('message', () => resolve());
      child.once('exit', (code) => reject(new Error(`the daemon ended with ${code}`)));
    });
    // Who kills it before that does not ask.
    ready.catch(() => {});
    return { node: new ChildNode(dir, child), ready };
  }

  private constructor(dir: string, child: ChildProcess) {
    this.dir = dir;
    this.#process = child;
  }

  get rpc_file(): string {
    return join(this.dir, 'regtest', 'lightning-rpc');
  }

  get pid(): number {
    return this.#process.pid as number;
  }

  /** Ends it as a power cut would, wherever it is. Resolves when it is gone; its directory stays. */
  async kill(): Promise<void> {
    await this.#end('SIGKILL');
  }

  /** Ends the daemon and answers its exit code; its directory goes too, unless it is to be used again. */
  async stop(keep: 'keep' | 'remove' = 'remove'): Promise<number | null> {
    const code = await this.#end('SIGTERM');
    if (keep === 'keep') return code;
    await dropServerSchemas(this.dir);
    rmSync(this.dir, { recursive: true });
    return code;
  }

  /** Sends the signal to a process that still runs; resolves with the exit code, null after a kill. */
  async #end(signal: NodeJS.Signals): Promise<number | null> {
    const child = this.#process;
    if (child.exitCode !== null || child.signalCode !== null) return child.exitCode;
    const ended = new Promise<number | null>((resolve) => child.once('exit', resolve));
    child.kill(signal);
    return ended;
  }
}
