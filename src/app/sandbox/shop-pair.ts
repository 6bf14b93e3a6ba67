/**
 * The shop of the sandbox as a pair: a PostgreSQL server and two nodes with one wallet, of which one works. Whichever ends
 * is started again, and waits then.
 */
import { copyFileSync, existsSync, mkdirSync, mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { CallError, ConnectionError, connectToNode } from '../../api/client/index.ts';
import type { PlainJsonObject } from '../../api/rpc/json.ts';
import { ERRORS } from '../../base/errors.ts';
import { SEED_FILE } from '../../node/keys/seed-file.ts';
import { NodeProcess } from './node-process.ts';
import { PostgresServer } from './postgres-server.ts';

/** What a node answers that does not work now. */
const ELSEWHERE: readonly number[] = [ERRORS.NODE_IS_STANDBY.code, ERRORS.LIGHTNINGD_SHUTDOWN.code];
const TRY_AGAIN_MS = 100;

type Half = 'front' | 'back';

export class ShopPair {
  readonly dir: string;
  readonly #server: PostgresServer;
  readonly #chain_socket: string;
  readonly #nodes = new Map<Half, NodeProcess>();
  /** The one that answered last. */
  #half: Half = 'front';
  #is_stopping = false;
  /** Why a node did not start again; undefined while all is well. */
  #failure: Error | undefined;

  /** Starts the server and both nodes; resolves when the first one works and the second one waits. */
  static async start(dir: string, chain_socket: string): Promise<ShopPair> {
    mkdirSync(join(dir, 'regtest'), { recursive: true, mode: 0o700 });
    const server = PostgresServer.create({ directory: serverDirectory(dir) });
    await server.start();
    const pair = new ShopPair(dir, server, chain_socket);
    try {
      await pair.#run('front');
      const seed = join(pair.#dirOf('back'), 'regtest', SEED_FILE);
      if (!existsSync(seed)) {
        mkdirSync(join(pair.#dirOf('back'), 'regtest'), { recursive: true, mode: 0o700 });
        copyFileSync(join(dir, 'regtest', SEED_FILE), seed);
      }
      await pair.#run('back');
      return pair;
    } catch (error) {
      await pair.stop();
      throw error;
    }
  }

  private constructor(dir: string, server: PostgresServer, chain_socket: string) {
    this.dir = dir;
    this.#server = server;
    this.#chain_socket = chain_socket;
  }

  /** The name of the node that answered last, and its process while it runs. */
  get active(): { readonly name: string; readonly pid: number | undefined } {
    return { name: this.#half, pid: this.#nodes.get(this.#half)?.pid };
  }

  /** Asks whichever node works. What may be asked twice is: the one that was asked may be gone before it answers. */
  async ask(method: string, params: PlainJsonObject = {}): Promise<PlainJsonObject> {
    for (;;) {
      try {
        return await this.#askHalf(this.#half, method, params);
      } catch (error) {
        const isElsewhere =
          error instanceof ConnectionError || (error instanceof CallError && ELSEWHERE.includes(error.code));
        if (!isElsewhere || this.#is_stopping) throw error;
        if (this.#failure !== undefined) throw this.#failure;
        this.#half = this.#half === 'front' ? 'back' : 'front';
      }
      await new Promise((resolve) => setTimeout(resolve, TRY_AGAIN_MS));
    }
  }

  /** Stops the nodes in good order, the one that waits first, then the server. */
  async stop(): Promise<void> {
    this.#is_stopping = true;
    const halves = [...this.#nodes].sort(([half]) => (half === this.#half ? 1 : -1));
    for (const [, node] of halves) await node.stop();
    await this.#server.end();
  }

  /** A node that takes over opens its socket anew: each question has a connection of its own. */
  async #askHalf(half: Half, method: string, params: PlainJsonObject): Promise<PlainJsonObject> {
    const client = await connectToNode(join(this.#dirOf(half), 'regtest', 'lightning-rpc'), { reconnect: false });
    try {
      return (await client.callAny(method, params)) as PlainJsonObject;
    } finally {
      client.close();
    }
  }

  #dirOf(half: Half): string {
    return half === 'front' ? this.dir : join(this.dir, 'standby');
  }

  async #run(half: Half): Promise<void> {
    const more = [`--wallet=${this.#server.dsn}`, '--standby', `--node-name=${half}`];
    const node = await NodeProcess.start(`shop (${half})`, this.#dirOf(half), this.#chain_socket, more);
    this.#nodes.set(half, node);
    void node.ended.then(async () => {
      this.#nodes.delete(half);
      if (this.#is_stopping) return;
      await this.#run(half).catch((error: Error) => {
        this.#failure = error;
      });
    });
  }
}

/** Where the server's files are. As root it runs as nobody, who may not look into the directories of root. */
function serverDirectory(dir: string): string {
  if (process.getuid?.() !== 0) return join(dir, 'postgres');
  const note = join(dir, 'postgres');
  if (existsSync(note)) {
    const known = readFileSync(note, 'utf8').trim();
    if (existsSync(known)) return known;
  }
  const directory = mkdtempSync(join(tmpdir(), 'till-postgres-'));
  writeFileSync(note, `${directory}\n`);
  return directory;
}
