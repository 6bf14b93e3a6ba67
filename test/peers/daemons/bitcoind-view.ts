/**
 * What one node sees of bitcoind: everything as it is, except for the estimates of fees, which a test can set. So each node
 * has its own opinion of the fees, as on mainnet.
 */
import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { BitcoindProcess } from '../../support/bitcoind.ts';
import type { BitcoindAddress } from './daemon.ts';

interface Request {
  readonly id: unknown;
  readonly method: string;
}

export class BitcoindView implements BitcoindAddress {
  readonly port: number;
  readonly user: string;
  readonly password: string;
  readonly zmq_port: number;
  /**
   * What estimatesmartfee answers, in satoshi per 1000 virtual bytes. bitcoind has no estimates on regtest, and what Core
   * Lightning takes then is a little less than what is relayed.
   */
  estimate_per_kb = 2_000;
  /** The answer about the chain's tip that the node goes on to get; undefined: each time the true one. */
  #held_tip: unknown;
  readonly #server: Server;
  readonly #bitcoind: BitcoindProcess;

  static async start(bitcoind: BitcoindProcess, zmq_port: number): Promise<BitcoindView> {
    const server = createServer();
    await once(server.listen(0, '127.0.0.1'), 'listening');
    return new BitcoindView(server, bitcoind, zmq_port);
  }

  private constructor(server: Server, bitcoind: BitcoindProcess, zmq_port: number) {
    this.#server = server;
    this.#bitcoind = bitcoind;
    this.user = bitcoind.user;
    this.password = bitcoind.password;
    this.zmq_port = zmq_port;
    this.port = (server.address() as AddressInfo).port;
    server.on('request', async (request, response) => {
      const pieces: Buffer[] = [];
      for await (const piece of request) pieces.push(piece as Buffer);
      const body = Buffer.concat(pieces).toString();
      try {
        const { status, text } = await this.#answer(request.url ?? '/', body);
        response.writeHead(status, { 'content-type': 'application/json' }).end(text);
      } catch {
        response.destroy();
      }
    });
  }

  /** From now on the node hears of no new block. Only for Till, which asks for nothing else before it reads a block. */
  async holdTip(): Promise<void> {
    this.#held_tip = await this.#bitcoind.call('getblockchaininfo');
  }

  /** The node hears of all blocks again. */
  showTip(): void {
    this.#held_tip = undefined;
  }

  async #answer(path: string, body: string): Promise<{ status: number; text: string }> {
    const asked = JSON.parse(body) as Request | Request[];
    if (!Array.isArray(asked) && asked.method === 'estimatesmartfee') {
      // With eight decimals, as bitcoind writes amounts: Core Lightning reads no others.
      const feerate = (this.estimate_per_kb / 1e8).toFixed(8);
      const id = JSON.stringify(asked.id);
      return { status: 200, text: `{"result":{"feerate":${feerate},"blocks":6},"error":null,"id":${id}}` };
    }
    if (!Array.isArray(asked) && asked.method === 'getblockchaininfo' && this.#held_tip !== undefined) {
      return { status: 200, text: JSON.stringify({ result: this.#held_tip, error: null, id: asked.id }) };
    }
    const { user, password, rpcport } = this.#bitcoind;
    const response = await fetch(`http://127.0.0.1:${rpcport}${path}`, {
      method: 'POST',
      headers: { authorization: `Basic ${Buffer.from(`${user}:${password}`).toString('base64')}` },
      body,
    });
    return { status: response.status, text: await response.text() };
  }

  async stop(): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
  }
}
