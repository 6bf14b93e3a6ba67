/** Till as the other side: a process with its own view of bitcoind, asked over its socket as any client does. */
import { mkdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { CallError, type Commands, connectToNode } from '../../../src/api/client/index.ts';
import { TillNode } from '../../e2e/till.ts';
import { freePort } from '../../support/bitcoind.ts';
import type { BitcoindAddress, PaymentStatus } from './daemon.ts';

export type TillChannel = Commands['listpeerchannels']['result']['channels'][number];

export class TillDaemon {
  node_id = '';
  readonly port: number;
  readonly dir: string;
  readonly #bitcoind: BitcoindAddress;
  readonly #options: readonly string[];
  #node: TillNode | undefined;
  #next_label = 0;

  static async create(dir: string, bitcoind: BitcoindAddress, options: readonly string[] = []): Promise<TillDaemon> {
    mkdirSync(dir, { recursive: true });
    const till = new TillDaemon(dir, await freePort(), bitcoind, options);
    await till.start();
    return till;
  }

  private constructor(dir: string, port: number, bitcoind: BitcoindAddress, options: readonly string[]) {
    this.dir = dir;
    this.port = port;
    this.#bitcoind = bitcoind;
    this.#options = options;
  }

  get #running(): TillNode {
    if (this.#node === undefined) throw new Error('Till does not run');
    return this.#node;
  }

  async start(...more: readonly string[]): Promise<void> {
    const { port, user, password } = this.#bitcoind;
    this.#node = await TillNode.start(this.dir, {
      args: [
        '--network=regtest',
        `--addr=127.0.0.1:${this.port}`,
        '--log-level=debug',
        '--chain=bitcoind',
        `--bitcoin-rpcport=${port}`,
        `--bitcoin-rpcuser=${user}`,
        `--bitcoin-rpcpassword=${password}`,
        '--chain-poll-seconds=1',
        ...this.#options,
        ...more,
      ],
    });
    this.node_id = (await this.call('getinfo', {})).id;
  }

  /** Its process. */
  get pid(): number {
    return this.#running.pid;
  }

  async stop(): Promise<void> {
    await this.#node?.stop();
    this.#node = undefined;
  }

  async kill(): Promise<void> {
    await this.#node?.kill('SIGKILL');
    this.#node = undefined;
  }

  /** Each call on a connection of its own: Till may be killed at any time. */
  async call<M extends keyof Commands>(method: M, params: Commands[M]['params']): Promise<Commands[M]['result']> {
    const client = await connectToNode(this.#running.rpc_file);
    try {
      return await client.call(method, params);
    } finally {
      client.close();
    }
  }

  get log(): string {
    return readFileSync(join(this.dir, 'log'), 'utf8');
  }

  /** Its channels with this peer, or all. */
  async channels(peer_id?: string): Promise<readonly TillChannel[]> {
    return (await this.call('listpeerchannels', peer_id === undefined ? {} : { id: peer_id })).channels;
  }

  async channel(funding_txid: string): Promise<TillChannel | undefined> {
    return (await this.channels()).find((channel) => channel.funding_txid === funding_txid);
  }

  async walletSat(): Promise<bigint> {
    const { outputs } = await this.call('listfunds', {});
    return outputs
      .filter(({ status }) => status === 'confirmed')
      .reduce((sum, { amount_msat }) => sum + BigInt(amount_msat) / 1000n, 0n);
  }

  async invoice(amount_msat: bigint | 'any'): Promise<{ bolt11: string; payment_hash: string }> {
    const label = `${process.pid} ${process.hrtime.bigint()} ${this.#next_label++}`;
    return await this.call('invoice', { amount_msat, label, description: 'a trial' });
  }

  /** Answers `complete`, or why not. */
  async pay(bolt11: string, amount_msat?: bigint): Promise<string> {
    try {
      return (await this.call('pay', { bolt11, retry_for: 60, ...(amount_msat === undefined ? {} : { amount_msat }) }))
        .status;
    } catch (error) {
      if (error instanceof CallError) return error.message;
      throw error;
    }
  }

  async paymentStatus(payment_hash: string): Promise<PaymentStatus> {
    const { payments } = await this.call('listsendpays', { payment_hash });
    for (const status of ['complete', 'pending', 'failed'] as const) {
      if (payments.some((payment) => payment.status === status)) return status;
    }
    return 'unknown';
  }

  /** What came back for each part of a payment that failed, in the words of `waitsendpay`. */
  async failures(payment_hash: string): Promise<readonly string[]> {
    const { payments } = await this.call('listsendpays', { payment_hash, status: 'failed' });
    const words: string[] = [];
    for (const { partid, groupid } of payments) {
      try {
        await this.call('waitsendpay', { payment_hash, ...(partid === undefined ? {} : { partid }), groupid });
      } catch (error) {
        if (!(error instanceof CallError)) throw error;
        words.push(error.message);
      }
    }
    return words;
  }

  async isPaid(payment_hash: string): Promise<boolean> {
    const { invoices } = await this.call('listinvoices', { payment_hash });
    return invoices.some(({ status }) => status === 'paid');
  }
}
