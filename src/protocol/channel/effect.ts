/**
 * What a step asks the host to do, in order. The host stores the new state and whatever its modules write in answer to the
 * events in one unit, and only then sends messages and broadcasts. An event may come again after a crash or a reconnect,
 * so who handles it must be able to see it twice.
 */
import type { Msat } from '../../base/types/amount.ts';
import type { PaymentHash, PaymentPreimage } from '../../base/types/brand.ts';
import type { ShortChannelId } from '../../base/types/short-channel-id.ts';
import type { ChannelMessage } from './message.ts';
import type { Side } from './stage.ts';
import type { AnnouncementSignatures, FundingRival, Htlc, RemovedHtlc } from './state.ts';

/** What a penalty for a revoked commitment needs to know of one HTLC: it was in the peer's commitments first to last. */
export interface RevokedHtlc {
  readonly offered_by: Side;
  readonly amount_msat: Msat;
  readonly payment_hash: PaymentHash;
  readonly cltv_expiry: number;
  readonly first_remote_number: number;
  readonly last_remote_number: number;
}

export type Effect =
  /** To the peer, once the state is durable. */
  | { readonly kind: 'send'; readonly message: ChannelMessage }
  /**
   * The channel cannot go on over this connection. `cause`: the type of the message that we refused, or `error` when it
   * is the peer that said one which it takes back. The host decides whether to begin another connection, and when.
   */
  | { readonly kind: 'set_aside'; readonly cause: ChannelMessage['type']; readonly reason: string }
  /** The peer said something that it should not have said, and that harms nothing: for the log. */
  | { readonly kind: 'passed_over'; readonly reason: string }
  /** The peer's state is old, and it has been told so: it may come back with its latest. */
  | { readonly kind: 'peer_behind'; readonly reason: string }
  /** Store this for as long as the channel lives, in the state's own unit: the state forgets it. */
  | { readonly kind: 'store_revoked_htlc'; readonly htlc: RevokedHtlc }
  /** Serialized, hex. `broadcast_funding` is the host's own transaction of the outpoint in the terms. */
  | { readonly kind: 'broadcast_funding' }
  | { readonly kind: 'broadcast'; readonly purpose: 'commitment' | 'mutual_close'; readonly transaction: string }
  /** We opened and the peer accepted: make (and do not publish) a transaction that pays this, then say `fund`. */
  | { readonly kind: 'funding_needed'; readonly funding_satoshis: bigint; readonly script_pubkey: string }
  /** The opening is over without a channel: nothing needs to be remembered. */
  | { readonly kind: 'opening_failed'; readonly reason: string }
  /** The peer's funding transaction never came: the channel never was, and can be deleted. */
  | { readonly kind: 'channel_forgotten'; readonly reason: string }
  /** The channel is over before its funding is in a block, and the peer has pushed money to us in it: it is watched on. */
  | { readonly kind: 'waits_for_funding'; readonly reason: string }
  /** No block holds the funding any more, after a reorganisation; or one does again. */
  | { readonly kind: 'funding_left' }
  | { readonly kind: 'funding_back' }
  /** The funding of a channel that was bought is in the mempool: the channel can be used. Or it is not any more. */
  | { readonly kind: 'funding_seen' }
  | { readonly kind: 'funding_vanished' }
  /** Another transaction stands in its place. */
  | { readonly kind: 'funding_rival'; readonly rival: FundingRival }
  /** And does so for good. `lost_msat`: what was ours in the channel; `payments`: to us, whose preimage we gave. */
  | { readonly kind: 'funding_lost'; readonly lost_msat: Msat; readonly payments: readonly Htlc[] }
  /** From now on the channel must be remembered: store it, and watch its funding output. */
  | { readonly kind: 'channel_created' }
  /** Both said `channel_ready`: payments can flow. */
  | { readonly kind: 'channel_usable' }
  /** Both sides have found each other again after a lost connection: what is only said may have been missed. */
  | { readonly kind: 'reestablished' }
  /** The peer gave another alias. */
  | { readonly kind: 'alias_changed'; readonly remote_alias: ShortChannelId }
  /** Public, deep enough and ready: make the two signatures, then say `announce`. */
  | { readonly kind: 'announcement_due'; readonly short_channel_id: ShortChannelId }
  /** Both sides' signatures are there; the host checks the peer's and gossips. */
  | {
      readonly kind: 'announcement_complete';
      readonly local: AnnouncementSignatures;
      readonly remote: AnnouncementSignatures;
    }
  /** Our HTLC has this id. */
  | { readonly kind: 'htlc_offered'; readonly id: bigint }
  /** An HTLC of the peer is irrevocably committed: say `take` once it is written down, then fulfil or fail it. */
  | { readonly kind: 'htlc_committed'; readonly htlc: Htlc }
  /** The peer revealed the preimage of our HTLC: it is paid. The HTLC goes later, with `htlc_removed`. */
  | {
      readonly kind: 'htlc_fulfilled';
      readonly id: bigint;
      readonly payment_hash: PaymentHash;
      readonly payment_preimage: PaymentPreimage;
    }
  /** Our HTLC is irrevocably gone, fulfilled, failed or never sent: say `take` once it is written down. */
  | { readonly kind: 'htlc_removed'; readonly htlc: RemovedHtlc }
  /** An HTLC of the peer that nobody fulfilled nears its end: fail it. Comes with every block until that is done. */
  | { readonly kind: 'htlc_expiring'; readonly id: bigint; readonly cltv_expiry: number }
  /** Updates wait for a signature: say `commit` when no more come at once. */
  | { readonly kind: 'commit_due' }
  /** The close waits for the peer's next word: say `pause_over` after this time. May be asked again meanwhile. */
  | { readonly kind: 'pause'; readonly pause_ms: number }
  /** The peer warned. `text` is printable. */
  | { readonly kind: 'peer_warned'; readonly text: string }
  /** A mutual close is agreed; the channel lives on until it is mined. */
  | { readonly kind: 'closing_agreed'; readonly fee_satoshis: bigint }
  /** The channel is over, and the chain decides. When `data_loss` is set nothing of ours may be broadcast. */
  | { readonly kind: 'channel_failed'; readonly reason: string; readonly data_loss: boolean }
  /** The funding output is spent: the on-chain claims take over. */
  | { readonly kind: 'funding_spent'; readonly transaction: string };
