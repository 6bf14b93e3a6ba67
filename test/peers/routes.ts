/** Routes that a test makes by hand for an LDK node to pay over. */
import type { LdkPeer } from './ldk/ldk-peer.ts';
import type { LdkHop } from './ldk/protocol.ts';

/** The step from a node over its channel to the next one. `by` tells whether the payment is the node's own. */
export async function hopOver(
  from: LdkPeer,
  channel_id: string,
  node_id: string,
  fee_msat: bigint,
  cltv_expiry_delta: number,
  by: 'itself' | 'others' = 'itself',
): Promise<LdkHop> {
  const channel = (await from.ask('channels')).find((each) => each.channel_id === channel_id);
  const scid = by === 'itself' ? channel?.scid_out : channel?.scid_alias;
  if (scid == null) throw new Error(`the node has no channel ${channel_id} that can be used`);
  return { node_id, scid, fee_msat, cltv_expiry_delta };
}
