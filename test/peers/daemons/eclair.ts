/**
 * Eclair, asked over its API. It keeps its coins in a wallet of bitcoind, one for each daemon, and hears of blocks over ZMQ.
 * On regtest it takes the fees from its configuration: each start writes there what its view of bitcoind estimates. The
 * script `eclair-node.sh` of its package is looked for in TILL_PEERS and on the PATH, and `java`.
 *
 * Eclair has no held invoices. A plugin, `eclair-holder.jar`, is looked for in the same way: it answers `hold` (a payment waits
 * when it has come, before Eclair looks at it), `held` (whether it has come) and `release` (Eclair takes it as it takes any
 * other), each with `paymentHash`. Without it what needs held invoices is left out.
 */
import { createHash, randomBytes } from 'node:crypto';
import { mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { delimiter, dirname, join } from 'node:path';
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
import { type Found, findProgram } from './find.ts';

const PASSWORD = 'for-tests-only';
/** Longer than Eclair tries to pay. */
const PATIENCE_SECONDS = 600;
/** Estimates are told for 1000 virtual bytes in bitcoin. */
const SAT_PER_BYTE = 1e5;

const holder = findProgram('eclair-holder.jar');
const java = findProgram('java');
const libraries = findLibraries();
const program = findEclair();

/** The directory with Eclair's classes, which is beside the one with its script. */
function findLibraries(): string | undefined {
  const script = findProgram('eclair-node.sh');
  return script === undefined ? undefined : join(dirname(dirname(script)), 'lib');
}

/** Its script has no word for its version, but its classes have it in their name. */
function findEclair(): Found {
  const missing = (name: string): Found => ({
    path: '',
    version: '',
    missing: `no ${name}: have it on the PATH, or name its directory in TILL_PEERS`,
  });
  if (libraries === undefined) return missing('eclair-node.sh');
  if (java === undefined) return missing('java');
  const core = readdirSync(libraries).find((file) => file.startsWith('eclair-core'));
  return { path: java, version: /-(\d+\.\d+\.\d+)/.exec(core ?? '')?.[1] ?? '', missing: undefined };
}

type Json = Record<string, unknown>;

interface Commitment {
  readonly fundingInput: string;
  readonly localCommit: { readonly spec: { readonly htlcs: readonly unknown[]; readonly toRemote: number } };
}

interface EclairChannel {
  readonly nodeId: string;
  readonly channelId: string;
  readonly state: string;
  readonly data: { readonly commitments?: { readonly active: readonly Commitment[] } };
}

const fundingOf = ({ data }: EclairChannel): string => data.commitments?.active[0]?.fundingInput.split(':')[0] ?? '';

class Eclair implements PeerDaemon {
  node_id = '';
  readonly port: number;
  readonly dir: string;
  readonly #place: DaemonPlace;
  readonly #api_port: number;
  readonly #process: DaemonProcess;

  constructor(place: DaemonPlace, [port, api_port]: readonly [number, number]) {
    this.#place = place;
    this.dir = place.dir;
    this.port = port;
    this.#api_port = api_port;
    const args = [
      '-Xmx512m',
      // Most of a round is its start, and code that runs for a minute is better compiled little.
      '-XX:TieredStopAtLevel=1',
      '-XX:+UseSerialGC',
      `-Declair.datadir=${join(place.dir, 'eclair')}`,
      '-cp',
      `${join(libraries as string, '*')}${delimiter}${libraries}`,
      'fr.acinq.eclair.Boot',
      ...(holder === undefined ? [] : [holder]),
    ];
    this.#process = new DaemonProcess(program.path, args, place.dir);
  }

  async #askBitcoind<T>(method: string, ...params: readonly unknown[]): Promise<T> {
    const { port, user, password } = this.#place.bitcoind;
    const response = await fetch(`http://127.0.0.1:${port}/`, {
      method: 'POST',
      headers: { authorization: `Basic ${Buffer.from(`${user}:${password}`).toString('base64')}` },
      body: JSON.stringify({ id: 1, method, params }),
    });
    const { result, error } = (await response.json()) as { result: T; error: { message: string } | null };
    if (error !== null) throw new Error(`${method}: ${error.message}`);
    return result;
  }

  async #ask<T>(method: string, params: Readonly<Record<string, string>> = {}): Promise<T> {
    const response = await fetch(`http://127.0.0.1:${this.#api_port}/${method}`, {
      method: 'POST',
      headers: { authorization: `Basic ${Buffer.from(`:${PASSWORD}`).toString('base64')}` },
      body: new URLSearchParams(params),
    });
    const text = await response.text();
    if (!response.ok) throw new Error(`${method}: ${text}`);
    return JSON.parse(text) as T;
  }

  /** The wallet of bitcoind, before the first start. */
  async makeWallet(): Promise<void> {
    await this.#askBitcoind('createwallet', this.#place.name);
  }

  async #writeConfiguration(): Promise<void> {
    const { bitcoind, name } = this.#place;
    const { feerate } = await this.#askBitcoind<{ feerate: number }>('estimatesmartfee', 6);
    const sat_per_byte = Math.max(1, Math.round(feerate * SAT_PER_BYTE));
    const zmq = `"tcp://127.0.0.1:${bitcoind.zmq_port}"`;
    const lines = [
      'chain = "regtest"',
      'server.binding-ip = "127.0.0.1"',
      `server.port = ${this.port}`,
      'api.enabled = true',
      `api.port = ${this.#api_port}`,
      `api.password = "${PASSWORD}"`,
      'bitcoind.host = "127.0.0.1"',
      `bitcoind.rpcport = ${bitcoind.port}`,
      `bitcoind.rpcuser = "${bitcoind.user}"`,
      `bitcoind.rpcpassword = "${bitcoind.password}"`,
      `bitcoind.wallet = "${name}"`,
      `bitcoind.zmqblock = ${zmq}`,
      `bitcoind.zmqtx = ${zmq}`,
      // After a kill in the middle of an opening.
      'bitcoind.startup-locked-utxos-behavior = "unlock"',
      `node-alias = "${name}"`,
      'features.option_provide_storage = optional',
      'peer-storage.write-delay = 1 millisecond',
      'channel.min-depth-blocks = 6',
      // A day; by default it asks for five.
      'channel.to-remote-delay-blocks = 144',
      // By default 45 percent of a channel is on its way at a time.
      'channel.max-htlc-value-in-flight-percent = 100',
      // The times of an operator who does not wait; all of them are random delays against herds.
      'channel.max-restart-watch-delay = 1 second',
      'channel.max-block-processing-delay = 1 millisecond',
      'channel.max-tx-publish-retry-delay = 1 second',
      'initial-random-reconnect-delay = 1 second',
      'max-reconnect-interval = 10 seconds',
      'router.watch-spent-window = 1 second',
      'router.broadcast-interval = 1 second',
      // The fees that other daemons ask, due at once; by default it takes the old ones for ten minutes more.
      'relay.fees.public-channels.fee-proportional-millionths = 10',
      'relay.fees.enforcement-delay = 0 seconds',
      // Else its payments expire up to 350 blocks later than they must.
      'send.recipient-final-expiry.min-delta = 10',
      'send.recipient-final-expiry.max-delta = 20',
      'blockchain-watchdog.sources = []',
      'file-backup.enabled = false',
      'on-chain-fees.default-feerates.minimum = 1',
      ...['slow', 'medium', 'fast', 'fastest'].map(
        (each) => `on-chain-fees.default-feerates.${each} = ${sat_per_byte}`,
      ),
    ];
    mkdirSync(join(this.dir, 'eclair'), { recursive: true });
    writeFileSync(join(this.dir, 'eclair', 'eclair.conf'), lines.map((line) => `eclair.${line}\n`).join(''));
  }

  async start(): Promise<void> {
    await this.#writeConfiguration();
    await this.#process.start(async () => {
      try {
        this.node_id = (await this.#ask<{ nodeId: string }>('getinfo')).nodeId;
        return true;
      } catch {
        return false;
      }
    });
  }

  async stop(): Promise<void> {
    // It goes at once, and may answer nothing.
    await this.#ask('stop').catch(() => {});
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
    return (await this.#ask<{ blockHeight: number }>('getinfo')).blockHeight;
  }

  newAddress(): Promise<string> {
    return this.#ask('getnewaddress');
  }

  async walletSat(): Promise<bigint> {
    return BigInt((await this.#ask<{ confirmed: number }>('onchainbalance')).confirmed);
  }

  async connect(node_id: string, port: number): Promise<void> {
    const answer = await this.#ask<string>('connect', { nodeId: node_id, host: '127.0.0.1', port: `${port}` });
    if (!/connected/.test(answer)) throw new Error(`connect: ${answer}`);
  }

  async open(node_id: string, _port: number, { amount_sat, push_msat = 0n, is_public = true }: Opening) {
    const answer = await this.#ask<string>('open', {
      nodeId: node_id,
      fundingSatoshis: `${amount_sat}`,
      pushMsat: `${push_msat}`,
      announceChannel: `${is_public}`,
      fundingFeerateSatByte: '2',
    });
    const txid = /fundingTxId=([0-9a-f]{64})/.exec(answer)?.[1];
    if (txid === undefined) throw new Error(`open: ${answer}`);
    return txid;
  }

  async #list(): Promise<readonly EclairChannel[]> {
    return await this.#ask('channels');
  }

  async channels(): Promise<readonly DaemonChannel[]> {
    return (await this.#list()).map((channel) => {
      const spec = channel.data.commitments?.active[0]?.localCommit.spec;
      return {
        funding_txid: fundingOf(channel),
        peer_id: channel.nodeId,
        is_usable: channel.state === 'NORMAL',
        htlcs: spec?.htlcs.length,
        remote_sat: spec === undefined ? undefined : BigInt(spec.toRemote) / 1000n,
      };
    });
  }

  async close(funding_txid: string, how: 'in agreement' | 'alone'): Promise<void> {
    const channel = (await this.#list()).find((each) => fundingOf(each) === funding_txid);
    if (channel === undefined) throw new Error(`Eclair has no channel ${funding_txid}`);
    await this.#ask(how === 'alone' ? 'forceclose' : 'close', { channelId: channel.channelId });
  }

  async #invoice(amount_msat: bigint | 'any', preimage?: Buffer): Promise<string> {
    const { serialized } = await this.#ask<{ serialized: string }>('createinvoice', {
      description: 'a trial',
      ...(amount_msat === 'any' ? {} : { amountMsat: `${amount_msat}` }),
      ...(preimage === undefined ? {} : { paymentPreimage: preimage.toString('hex') }),
    });
    return serialized;
  }

  invoice(amount_msat: bigint | 'any'): Promise<string> {
    return this.#invoice(amount_msat);
  }

  async heldInvoice(amount_msat: bigint): Promise<HeldInvoice> {
    const preimage = randomBytes(32);
    const payment_hash = createHash('sha256').update(preimage).digest('hex');
    await this.#ask('hold', { paymentHash: payment_hash });
    return {
      bolt11: await this.#invoice(amount_msat, preimage),
      payment_hash,
      isHeld: async () => await this.#ask<boolean>('held', { paymentHash: payment_hash }),
      settle: async () => {
        await this.#ask('release', { paymentHash: payment_hash });
      },
    };
  }

  async pay(bolt11: string, amount_msat?: bigint): Promise<string> {
    const { type, failures } = await this.#ask<{ type: string; failures?: readonly Json[] }>('payinvoice', {
      invoice: bolt11,
      ...(amount_msat === undefined ? {} : { amountMsat: `${amount_msat}` }),
      maxFeeFlatSat: '10000',
      blocking: 'true',
      timeoutSeconds: `${PATIENCE_SECONDS}`,
    });
    return type === 'payment-sent' ? 'complete' : `${type}: ${JSON.stringify(failures)}`;
  }

  async paymentStatus(payment_hash: string): Promise<PaymentStatus> {
    const parts = await this.#ask<readonly { readonly status: { readonly type: string } }[]>('getsentinfo', {
      paymentHash: payment_hash,
    });
    if (parts.length === 0) return 'unknown';
    if (parts.some(({ status }) => status.type === 'sent')) return 'complete';
    return parts.some(({ status }) => status.type === 'pending') ? 'pending' : 'failed';
  }

  async isPaid(payment_hash: string): Promise<boolean> {
    const received = await this.#ask<{ status: { type: string } }>('getreceivedinfo', { paymentHash: payment_hash });
    return received.status.type === 'received';
  }

  async askFee(fee_base_msat: number): Promise<void> {
    const nodes = new Set((await this.#list()).map(({ nodeId }) => nodeId));
    for (const nodeId of nodes) {
      await this.#ask('updaterelayfee', { nodeId, feeBaseMsat: `${fee_base_msat}`, feeProportionalMillionths: '10' });
    }
  }

  async knowsChannel(short_channel_id: string): Promise<boolean> {
    const updates = await this.#ask<readonly { readonly shortChannelId: string }[]>('allupdates');
    return updates.filter(({ shortChannelId }) => shortChannelId === short_channel_id).length === 2;
  }
}

export const eclair: DaemonKind = {
  name: 'Eclair',
  missing: program.missing,
  version: program.version,
  // It makes parts of a size by chance, and none below a fifth: all that two channels have finds no route.
  lacks: ['parts over two channels', ...(holder === undefined ? (['held invoices'] as const) : [])],
  async create(place) {
    mkdirSync(place.dir, { recursive: true });
    const daemon = new Eclair(place, [await freePort(), await freePort()]);
    await daemon.makeWallet();
    await daemon.start();
    await until('Eclair has its key', () => daemon.node_id !== '');
    return daemon;
  },
};
