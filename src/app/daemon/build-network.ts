/** Joins the map of the public network with the chain and our own channels. */
import { join } from 'node:path';
import type { NodeId } from '../../base/types/brand.ts';
import { FEATURE_BITS } from '../../base/types/features.ts';
import type { ShortChannelId } from '../../base/types/short-channel-id.ts';
import type { OutputPlace } from '../../infra/chain/funding-outputs.ts';
import type { Channels } from '../../node/channels/channels.ts';
import type { OutputClaim } from '../../node/network/ports.ts';
import { type OwnName, PublicNetwork } from '../../node/network/public-network.ts';
import { channelUpdateFacts } from '../../protocol/channel/facts.ts';
import { shortChannelId } from '../../protocol/channel/ready.ts';
import type { Infra } from './build-infra.ts';

/** The map's file: Core Lightning's name for its own. */
export const MAP_FILE = 'gossip_store';

/** Funding outputs that are looked at together: the answer of bitcoind for so many takes the main thread some 30 ms. */
const CLAIMS_AT_ONCE = 10_000;

/** Builds the network; it starts with the node. */
export function buildNetwork(
  { config, log, clock, chain, can_check_outputs }: Infra,
  channels: Pick<Channels, 'list'>,
): PublicNetwork {
  return new PublicNetwork({
    path: join(config.network_dir, MAP_FILE),
    chain_hash: config.network.chain_hash,
    known_features: new Set(Object.values(FEATURE_BITS)),
    clock,
    outputs: {
      can_check_all: can_check_outputs,
      claims_at_once: CLAIMS_AT_ONCE,
      check: async (claims) => {
        const found = await chain.lookAtOutputs(claims.map(placeOf));
        return found.map((each) =>
          each.kind === 'unspent' ? { ...each, amount_sat: each.amount_sat as bigint } : each,
        );
      },
    },
    height: () => chain.tip().height,
    onSpends: (listener) => chain.onSpends(({ height }, outpoints) => listener(height, outpoints)),
    onBlockGone: (listener) =>
      chain.onTip((event) => {
        if (event.kind === 'disconnected') listener(event.block.height);
      }),
    ownName: (peer_id, short_channel_id) => nameAmongOurs(channels, peer_id, short_channel_id),
    log: (level, text) => log[level](text),
    onFailure: (error) => log.warn(`the map of the network has stopped, until the next start: ${error.message}`),
  });
}

/** What a name that a peer uses is among our channels with it. */
function nameAmongOurs(channels: Pick<Channels, 'list'>, peer_id: NodeId, short_channel_id: ShortChannelId): OwnName {
  for (const channel of channels.list()) {
    if (channel.peer_id !== peer_id) continue;
    const { state } = channel;
    if (state.terms.local_alias === short_channel_id || state.remote_alias === short_channel_id) return 'private';
    if (shortChannelId(state) !== short_channel_id) continue;
    return channelUpdateFacts(state)?.dont_forward === false ? 'public' : 'private';
  }
  return undefined;
}

function placeOf({ short_channel_id, script_pubkey }: OutputClaim): OutputPlace {
  const [height, transaction_index, vout] = short_channel_id.split('x').map(Number) as [number, number, number];
  return { height, transaction_index, vout, script_pubkey };
}
