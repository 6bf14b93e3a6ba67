/** What the providers offer now. Each is asked, and one that fails keeps the others from nothing. */
import type { NodeId } from '../../base/types/brand.ts';
import { type OfferedParams, readMenu, readProtocols } from '../../codec/lsps/lsps2.ts';
import type { Offer } from './choose.ts';
import { ProviderError } from './provider-error.ts';
import type { Providers } from './providers.ts';

/** The LSPS2 of bLIP 52, as `lsps0.list_protocols` numbers it. */
export const LSPS2 = 2;

/** What one provider answers. */
export interface Menu {
  readonly node_id: NodeId;
  /** Undefined when it does not say, or has not been asked. */
  readonly protocols: readonly number[] | undefined;
  readonly offers: readonly OfferedParams[];
  /** Why there are none, as a sentence of ours. */
  readonly fault: ProviderError | undefined;
}

const AGAIN = { again: true } as const;

/** Asks every provider for its protocols and its menu. */
export function menusOf(providers: Providers): Promise<readonly Menu[]> {
  return Promise.all(providers.list().map(({ node_id }) => menuOf(providers, node_id, true)));
}

/** The offers of all providers, and what is the matter with those that have none. */
export async function offersOf(
  providers: Providers,
): Promise<{ readonly offers: readonly Offer[]; readonly faults: readonly ProviderError[] }> {
  const menus = await Promise.all(providers.list().map(({ node_id }) => menuOf(providers, node_id, false)));
  return {
    offers: menus.flatMap(({ node_id, offers }) => offers.map((params) => ({ node_id, params }))),
    faults: menus.flatMap(({ fault }) => fault ?? []),
  };
}

async function menuOf(providers: Providers, node_id: NodeId, asksProtocols: boolean): Promise<Menu> {
  let protocols: readonly number[] | undefined;
  try {
    if (asksProtocols) {
      protocols = await providers.askFor(node_id, 'lsps0.list_protocols', {}, AGAIN, readProtocols);
      if (!protocols.includes(LSPS2)) return { node_id, protocols, offers: [], fault: undefined };
    }
    const offers = await providers.askFor(node_id, 'lsps2.get_info', {}, AGAIN, readMenu);
    return { node_id, protocols, offers, fault: undefined };
  } catch (error) {
    if (!(error instanceof ProviderError)) throw error;
    return { node_id, protocols, offers: [], fault: error };
  }
}
