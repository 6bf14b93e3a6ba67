/**
 * ldk-node as a peer: the program `ldk-lsp` (see `ldk-lsp.ts`), asked over its standard input. Beside what is named there it
 * understands `height`, `list` (TXID:PEER:USABLE:SAT:OUTBOUND_MSAT:OWN_RESERVE_SAT:INBOUND_MSAT:THEIR_RESERVE_SAT:FEERATE:SCID
 * :IS_OPENER ...), `close TXID`, `force TXID`, `invoice MSAT|any`, `hold MSAT HASH`, `held HASH`, `claim PREIMAGE`, `status HASH` (unknown,
 * pending, complete or failed), `received HASH` (how often) and `knows SCID` (with both directions).
 */
import { createHash, randomBytes } from 'node:crypto';
import { mkdirSync } from 'node:fs';
import { freePort } from '../../support/bitcoind.ts';
import type {
  BitcoindAddress,
  DaemonChannel,
  DaemonKind,
  DaemonPlace,
  HeldInvoice,
  Opening,
  PaymentStatus,
  PeerDaemon,
} from './daemon.ts';
import { until } from './daemon-process.ts';
import { LDK_LSP, LdkLsp } from './ldk-lsp.ts';

/** What an opener keeps for the anchors of both. */
const ANCHORS_SAT = 660n;

class LdkNode implements PeerDaemon {
  node_id = '';
  readonly port: number;
  readonly dir: string;
  readonly #bitcoind: BitcoindAddress;
  #program: LdkLsp | undefined;

  constructor({ dir, bitcoind }: DaemonPlace, port: number) {
    this.dir = dir;
    this.port = port;
    this.#bitcoind = bitcoind;
  }

  #ask(...words: readonly string[]): Promise<string> {
    if (this.#program === undefined) throw new Error('ldk-node does not run');
    return this.#program.ask(...words);
  }

  async start(): Promise<void> {
    const { port, user, password } = this.#bitcoind;
    // As a service it forwards to private channels too.
    this.#program = await LdkLsp.start('service', this.dir, { rpcport: port, user, password }, this.port);
    this.node_id = this.#program.id;
  }

  async stop(): Promise<void> {
    await this.#program?.stop();
    this.#program = undefined;
  }

  async kill(): Promise<void> {
    await this.#program?.kill();
    this.#program = undefined;
  }

  freeze(): void {
    this.#program?.signal('SIGSTOP');
  }

  thaw(): void {
    this.#program?.signal('SIGCONT');
  }

  end(): Promise<void> {
    return this.kill();
  }

  async height(): Promise<number> {
    // By itself it looks every two seconds.
    await this.#ask('sync');
    return Number(await this.#ask('height'));
  }

  newAddress(): Promise<string> {
    return this.#ask('address');
  }

  async walletSat(): Promise<bigint> {
    return BigInt(await this.#ask('balance'));
  }

  async connect(node_id: string, port: number): Promise<void> {
    await this.#ask('connect', node_id, `127.0.0.1:${port}`);
  }

  open(node_id: string, port: number, { amount_sat, push_msat = 0n, is_public = true }: Opening): Promise<string> {
    const visibility = is_public ? 'public' : 'private';
    return this.#ask('open', node_id, `127.0.0.1:${port}`, `${amount_sat}`, `${push_msat}`, visibility);
  }

  async channels(): Promise<readonly DaemonChannel[]> {
    const list = (await this.#ask('list')).split(' ').filter((each) => each !== '');
    return list.map((each) => {
      const [funding_txid = '', peer_id = '', is_usable, , , , inbound, reserve, , , is_opener] = each.split(':');
      const inbound_sat = BigInt(inbound as string) / 1000n;
      const held_back_sat = BigInt(reserve as string) + (is_opener === 'true' ? 0n : ANCHORS_SAT);
      return {
        funding_txid,
        peer_id,
        is_usable: is_usable === 'true',
        htlcs: undefined,
        // It says what the other side can send: nothing as long as that has no more than it must keep.
        remote_sat: inbound_sat === 0n ? undefined : inbound_sat + held_back_sat,
      };
    });
  }

  async close(funding_txid: string, how: 'in agreement' | 'alone'): Promise<void> {
    await this.#ask(how === 'alone' ? 'force' : 'close', funding_txid);
  }

  invoice(amount_msat: bigint | 'any'): Promise<string> {
    return this.#ask('invoice', `${amount_msat}`);
  }

  async heldInvoice(amount_msat: bigint): Promise<HeldInvoice> {
    const preimage = randomBytes(32);
    const payment_hash = createHash('sha256').update(preimage).digest('hex');
    return {
      bolt11: await this.#ask('hold', `${amount_msat}`, payment_hash),
      payment_hash,
      isHeld: async () => (await this.#ask('held', payment_hash)) === 'true',
      settle: async () => {
        await this.#ask('claim', preimage.toString('hex'));
      },
    };
  }

  async pay(bolt11: string, amount_msat?: bigint): Promise<string> {
    const payment_hash = await this.#ask('pay', bolt11, ...(amount_msat === undefined ? [] : [`${amount_msat}`]));
    for (;;) {
      const status = await this.paymentStatus(payment_hash);
      if (status !== 'pending') return status;
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
  }

  async paymentStatus(payment_hash: string): Promise<PaymentStatus> {
    return (await this.#ask('status', payment_hash)) as PaymentStatus;
  }

  async isPaid(payment_hash: string): Promise<boolean> {
    return (await this.#ask('received', payment_hash)) !== '0';
  }

  async knowsChannel(short_channel_id: string): Promise<boolean> {
    const [block, index, output] = short_channel_id.split('x').map(BigInt) as [bigint, bigint, bigint];
    return (await this.#ask('knows', `${(block << 40n) | (index << 16n) | output}`)) === 'true';
  }
}

export const ldkNode: DaemonKind = {
  name: 'ldk-node',
  missing: LDK_LSP.missing,
  version: LDK_LSP.version,
  lacks: ['keeping channels when killed'],
  async create(place) {
    mkdirSync(place.dir, { recursive: true });
    const daemon = new LdkNode(place, await freePort());
    await daemon.start();
    await until('ldk-node has its key', () => daemon.node_id !== '');
    return daemon;
  },
};
