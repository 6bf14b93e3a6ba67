/** The first message of each side (BOLT 1, The init Message; BOLT 9): what we offer, and whether we can talk at all. */
import {
  FEATURE_BITS,
  type FeatureName,
  type Features,
  featureSet,
  hasFeature,
  missingDependency,
  unknownRequired,
} from '../../base/types/features.ts';
import type { Network } from '../../base/types/network.ts';
import type { Init } from '../../codec/wire/index.ts';
import { encodeRemoteAddress } from './remote-address.ts';

/** What Till says of itself to a peer. Features of invoices alone (payment_metadata) have no place here (BOLT 9). */
export const INIT_FEATURES: Features = featureSet({
  option_data_loss_protect: 'required',
  gossip_queries: 'optional',
  var_onion_optin: 'required',
  gossip_queries_ex: 'optional',
  option_static_remotekey: 'required',
  payment_secret: 'required',
  basic_mpp: 'optional',
  option_anchors: 'optional',
  option_support_large_channel: 'optional',
  option_shutdown_anysegwit: 'optional',
  option_attribution_data: 'optional',
  option_provide_storage: 'optional',
  option_channel_type: 'optional',
  option_scid_alias: 'optional',
  option_zeroconf: 'optional',
  option_simple_close: 'optional',
});

/** What a peer may require although we do not offer it: we understand it, or it asks nothing of us. */
const HARMLESS: readonly FeatureName[] = [
  'option_upfront_shutdown_script',
  'option_route_blinding',
  'option_payment_metadata',
  'keysend',
];

/**
 * Our init. The field of old, globalfeatures, stays empty: readers take both fields together. `address`: where the peer
 * calls from, which it may not know itself.
 */
export function ourInit(features: Features, network: Network, address?: string): Init {
  const remote_addr = address === undefined ? undefined : encodeRemoteAddress(address);
  return {
    type: 'init',
    globalfeatures: new Set(),
    features,
    networks: [network.chain_hash],
    ...(remote_addr === undefined ? {} : { remote_addr }),
  };
}

/** The peer's features, from both fields. */
export function peerFeatures(init: Init): Features {
  return new Set([...init.globalfeatures, ...init.features]);
}

/** Why we cannot talk to the peer. Undefined when we can. */
export function initFault(init: Init, ours: Features, network: Network): string | undefined {
  const theirs = peerFeatures(init);
  const harmless = HARMLESS.map((name) => FEATURE_BITS[name]);
  const unknown = unknownRequired(theirs, new Set([...ours, ...harmless]));
  if (unknown.length > 0) return `the peer requires features that we do not have: ${unknown.slice(0, 20).join(', ')}`;
  const lonely = missingDependency(theirs, ASSUMED);
  if (lonely !== undefined) return `the peer offers ${lonely.feature} without ${lonely.needs}, which it needs`;
  const missing = Object.entries(FEATURE_BITS).filter(
    ([name, bit]) => ours.has(bit) && !hasFeature(theirs, name as FeatureName) && !ASSUMED.has(name as FeatureName),
  );
  if (missing.length > 0) return `the peer lacks ${missing.map(([name]) => name).join(', ')}`;
  if (init.networks !== undefined && !init.networks.includes(network.chain_hash)) {
    return `the peer is not on ${network.name}`;
  }
  return undefined;
}

/** BOLT 9 lets every node take these for granted, so a peer that does not say them has them. */
const ASSUMED: ReadonlySet<FeatureName> = new Set([
  'option_data_loss_protect',
  'var_onion_optin',
  'option_static_remotekey',
  'payment_secret',
]);
