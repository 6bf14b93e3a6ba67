/** LND, asked over its REST interface. */
import { createHash, randomBytes } from 'node:crypto';
import { mkdirSync } from 'node:fs';
import { request } from 'node:http';
import { join } from 'node:path';
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

const program = find('lnd');

/** LND's JSON, as far as it is read here; numbers of 64 bits are strings. */
type Json = Record<string, unknown>;

interface LndChannel {
  readonly active: boolean;
  readonly remote_pubkey: string;
  readonly channel_point: string;
  readonly capacity: string;
  readonly local_balance: string;
  readonly remote_balance: string;
  readonly initiator: boolean;
  readonly pending_htlcs: readonly unknown[];
}

const base64 = (hex: string): string => Buffer.from(hex, 'hex').toString('base64');
const txidOf = (channel_point: string): string => channel_point.split(':')[0] as string;

class Lnd implements PeerDaemon {
  node_id = '';
  readonly port: number;
  readonly dir: string;
  readonly #rest_port: number;
  readonly #process: DaemonProcess;

  constructor({ dir, name, bitcoind }: DaemonPlace, [port, rest_port, rpc_port]: readonly [number, number, number]) {
    this.dir = dir;
    this.port = port;
    this.#rest_port = rest_port;
    const args = [
      `--lnddir=${join(dir, 'lnd')}`,
      `--alias=${name}`,
      `--listen=127.0.0.1:${port}`,
      `--restlisten=127.0.0.1:${rest_port}`,
      `--rpclisten=127.0.0.1:${rpc_port}`,
      '--noseedbackup',
      '--no-macaroons',
      '--no-rest-tls',
      '--nobootstrap',
      '--trickledelay=50',
      '--bitcoin.regtest',
      '--bitcoin.node=bitcoind',
      '--bitcoin.defaultchanconfs=1',
      `--bitcoind.rpchost=127.0.0.1:${bitcoind.port}`,
      `--bitcoind.rpcuser=${bitcoind.user}`,
      `--bitcoind.rpcpass=${bitcoind.password}`,
      '--bitcoind.rpcpolling',
      '--bitcoind.blockpollinginterval=300ms',
      '--bitcoind.txpollinginterval=300ms',
      '--debuglevel=info,PEER=debug,HSWC=debug,CNCT=debug',
    ];
    this.#process = new DaemonProcess(program.path, args, dir);
  }

  /** Asks; answers the first JSON of the answer, or the last one where it is a stream of them. */
  async #ask(method: 'GET' | 'POST' | 'DELETE', path: string, body?: Json, takes: 'first' | 'last' = 'last') {
    const text = await new Promise<string>((resolve, reject) => {
      // No limit of time: a payment is answered when it has ended.
      const asked = request({ host: '127.0.0.1', port: this.#rest_port, method, path }, (response) => {
        let text = '';
        response.setEncoding('utf8').on('data', (piece: string) => {
          text += piece;
          if (takes === 'first' && text.includes('\n')) {
            resolve(text);
            response.destroy();
          }
        });
        response.on('end', () => resolve(text));
        response.on('error', reject);
        response.on('close', () => reject(new Error('LND broke the answer off')));
      });
      asked.on('error', reject);
      asked.end(body === undefined ? undefined : JSON.stringify(body));
    });
    const lines = text.trim().split('\n');
    const answer = JSON.parse((takes === 'first' ? lines[0] : lines.at(-1)) as string) as Json;
    const error = (answer.error ?? (typeof answer.code === 'number' ? answer : undefined)) as Json | undefined;
    if (error !== undefined) throw new Error(`${method} ${path}: ${error.message}`);
    return (answer.result ?? answer) as Json;
  }

  async start(): Promise<void> {
    await this.#process.start(async () => {
      try {
        const info = await this.#ask('GET', '/v1/getinfo');
        this.node_id = info.identity_pubkey as string;
        return info.synced_to_chain === true;
      } catch {
        return false;
      }
    });
  }

  async stop(): Promise<void> {
    await this.#ask('POST', '/v1/stop', {});
    await this.#process.ended();
  }

  kill(): Promise<void> {
    return this.#process.end('SIGKILL');
  }

  freeze(): void {
    this.#process.signalAll('SIGSTOP');
  }

  thaw(): void {
    this.#process.signalAll('SIGCONT');
  }

  end(): Promise<void> {
    return this.kill();
  }

  async height(): Promise<number> {
    return (await this.#ask('GET', '/v1/getinfo')).block_height as number;
  }

  async newAddress(): Promise<string> {
    return (await this.#ask('GET', '/v1/newaddress?type=WITNESS_PUBKEY_HASH')).address as string;
  }

  async walletSat(): Promise<bigint> {
    return BigInt((await this.#ask('GET', '/v1/balance/blockchain')).confirmed_balance as string);
  }

  async connect(node_id: string, port: number): Promise<void> {
    try {
      await this.#ask('POST', '/v1/peers', { addr: { pubkey: node_id, host: `127.0.0.1:${port}` }, perm: true });
    } catch (error) {
      if (!/already connected/.test(String(error))) throw error;
    }
    // It answers before it has called.
    await until('LND is connected', async () => {
      const { peers } = await this.#ask('GET', '/v1/peers');
      return (peers as readonly Json[]).some(({ pub_key }) => pub_key === node_id);
    });
  }

  async open(node_id: string, _port: number, { amount_sat, push_msat = 0n, is_public = true }: Opening) {
    await this.takesOpenings();
    const opened = await this.#ask('POST', '/v1/channels', {
      node_pubkey: base64(node_id),
      local_funding_amount: `${amount_sat}`,
      push_sat: `${push_msat / 1000n}`,
      private: !is_public,
      sat_per_vbyte: '2',
    });
    return Buffer.from(opened.funding_txid_bytes as string, 'base64')
      .reverse()
      .toString('hex');
  }

  /** For a moment after each block it refuses every opening. */
  async takesOpenings(): Promise<void> {
    await until('LND has all blocks', async () => {
      return (await this.#ask('GET', '/v1/getinfo')).synced_to_chain === true;
    });
  }

  async #list(): Promise<readonly LndChannel[]> {
    return (await this.#ask('GET', '/v1/channels')).channels as readonly LndChannel[];
  }

  async channels(): Promise<readonly DaemonChannel[]> {
    return (await this.#list()).map((channel) => ({
      funding_txid: txidOf(channel.channel_point),
      peer_id: channel.remote_pubkey,
      is_usable: channel.active,
      htlcs: channel.pending_htlcs.length,
      // The opener's balance is told less the fee of the commitment, so the other one is looked at.
      remote_sat: channel.initiator
        ? BigInt(channel.remote_balance)
        : BigInt(channel.capacity) - BigInt(channel.local_balance),
    }));
  }

  async close(funding_txid: string, how: 'in agreement' | 'alone'): Promise<void> {
    const channel = (await this.#list()).find(({ channel_point }) => txidOf(channel_point) === funding_txid);
    if (channel === undefined) throw new Error(`LND has no channel ${funding_txid}`);
    const path = `/v1/channels/${channel.channel_point.replace(':', '/')}`;
    const options = how === 'alone' ? '?force=true' : '?sat_per_vbyte=2';
    await this.#ask('DELETE', `${path}${options}`, undefined, 'first');
  }

  async invoice(amount_msat: bigint | 'any'): Promise<string> {
    const value_msat = amount_msat === 'any' ? '0' : `${amount_msat}`;
    const invoice = await this.#ask('POST', '/v1/invoices', { value_msat, memo: 'a trial', private: true });
    return invoice.payment_request as string;
  }

  async heldInvoice(amount_msat: bigint): Promise<HeldInvoice> {
    const preimage = randomBytes(32);
    const hash = createHash('sha256').update(preimage).digest();
    const { payment_request } = await this.#ask('POST', '/v2/invoices/hodl', {
      hash: hash.toString('base64'),
      value_msat: `${amount_msat}`,
      memo: 'held',
    });
    const payment_hash = hash.toString('hex');
    return {
      bolt11: payment_request as string,
      payment_hash,
      isHeld: async () => (await this.#ask('GET', `/v1/invoice/${payment_hash}`)).state === 'ACCEPTED',
      settle: async () => {
        await this.#ask('POST', '/v2/invoices/settle', { preimage: preimage.toString('base64') });
      },
    };
  }

  async pay(bolt11: string, amount_msat?: bigint): Promise<string> {
    const { status, failure_reason } = await this.#ask('POST', '/v2/router/send', {
      payment_request: bolt11,
      amt_msat: amount_msat === undefined ? undefined : `${amount_msat}`,
      timeout_seconds: 60,
      fee_limit_sat: '10000',
      max_parts: 16,
      no_inflight_updates: true,
    });
    return status === 'SUCCEEDED' ? 'complete' : `${failure_reason}`;
  }

  async paymentStatus(payment_hash: string): Promise<PaymentStatus> {
    const { payments } = await this.#ask('GET', '/v1/payments?include_incomplete=true&max_payments=10000');
    const found = (payments as readonly Json[]).find((payment) => payment.payment_hash === payment_hash);
    if (found === undefined) return 'unknown';
    if (found.status === 'SUCCEEDED') return 'complete';
    return found.status === 'FAILED' ? 'failed' : 'pending';
  }

  async isPaid(payment_hash: string): Promise<boolean> {
    return (await this.#ask('GET', `/v1/invoice/${payment_hash}`)).state === 'SETTLED';
  }

  async askFee(fee_base_msat: number): Promise<void> {
    const policy = { global: true, base_fee_msat: `${fee_base_msat}`, fee_rate_ppm: 10, time_lock_delta: 80 };
    await this.#ask('POST', '/v1/chanpolicy', policy);
  }

  async knowsChannel(short_channel_id: string): Promise<boolean> {
    const [block, index, output] = short_channel_id.split('x').map(BigInt) as [bigint, bigint, bigint];
    try {
      const edge = await this.#ask('GET', `/v1/graph/edge/${(block << 40n) | (index << 16n) | output}`);
      return edge.node1_policy != null && edge.node2_policy != null;
    } catch {
      return false;
    }
  }
}

export const lnd: DaemonKind = {
  name: 'LND',
  missing: program.missing,
  version: program.version,
  // The second in 0.21.2; its developers have mended it since (lightningnetwork/lnd, pull request 11140).
  lacks: ['peer storage', 'ending dust of channels that it closes'],
  async create(place) {
    mkdirSync(place.dir, { recursive: true });
    const daemon = new Lnd(place, [await freePort(), await freePort(), await freePort()]);
    await daemon.start();
    await until('LND has its wallet', () => daemon.node_id !== '');
    return daemon;
  },
};
