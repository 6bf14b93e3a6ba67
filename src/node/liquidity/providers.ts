/** The liquidity providers that the operator has named: who is there, and what they answer. */
import type { RandomBytes } from '../../base/crypto/random.ts';
import type { NodeId } from '../../base/types/brand.ts';
import type { Clock } from '../../base/types/clock.ts';
import { type JsonObject, LspsFormatError } from '../../codec/lsps/envelope.ts';
import { Lsps0Client } from './lsps0-client.ts';
import type { LiquidityLog, ProviderPeer } from './ports.ts';
import { ProviderError } from './provider-error.ts';

/** A provider, as the operator named it. */
export interface NamedProvider {
  readonly node_id: NodeId;
  /** Where it is, as people write it. */
  readonly address: string;
}

/** A provider as it is now. */
export interface Provider extends NamedProvider {
  readonly is_connected: boolean;
}

export interface ProvidersOptions {
  readonly named: readonly NamedProvider[];
  readonly clock: Pick<Clock, 'after'>;
  readonly randomBytes: RandomBytes;
  readonly log: LiquidityLog;
}

export class Providers {
  readonly #named: readonly NamedProvider[];
  readonly #clients = new Map<NodeId, Lsps0Client>();

  constructor({ named, clock, randomBytes, log }: ProvidersOptions) {
    this.#named = named;
    for (const { node_id } of named) {
      this.#clients.set(node_id, new Lsps0Client({ node_id, clock, randomBytes, log }));
    }
  }

  /** In the order in which the operator named them. */
  list(): readonly Provider[] {
    return this.#named.map((each) => ({
      ...each,
      is_connected: this.#clients.get(each.node_id)?.is_connected === true,
    }));
  }

  /** Whether the operator has named this node. */
  has(node_id: NodeId): boolean {
    return this.#clients.has(node_id);
  }

  /** Asks a provider; see Lsps0Client. Rejects with ProviderError. */
  ask(node_id: NodeId, method: string, params: JsonObject, how: { readonly again: boolean }): Promise<JsonObject> {
    const client = this.#clients.get(node_id);
    if (client !== undefined) return client.ask(method, params, how);
    return Promise.reject(
      new ProviderError('unknown', `${node_id} is no provider: name it with lsp=NODE_ID@HOST:PORT`),
    );
  }

  /** The same, and reads the result. What `read` finds no sense in is `unreadable`. Rejects with ProviderError. */
  async askFor<T>(
    node_id: NodeId,
    method: string,
    params: JsonObject,
    how: { readonly again: boolean },
    read: (result: JsonObject) => T,
  ): Promise<T> {
    const result = await this.ask(node_id, method, params, how);
    try {
      return read(result);
    } catch (error) {
      if (!(error instanceof LspsFormatError)) throw error;
      throw new ProviderError('unreadable', `the provider ${node_id} answered ${method} with ${error.message}`);
    }
  }

  peerConnected(peer: ProviderPeer): void {
    this.#clients.get(peer.node_id)?.connected(peer);
  }

  peerDisconnected(peer: ProviderPeer): void {
    this.#clients.get(peer.node_id)?.disconnected();
  }

  /** A message 37913. From anybody who is no provider it means nothing. */
  receive(peer: ProviderPeer, payload: Uint8Array): void {
    this.#clients.get(peer.node_id)?.receive(payload);
  }

  stop(): void {
    for (const client of this.#clients.values()) client.stop();
  }
}
