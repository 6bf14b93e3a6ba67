/** A node in a process of its own, started as a user starts it, in a directory that is gone afterwards. */
import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** The command as a checkout has it. */
export const TILL = join(import.meta.dirname, '../../bin/till.js');

export class TillProcess {
  readonly lightning_dir: string;
  readonly rpc_file: string;
  readonly #till: string;
  readonly #child: ChildProcess;
  readonly #ended: Promise<number | null>;

  /** Resolves when the node answers commands. Rejects with what it printed when it does not come up. */
  static async start(args: readonly string[] = [], till = TILL): Promise<TillProcess> {
    const lightning_dir = mkdtempSync(join(tmpdir(), 'till-'));
    const all = [till, 'start', '--network=regtest', `--lightning-dir=${lightning_dir}`, ...args];
    const child = spawn(process.execPath, all, { stdio: ['ignore', 'pipe', 'pipe', 'ipc'] });
    let printed = '';
    for (const stream of [child.stdout, child.stderr]) stream?.on('data', (chunk) => (printed += chunk));
    const ended = new Promise<number | null>((resolve) => child.once('exit', resolve));
    await new Promise<void>((resolve, reject) => {
      child.once('message', () => resolve());
      child.once('exit', () => reject(new Error(`the node did not start: ${printed}`)));
    });
    return new TillProcess(till, lightning_dir, child, ended);
  }

  private constructor(till: string, lightning_dir: string, child: ChildProcess, ended: Promise<number | null>) {
    this.#till = till;
    this.lightning_dir = lightning_dir;
    this.rpc_file = join(lightning_dir, 'regtest', 'lightning-rpc');
    this.#child = child;
    this.#ended = ended;
  }

  /** Runs `till ARGS` as a user does; answers what it printed. Throws when it fails. */
  run(...args: readonly string[]): string {
    const { status, stdout, stderr } = spawnSync(
      process.execPath,
      [this.#till, `--lightning-dir=${this.lightning_dir}`, '--network=regtest', ...args],
      { encoding: 'utf8' },
    );
    if (status !== 0) throw new Error(`till ${args.join(' ')} ended with ${status}: ${stderr}${stdout}`);
    return stdout;
  }

  /** Stops the node in good order and removes its directory; answers its exit code. */
  async stop(): Promise<number | null> {
    this.#child.kill('SIGTERM');
    const code = await this.#ended;
    rmSync(this.lightning_dir, { recursive: true, force: true });
    return code;
  }
}
