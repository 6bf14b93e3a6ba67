/** What the providers offer now. Each is asked, and one that fails keeps the others from nothing. */
import type { NodeId } from '../../base/types/brand.ts';
import { type ChannelOffer, readChannelOffer } from '../../codec/lsps/lsps1.ts';
import { type OfferedParams, readMenu, readProtocols } from '../../codec/lsps/lsps2.ts';
import type { Offer } from './choose.ts';
import { ProviderError } from './provider-error.ts';
import type { Providers } from './providers.ts';

/** LSPS1 of bLIP 51 and LSPS2 of bLIP 52, as `lsps0.list_protocols` numbers them. */
const LSPS1 = 1;
const LSPS2 = 2;

/** What one provider answers. */
export interface Menu {
  readonly node_id: NodeId;
  /** Undefined when it does not say, or has not been asked. */
  readonly protocols: readonly number[] | undefined;
  readonly offers: readonly OfferedParams[];
  /** The channels that it sells ahead. */
  readonly channels: ChannelOffer | undefined;
  /** Why something of it is missing, as a sentence of ours. */
  readonly fault: ProviderError | undefined;
}

const AGAIN = { again: true } as const;

/** Asks every provider for its protocols and for all that it sells. */
export function menusOf(providers: Providers): Promise<readonly Menu[]> {
  return Promise.all(providers.list().map(({ node_id }) => wholeMenuOf(providers, node_id)));
}

/** The offers of all providers, and what is the matter with those that have none. */
export async function offersOf(
  providers: Providers,
): Promise<{ readonly offers: readonly Offer[]; readonly faults: readonly ProviderError[] }> {
  const menus = await Promise.all(providers.list().map(({ node_id }) => menuOf(providers, node_id)));
  return {
    offers: menus.flatMap(({ node_id, offers }) => offers.map((params) => ({ node_id, params }))),
    faults: menus.flatMap(({ fault }) => fault ?? []),
  };
}

/** What `listlsps` tells of one: its protocols, and what it sells by each of them. */
async function wholeMenuOf(providers: Providers, node_id: NodeId): Promise<Menu> {
  const nothing = { node_id, protocols: undefined, offers: [], channels: undefined };
  try {
    const protocols = await providers.askFor(node_id, 'lsps0.list_protocols', {}, AGAIN, readProtocols);
    const [ahead, jit] = await Promise.all([
      protocols.includes(LSPS1) ? channelsOf(providers, node_id) : undefined,
      protocols.includes(LSPS2) ? menuOf(providers, node_id) : undefined,
    ]);
    const fault = jit?.fault ?? ahead?.fault;
    return { node_id, protocols, offers: jit?.offers ?? [], channels: ahead?.channels, fault };
  } catch (error) {
    if (!(error instanceof ProviderError)) throw error;
    return { ...nothing, fault: error };
  }
}

async function channelsOf(providers: Providers, node_id: NodeId): Promise<Pick<Menu, 'channels' | 'fault'>> {
  try {
    const channels = await providers.askFor(node_id, 'lsps1.get_info', {}, AGAIN, readChannelOffer);
    return { channels, fault: undefined };
  } catch (error) {
    if (!(error instanceof ProviderError)) throw error;
    return { channels: undefined, fault: error };
  }
}

async function menuOf(providers: Providers, node_id: NodeId): Promise<Pick<Menu, 'node_id' | 'offers' | 'fault'>> {
  try {
    const offers = await providers.askFor(node_id, 'lsps2.get_info', {}, AGAIN, readMenu);
    return { node_id, offers, fault: undefined };
  } catch (error) {
    if (!(error instanceof ProviderError)) throw error;
    return { node_id, offers: [], fault: error };
  }
}
