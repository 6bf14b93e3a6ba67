/**
 * Sends messages by a process of its own. Whoever parses what receivers answer holds no key and no file, and TLS with slow
 * or hostile receivers takes no time from payments. It is started with the first message, and again after it has died.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import type { Duplex } from 'node:stream';
import { bareArguments } from '../../base/bare-process.ts';
import { AddressGuard } from './address-guard.ts';
import { lineOf, onValues } from './json-lines.ts';
import type { HttpMessage, Sender, SendOutcome } from './ports.ts';
import type { ProxyRoute } from './proxy-agents.ts';
import { UrlRules } from './url-rules.ts';

/** To the process that sends. The settings come first. */
export type ToSender =
  | {
      readonly kind: 'settings';
      readonly allowed: readonly string[];
      readonly proxy: ProxyRoute | undefined;
      readonly user_agent: string;
    }
  | { readonly kind: 'send'; readonly number: number; readonly message: HttpMessage }
  | { readonly kind: 'cancel'; readonly number: number };

/** From it. */
export interface FromSender {
  readonly number: number;
  readonly outcome: SendOutcome;
}

export interface SendingProcessOptions {
  /** Hosts that may be private. */
  readonly allowed: readonly string[];
  /** Absent: every receiver is connected to directly. */
  readonly proxy?: ProxyRoute | undefined;
  /** Who we say we are. */
  readonly user_agent: string;
  /** Something happened that the operator should know. */
  readonly onProblem: (problem: string) => void;
}

const MOST_HEAP_MB = 256;

interface Running {
  readonly child: ChildProcess;
  readonly socket: Duplex;
}

export class SendingProcess implements Sender {
  readonly #options: SendingProcessOptions;
  readonly #rules: UrlRules;
  #running: Running | undefined;
  #number = 0;
  readonly #under_way = new Map<number, (outcome: SendOutcome) => void>();

  constructor(options: SendingProcessOptions) {
    this.#options = options;
    const guard = new AddressGuard({ allowed: new Set(options.allowed) });
    this.#rules = new UrlRules({ guard, has_proxy: options.proxy !== undefined });
  }

  /** The id of the process; undefined while it does not run. */
  get pid(): number | undefined {
    return this.#running?.child.pid;
  }

  refusalOf(url: string): string | undefined {
    return this.#rules.refusalOf(url);
  }

  send(message: HttpMessage, signal: AbortSignal): Promise<SendOutcome> {
    const refusal = this.refusalOf(message.url);
    if (refusal !== undefined) return Promise.resolve({ kind: 'failed', reason: `the URL is refused: ${refusal}` });
    const number = ++this.#number;
    return new Promise((resolve) => {
      this.#under_way.set(number, resolve);
      signal.addEventListener('abort', () => {
        this.#tell({ kind: 'cancel', number });
        this.#end(number, { kind: 'failed', reason: 'the node stops' });
      });
      this.#running ??= this.#start();
      this.#tell({ kind: 'send', number, message });
    });
  }

  close(): void {
    const { socket } = this.#running ?? {};
    this.#running = undefined;
    socket?.destroy();
  }

  #tell(message: ToSender): void {
    this.#running?.socket.write(lineOf(message));
  }

  #end(number: number, outcome: SendOutcome): void {
    this.#under_way.get(number)?.(outcome);
    this.#under_way.delete(number);
  }

  #start(): Running {
    const { allowed, proxy, user_agent } = this.#options;
    const entry = new URL(`./sending-main${import.meta.url.slice(-3)}`, import.meta.url);
    const { NODE_EXTRA_CA_CERTS } = process.env;
    const child = spawn(process.execPath, bareArguments(entry, MOST_HEAP_MB), {
      // It is told everything over the pair of sockets, but for the certificates that the operator trusts beside Node's.
      env: NODE_EXTRA_CA_CERTS === undefined ? {} : { NODE_EXTRA_CA_CERTS },
      stdio: ['ignore', 'ignore', 'pipe', 'pipe'],
    });
    const socket = child.stdio[3] as Duplex;
    const running = { child, socket };
    let last_words = '';
    child.stderr?.setEncoding('utf8').on('data', (text: string) => {
      last_words = (last_words + text).slice(-2000);
    });
    child.once('error', (error) => this.#ended(running, error.message));
    child.once('exit', (code, signal) => this.#ended(running, `${signal ?? `exit code ${code}`} ${last_words}`.trim()));
    socket.on('error', () => {});
    onValues<FromSender>(socket, ({ number, outcome }) => this.#end(number, outcome));
    socket.write(lineOf({ kind: 'settings', allowed, proxy, user_agent } satisfies ToSender));
    return running;
  }

  /** What was under way is tried again by whoever asked for it. */
  #ended(running: Running, how: string): void {
    if (this.#running !== running) return;
    this.#running = undefined;
    this.#options.onProblem(`the process that sends webhooks ended (${how}); it starts again with the next message`);
    for (const number of [...this.#under_way.keys()]) {
      this.#end(number, { kind: 'failed', reason: 'the process that sends webhooks ended' });
    }
  }
}
