/** A channel of ours with all that surrounds its state: its signer, its peer when connected, and its row. */

import { type Msat, max, min } from '../../base/types/amount.ts';
import type { ChannelId, NodeId } from '../../base/types/brand.ts';
import type { Row, Write } from '../../infra/store/store.ts';
import { encodeState } from '../../protocol/channel/codec.ts';
import { figuresOf } from '../../protocol/channel/lost.ts';
import type { ChannelMessage } from '../../protocol/channel/message.ts';
import type { ChannelSigner } from '../../protocol/channel/signer.ts';
import type { Side } from '../../protocol/channel/stage.ts';
import type { ChannelState } from '../../protocol/channel/state.ts';
import type { CloseCause, Closing } from './closing/close-cause.ts';
import type { ClosePublication } from './closing/publication.ts';
import type { ConnectedPeer, LocalUpdate } from './ports.ts';
import { countTraffic, decodeTraffic, encodeTraffic, NO_TRAFFIC, type Traffic } from './traffic.ts';

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

/** Why a channel was set aside, and how often in a row. Times are of the clock that never steps back. */
export interface Aside {
  readonly cause: ChannelMessage['type'];
  readonly reason: string;
  readonly count: number;
  readonly at_ms: number;
  /** Before this it takes part in no connection. */
  readonly rests_until_ms: number;
}

export class LiveChannel {
  readonly channel_id: ChannelId;
  readonly peer_id: NodeId;
  /** Which keys are the channel's: random, 16 bytes, hex. */
  readonly key_id: string;
  readonly signer: ChannelSigner;
  state: ChannelState;
  peer: ConnectedPeer | undefined;
  /** Where its peer called us from last, in this run of the node. */
  host: string | undefined;
  remote_update: RemoteUpdate | undefined;
  /** What we said last of our own direction. */
  local_update: LocalUpdate | undefined;
  /** Why it was set aside last; undefined when it goes on. */
  aside: Aside | undefined;
  /** Who closes it and why, once somebody does. */
  closing: Closing | undefined;
  /** The least and the most that was ever ours of it; undefined when it is unknown. */
  min_to_us_msat: Msat | undefined;
  max_to_us_msat: Msat | undefined;
  /** What went over it. */
  traffic: Traffic = NO_TRAFFIC;
  /** When its connection last lasted a minute: Unix time. */
  last_stable_connection: number | undefined;
  /** Called when what happened to the channel is durable. */
  readonly listeners = new Set<() => void>();
  /** What the network said of its mutual closes, in this run of the node. */
  publication: ClosePublication | undefined;
  /** What the peer warned of last on this connection. */
  warning: string | undefined;
  /** Ends the pause that its close makes for the peer's next word; undefined when there is none. */
  cancelPause: (() => void) | undefined;
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
    this.min_to_us_msat = figuresOf(state)?.to_us_msat;
    this.max_to_us_msat = this.min_to_us_msat;
  }

  /** Takes the columns that its state does not hold from its row. */
  restore(row: Row): void {
    const { closer, close_cause, min_to_us_msat, max_to_us_msat, local_update, last_stable_connection } = row;
    this.traffic = decodeTraffic(row.traffic as string | null);
    if (last_stable_connection !== null) this.last_stable_connection = Number(last_stable_connection);
    if (local_update !== null) this.local_update = JSON.parse(local_update as string) as LocalUpdate;
    if (closer !== null) this.closing = { closer: closer as Side, close_cause: close_cause as CloseCause };
    // Earlier versions wrote figures for channels whose figures are unknown.
    if (this.min_to_us_msat !== undefined && min_to_us_msat !== null) this.min_to_us_msat = min_to_us_msat as Msat;
    if (this.max_to_us_msat !== undefined && max_to_us_msat !== null) this.max_to_us_msat = max_to_us_msat as Msat;
  }

  /** Moves to the next state. */
  move(state: ChannelState, closing: Closing | undefined): void {
    this.traffic = countTraffic(this.traffic, this.state.htlcs, state.htlcs);
    this.state = state;
    this.closing = closing;
    if (this.min_to_us_msat !== undefined) this.min_to_us_msat = min(this.min_to_us_msat, state.local_msat);
    if (this.max_to_us_msat !== undefined) this.max_to_us_msat = max(this.max_to_us_msat, state.local_msat);
  }

  /** Something happened, and it is durable. */
  tell(): void {
    for (const listener of [...this.listeners]) listener();
  }

  /** Makes ahead what the next commitments need. */
  prepare(): void {
    const { terms, phase, local_number, remote_next_point } = this.state;
    if (phase === 'normal') this.signer.prepare(terms, local_number + 1, remote_next_point);
  }

  /** The channel's row as it is now. */
  save(): Write {
    const { channel_id, peer_id, key_id, state, closing, min_to_us_msat, max_to_us_msat } = this;
    return {
      sql: `INSERT INTO channels (channel_id, peer_id, key_id, state, remote_update, is_closed, closer, close_cause,
          min_to_us_msat, max_to_us_msat, local_update, traffic, last_stable_connection)
        VALUES (?, ?, ?, ?, ?, 0, ?, ?, ?, ?, ?, ?, ?)
        ON CONFLICT (channel_id) DO UPDATE SET state = excluded.state, remote_update = excluded.remote_update,
          closer = excluded.closer, close_cause = excluded.close_cause, min_to_us_msat = excluded.min_to_us_msat,
          max_to_us_msat = excluded.max_to_us_msat, local_update = excluded.local_update, traffic = excluded.traffic,
          last_stable_connection = excluded.last_stable_connection WHERE channels.key_id = excluded.key_id`,
      params: [
        channel_id,
        peer_id,
        key_id,
        encodeState(state),
        encodeUpdate(this.remote_update),
        closing?.closer ?? null,
        closing?.close_cause ?? null,
        min_to_us_msat ?? null,
        max_to_us_msat ?? null,
        this.local_update === undefined ? null : JSON.stringify(this.local_update),
        encodeTraffic(this.traffic),
        this.last_stable_connection ?? null,
      ],
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
