/** What every play of the sandbox needs: a chain, nodes in processes of their own, somebody who mines, and a voice. */
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import type { PlainJsonObject } from '../../api/rpc/json.ts';
import { parseAddress } from '../../base/types/address.ts';
import type { Txid } from '../../base/types/brand.ts';
import { systemClock } from '../../base/types/clock.ts';
import { serveChain } from '../../infra/chain/embedded/chain-socket.ts';
import { EmbeddedChain } from '../../infra/chain/embedded/embedded-chain.ts';
import { lockDirectory } from '../../infra/store/lock.ts';
import { NodeProcess } from './node-process.ts';

/** How often the sandbox looks whether there is something to mine. */
const MINE_EVERY_MS = 1000;
/** Coinbase outputs must be this deep before they can be spent. */
export const MATURITY_BLOCKS = 100;
export const CHANNEL_SAT = 10_000_000;
const CHANNEL_CONFIRMATIONS = 6;
/** A script that nobody can spend: where later blocks pay to. */
export const NOBODY = '6a';
/** The state of a channel that can carry payments. */
export const NORMAL = 'CHANNELD_NORMAL';

/** A node, or a pair of which one answers. */
type Asked = Pick<NodeProcess, 'ask'>;

/** Tells whoever sits at the terminal. */
export function say(text: string): void {
  process.stdout.write(`${text}\n`);
}

export class Stage {
  readonly dir: string;
  readonly #started_ms = performance.now();
  #chain: EmbeddedChain | undefined;
  #stopServing: (() => Promise<void>) | undefined;
  #stopMining: () => void = () => {};
  #unlock: (() => void) | undefined;
  #isClosing = false;
  /** Also those that do not answer yet. */
  readonly #nodes: Promise<NodeProcess>[] = [];
  /** What else is to be stopped, before the chain. */
  readonly #others: (() => Promise<void>)[] = [];

  constructor(dir: string) {
    this.dir = dir;
  }

  /** Takes the directory, and opens its chain. Throws when another sandbox has it. */
  async setUp(): Promise<void> {
    mkdirSync(join(this.dir, 'regtest'), { recursive: true, mode: 0o700 });
    // Before the chain: a second sandbox would take its file and its socket from the first.
    this.#unlock = lockDirectory(this.dir);
    this.#chain = new EmbeddedChain({ clock: systemClock, file: join(this.dir, 'regtest', 'sandbox-blocks') });
    this.#stopServing = await serveChain(this.#chain, this.chain_socket);
    const blocks = (await this.#chain.tip()).height + 1;
    this.step(`a regtest chain of ${blocks} ${blocks === 1 ? 'block' : 'blocks'} is there`);
  }

  /** Where the chain is served. */
  get chain_socket(): string {
    return join(this.dir, 'regtest', 'sandbox-chain');
  }

  get chain(): EmbeddedChain {
    if (this.#chain === undefined) throw new Error('the stage is not set up');
    return this.#chain;
  }

  /** Starts a node. */
  start(name: string, dir: string, ...options: readonly string[]): Promise<NodeProcess> {
    const node = NodeProcess.start(name, dir, this.chain_socket, options);
    this.#nodes.push(node);
    return node;
  }

  /** Has something else stopped with the stage. */
  alsoStops(stop: () => Promise<void>): void {
    this.#others.push(stop);
  }

  /** Tells what has happened, and when. */
  step(text: string): void {
    const seconds = ((performance.now() - this.#started_ms) / 1000).toFixed(1);
    say(`${seconds.padStart(5)} s  ${text}`);
  }

  /** On a real chain somebody mines every ten minutes; here a block comes when there is something for it. */
  mineWhatWaits(): void {
    const timer = setInterval(() => {
      if (this.chain.pending.length > 0) this.chain.mine(1, NOBODY);
    }, MINE_EVERY_MS);
    this.#stopMining = () => clearInterval(timer);
  }

  /** Gives a wallet a coin that it can spend, and waits until it knows. */
  async mineTo(node: Asked): Promise<void> {
    const { bech32 } = await node.ask('newaddr', { addresstype: 'bech32' });
    const address = parseAddress(bech32 as string);
    if (address === undefined) throw new Error(`newaddr answered ${bech32}`);
    this.chain.mine(1, address.script_pubkey);
    this.chain.mine(MATURITY_BLOCKS, NOBODY);
    await this.until(async () =>
      ((await node.ask('listfunds')).outputs as unknown as PlainJsonObject[]).some(
        (output) => output.status === 'confirmed',
      ),
    );
  }

  /** A channel of `from` that passes `isOfUse`; one of an earlier run will do. `what`: with whom, for people. */
  async openChannel(from: NodeProcess, to_id: string, isOfUse: (channel: PlainJsonObject) => boolean): Promise<void> {
    const known = (await this.channels(from)).find((channel) => channel.peer_id === to_id && isOfUse(channel));
    if (known?.state === NORMAL) {
      this.step('their channel of last time is there again');
    } else {
      const funding = known ?? (await this.#fundChannel(from, to_id));
      if (known !== undefined) this.step('the channel that they began last time goes on');
      const outpoint = { txid: funding.funding_txid as Txid, vout: funding.funding_outnum as number };
      await this.until(
        async () => this.chain.isPending(outpoint.txid) || (await this.chain.unspent(outpoint)) !== undefined,
      );
      this.chain.mine(CHANNEL_CONFIRMATIONS, NOBODY);
    }
    await this.until(async () =>
      (await this.channels(from)).some(
        (channel) =>
          channel.peer_id === to_id && isOfUse(channel) && channel.state === NORMAL && channel.reestablished === true,
      ),
    );
    if (known?.state !== NORMAL) this.step(`${CHANNEL_CONFIRMATIONS} blocks later the channel is open`);
  }

  /** Resolves with where the funding is, by the names of `listpeerchannels`. */
  async #fundChannel(from: NodeProcess, to_id: string): Promise<PlainJsonObject> {
    await this.mineTo(from);
    this.step(`the ${from.name} has mined ${MATURITY_BLOCKS + 1} blocks and owns 50 BTC that are worth nothing`);
    const { txid, outnum } = await from.ask('fundchannel', { id: to_id, amount: CHANNEL_SAT });
    this.step(
      `the ${from.name} funds a channel with ${CHANNEL_SAT.toLocaleString('en-US')} sat, by transaction ${txid}`,
    );
    return { funding_txid: txid as string, funding_outnum: outnum as number };
  }

  async channels(node: NodeProcess): Promise<readonly PlainJsonObject[]> {
    return (await node.ask('listpeerchannels')).channels as unknown as PlainJsonObject[];
  }

  /** A payee that is blocks ahead of the payer takes its payment for one that comes too late. */
  async untilLevel(...nodes: readonly Asked[]): Promise<void> {
    for (const node of nodes) {
      await this.until(async () => (await node.ask('getinfo')).blockheight === (await this.chain.tip()).height);
    }
  }

  /** Asks again until it is so: what happens in other processes tells nobody here. */
  async until(isSo: () => Promise<boolean> | boolean): Promise<void> {
    while (!(await isSo())) {
      if (this.#isClosing) throw new Error('stopped');
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
  }

  /** Resolves only by failing: a node that ends by itself ends the sandbox. */
  async brokenDown(): Promise<never> {
    const nodes = await Promise.all(this.#nodes);
    const { name, dir } = await Promise.race(nodes.map((node) => node.ended.then(() => node)));
    throw new Error(`the ${name} has ended; ${join(dir, 'log')} says why`);
  }

  async close(): Promise<void> {
    if (this.#unlock === undefined) return;
    this.#isClosing = true;
    this.#stopMining();
    const started = await Promise.allSettled(this.#nodes);
    await Promise.all(started.map((start) => (start.status === 'fulfilled' ? start.value.stop() : undefined)));
    for (const stop of this.#others) await stop();
    await this.#stopServing?.();
    await this.#chain?.close();
    this.#unlock();
    say('\nstopped; start again to go on where you were');
  }
}
