/** The program as its users have it: nodes and clients as processes of their own, in directories that are removed. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after } from 'node:test';
import { type Client, connectToNode } from '../../src/api/client/index.ts';

export const PROGRAM = join(import.meta.dirname, '..', '..', 'bin', 'till.ts');

/** Nodes that still run when a test file ends were left by a test that failed. */
const running = new Set<ChildProcess>();
after(() => {
  for (const child of running) child.kill('SIGKILL');
});

/** A directory that is removed when the tests of the file, or of the suite, have ended. */
export function newDirectory(beforeRemoval: (dir: string) => void = () => {}): string {
  const dir = mkdtempSync(join(tmpdir(), 'till-e2e-'));
  after(() => {
    beforeRemoval(dir);
    rmSync(dir, { recursive: true, force: true });
  });
  return dir;
}

/** How a process ended and what it said. */
export interface Ended {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** The environment of a stranger: no directory of their own, no terminal that colours. */
function environment(dir: string, more: NodeJS.ProcessEnv = {}): NodeJS.ProcessEnv {
  return { ...process.env, TILL_DIR: dir, NO_COLOR: '1', ...more };
}

/** Runs a program to its end. */
export async function run(command: string, args: readonly string[], env: NodeJS.ProcessEnv): Promise<Ended> {
  const child = spawn(command, args, { stdio: ['ignore', 'pipe', 'pipe'], env });
  running.add(child);
  let stdout = '';
  let stderr = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    stdout += text;
  });
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    stderr += text;
  });
  const [code, signal] = (await once(child, 'close')) as [number | null, NodeJS.Signals | null];
  running.delete(child);
  return { code, signal, stdout, stderr };
}

/** Runs `till` with these arguments, for the node of a directory. */
export function till(dir: string, ...args: readonly string[]): Promise<Ended> {
  return run(process.execPath, [PROGRAM, ...args], environment(dir));
}

/** `till` as a shell sees it. */
export function tillCommand(...args: readonly string[]): string {
  return [process.execPath, PROGRAM, ...args].map((word) => `'${word.replaceAll("'", `'\\''`)}'`).join(' ');
}

export interface TillOptions {
  readonly args?: readonly string[];
  /** A shell command before the node's own, such as a limit: `ulimit -f 100`. */
  readonly shell?: string;
  readonly env?: NodeJS.ProcessEnv;
}

/** A node in a process of its own. */
export class TillNode {
  readonly dir: string;
  readonly rpc_file: string;
  readonly pid: number;
  readonly ended: Promise<Ended>;
  readonly #child: ChildProcess;

  /** Starts a node; resolves when it answers commands. Rejects with what it said when it does not. */
  static async start(dir: string, { args = [], shell, env }: TillOptions = {}): Promise<TillNode> {
    const words = ['start', `--lightning-dir=${dir}`, `--log-file=${join(dir, 'log')}`, ...args];
    const child =
      shell === undefined
        ? spawn(process.execPath, [PROGRAM, ...words], options(dir, env))
        : spawn('sh', ['-c', `${shell}; exec ${tillCommand(...words)}`], options(dir, env));
    running.add(child);
    let stderr = '';
    child.stderr?.setEncoding('utf8').on('data', (text: string) => {
      stderr += text;
    });
    const ended = once(child, 'close').then(([code, signal]) => {
      running.delete(child);
      return { code, signal, stdout: '', stderr };
    });
    const is_up = await Promise.race([once(child, 'message').then(() => true), ended.then(() => false)]);
    if (!is_up) throw new Error(`the node did not start: ${stderr}`);
    return new TillNode(dir, child, ended);
  }

  private constructor(dir: string, child: ChildProcess, ended: Promise<Ended>) {
    this.dir = dir;
    this.rpc_file = join(dir, 'regtest', 'lightning-rpc');
    this.pid = child.pid as number;
    this.#child = child;
    this.ended = ended;
  }

  /** A client that ends with its connection. */
  connect(): Promise<Client> {
    return connectToNode(this.rpc_file, { reconnect: false });
  }

  till(...args: readonly string[]): Promise<Ended> {
    return till(this.dir, ...args);
  }

  kill(signal: NodeJS.Signals): Promise<Ended> {
    this.#child.kill(signal);
    return this.ended;
  }

  /** Stops the node in good order. */
  stop(): Promise<Ended> {
    return this.kill('SIGTERM');
  }
}

function options(dir: string, env?: NodeJS.ProcessEnv) {
  return {
    stdio: ['ignore', 'ignore', 'pipe', 'ipc'] as ['ignore', 'ignore', 'pipe', 'ipc'],
    env: environment(dir, env),
  };
}
