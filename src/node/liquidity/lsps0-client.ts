/**
 * The client's side of bLIP 50 (LSPS0) with one provider: requests are sent as messages 37913, and each waits for its
 * answer by a random id. What it can make us hold or read is bounded: so many requests at once, each for a minute or two,
 * and so many messages that answer nothing. After one that is not of the agreed form nothing more is asked on the same
 * connection.
 */
import type { RandomBytes } from '../../base/crypto/random.ts';
import type { NodeId } from '../../base/types/brand.ts';
import type { Clock } from '../../base/types/clock.ts';
import { toHex } from '../../base/types/hex.ts';
import {
  decodeAnswer,
  encodeRequest,
  type JsonObject,
  type LspsAnswer,
  LspsFormatError,
} from '../../codec/lsps/envelope.ts';
import type { LiquidityLog, ProviderPeer } from './ports.ts';
import { filtered, ProviderError, refusal } from './provider-error.ts';

/** bLIP 50 wants minutes: whoever asks waits at a counter, so it is not many. */
export const REQUEST_TIMEOUT_MS = 90_000;
/** Requests that wait for an answer. Providers of LDK take ten from a client. */
export const MOST_REQUESTS = 8;
/** Messages of one connection that answer no request of ours: notifications, answers that come too late. */
export const MOST_USELESS = 50;
/** 128 bits: nobody guesses an id, and none comes twice. */
const ID_BYTES = 16;

export interface Lsps0ClientOptions {
  readonly node_id: NodeId;
  readonly clock: Pick<Clock, 'after'>;
  readonly randomBytes: RandomBytes;
  readonly log: LiquidityLog;
}

/** A request that has no answer yet. */
interface Pending {
  readonly method: string;
  readonly params: JsonObject;
  readonly again: boolean;
  /** Under which it was sent on this connection; undefined while it waits for the next. */
  id: string | undefined;
  readonly cancelTimeout: () => void;
  resolve(result: JsonObject): void;
  reject(error: ProviderError): void;
}

export class Lsps0Client {
  readonly #options: Lsps0ClientOptions;
  readonly #pending = new Set<Pending>();
  #peer: ProviderPeer | undefined;
  /** On this connection nothing more is asked, nor read. */
  #is_mute = false;
  #useless = 0;

  constructor(options: Lsps0ClientOptions) {
    this.#options = options;
  }

  get is_connected(): boolean {
    return this.#peer !== undefined;
  }

  /**
   * Asks, and resolves with the result. `again`: the request changes nothing, or may be made twice, and is made again when
   * the connection is lost and comes back in time. Rejects with ProviderError.
   */
  ask(method: string, params: JsonObject, { again }: { readonly again: boolean }): Promise<JsonObject> {
    const { node_id, clock } = this.#options;
    if (this.#peer === undefined) {
      return Promise.reject(new ProviderError('away', `the provider ${node_id} is not connected`));
    }
    if (this.#is_mute) return Promise.reject(this.#unreadable());
    if (this.#pending.size >= MOST_REQUESTS) {
      return Promise.reject(
        new ProviderError('busy', `${MOST_REQUESTS} requests to the provider ${node_id} wait for an answer already`),
      );
    }
    return new Promise((resolve, reject) => {
      const cancelTimeout = clock.after(REQUEST_TIMEOUT_MS, () => {
        const seconds = REQUEST_TIMEOUT_MS / 1000;
        this.#end(pending).reject(
          new ProviderError('silent', `the provider ${node_id} did not answer ${method} within ${seconds} seconds`),
        );
      });
      const pending: Pending = { method, params, again, id: undefined, cancelTimeout, resolve, reject };
      this.#pending.add(pending);
      this.#send(pending);
    });
  }

  /** The provider is there. */
  connected(peer: ProviderPeer): void {
    this.#peer = peer;
    this.#is_mute = false;
    this.#useless = 0;
    for (const pending of this.#pending) this.#send(pending);
  }

  /** It is gone: what may be asked twice waits for its return. */
  disconnected(): void {
    this.#peer = undefined;
    const { node_id } = this.#options;
    for (const pending of [...this.#pending]) {
      pending.id = undefined;
      if (pending.again) continue;
      this.#end(pending).reject(
        new ProviderError('away', `the provider ${node_id} went away before it answered ${pending.method}`),
      );
    }
  }

  /** A message of the provider. */
  receive(payload: Uint8Array): void {
    // Nothing that it says of itself has a meaning for us.
    if (this.#is_mute || this.#pending.size === 0) return;
    let answer: LspsAnswer;
    try {
      answer = decodeAnswer(payload);
    } catch (error) {
      if (!(error instanceof LspsFormatError)) throw error;
      this.#mute(error.message);
      return;
    }
    const pending = answer.kind === 'notification' ? undefined : this.#waitingFor(answer.id);
    if (pending === undefined) {
      this.#useless += 1;
      if (this.#useless > MOST_USELESS) this.#mute(`${this.#useless} messages that answer nothing`);
      return;
    }
    this.#end(pending);
    if (answer.kind === 'result') pending.resolve(answer.result);
    else if (answer.kind === 'error') {
      const { log, node_id } = this.#options;
      log.debug(`provider ${node_id} refuses ${pending.method} with ${answer.code}: ${filtered(answer.message)}`);
      pending.reject(refusal(pending.method, answer.code));
    }
  }

  /** No more answers are waited for. */
  stop(): void {
    for (const pending of [...this.#pending]) {
      this.#end(pending).reject(new ProviderError('away', 'the node is stopping'));
    }
  }

  #waitingFor(id: string | null): Pending | undefined {
    return id === null ? undefined : [...this.#pending].find((pending) => pending.id === id);
  }

  #send(pending: Pending): void {
    const { randomBytes } = this.#options;
    const id = toHex(randomBytes(ID_BYTES));
    pending.id = id;
    const { method, params } = pending;
    this.#peer?.send([{ type: 'lsps0_message', payload: encodeRequest({ id, method, params }) }]);
  }

  #end(pending: Pending): Pending {
    pending.cancelTimeout();
    this.#pending.delete(pending);
    return pending;
  }

  #mute(reason: string): void {
    const { node_id, log } = this.#options;
    this.#is_mute = true;
    log.warn(`provider ${node_id} sent ${reason}: nothing more is asked of it before it connects again`);
    for (const pending of [...this.#pending]) this.#end(pending).reject(this.#unreadable());
  }

  #unreadable(): ProviderError {
    const { node_id } = this.#options;
    return new ProviderError(
      'unreadable',
      `the provider ${node_id} sent what cannot be read: it is asked again when it has connected again`,
    );
  }
}
