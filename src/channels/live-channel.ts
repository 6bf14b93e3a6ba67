/** A channel of ours with all that surrounds its state: its signer, its peer when connected, and its row. */
import { encodeState } from '../channel/codec.ts';
import type { ChannelSigner } from '../channel/signer.ts';
import type { ChannelState } from '../channel/state.ts';
import type { Write } from '../store/store.ts';
import type { Msat } from '../types/amount.ts';
import type { ChannelId, NodeId } from '../types/brand.ts';
import type { ConnectedPeer } from './ports.ts';

/** What the peer asks for payments over this channel towards us: of its `channel_update` (BOLT 7). */
export interface RemoteUpdate {
  readonly fee_base_msat: number;
  readonly fee_proportional_millionths: number;
  readonly cltv_expiry_delta: number;
  readonly htlc_minimum_msat: Msat;
  readonly htlc_maximum_msat: Msat;
  readonly timestamp: number;
  readonly disabled: boolean;
}

export class LiveChannel {
  readonly channel_id: ChannelId;
  readonly peer_id: NodeId;
  /** Which keys are the channel's: random, 16 bytes, hex. */
  readonly key_id: string;
  readonly signer: ChannelSigner;
  state: ChannelState;
  peer: ConnectedPeer | undefined;
  remote_update: RemoteUpdate | undefined;
  /** When it was last given out as a route hint: the least recently hinted one comes first. */
  hinted_at = 0;
  /** Ends the watches of its funding transaction. */
  readonly cancelWatches: (() => void)[] = [];

  constructor(
    peer_id: NodeId,
    key_id: string,
    signer: ChannelSigner,
    state: ChannelState,
    remote_update: RemoteUpdate | undefined,
  ) {
    this.channel_id = state.terms.channel_id;
    this.peer_id = peer_id;
    this.key_id = key_id;
    this.signer = signer;
    this.state = state;
    this.remote_update = remote_update;
  }

  /** The channel's row as it is now. */
  save(): Write {
    const { channel_id, peer_id, key_id, state } = this;
    return {
      sql: `INSERT INTO channels (channel_id, peer_id, key_id, state, remote_update, is_closed) VALUES (?, ?, ?, ?, ?, 0)
        ON CONFLICT (channel_id) DO UPDATE SET state = excluded.state, remote_update = excluded.remote_update`,
      params: [channel_id, peer_id, key_id, encodeState(state), encodeUpdate(this.remote_update)],
    };
  }
}

function encodeUpdate(update: RemoteUpdate | undefined): string | null {
  if (update === undefined) return null;
  const { htlc_minimum_msat, htlc_maximum_msat } = update;
  return JSON.stringify({
    ...update,
    htlc_minimum_msat: String(htlc_minimum_msat),
    htlc_maximum_msat: String(htlc_maximum_msat),
  });
}

/** Reads what `save` wrote of the peer's update. */
export function decodeUpdate(text: string | null): RemoteUpdate | undefined {
  if (text === null) return undefined;
  const update = JSON.parse(text) as RemoteUpdate & { htlc_minimum_msat: string; htlc_maximum_msat: string };
  return {
    ...update,
    htlc_minimum_msat: BigInt(update.htlc_minimum_msat) as Msat,
    htlc_maximum_msat: BigInt(update.htlc_maximum_msat) as Msat,
  };
}
