/** Core Lightning, asked over its Unix socket, with the client that Till has for its own. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { connectToNode } from '../../../src/api/client/index.ts';
import { decodeInvoice } from '../../../src/codec/bolt11/native.ts';
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
import { DaemonProcess } from './daemon-process.ts';
import { find, findProgram } from './find.ts';

const program = find('lightningd');
const bitcoin_cli =
  findProgram('bitcoin-cli') ??
  (process.env.TILL_BITCOIND === undefined ? undefined : join(dirname(process.env.TILL_BITCOIND), 'bitcoin-cli'));

/** Its plugin that sells channels: it is written in Rust, and not built with every Core Lightning. */
const seller = findProgram('cln-lsps-service');
export const SELLER_MISSING =
  seller === undefined ? 'no cln-lsps-service: name its directory in TILL_PEERS' : undefined;

/** Its JSON, as far as it is read here. */
type Json = Record<string, unknown>;

interface ClnChannel {
  readonly peer_id: string;
  readonly state: string;
  readonly reestablished?: boolean;
  readonly peer_connected: boolean;
  readonly funding_txid: string;
  readonly channel_id: string;
  readonly to_us_msat?: bigint | number;
  readonly total_msat?: bigint | number;
  readonly htlcs?: readonly unknown[];
}

const reasonOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));

class CoreLightning implements PeerDaemon {
  node_id = '';
  readonly port: number;
  readonly dir: string;
  readonly #process: DaemonProcess;

  constructor({ dir, name, bitcoind }: DaemonPlace, port: number, more: readonly string[]) {
    this.dir = dir;
    this.port = port;
    const args = [
      '--network=regtest',
      `--lightning-dir=${dir}`,
      `--conf=${join(dir, 'conf')}`,
      `--alias=${name}`,
      `--addr=127.0.0.1:${port}`,
      `--log-file=${join(dir, 'log')}`,
      '--log-level=debug',
      '--developer',
      '--dev-bitcoind-poll=1',
      '--dev-fast-reconnect',
      '--dev-fast-gossip',
      `--plugin=${join(dir, 'holder')}`,
      `--bitcoin-cli=${bitcoin_cli}`,
      `--bitcoin-datadir=${dir}`,
      '--bitcoin-rpcconnect=127.0.0.1',
      `--bitcoin-rpcport=${bitcoind.port}`,
      `--bitcoin-rpcuser=${bitcoind.user}`,
      `--bitcoin-rpcpassword=${bitcoind.password}`,
      ...more,
    ];
    this.#process = new DaemonProcess(program.path, args, dir);
  }

  /** Each call on a connection of its own: the daemon may be killed at any time. */
  async #call(method: string, params: Json = {}): Promise<Json> {
    const client = await connectToNode(join(this.dir, 'regtest', 'lightning-rpc'));
    try {
      return (await client.callAny(method, params)) as Json;
    } finally {
      client.close();
    }
  }

  async start(): Promise<void> {
    await this.#process.start(async () => {
      try {
        const info = await this.#call('getinfo');
        this.node_id = info.id as string;
        return info.warning_bitcoind_sync === undefined && info.warning_lightningd_sync === undefined;
      } catch {
        return false;
      }
    });
  }

  async stop(): Promise<void> {
    await this.#call('stop');
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
    return Number((await this.#call('getinfo')).blockheight);
  }

  async newAddress(): Promise<string> {
    return (await this.#call('newaddr', { addresstype: 'bech32' })).bech32 as string;
  }

  async walletSat(): Promise<bigint> {
    const { outputs } = (await this.#call('listfunds')) as { outputs: { status: string; amount_msat: bigint }[] };
    return outputs
      .filter(({ status }) => status === 'confirmed')
      .reduce((sum, { amount_msat }) => sum + BigInt(amount_msat) / 1000n, 0n);
  }

  async connect(node_id: string, port: number): Promise<void> {
    await this.#call('connect', { id: node_id, host: '127.0.0.1', port });
  }

  async open(node_id: string, _port: number, { amount_sat, push_msat = 0n, is_public = true }: Opening) {
    const opened = await this.#call('fundchannel', {
      id: node_id,
      amount: `${amount_sat}`,
      announce: is_public,
      push_msat: push_msat === 0n ? undefined : `${push_msat}msat`,
      feerate: '1000perkw',
    });
    return opened.txid as string;
  }

  async #list(): Promise<readonly ClnChannel[]> {
    return (await this.#call('listpeerchannels')).channels as readonly ClnChannel[];
  }

  async channels(): Promise<readonly DaemonChannel[]> {
    return (await this.#list()).map((channel) => ({
      funding_txid: channel.funding_txid,
      peer_id: channel.peer_id,
      is_usable: channel.state === 'CHANNELD_NORMAL' && channel.peer_connected && channel.reestablished === true,
      htlcs: channel.htlcs?.length,
      remote_sat:
        channel.to_us_msat === undefined
          ? undefined
          : (BigInt(channel.total_msat as bigint) - BigInt(channel.to_us_msat)) / 1000n,
    }));
  }

  async close(funding_txid: string, how: 'in agreement' | 'alone'): Promise<void> {
    const channel = (await this.#list()).find((each) => each.funding_txid === funding_txid);
    if (channel === undefined) throw new Error(`Core Lightning has no channel ${funding_txid}`);
    if (how === 'alone') await this.#call('dev-fail', { id: channel.peer_id });
    else await this.#call('close', { id: channel.channel_id });
  }

  async invoice(amount_msat: bigint | 'any'): Promise<string> {
    const amount = amount_msat === 'any' ? 'any' : `${amount_msat}`;
    const label = `${process.hrtime.bigint()}`;
    return (await this.#call('invoice', { amount_msat: amount, label, description: 'a trial' })).bolt11 as string;
  }

  async heldInvoice(amount_msat: bigint): Promise<HeldInvoice> {
    const bolt11 = await this.invoice(amount_msat);
    const { payment_hash } = decodeInvoice(bolt11);
    await this.#call('hold', { payment_hash });
    return {
      bolt11,
      payment_hash,
      isHeld: async () => (await this.#call('held', { payment_hash })).is_held === true,
      settle: async () => {
        await this.#call('release', { payment_hash });
      },
    };
  }

  async pay(bolt11: string, amount_msat?: bigint): Promise<string> {
    const amount = amount_msat === undefined ? {} : { amount_msat: `${amount_msat}` };
    try {
      await this.#call('xpay', { invstring: bolt11, retry_for: 60, ...amount });
      return 'complete';
    } catch (error) {
      return reasonOf(error);
    }
  }

  async paymentStatus(payment_hash: string): Promise<PaymentStatus> {
    const { payments } = (await this.#call('listsendpays', { payment_hash })) as { payments: { status: string }[] };
    for (const status of ['complete', 'pending', 'failed'] as const) {
      if (payments.some((payment) => payment.status === status)) return status;
    }
    return 'unknown';
  }

  async isPaid(payment_hash: string): Promise<boolean> {
    const { invoices } = (await this.#call('listinvoices', { payment_hash })) as { invoices: { status: string }[] };
    return invoices.some(({ status }) => status === 'paid');
  }

  async knowsChannel(short_channel_id: string): Promise<boolean> {
    const { channels } = (await this.#call('listchannels', { short_channel_id })) as { channels: unknown[] };
    return channels.length === 2;
  }
}

export const coreLightning: DaemonKind = {
  name: 'Core Lightning',
  missing: program.missing ?? (bitcoin_cli === undefined ? 'no bitcoin-cli, which lightningd needs' : undefined),
  version: program.version,
  lacks: [],
  create: (place) => startIn(place),
};

/** One that sells channels (LSPS2), at the prices of `core-lightning-seller.ts`. */
export function createSeller(place: DaemonPlace): Promise<PeerDaemon> {
  return startIn(place, [
    `--plugin=${seller}`,
    '--experimental-lsps2-service',
    `--experimental-lsps2-promise-secret=${'5e'.repeat(32)}`,
    `--plugin=${join(place.dir, 'seller')}`,
  ]);
}

async function startIn(place: DaemonPlace, more: readonly string[] = []): Promise<PeerDaemon> {
  mkdirSync(place.dir, { recursive: true });
  writeFileSync(join(place.dir, 'conf'), '');
  for (const plugin of ['holder', 'seller']) {
    const source = join(import.meta.dirname, `core-lightning-${plugin}.ts`);
    writeFileSync(join(place.dir, plugin), `#!/bin/sh\nexec '${process.execPath}' '${source}'\n`, { mode: 0o755 });
  }
  const daemon = new CoreLightning(place, await freePort(), more);
  await daemon.start();
  return daemon;
}

/** One that also answers what it calls deprecated, as it does for everybody who is no developer. */
export function createWithDeprecated(place: DaemonPlace): Promise<PeerDaemon> {
  return startIn(place, ['--allow-deprecated-apis=true']);
}
