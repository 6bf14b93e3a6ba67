/** Sends messages by a process of its own, which holds no key and no file (src/infra/http/request-process.ts). */
import { AddressGuard } from '../../infra/http/address-guard.ts';
import type { ProxyRoute } from '../../infra/http/proxy-agents.ts';
import { RequestProcess } from '../../infra/http/request-process.ts';
import { UrlRules } from '../../infra/http/url-rules.ts';
import type { HttpMessage, Sender, SendOutcome, SentMessage } from './ports.ts';

/** What the process is told first. */
export interface SendingSettings {
  /** Hosts that may be private. */
  readonly allowed: readonly string[];
  /** Absent: every receiver is connected to directly. */
  readonly proxy?: ProxyRoute | undefined;
  /** Who we say we are. */
  readonly user_agent: string;
}

export interface SendingProcessOptions extends SendingSettings {
  /** Something happened that the operator should know. */
  readonly onProblem: (problem: string) => void;
}

export class SendingProcess implements Sender {
  readonly #rules: UrlRules;
  readonly #process: RequestProcess<SendingSettings, readonly HttpMessage[], readonly SentMessage[]>;

  constructor({ onProblem, ...settings }: SendingProcessOptions) {
    const guard = new AddressGuard({ allowed: new Set(settings.allowed) });
    this.#rules = new UrlRules({ guard, has_proxy: settings.proxy !== undefined });
    this.#process = new RequestProcess({
      entry: new URL(`./sending-main${import.meta.url.slice(-3)}`, import.meta.url),
      settings,
      name: 'the process that sends webhooks',
      starts_with: 'message',
      failed,
      onProblem,
    });
  }

  /** The id of the process; undefined while it does not run. */
  get pid(): number | undefined {
    return this.#process.pid;
  }

  refusalOf(url: string): string | undefined {
    return this.#rules.refusalOf(url);
  }

  async send(message: HttpMessage, signal: AbortSignal): Promise<SendOutcome> {
    const [sent] = await this.sendInOrder([message], signal);
    return (sent as SentMessage).outcome;
  }

  sendInOrder(messages: readonly HttpMessage[], signal: AbortSignal): Promise<readonly SentMessage[]> {
    for (const url of new Set(messages.map((message) => message.url))) {
      const refusal = this.refusalOf(url);
      if (refusal !== undefined) return Promise.resolve(failed(`the URL is refused: ${refusal}`));
    }
    return this.#process.request(messages, signal);
  }

  close(): void {
    this.#process.close();
  }
}

/** The first message has failed, and so no other was begun. */
function failed(reason: string): readonly SentMessage[] {
  return [{ outcome: { kind: 'failed', reason }, duration_ms: 0 }];
}
