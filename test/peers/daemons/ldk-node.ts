/**
 * ldk-node in a process of its own, `ldk-node-host`, asked by lines of JSON. ldk-node is a library; the guide to
 * interoperability says what the program around it has to do.
 */
import { createHash, randomBytes } from 'node:crypto';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { freePort } from '../../support/bitcoind.ts';
import type {
  DaemonChannel,
  DaemonKind,
  DaemonPlace,
  HeldInvoice,
  Opening,
  PaymentStatus,
  PeerDaemon,
} from './daemon.ts';
import { DaemonProcess, until } from './daemon-process.ts';
import { find } from './find.ts';

const program = find('ldk-node-host');

interface LdkChannel {
  readonly node_id: string;
  readonly user_channel_id: string;
  /** The outpoint of the funding: `txid:vout`. */
  readonly funding: string | null;
  readonly is_usable: boolean;
  readonly inbound_msat: number;
  readonly remote_reserve_sat: number;
}

interface LdkPayment {
  readonly payment_hash: string;
  readonly is_outbound: boolean;
  readonly status: 'pending' | 'complete' | 'failed';
}

/** A line of the program: an answer to a question, or an event. */
interface Said {
  readonly id?: number;
  readonly result?: unknown;
  readonly error?: string;
  readonly event?: string;
  readonly node_id?: string;
  readonly payment_hash?: string;
}

interface Waiting {
  readonly resolve: (result: unknown) => void;
  readonly reject: (error: Error) => void;
}

class LdkNode implements PeerDaemon {
  node_id = '';
  readonly port: number;
  readonly dir: string;
  readonly #process: DaemonProcess;
  readonly #waiting = new Map<number, Waiting>();
  /** The hashes of the payments that wait to be taken. */
  readonly #claimable = new Set<string>();
  #next_id = 1;
  #is_ready = false;
  #is_read = false;

  constructor({ dir, name, bitcoind }: DaemonPlace, port: number) {
    this.dir = dir;
    this.port = port;
    const args = [join(dir, 'ldk'), name, `${port}`, `${bitcoind.port}`, bitcoind.user, bitcoind.password];
    this.#process = new DaemonProcess(program.path, args, dir);
  }

  #ask<T>(method: string, params: Record<string, unknown> = {}): Promise<T> {
    const id = this.#next_id++;
    const answered = new Promise<T>((resolve, reject) => {
      this.#waiting.set(id, { resolve: resolve as (result: unknown) => void, reject });
    });
    const numbers = (_: string, value: unknown) => (typeof value === 'bigint' ? Number(value) : value);
    this.#process.child.stdin?.write(`${JSON.stringify({ id, method, params }, numbers)}\n`);
    return answered;
  }

  #read(): void {
    const { child } = this.#process;
    child.stdin?.on('error', () => {});
    createInterface({ input: child.stdout as NodeJS.ReadableStream }).on('line', (line) => {
      const said = JSON.parse(line) as Said;
      if (said.event === 'ready') {
        this.node_id = said.node_id as string;
        this.#is_ready = true;
      }
      if (said.event === 'claimable') this.#claimable.add(said.payment_hash as string);
      const waiting = said.id === undefined ? undefined : this.#waiting.get(said.id);
      if (waiting === undefined) return;
      this.#waiting.delete(said.id as number);
      if (said.error === undefined) waiting.resolve(said.result);
      else waiting.reject(new Error(said.error));
    });
    child.once('exit', () => {
      for (const { reject } of this.#waiting.values()) reject(new Error('ldk-node has ended'));
      this.#waiting.clear();
    });
  }

  async start(): Promise<void> {
    this.#is_ready = false;
    this.#is_read = false;
    await this.#process.start(
      async () => {
        if (!this.#is_read) this.#read();
        this.#is_read = true;
        return this.#is_ready;
      },
      [],
      true,
    );
  }

  async stop(): Promise<void> {
    this.#process.child.stdin?.end();
    await this.#process.ended();
  }

  kill(): Promise<void> {
    return this.#process.end('SIGKILL');
  }

  end(): Promise<void> {
    return this.kill();
  }

  freeze(is_frozen: boolean): void {
    this.#process.freeze(is_frozen);
  }

  async height(): Promise<number> {
    return (await this.#ask<{ height: number }>('status')).height;
  }

  newAddress(): Promise<string> {
    return this.#ask('address');
  }

  async walletSat(): Promise<bigint> {
    return BigInt((await this.#ask<{ onchain_sat: number }>('status')).onchain_sat);
  }

  async connect(node_id: string, port: number): Promise<void> {
    await this.#ask('connect', { node_id, address: `127.0.0.1:${port}` });
  }

  async disconnect(node_id: string): Promise<void> {
    await this.#ask('disconnect', { node_id });
  }

  async open(node_id: string, port: number, { amount_sat, push_msat = 0n, is_public = true }: Opening) {
    const address = `127.0.0.1:${port}`;
    const user_channel_id = await this.#ask<string>('open', {
      node_id,
      address,
      amount_sat,
      push_msat,
      announce: is_public,
    });
    let funding: string | null | undefined;
    await until('ldk-node has made the funding', async () => {
      funding = (await this.#list()).find((channel) => channel.user_channel_id === user_channel_id)?.funding;
      return funding != null;
    });
    return (funding as string).split(':')[0] as string;
  }

  #list(): Promise<readonly LdkChannel[]> {
    return this.#ask('channels');
  }

  async channels(): Promise<readonly DaemonChannel[]> {
    return (await this.#list()).map((channel) => ({
      funding_txid: channel.funding?.split(':')[0] ?? '',
      peer_id: channel.node_id,
      is_usable: channel.is_usable,
      htlcs: undefined,
      // What can be received leaves out the reserve that the peer must keep; at 0 it may have less than that.
      remote_sat:
        channel.inbound_msat === 0
          ? undefined
          : BigInt(channel.inbound_msat) / 1000n + BigInt(channel.remote_reserve_sat),
    }));
  }

  async close(funding_txid: string, how: 'in agreement' | 'alone'): Promise<void> {
    const channel = (await this.#list()).find(({ funding }) => funding?.startsWith(funding_txid));
    if (channel === undefined) throw new Error(`ldk-node has no channel ${funding_txid}`);
    const { user_channel_id, node_id } = channel;
    await this.#ask(how === 'alone' ? 'force_close' : 'close', { user_channel_id, node_id });
  }

  invoice(amount_msat: bigint | 'any'): Promise<string> {
    return this.#ask('invoice', amount_msat === 'any' ? {} : { amount_msat });
  }

  async heldInvoice(amount_msat: bigint): Promise<HeldInvoice> {
    const preimage = randomBytes(32);
    const payment_hash = createHash('sha256').update(preimage).digest('hex');
    return {
      bolt11: await this.#ask<string>('invoice', { amount_msat, payment_hash }),
      payment_hash,
      isHeld: async () => this.#claimable.has(payment_hash),
      settle: () => this.#ask('settle', { preimage: preimage.toString('hex'), amount_msat }),
    };
  }

  async pay(bolt11: string, amount_msat?: bigint): Promise<string> {
    let payment_hash: string;
    try {
      payment_hash = await this.#ask<string>('pay', { bolt11, amount_msat });
    } catch (error) {
      return String(error);
    }
    let status: PaymentStatus = 'pending';
    await until('ldk-node has paid', async () => {
      status = await this.paymentStatus(payment_hash);
      return status !== 'pending';
    });
    return status;
  }

  async paymentStatus(payment_hash: string): Promise<PaymentStatus> {
    const payments = await this.#ask<readonly LdkPayment[]>('payments');
    return payments.find((each) => each.is_outbound && each.payment_hash === payment_hash)?.status ?? 'unknown';
  }

  async isPaid(payment_hash: string): Promise<boolean> {
    const payments = await this.#ask<readonly LdkPayment[]>('payments');
    return payments.some(
      (each) => !each.is_outbound && each.payment_hash === payment_hash && each.status === 'complete',
    );
  }

  async knowsChannel(): Promise<undefined> {
    return undefined;
  }
}

export const ldkNode: DaemonKind = {
  name: 'ldk-node',
  missing: program.missing,
  version: program.version,
  lacks: [],
  async create(place) {
    mkdirSync(place.dir, { recursive: true });
    const daemon = new LdkNode(place, await freePort());
    await daemon.start();
    return daemon;
  },
};
