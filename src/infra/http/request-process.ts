/**
 * A process of its own that speaks HTTP for the node. Whoever parses what strangers answer holds no key and no file, and TLS
 * with slow or hostile servers takes no time from payments. It is started with the first request, and again after it has
 * died. The other end is request-answers.ts.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import type { Duplex } from 'node:stream';
import { bareArguments } from '../../base/bare-process.ts';
import { lineOf, onValues } from './json-lines.ts';

/** To the process. The settings come first. */
export type ToProcess<Settings, Request> =
  | { readonly kind: 'settings'; readonly settings: Settings }
  | { readonly kind: 'request'; readonly number: number; readonly request: Request }
  | { readonly kind: 'cancel'; readonly number: number };

/** From it. */
export interface FromProcess<Outcome> {
  readonly number: number;
  readonly outcome: Outcome;
}

export interface RequestProcessOptions<Settings, Outcome> {
  /** The file that it runs. */
  readonly entry: URL;
  /** What it is told first. */
  readonly settings: Settings;
  /** What it is, such as `the process that sends webhooks`. */
  readonly name: string;
  /** What the next start comes with, such as `message`. */
  readonly starts_with: string;
  /** The outcome of a request that failed. */
  readonly failed: (reason: string) => Outcome;
  /** Something happened that the operator should know. */
  readonly onProblem: (problem: string) => void;
}

const MOST_HEAP_MB = 256;

interface Running {
  readonly child: ChildProcess;
  readonly socket: Duplex;
}

export class RequestProcess<Settings, Request, Outcome> {
  readonly #options: RequestProcessOptions<Settings, Outcome>;
  #running: Running | undefined;
  #number = 0;
  readonly #under_way = new Map<number, (outcome: Outcome) => void>();

  constructor(options: RequestProcessOptions<Settings, Outcome>) {
    this.#options = options;
  }

  /** The id of the process; undefined while it does not run. */
  get pid(): number | undefined {
    return this.#running?.child.pid;
  }

  /** Resolves with what became of the request; `signal` ends it at once. */
  request(request: Request, signal: AbortSignal): Promise<Outcome> {
    const givenUp = (): Outcome => this.#options.failed('the node stops');
    if (signal.aborted) return Promise.resolve(givenUp());
    const number = ++this.#number;
    return new Promise((resolve) => {
      const onAbort = (): void => {
        this.#tell({ kind: 'cancel', number });
        this.#end(number, givenUp());
      };
      this.#under_way.set(number, (outcome) => {
        signal.removeEventListener('abort', onAbort);
        resolve(outcome);
      });
      signal.addEventListener('abort', onAbort);
      this.#running ??= this.#start();
      this.#tell({ kind: 'request', number, request });
    });
  }

  /** Ends the process. */
  close(): void {
    const { socket } = this.#running ?? {};
    this.#running = undefined;
    socket?.destroy();
  }

  #tell(message: ToProcess<Settings, Request>): void {
    this.#running?.socket.write(lineOf(message));
  }

  #end(number: number, outcome: Outcome): void {
    const finish = this.#under_way.get(number);
    this.#under_way.delete(number);
    finish?.(outcome);
  }

  #start(): Running {
    const { entry, settings } = this.#options;
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
    onValues<FromProcess<Outcome>>(socket, ({ number, outcome }) => this.#end(number, outcome));
    socket.write(lineOf({ kind: 'settings', settings } satisfies ToProcess<Settings, Request>));
    return running;
  }

  /** What was under way is tried again by whoever asked for it. */
  #ended(running: Running, how: string): void {
    if (this.#running !== running) return;
    this.#running = undefined;
    const { name, starts_with, failed, onProblem } = this.#options;
    onProblem(`${name} ended (${how}); it starts again with the next ${starts_with}`);
    for (const number of [...this.#under_way.keys()]) this.#end(number, failed(`${name} ended`));
  }
}
