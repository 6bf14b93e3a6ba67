/**
 * A real bitcoind on regtest, for the tests that want Bitcoin's own verdict. Looked for in TILL_BITCOIND, then on the
 * PATH; the tests that need it are skipped, and say so, where there is none.
 */
import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const found = [process.env.TILL_BITCOIND, 'bitcoind'].find(
  (path) => path !== undefined && spawnSync(path, ['--version']).status === 0,
);

/** Where it is; undefined where there is none. */
export const bitcoindPath: string | undefined = found;

const help = found === undefined ? '' : spawnSync(found, ['--help'], { encoding: 'utf8' }).stdout;

/** Knots takes version 3 for any other unless it is told; Core has no such option. */
const trucOption = /-mempooltruc/.test(help) ? ['-mempooltruc=enforce'] : [];

/** What a node wants that keeps its coins in bitcoind and is told of blocks: wallets, and ZMQ on this port. */
export function walletAndZmqOptions(zmq_port: number): readonly string[] {
  if (!/-zmqpubhashblock/.test(help)) return [];
  const address = `tcp://127.0.0.1:${zmq_port}`;
  return ['-disablewallet=0', '-addresstype=bech32', `-zmqpubhashblock=${address}`, `-zmqpubrawtx=${address}`];
}

/** Why the tests that need bitcoind are skipped here; undefined where they run. */
export const bitcoindMissing: string | undefined =
  found === undefined ? 'no bitcoind: set TILL_BITCOIND to one, or have it on the PATH' : undefined;

/** A port that was free a moment ago. */
export async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as { port: number };
  await new Promise<void>((resolve) => server.close(() => resolve()));
  return port;
}

export class BitcoindProcess {
  readonly datadir: string;
  readonly #by: 'password' | 'cookie';
  readonly #process: ChildProcess;
  readonly rpcport: number;
  readonly user = 'till';
  readonly password = 'for-tests-only';

  /** Starts one; on the port and the files of one that was halted, when that is given. */
  static async start(halted?: BitcoindProcess, ...options: readonly string[]): Promise<BitcoindProcess> {
    const datadir = halted?.datadir ?? mkdtempSync(join(tmpdir(), 'till-bitcoind-'));
    const rpcport = halted?.rpcport ?? (await freePort());
    return await BitcoindProcess.#up(new BitcoindProcess(rpcport, datadir, 'password', options));
  }

  /** Starts one as a user does, in the directory given: its port is in bitcoin.conf, and the login in its cookie. */
  static async startFor(datadir: string): Promise<BitcoindProcess> {
    const port = await freePort();
    mkdirSync(datadir, { recursive: true });
    writeFileSync(join(datadir, 'bitcoin.conf'), `server=1\n[regtest]\nrpcport=${port}\n`);
    return await BitcoindProcess.#up(new BitcoindProcess(port, datadir, 'cookie'));
  }

  static async #up(started: BitcoindProcess): Promise<BitcoindProcess> {
    for (;;) {
      try {
        await started.call('getblockchaininfo');
        return started;
      } catch (error) {
        if (started.#process.exitCode !== null) throw error;
        // Not up yet: a refused connection or "Loading". bitcoind tells nobody when it is.
        await new Promise((resolve) => setTimeout(resolve, 50));
      }
    }
  }

  private constructor(rpcport: number, datadir: string, by: 'password' | 'cookie', options: readonly string[] = []) {
    this.rpcport = rpcport;
    this.datadir = datadir;
    this.#by = by;
    this.#process = spawn(
      found as string,
      [
        '-regtest',
        `-datadir=${this.datadir}`,
        ...(by === 'cookie' ? [] : [`-rpcport=${rpcport}`, `-rpcuser=${this.user}`, `-rpcpassword=${this.password}`]),
        '-rpcbind=127.0.0.1',
        '-rpcallowip=127.0.0.1',
        '-listen=0',
        '-server=1',
        '-txindex=1',
        '-disablewallet=1',
        '-fallbackfee=0.0001',
        '-printtoconsole=0',
        '-dnsseed=0',
        ...trucOption,
        ...options,
      ],
      { stdio: 'ignore' },
    );
  }

  /** Calls bitcoind; throws its error. */
  async call<T = unknown>(method: string, ...params: unknown[]): Promise<T> {
    const response = await fetch(`http://127.0.0.1:${this.rpcport}/`, {
      method: 'POST',
      headers: { authorization: `Basic ${Buffer.from(this.#login()).toString('base64')}` },
      body: JSON.stringify({ jsonrpc: '1.0', id: 'test', method, params }),
    });
    const { result, error } = (await response.json()) as { result: T; error: { message: string } | null };
    if (error) throw new Error(`${method}: ${error.message}`);
    return result;
  }

  #login(): string {
    if (this.#by === 'password') return `${this.user}:${this.password}`;
    return readFileSync(join(this.datadir, 'regtest', '.cookie'), 'utf8').trim();
  }

  /** Mines blocks whose coinbase pays to the script (hex); answers their hashes. */
  mine(count: number, script_pubkey: string): Promise<string[]> {
    return this.call<string[]>('generatetodescriptor', count, `raw(${script_pubkey})`);
  }

  /** Ends it, and leaves its files. */
  async halt(): Promise<void> {
    const ended = new Promise((resolve) => this.#process.once('exit', resolve));
    this.#process.kill('SIGTERM');
    await ended;
  }

  async stop(): Promise<void> {
    await this.halt();
    rmSync(this.datadir, { recursive: true, force: true });
  }
}
