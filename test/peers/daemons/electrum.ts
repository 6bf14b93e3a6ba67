/**
 * Electrum, a customer's wallet, as a daemon without a window, asked over its JSON-RPC. It sees the chain through a server of
 * the Electrum protocol, ElectrumX, which runs beside it. It routes by itself here: by default, it pays only through
 * trampoline nodes.
 */
import { execFile } from 'node:child_process';
import { createHash, randomBytes } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { join } from 'node:path';
import { promisify } from 'node:util';
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
import { find, findProgram } from './find.ts';

const program = find('electrum', 'version', '--offline');
const server_path = findProgram('electrumx_server');
const execute = promisify(execFile);
/** Its number for a payment that came in. */
const RECEIVED = 1;
const USER = 'till';
const PASSWORD = 'for-tests-only';

type Json = Record<string, unknown>;

interface ElectrumChannel {
  readonly channel_point: string;
  readonly remote_pubkey: string;
  readonly state: string;
  readonly peer_state: string;
  readonly remote_balance: number;
  readonly local_unsettled_sent: number;
  readonly remote_unsettled_sent: number;
}

interface ElectrumInvoice {
  readonly invoice_id: string;
  readonly status_str: string;
}

const txidOf = (channel_point: string): string => channel_point.split(':')[0] as string;
const bitcoins = (sat: bigint): string => (Number(sat) / 1e8).toFixed(8);
const bitcoinsOfMsat = (msat: bigint): string => (Number(msat) / 1e11).toFixed(11);

class Electrum implements PeerDaemon {
  node_id = '';
  readonly port: number;
  readonly dir: string;
  readonly #rpc_port: number;
  readonly #server_port: number;
  readonly #process: DaemonProcess;
  readonly #server: DaemonProcess;
  /** Where in its output this run begins. */
  #log_start = 0;

  constructor({ dir, bitcoind }: DaemonPlace, [port, rpc_port, server_port]: readonly [number, number, number]) {
    this.dir = dir;
    this.port = port;
    this.#rpc_port = rpc_port;
    this.#server_port = server_port;
    const args = ['daemon', '--oneserver', '-s', `127.0.0.1:${server_port}:t`, '-v', ...this.#common];
    this.#process = new DaemonProcess(program.path, args, dir);
    mkdirSync(join(dir, 'server'), { recursive: true });
    this.#server = new DaemonProcess(server_path as string, [], join(dir, 'server'), {
      COIN: 'Bitcoin',
      DB_ENGINE: 'leveldb',
      NET: 'regtest',
      SERVICES: `tcp://127.0.0.1:${server_port}`,
      DAEMON_URL: `http://${bitcoind.user}:${bitcoind.password}@127.0.0.1:${bitcoind.port}`,
      DB_DIRECTORY: join(dir, 'server'),
      DAEMON_POLL_INTERVAL_BLOCKS: '200',
      DAEMON_POLL_INTERVAL_MEMPOOL: '200',
      COST_SOFT_LIMIT: '0',
      COST_HARD_LIMIT: '0',
      PEER_DISCOVERY: 'off',
      PEER_ANNOUNCE: '',
      ALLOW_ROOT: '1',
    });
  }

  get #common(): readonly string[] {
    return ['--regtest', '-D', join(this.dir, 'electrum')];
  }

  /** The first start of all: makes the wallet, and says once how the daemon is to be. */
  async create(): Promise<void> {
    mkdirSync(join(this.dir, 'electrum', 'regtest'), { recursive: true });
    const config = {
      config_version: 3,
      rpcsock: 'tcp',
      rpcport: this.#rpc_port,
      rpcuser: USER,
      rpcpassword: PASSWORD,
      lightning_listen: `127.0.0.1:${this.port}`,
      lightning_to_self_delay: 144,
      use_gossip: true,
      use_recoverable_channels: false,
    };
    writeFileSync(join(this.dir, 'electrum', 'regtest', 'config'), JSON.stringify(config));
    await execute(program.path, ['create', '--offline', ...this.#common]);
    await this.#server.start(async () => await this.#canConnect());
    await this.start();
  }

  async #canConnect(): Promise<boolean> {
    return await new Promise((resolve) => {
      const socket = connect(this.#server_port, '127.0.0.1');
      socket.once('connect', () => resolve(true)).once('error', () => resolve(false));
      socket.once('connect', () => socket.destroy());
    });
  }

  async #ask<T>(method: string, params: Json = {}): Promise<T> {
    const response = await fetch(`http://127.0.0.1:${this.#rpc_port}/`, {
      method: 'POST',
      headers: { authorization: `Basic ${Buffer.from(`${USER}:${PASSWORD}`).toString('base64')}` },
      body: JSON.stringify({ jsonrpc: '2.0', id: 1, method, params }),
    });
    const { result, error } = (await response.json()) as { result: T; error?: { message: string } };
    if (error != null) throw new Error(`${method}: ${error.message}`);
    return result;
  }

  async start(): Promise<void> {
    const log = join(this.dir, 'output');
    this.#log_start = existsSync(log) ? readFileSync(log, 'utf8').length : 0;
    await this.#process.start(async () => {
      try {
        await this.#ask('load_wallet');
        this.node_id = (await this.#ask<string>('nodeid')).split('@')[0] as string;
        return (await this.#ask<Json>('getinfo')).connected === true;
      } catch {
        return false;
      }
    });
  }

  async stop(): Promise<void> {
    await this.#ask('stop').catch(() => {});
    // With a payment under way, all is stopped and saved, and the process stays.
    const log = join(this.dir, 'output');
    await until('Electrum has stopped', () =>
      /Daemon \| stopped/.test(readFileSync(log, 'utf8').slice(this.#log_start)),
    );
    await this.#process.end('SIGKILL');
  }

  async kill(): Promise<void> {
    await this.#process.end('SIGKILL');
  }

  freeze(): void {
    this.#process.signalAll('SIGSTOP');
  }

  thaw(): void {
    this.#process.signalAll('SIGCONT');
  }

  async end(): Promise<void> {
    await this.kill();
    await this.#server.end('SIGKILL');
  }

  async height(): Promise<number> {
    return (await this.#ask<{ blockchain_height: number }>('getinfo')).blockchain_height;
  }

  newAddress(): Promise<string> {
    return this.#ask('getunusedaddress');
  }

  async walletSat(): Promise<bigint> {
    const { confirmed } = await this.#ask<{ confirmed: string }>('getbalance');
    return BigInt(Math.round(Number(confirmed) * 1e8));
  }

  async connect(node_id: string, port: number): Promise<void> {
    await this.#ask('add_peer', { connection_string: `${node_id}@127.0.0.1:${port}` });
  }

  async open(node_id: string, port: number, { amount_sat, push_msat = 0n }: Opening) {
    // It refuses public channels, unless it is told to forward.
    const channel_point = await this.#ask<string>('open_channel', {
      connection_string: `${node_id}@127.0.0.1:${port}`,
      amount: bitcoins(amount_sat),
      push_amount: bitcoins(push_msat / 1000n),
      public: false,
    });
    return txidOf(channel_point);
  }

  #list(): Promise<readonly ElectrumChannel[]> {
    return this.#ask('list_channels');
  }

  async channels(): Promise<readonly DaemonChannel[]> {
    return (await this.#list()).map((channel) => ({
      funding_txid: txidOf(channel.channel_point),
      peer_id: channel.remote_pubkey,
      is_usable: channel.state === 'OPEN' && channel.peer_state === 'GOOD',
      htlcs: channel.local_unsettled_sent + channel.remote_unsettled_sent > 0 ? 1 : 0,
      remote_sat: BigInt(channel.remote_balance),
    }));
  }

  async close(funding_txid: string, how: 'in agreement' | 'alone'): Promise<void> {
    const channel = (await this.#list()).find(({ channel_point }) => txidOf(channel_point) === funding_txid);
    if (channel === undefined) throw new Error(`Electrum has no channel ${funding_txid}`);
    await this.#ask('close_channel', { channel_point: channel.channel_point, force: how === 'alone' });
  }

  async invoice(amount_msat: bigint | 'any'): Promise<string> {
    if (amount_msat === 'any') throw new Error('Electrum makes its invoices with an amount');
    const amount = bitcoinsOfMsat(amount_msat);
    const request = await this.#ask<{ lightning_invoice: string }>('add_request', { amount, lightning: true });
    return request.lightning_invoice;
  }

  async heldInvoice(amount_msat: bigint): Promise<HeldInvoice> {
    const preimage = randomBytes(32).toString('hex');
    const payment_hash = createHash('sha256').update(Buffer.from(preimage, 'hex')).digest('hex');
    const amount = bitcoinsOfMsat(amount_msat);
    const { invoice } = await this.#ask<{ invoice: string }>('add_hold_invoice', { payment_hash, amount });
    return {
      bolt11: invoice,
      payment_hash,
      isHeld: async () => (await this.#ask<Json>('check_hold_invoice', { payment_hash })).status === 'paid',
      settle: async () => {
        await this.#ask('settle_hold_invoice', { preimage });
      },
    };
  }

  async pay(bolt11: string): Promise<string> {
    try {
      const { success, log } = await this.#ask<{ success: boolean; log: unknown }>('lnpay', { invoice: bolt11 });
      return success ? 'complete' : JSON.stringify(log);
    } catch (error) {
      return String(error);
    }
  }

  async #history(): Promise<readonly { payment_hash?: string; direction?: number }[]> {
    return await this.#ask('lightning_history');
  }

  async paymentStatus(payment_hash: string): Promise<PaymentStatus> {
    const invoices = await this.#ask<readonly ElectrumInvoice[]>('list_invoices');
    const invoice = invoices.find(({ invoice_id }) => invoice_id === payment_hash);
    if (invoice === undefined) return 'unknown';
    if (/paid/i.test(invoice.status_str) && !/unpaid/i.test(invoice.status_str)) return 'complete';
    if (/progress|routing/i.test(invoice.status_str)) return 'pending';
    // What was settled on the chain is not in the status, but the preimage is there.
    const preimage = await this.#ask<string | null>('export_lightning_preimage', { payment_hash });
    return preimage === null ? 'failed' : 'complete';
  }

  async isPaid(payment_hash: string): Promise<boolean> {
    return (await this.#history()).some((each) => each.payment_hash === payment_hash && each.direction === RECEIVED);
  }

  async knowsChannel(): Promise<undefined> {
    return undefined;
  }
}

export const electrum: DaemonKind = {
  name: 'Electrum',
  missing: program.missing ?? (server_path === undefined ? 'no electrumx_server, which Electrum needs' : undefined),
  version: program.version,
  lacks: [
    'open amounts',
    'forwarding',
    'parts over two channels',
    'peer storage',
    'update_fee',
    'sending what it recorded when killed',
  ],
  async create(place) {
    mkdirSync(place.dir, { recursive: true });
    const daemon = new Electrum(place, [await freePort(), await freePort(), await freePort()]);
    await daemon.create();
    await until('Electrum has its key', () => daemon.node_id !== '');
    return daemon;
  },
};
