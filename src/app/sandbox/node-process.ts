/** A node of the sandbox: a daemon in a process of its own, and a client of its socket. */
import { type ChildProcess, spawn } from 'node:child_process';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type Client, connectToNode } from '../../api/client/index.ts';
import type { PlainJsonObject } from '../../api/rpc/json.ts';
import { BOUND } from '../daemon/background.ts';

/** The program: .ts in the repository, .js in the package. */
const PROGRAM = fileURLToPath(new URL(`../../../bin/till${import.meta.url.slice(-3)}`, import.meta.url));

export class NodeProcess {
  readonly name: string;
  readonly dir: string;
  readonly #process: ChildProcess;
  readonly #client: Client;
  /** Resolves when the process has ended. */
  readonly ended: Promise<void>;

  /** Starts the node with further options; resolves when it answers commands. Rejects with what to look at when it does not. */
  static async start(
    name: string,
    dir: string,
    chain_socket: string,
    options: readonly string[] = [],
  ): Promise<NodeProcess> {
    const log_file = join(dir, 'log');
    mkdirSync(dir, { recursive: true, mode: 0o700 });
    const args = [
      'start',
      '--network=regtest',
      `--lightning-dir=${dir}`,
      // Whatever the config file says: nothing leaves the machine.
      '--chain=embedded',
      `--embedded-chain=${chain_socket}`,
      `--alias=${name}`,
      `--log-file=${log_file}`,
      ...options,
    ];
    // A group of its own: Ctrl-C at the terminal reaches the sandbox, which then stops its nodes in order.
    const child = spawn(process.execPath, [PROGRAM, ...args], {
      stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
      detached: true,
      // However the sandbox ends, they do not stay behind.
      env: { ...process.env, [BOUND]: '1' },
    });
    const ended = new Promise<void>((resolve) => child.once('exit', () => resolve()));
    await new Promise<void>((resolve, reject) => {
      child.once('message', () => resolve());
      child.once('exit', () => reject(new Error(`the ${name} did not start; ${log_file} says why`)));
    });
    // A node that ends by itself ends the sandbox: nobody waits for it.
    const client = await connectToNode(join(dir, 'regtest', 'lightning-rpc'), { reconnect: false });
    return new NodeProcess(name, dir, child, ended, client);
  }

  private constructor(name: string, dir: string, child: ChildProcess, ended: Promise<void>, client: Client) {
    this.name = name;
    this.dir = dir;
    this.#process = child;
    this.#client = client;
    this.ended = ended;
  }

  /** The number of the process. */
  get pid(): number {
    return this.#process.pid as number;
  }

  /** Asks the node. Rejects with CallError, and with ConnectionError when it is gone. */
  async ask(method: string, params: PlainJsonObject = {}): Promise<PlainJsonObject> {
    return (await this.#client.callAny(method, params)) as PlainJsonObject;
  }

  /** Stops the node in good order. */
  async stop(): Promise<void> {
    this.#client.close();
    this.#process.kill('SIGTERM');
    await this.ended;
  }
}
