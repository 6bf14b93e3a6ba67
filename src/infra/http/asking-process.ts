/** Asks servers for JSON by a process of its own, which holds no key and no file. */
import type { JsonOutcome, JsonQuestion, JsonSource } from './json-asker.ts';
import type { ProxyRoute } from './proxy-agents.ts';
import { RequestProcess } from './request-process.ts';

/** What the process is told first. */
export interface AskingSettings {
  /** Hosts that may be private. */
  readonly allowed: readonly string[];
  /** The option that names them, for errors. */
  readonly option: string;
  /** Absent: every server is connected to directly. */
  readonly proxy?: ProxyRoute | undefined;
  /** Who we say we are. */
  readonly user_agent: string;
}

export interface AskingProcessOptions extends AskingSettings {
  /** What it is, such as `the process that asks for rates`. */
  readonly name: string;
  /** Something happened that the operator should know. */
  readonly onProblem: (problem: string) => void;
}

export class AskingProcess implements JsonSource {
  readonly #process: RequestProcess<AskingSettings, JsonQuestion, JsonOutcome>;

  constructor({ name, onProblem, ...settings }: AskingProcessOptions) {
    this.#process = new RequestProcess({
      entry: new URL(`./asking-main${import.meta.url.slice(-3)}`, import.meta.url),
      settings,
      name,
      starts_with: 'question',
      failed: (reason): JsonOutcome => ({ kind: 'failed', reason }),
      onProblem,
    });
  }

  /** The id of the process; undefined while it does not run. */
  get pid(): number | undefined {
    return this.#process.pid;
  }

  ask(question: JsonQuestion, signal: AbortSignal): Promise<JsonOutcome> {
    return this.#process.request(question, signal);
  }

  close(): void {
    this.#process.close();
  }
}
