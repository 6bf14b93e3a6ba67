/**
 * A node of LDK (ldk-node) in a process of its own, which sells channels by LSPS2, or pays, or is a peer like any other. The
 * program `ldk-lsp` is looked for in TILL_PEERS and on the PATH; it is a few lines around the crate `ldk-node`:
 *
 *   ldk-lsp service|trusted|plain DIR RPC_PORT RPC_USER RPC_PASSWORD LISTEN_PORT
 *
 * It reads a command from each line of its standard input, and answers it with one line, or with `error` and a reason: `id`,
 * `address`, `sync`, `balance`, `connect ID HOST:PORT`, `open ID HOST:PORT SAT [PUSH_MSAT [public|private]]` (answers the
 * funding's txid), `channels` (ID:SAT:USABLE:OUTBOUND_MSAT ...), `pay BOLT11 [MSAT]` (answers an id) and `payments`
 * (ID:STATUS ...). `ldk-node.ts` says what else. `service` asks 1 per cent and 2,000 sat at least, for payments of 30,000 to
 * 1,000,000 sat, and opens twice what the payment needs; `trusted` does the same with client_trusts_lsp; `plain` sells nothing.
 *
 * `ldk-lsps1 sells|refuses ...`, started and asked in the same way, sells channels ahead (LSPS1) of 100,000 to 5,000,000 sat:
 * paid over Lightning for 3,000 sat, on the chain for 3,500 sat, and one satoshi more with each order. `refuses` gives every
 * payment over Lightning back. Around LDK 0.3: no release before it has a service for LSPS1 that is compiled without more.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { mkdirSync, openSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { freePort } from '../../support/bitcoind.ts';
import { until } from './daemon-process.ts';
import { find } from './find.ts';

export const LDK_LSP = find('ldk-lsp');
export const LDK_LSPS1 = find('ldk-lsps1');

/** What one of them does. */
type Role = 'service' | 'trusted' | 'plain' | 'sells' | 'refuses';

export class LdkLsp {
  readonly id: string;
  readonly address: string;
  readonly #child: ChildProcess;
  readonly #ended: Promise<void>;
  #has_ended = false;
  #waiting: ((answer: string) => void)[] = [];

  /** Starts one in this directory, with what is there; on this port, or on any. */
  static async start(
    role: Role,
    dir: string,
    bitcoind: { readonly rpcport: number; readonly user: string; readonly password: string },
    listens?: number,
  ): Promise<LdkLsp> {
    mkdirSync(dir, { recursive: true });
    const port = listens ?? (await freePort());
    const { rpcport, user, password } = bitcoind;
    const output = openSync(join(dir, 'events'), 'a');
    const args = [role, dir, String(rpcport), user, password, String(port)];
    const { path } = role === 'sells' || role === 'refuses' ? LDK_LSPS1 : LDK_LSP;
    const child = spawn(path, args, { stdio: ['pipe', 'pipe', output] });
    const node = new LdkLsp(child, `127.0.0.1:${port}`);
    return Object.assign(node, { id: await node.ask('id') });
  }

  private constructor(child: ChildProcess, address: string) {
    this.#child = child;
    this.address = address;
    this.id = '';
    createInterface({ input: child.stdout as NodeJS.ReadableStream }).on('line', (line) =>
      this.#waiting.shift()?.(line),
    );
    // What is written to one that was killed a moment ago breaks the pipe; its end is told below.
    child.stdin?.on('error', () => {});
    this.#ended = new Promise<void>((resolve) => {
      child.once('exit', () => {
        this.#has_ended = true;
        for (const answer of this.#waiting.splice(0)) answer('error it has ended');
        resolve();
      });
    });
  }

  /** Says a line, and resolves with the answer. Rejects with what it says is wrong. */
  async ask(...words: readonly string[]): Promise<string> {
    if (this.#has_ended) throw new Error(`${words[0]}: it has ended`);
    const { promise, resolve } = Promise.withResolvers<string>();
    this.#waiting.push(resolve);
    this.#child.stdin?.write(`${words.join(' ')}\n`);
    const answer = await promise;
    if (answer.startsWith('error')) throw new Error(`${words[0]}: ${answer}`);
    return answer;
  }

  /** Opens a channel to another one. */
  async open(to: LdkLsp, amount_sat: number): Promise<void> {
    await this.ask('open', to.id, to.address, String(amount_sat));
  }

  /** How many of its channels can be used. */
  async usable(): Promise<number> {
    return (await this.ask('channels')).split(' ').filter((each) => each.split(':')[2] === 'true').length;
  }

  /** Pays; resolves with how it ended. */
  async pay(bolt11: string, amount_msat?: number): Promise<string> {
    const id = await this.ask('pay', bolt11, ...(amount_msat === undefined ? [] : [String(amount_msat)]));
    let status = 'Pending';
    await until('the payment has ended', async () => {
      const payments = (await this.ask('payments')).split(' ');
      status = payments.find((each) => each.startsWith(`${id}:`))?.split(':')[1] ?? 'Pending';
      return status !== 'Pending';
    });
    return status;
  }

  /** Ends it as its operator would. */
  stop(): Promise<void> {
    this.#child.stdin?.end('quit\n');
    return this.#ended;
  }

  /** Stops it as a process, or lets it go on. */
  signal(signal: 'SIGSTOP' | 'SIGCONT'): void {
    this.#child.kill(signal);
  }

  /** SIGKILL. */
  kill(): Promise<void> {
    this.#child.kill('SIGKILL');
    return this.#ended;
  }
}
