/** The JSON-RPC interface of bitcoind over HTTP: calls, several in one request, and a list of txids that is read as it comes. */
import { readFileSync } from 'node:fs';
import { Agent, type IncomingMessage, request } from '../../base/node-http.ts';
import type { Txid } from '../../base/types/brand.ts';
import type { NetworkName } from '../../base/types/network.ts';
import { ChainError } from './backend.ts';
import { TxidReader } from './txid-reader.ts';

export interface BitcoindRpcOptions {
  readonly network: NetworkName;
  readonly 'bitcoin-rpcconnect': string;
  readonly 'bitcoin-rpcport': number;
  /** `USER:PASSWORD`, or the cookie file that holds them, read again at every request: bitcoind changes it. */
  readonly login: string | { readonly cookie_file: string };
  /** A request that takes longer has failed. */
  readonly timeout_ms: number;
}

const RPC_OTHER_ERROR = -1;
const RPC_IN_WARMUP = -28;
/** From this HTTP status on the server is at fault, such as one that has too much to do. */
const SERVER_ERROR = 500;
const OK = 200;

/** bitcoind answered with an error of its own. */
export class RpcAnswer extends ChainError {
  readonly code: number;
  readonly text: string;

  constructor(method: string, code: number, text: string) {
    super(`bitcoind answered ${method} with error ${code}: ${text}`, {
      is_starting: code === RPC_IN_WARMUP,
      is_pruned: code === RPC_OTHER_ERROR && text.includes('pruned'),
    });
    this.code = code;
    this.text = text;
  }
}

interface RawAnswer {
  readonly result: unknown;
  readonly error: { readonly code: number; readonly message: string } | null;
  readonly id?: unknown;
}

/** An answer as it came: its HTTP status, and its body. */
interface Posted {
  readonly status: number;
  readonly text: string;
}

export class BitcoindRpc {
  readonly #options: BitcoindRpcOptions;
  /** Connections are kept open: catching up asks for thousands of blocks. */
  readonly #agent = new Agent({ keepAlive: true, maxSockets: 8 });
  #isClosed = false;

  constructor(options: BitcoindRpcOptions) {
    this.#options = options;
  }

  /** Where it is, for people. */
  get where(): string {
    return `${this.#options['bitcoin-rpcconnect']}:${this.#options['bitcoin-rpcport']}`;
  }

  close(): void {
    this.#isClosed = true;
    this.#agent.destroy();
  }

  /** Calls a method. Rejects with RpcAnswer for bitcoind's own error, otherwise with ChainError. */
  async call<T>(method: string, params: readonly unknown[] = [], timeout_ms?: number): Promise<T> {
    const body = JSON.stringify({ jsonrpc: '1.0', id: 'till', method, params });
    const { error, result } = this.#answerIn<RawAnswer>(method, await this.#post(body, { timeout_ms }));
    if (error !== null && error !== undefined) throw new RpcAnswer(method, Number(error.code), String(error.message));
    return result as T;
  }

  /** Calls a method once for each list of parameters, in one request. What was answered with an error is undefined. */
  async callEach<T>(method: string, each: readonly (readonly unknown[])[]): Promise<readonly (T | undefined)[]> {
    const body = JSON.stringify(each.map((params, id) => ({ jsonrpc: '1.0', id, method, params })));
    const answers = this.#answerIn<readonly RawAnswer[]>(method, await this.#post(body));
    if (!Array.isArray(answers)) throw this.#noAnswer(method);
    const found = new Map(answers.map(({ id, result, error }: RawAnswer) => [id, error ? undefined : (result as T)]));
    return each.map((_params, id) => found.get(id));
  }

  /** Every txid in the answer of a method, as it arrives: a full mempool has twenty megabytes of them. */
  async txids(method: string, onTxid: (txid: Txid) => void): Promise<void> {
    const body = JSON.stringify({ jsonrpc: '1.0', id: 'till', method, params: [] });
    const reader = new TxidReader(onTxid);
    const posted = await this.#post(body, { onPart: (part) => reader.read(part) });
    if (posted.status !== OK) this.#answerIn(method, posted);
    else if (!reader.isWhole) throw this.#noAnswer(method);
  }

  #noAnswer(method: string): ChainError {
    return new ChainError(`bitcoind at ${this.where} answered ${method} with neither result nor error`);
  }

  #authorization(): string {
    const { login, network } = this.#options;
    if (typeof login === 'string') return login;
    try {
      return readFileSync(login.cookie_file, 'utf8').trim();
    } catch (error) {
      const reason = error instanceof Error && 'code' in error ? error.code : error;
      // bitcoind writes it when it starts.
      throw new ChainError(
        `${login.cookie_file} cannot be read (${reason}): does bitcoind run on ${network}, and as the same user? If it ` +
          'has another directory: bitcoin-datadir; or else bitcoin-rpcuser and bitcoin-rpcpassword',
        { is_starting: true },
      );
    }
  }

  #answerIn<T extends object>(method: string, { status, text }: Posted): T {
    if (status === 401 || status === 403) {
      // The cookie may be that of the run before, for a moment; a password stays wrong.
      const is_starting = typeof this.#options.login !== 'string';
      throw new ChainError(`bitcoind at ${this.where} refuses the user or the password (HTTP ${status})`, {
        is_starting,
      });
    }
    let answer: T | null;
    try {
      answer = JSON.parse(text) as T | null;
    } catch {
      throw new ChainError(`bitcoind at ${this.where} answered ${method} with no JSON (HTTP ${status})`, {
        is_starting: status >= SERVER_ERROR,
      });
    }
    if (typeof answer !== 'object' || answer === null) throw this.#noAnswer(method);
    return answer;
  }

  #post(
    body: string,
    how: {
      readonly is_again?: boolean;
      readonly timeout_ms?: number | undefined;
      /** Takes the body of a good answer part by part; its text is empty then. */
      readonly onPart?: (part: Buffer) => void;
    } = {},
  ): Promise<Posted> {
    const { is_again = false, timeout_ms = this.#options.timeout_ms, onPart } = how;
    const options = {
      host: this.#options['bitcoin-rpcconnect'],
      port: this.#options['bitcoin-rpcport'],
      method: 'POST',
      path: '/',
      auth: this.#authorization(),
      agent: this.#agent,
      timeout: timeout_ms,
      headers: { 'content-type': 'application/json', 'content-length': Buffer.byteLength(body) },
    };
    return new Promise((resolve, reject) => {
      const fail = (error: Error): void =>
        reject(new ChainError(`bitcoind at ${this.where} does not answer: ${error.message}`, { is_starting: true }));
      const sent = request(options, (response: IncomingMessage) => {
        const chunks: Buffer[] = [];
        const { statusCode: status = 0 } = response;
        response.on('data', (chunk: Buffer) => {
          if (onPart !== undefined && status === OK) onPart(chunk);
          else chunks.push(chunk);
        });
        response.on('error', fail);
        response.on('end', () => resolve({ status, text: Buffer.concat(chunks).toString('utf8') }));
      });
      sent.on('timeout', () => sent.destroy(new Error(`no answer within ${timeout_ms} ms`)));
      sent.on('error', (error: NodeJS.ErrnoException) => {
        // bitcoind ends connections that were idle, and may do so just as one is used again.
        const isStale = sent.reusedSocket && error.code === 'ECONNRESET' && !is_again && !this.#isClosed;
        if (isStale) this.#post(body, { ...how, is_again: true }).then(resolve, reject);
        else fail(error);
      });
      sent.end(body);
    });
  }
}
