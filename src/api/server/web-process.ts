/**
 * The process that speaks HTTP to the outside. Whoever parses what strangers send holds no key and no file: it runs with
 * Node's permission model where there is one, may use the network and read its own code, and asks the node for everything
 * over a pair of sockets, each time with the rune that it was given.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { constants, getPriority, setPriority } from 'node:os';
import type { Duplex } from 'node:stream';
import { bareArguments } from '../../base/bare-process.ts';
import type { Clock } from '../../base/types/clock.ts';
import type { Dispatcher } from '../rpc/dispatch.ts';
import type { Report, ReportName, WebReady } from '../rpc/frames.ts';
import { WebLink, type WebLinkHost } from './web-link.ts';

const FIRST_RESTART_MS = 1000;
const LAST_RESTART_MS = 60_000;
/** How long it has to let its last answers go out. */
const FAREWELL_MS = 2000;
/** Its heap is bounded: a flood must not take the machine's memory from the node. */
const MOST_HEAP_MB = 512;
/**
 * So much lower its priority is than the node's, as `nice` counts. Where both want a processor, payments go first, and HTTP
 * still gets a quarter of it.
 */
const YIELDS_BY = 5;
const MAIN = new URL(`../web/main${import.meta.url.slice(-3)}`, import.meta.url);

/** Who answers the web process. */
export interface WebHost {
  readonly dispatcher: Pick<Dispatcher<never>, 'call' | 'judge'>;
  /** Hands notifications over, each as JSON, until what it answers is called. */
  readonly subscribe: (notify: (json: string) => void) => () => void;
  /** Answers what a page asks without a rune: see WebLinkHost. */
  readonly question: WebLinkHost['question'];
  /** How the node is, for those who watch it. */
  readonly report: (what: ReportName) => Promise<Report>;
}

export interface WebProcessOptions {
  /** Who answers at first. */
  readonly host: WebHost;
  readonly clock: Clock;
  /** JSON of the settings: see api/web/settings.ts. `ports` are those of the run before, which must stay. */
  readonly settings: (ports: readonly number[] | undefined) => string;
  /** Something happened that the operator should know. */
  readonly onProblem: (problem: string) => void;
  readonly onUnexpected: (error: unknown, what: string) => void;
  /**
   * Runs the servers within this process instead, where a debugger reaches them. Given the end of a pair that is theirs.
   */
  readonly inside?: (socket: Duplex) => void;
  /** The two ends of a pair of sockets, for `inside`. */
  readonly pair?: () => readonly [Duplex, Duplex];
}

/** The web process cannot listen. The sentence says why. */
export class WebStartError extends Error {
  override readonly name = 'WebStartError';
}

export class WebProcess {
  readonly #options: WebProcessOptions;
  #host: WebHost;
  #child: ChildProcess | undefined;
  #link: WebLink | undefined;
  #is_stopping = false;
  #delay_ms = FIRST_RESTART_MS;
  #stopWaiting: (() => void) | undefined;
  /** What it said when it began to serve. */
  ready: WebReady | undefined;

  constructor(options: WebProcessOptions) {
    this.#options = options;
    this.#host = options.host;
  }

  /** From now on this host answers. What is under way is still answered by the one before. */
  serveFor(host: WebHost): void {
    this.#host = host;
  }

  /** Resolves when it listens. Rejects with WebStartError. */
  start(): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#run(
        () => resolve(),
        (reason) => reject(new WebStartError(reason)),
      );
    });
  }

  /** The process's id; undefined while it does not run, and for one that runs inside. */
  get pid(): number | undefined {
    return this.#child?.pid;
  }

  /** What pages show has changed: the process hears it at once, and the next one at its start. */
  tellSettings(): void {
    this.#link?.tellSettings(this.#options.settings(this.ready?.ports));
  }

  #run(onServing: () => void, onFailed: (reason: string) => void): void {
    const { settings, onUnexpected, inside, pair } = this.#options;
    const onReady = (ready: WebReady): void => {
      this.ready = ready;
      onServing();
    };
    const open = (socket: Duplex): void => {
      const told = settings(this.ready?.ports);
      this.#link = new WebLink(socket, {
        dispatcher: {
          call: (call, caller) => this.#host.dispatcher.call(call, caller),
          judge: (call) => this.#host.dispatcher.judge(call),
        },
        settings: told,
        subscribe: (notify) => this.#host.subscribe(notify),
        question: (name, params, signal) => this.#host.question(name, params, signal),
        report: (what) => this.#host.report(what),
        onUnexpected,
        onReady,
        onFailed,
      });
    };
    if (inside !== undefined && pair !== undefined) {
      const [ours, theirs] = pair();
      inside(theirs);
      open(ours);
      return;
    }
    const child = spawn(process.execPath, bareArguments(MAIN, MOST_HEAP_MB), {
      // It learns everything over the pair of sockets.
      env: {},
      stdio: ['ignore', 'ignore', 'pipe', 'pipe'],
    });
    this.#child = child;
    if (child.pid !== undefined) this.#yieldToNode(child.pid);
    open(child.stdio[3] as Duplex);
    let last_words = '';
    child.stderr?.setEncoding('utf8').on('data', (text: string) => {
      last_words = (last_words + text).slice(-2000);
    });
    child.once('error', (error) => onFailed(`the web process cannot be started: ${error.message}`));
    child.once('exit', (code, signal) => {
      this.#child = undefined;
      this.#link = undefined;
      onFailed(`the web process ended at once (${signal ?? `exit code ${code}`}): ${last_words.trim()}`);
      if (!this.#is_stopping) this.#restart(`${signal ?? `exit code ${code}`}`, last_words.trim());
    });
  }

  /**
   * Lowers the priority of a process that has just been started. Linux keeps a priority for each thread, and a new thread takes
   * over that of the one that starts it: so this must be done while the process has only its first.
   */
  #yieldToNode(pid: number): void {
    try {
      setPriority(pid, Math.min(getPriority() + YIELDS_BY, constants.priority.PRIORITY_LOW));
    } catch (error) {
      // One that has ended already says so itself.
      if ((error as NodeJS.ErrnoException & { info?: { code?: string } }).info?.code === 'ESRCH') return;
      this.#options.onProblem(`the web process has the priority of the node, which a flood may slow: ${error}`);
    }
  }

  /** Peers and the socket notice nothing; HTTP clients connect again. */
  #restart(how: string, last_words: string): void {
    const { clock, onProblem } = this.#options;
    const seconds = Math.round(this.#delay_ms / 1000);
    onProblem(
      `the web process ended (${how}) and starts again in ${seconds} s${last_words === '' ? '' : `: ${last_words}`}`,
    );
    this.#stopWaiting = clock.after(this.#delay_ms, () => {
      this.#run(
        () => {
          this.#delay_ms = FIRST_RESTART_MS;
          onProblem('the web process serves again');
        },
        // Its end says the same.
        () => {},
      );
    });
    this.#delay_ms = Math.min(this.#delay_ms * 2, LAST_RESTART_MS);
  }

  /** Lets the last answers go out, for two seconds. */
  async stop(): Promise<void> {
    this.#is_stopping = true;
    this.#stopWaiting?.();
    this.#link?.stop();
    const child = this.#child;
    if (child === undefined) return;
    const ended = new Promise<void>((resolve) => child.once('exit', () => resolve()));
    const stopWaiting = this.#options.clock.after(FAREWELL_MS, () => child.kill('SIGKILL'));
    await ended;
    stopWaiting();
  }
}
