/** The connections on which we ask others: kept for the next request, judged by a guard, through a proxy where that leads. */
import { Agent as HttpsAgent } from 'node:https';
import { Agent as HttpAgent } from '../../base/node-http.ts';
import { type AddressGuard, hostNameOf, PrivateAddressError } from './address-guard.ts';
import { ProxiedHttpAgent, ProxiedHttpsAgent, type ProxyRoute } from './proxy-agents.ts';

export interface OutgoingAgentsOptions {
  readonly guard: AddressGuard;
  /** Absent: everybody is connected to directly. */
  readonly proxy?: ProxyRoute | undefined;
}

/** An agent for each scheme. */
interface Agents {
  readonly http: HttpAgent;
  readonly https: HttpsAgent;
}

export class OutgoingAgents {
  readonly #options: OutgoingAgentsOptions;
  readonly #direct: Agents;
  readonly #proxied: Agents | undefined;

  constructor(options: OutgoingAgentsOptions) {
    this.#options = options;
    const { guard, proxy } = options;
    const settings = { keepAlive: true, maxFreeSockets: 16, lookup: guard.lookup };
    this.#direct = { http: new HttpAgent(settings), https: new HttpsAgent(settings) };
    if (proxy !== undefined) {
      this.#proxied = { http: new ProxiedHttpAgent(proxy), https: new ProxiedHttpsAgent(proxy) };
    }
  }

  /**
   * The agent for a URL. Hosts that may be private are in the operator's own network, where the proxy does not lead.
   */
  for(url: URL): HttpAgent | HttpsAgent {
    const { guard, proxy } = this.#options;
    const host = hostNameOf(url);
    const isProxied = proxy !== undefined && !guard.allows(host) && (proxy.always || host.endsWith('.onion'));
    const agents = isProxied && this.#proxied !== undefined ? this.#proxied : this.#direct;
    return url.protocol === 'https:' ? agents.https : agents.http;
  }

  /** Ends idle connections. */
  destroy(): void {
    for (const agents of [this.#direct, this.#proxied]) {
      agents?.http.destroy();
      agents?.https.destroy();
    }
  }
}

/** Why a request failed, for people. */
export function reasonOf(error: NodeJS.ErrnoException): string {
  if (error instanceof PrivateAddressError) return error.message;
  // Of several addresses that were tried, each has an error of its own.
  const first = error instanceof AggregateError ? (error.errors[0] as Error) : error;
  return first.message === '' ? (error.code ?? error.name) : first.message;
}
