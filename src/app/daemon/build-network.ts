/** Joins the map of the public network with the chain and our own channels. */
import { join } from 'node:path';
import type { NodeId } from '../../base/types/brand.ts';
import { FEATURE_BITS } from '../../base/types/features.ts';
import type { ShortChannelId } from '../../base/types/short-channel-id.ts';
import { encodeMessage } from '../../codec/wire/index.ts';
import type { OutputPlace } from '../../infra/chain/funding-outputs.ts';
import type { Channels } from '../../node/channels/channels.ts';
import type { PublicMessage } from '../../node/channels/ports.ts';
import type { Keys } from '../../node/keys/keys.ts';
import { OwnAnnouncement } from '../../node/network/own-announcement.ts';
import type { OutputClaim } from '../../node/network/ports.ts';
import { type OwnName, PublicNetwork } from '../../node/network/public-network.ts';
import { channelUpdateFacts } from '../../protocol/channel/facts.ts';
import { shortChannelId } from '../../protocol/channel/ready.ts';
import type { Infra } from './build-infra.ts';
import { identityOf } from './identity.ts';
import { IncomingCapacities } from './incoming-capacities.ts';
import type { Part } from './lifecycle.ts';

/** The map's file: Core Lightning's name for its own. */
export const MAP_FILE = 'gossip_store';

/** Funding outputs that are looked at together: the answer of bitcoind for so many takes the main thread some 30 ms. */
const CLAIMS_AT_ONCE = 10_000;

/** The public network, and our place in it. */
export interface BuiltNetwork {
  readonly public_network: PublicNetwork;
  /** What the network can bring to our peers. */
  readonly incoming: IncomingCapacities;
  /** Something of a public channel of ours is for everybody. */
  onPublic(message: PublicMessage): void;
  readonly parts: readonly Part[];
}

/** Builds the network; it starts with the node. */
export function buildNetwork(
  { config, options, log, clock, chain, can_check_outputs }: Infra,
  keys: Pick<Keys, 'node_id' | 'signAsNode'>,
  channels: Pick<Channels, 'list'>,
): BuiltNetwork {
  const { node_id } = keys;
  const public_network = new PublicNetwork({
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
  const peersOfOurs = (): readonly NodeId[] => [...new Set(channels.list().map(({ peer_id }) => peer_id))];
  const incoming = new IncomingCapacities(clock, public_network, node_id, peersOfOurs);
  const own_announcement = new OwnAnnouncement({
    node_id,
    signAsNode: (digest) => keys.signAsNode(digest),
    content: () => identityOf(config, node_id),
    hasPublicChannel: () => channels.list().some(({ state }) => channelUpdateFacts(state)?.dont_forward === false),
    network: public_network,
    clock,
    log: (level, text) => log[level](text),
  });
  options.onChange(['alias'], () => own_announcement.lookSoon());
  return {
    public_network,
    incoming,
    onPublic(message) {
      const { type, short_channel_id } = message;
      public_network.say(`${type} ${short_channel_id}`, encodeMessage(message), short_channel_id);
      if (type === 'channel_announcement') own_announcement.lookSoon();
    },
    parts: [
      {
        name: 'network',
        start() {
          public_network.start();
          incoming.start();
          own_announcement.start();
        },
        async stop() {
          own_announcement.stop();
          incoming.stop();
          await public_network.stop();
        },
      },
    ],
  };
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
