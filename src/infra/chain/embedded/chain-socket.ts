/**
 * Lets several daemons share one embedded chain: its owner serves it on a Unix socket, the others see it through
 * `SharedChain`. One JSON object a line, hex for bytes; the owner's directory keeps strangers out.
 */
import { chmodSync, rmSync } from 'node:fs';
import { connect as connectTo, createServer, type Server, type Socket } from 'node:net';
import { createInterface } from 'node:readline';
import { type Sat, sat } from '../../../base/types/amount.ts';

import type { Txid } from '../../../base/types/brand.ts';
import { type ChainBackend, ChainError } from '../backend.ts';
import type { BlockRef, BroadcastResult, FeeTargetBlocks, Outpoint } from '../source.ts';
import type { EmbeddedChain } from './embedded-chain.ts';

/** What can be asked over the socket; bytes are hex, amounts decimal text. */
type Calls = {
  tip(): Promise<BlockRef>;
  blockHash(height: number): Promise<string | null>;
  block(hash: string): Promise<string>;
  broadcast(transactions: string[]): Promise<BroadcastResult>;
  feeratePerKw(): Promise<number>;
  unspent(outpoint: Outpoint): Promise<{ amount_sat: string; script_pubkey: string; height: number } | null>;
  unconfirmedTo(script_pubkey: string): Promise<string>;
  mempoolTransaction(txid: Txid): Promise<string | null>;
  mine(count: number, script_pubkey: string): Promise<BlockRef>;
  reorganise(depth: number, script_pubkey: string, drop: 'keep' | 'drop'): Promise<BlockRef>;
};

function callsOf(chain: EmbeddedChain): Calls {
  return {
    tip: () => chain.tip(),
    blockHash: async (height) => (await chain.blockHash(height)) ?? null,
    block: async (hash) => (await chain.block(hash)).toString('hex'),
    broadcast: (transactions) => chain.broadcast(transactions.map((text) => Buffer.from(text, 'hex'))),
    feeratePerKw: () => chain.feeratePerKw(),
    unspent: async (outpoint) => {
      const coin = await chain.unspent(outpoint);
      return coin === undefined ? null : { ...coin, amount_sat: String(coin.amount_sat) };
    },
    unconfirmedTo: async (script_pubkey) => String(await chain.unconfirmedTo(script_pubkey)),
    mempoolTransaction: async (txid) => {
      const transaction = await chain.mempoolTransaction(txid);
      return transaction === undefined ? null : Buffer.from(transaction).toString('hex');
    },
    mine: async (count, script_pubkey) => chain.mine(count, script_pubkey),
    reorganise: async (depth, script_pubkey, drop) => chain.reorganise(depth, script_pubkey, drop),
  };
}

/** Serves the chain at `path` (mode 0600) until the function that is returned is called. */
export async function serveChain(chain: EmbeddedChain, path: string): Promise<() => Promise<void>> {
  const calls = callsOf(chain) as unknown as Record<string, (...args: unknown[]) => Promise<unknown>>;
  const sockets = new Set<Socket>();
  rmSync(path, { force: true });
  const server: Server = createServer((socket) => {
    sockets.add(socket);
    const cancelNews = chain.onNews(() => socket.write('{"news":true}\n'));
    socket.on('error', () => socket.destroy());
    socket.on('close', () => {
      cancelNews();
      sockets.delete(socket);
    });
    const lines = createInterface({ input: socket });
    // It passes on what fails at the socket, such as a write to a client that was killed.
    lines.on('error', () => socket.destroy());
    lines.on('line', async (line) => {
      let id: unknown;
      try {
        const request = JSON.parse(line) as { id: number; call: string; args: unknown[] };
        id = request.id;
        const call = Object.hasOwn(calls, request.call) ? calls[request.call] : undefined;
        if (call === undefined) throw new ChainError(`the embedded chain has no call ${request.call}`);
        socket.write(`${JSON.stringify({ id, result: await call(...request.args) })}\n`);
      } catch (error) {
        socket.write(`${JSON.stringify({ id, error: error instanceof Error ? error.message : String(error) })}\n`);
      }
    });
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(path, resolve);
  });
  chmodSync(path, 0o600);
  return async () => {
    for (const socket of sockets) socket.destroy();
    await new Promise<void>((resolve) => server.close(() => resolve()));
  };
}

/** An embedded chain that another process owns. */
export class SharedChain implements ChainBackend {
  readonly #path: string;
  readonly #waiting = new Map<number, { resolve: (result: unknown) => void; reject: (error: Error) => void }>();
  readonly #listeners = new Set<() => void>();
  #socket: Socket | undefined;
  #isClosed = false;
  #next = 1;

  constructor(path: string) {
    this.#path = path;
  }

  async open(): Promise<void> {
    await this.#connected();
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    this.#socket?.destroy();
  }

  tip(): Promise<BlockRef> {
    return this.#call('tip');
  }

  async blockHash(height: number): Promise<string | undefined> {
    return (await this.#call('blockHash', height)) ?? undefined;
  }

  async block(hash: string): Promise<Buffer> {
    return Buffer.from(await this.#call('block', hash), 'hex');
  }

  broadcast(transactions: readonly Uint8Array[]): Promise<BroadcastResult> {
    return this.#call(
      'broadcast',
      transactions.map((bytes) => Buffer.from(bytes).toString('hex')),
    );
  }

  feeratePerKw(_target: FeeTargetBlocks): Promise<number | undefined> {
    return this.#call('feeratePerKw');
  }

  async unspent(outpoint: Outpoint): ReturnType<ChainBackend['unspent']> {
    const coin = await this.#call('unspent', outpoint);
    return coin === null ? undefined : { ...coin, amount_sat: sat(BigInt(coin.amount_sat)) };
  }

  async unconfirmedTo(script_pubkey: string): Promise<Sat> {
    return sat(BigInt(await this.#call('unconfirmedTo', script_pubkey)));
  }

  async mempoolTransaction(txid: Txid): Promise<Uint8Array | undefined> {
    const transaction = await this.#call('mempoolTransaction', txid);
    return transaction === null ? undefined : Buffer.from(transaction, 'hex');
  }

  /** Asks the owner to mine. */
  mine(count: number, script_pubkey: string): Promise<BlockRef> {
    return this.#call('mine', count, script_pubkey);
  }

  /** Asks the owner to reorganise. */
  reorganise(depth: number, script_pubkey: string, drop: 'keep' | 'drop'): Promise<BlockRef> {
    return this.#call('reorganise', depth, script_pubkey, drop);
  }

  readonly onNews = (listener: () => void): (() => void) => {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  };

  async #call<Name extends keyof Calls>(
    call: Name,
    ...args: Parameters<Calls[Name]>
  ): Promise<Awaited<ReturnType<Calls[Name]>>> {
    const socket = await this.#connected();
    const id = this.#next++;
    const answer = Promise.withResolvers<unknown>();
    this.#waiting.set(id, answer);
    socket.write(`${JSON.stringify({ id, call, args })}\n`);
    return (await answer.promise) as Awaited<ReturnType<Calls[Name]>>;
  }

  async #connected(): Promise<Socket> {
    if (this.#isClosed) throw new ChainError('the embedded chain has been closed here');
    if (this.#socket !== undefined) return this.#socket;
    const socket = connectTo(this.#path);
    await new Promise<void>((resolve, reject) => {
      socket.once('connect', resolve);
      socket.once('error', (error) => {
        reject(new ChainError(`no embedded chain is served at ${this.#path}: ${error.message}`));
      });
    });
    this.#socket = socket;
    socket.on('error', () => socket.destroy());
    socket.on('close', () => {
      this.#socket = undefined;
      for (const { reject } of this.#waiting.values()) reject(new ChainError('the embedded chain has gone away'));
      this.#waiting.clear();
    });
    createInterface({ input: socket }).on('line', (line) => this.#receive(line));
    return socket;
  }

  #receive(line: string): void {
    const message = JSON.parse(line) as { news?: true; id?: number; result?: unknown; error?: string };
    if (message.news) {
      for (const listener of [...this.#listeners]) listener();
      return;
    }
    const waiting = this.#waiting.get(message.id as number);
    this.#waiting.delete(message.id as number);
    if (message.error !== undefined) waiting?.reject(new ChainError(message.error));
    else waiting?.resolve(message.result);
  }
}
