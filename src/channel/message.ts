/** The messages of BOLT 2 (and BOLT 7's announcement_signatures) that concern one channel. */
import type { Msat, Sat } from '../types/amount.ts';
import type { ChannelId, PaymentHash, PaymentPreimage, Txid } from '../types/brand.ts';
import type { ShortChannelId } from '../types/short-channel-id.ts';

interface SideFields {
  dust_limit_satoshis: Sat;
  max_htlc_value_in_flight_msat: Msat;
  channel_reserve_satoshis: Sat;
  htlc_minimum_msat: Msat;
  to_self_delay: number;
  max_accepted_htlcs: number;
  funding_pubkey: string;
  revocation_basepoint: string;
  payment_basepoint: string;
  delayed_payment_basepoint: string;
  htlc_basepoint: string;
  first_per_commitment_point: string;
  upfront_shutdown_script?: string;
  channel_type?: Uint8Array;
  temporary_channel_id: ChannelId;
}
export interface OpenChannel extends SideFields {
  type: 'open_channel';
  chain_hash: string;
  funding_satoshis: Sat;
  push_msat: Msat;
  feerate_per_kw: number;
  channel_flags: number;
}
export interface AcceptChannel extends SideFields {
  type: 'accept_channel';
  minimum_depth: number;
}
export interface FundingCreated {
  type: 'funding_created';
  temporary_channel_id: ChannelId;
  funding_txid: Txid;
  funding_output_index: number;
  signature: string;
}
export interface FundingSigned {
  type: 'funding_signed';
  channel_id: ChannelId;
  signature: string;
}
export interface ChannelReady {
  type: 'channel_ready';
  channel_id: ChannelId;
  second_per_commitment_point: string;
  short_channel_id?: ShortChannelId;
}
export interface Shutdown {
  type: 'shutdown';
  channel_id: ChannelId;
  scriptpubkey: string;
}
export interface ClosingSigned {
  type: 'closing_signed';
  channel_id: ChannelId;
  fee_satoshis: Sat;
  signature: string;
  fee_range?: { min_fee_satoshis: Sat; max_fee_satoshis: Sat };
}
export interface UpdateAddHtlc {
  type: 'update_add_htlc';
  channel_id: ChannelId;
  id: bigint;
  amount_msat: Msat;
  payment_hash: PaymentHash;
  cltv_expiry: number;
  onion_routing_packet: string;
  path_key?: string;
}
export interface UpdateFulfillHtlc {
  type: 'update_fulfill_htlc';
  channel_id: ChannelId;
  id: bigint;
  payment_preimage: PaymentPreimage;
}
export interface UpdateFailHtlc {
  type: 'update_fail_htlc';
  channel_id: ChannelId;
  id: bigint;
  reason: string;
}
export interface UpdateFailMalformedHtlc {
  type: 'update_fail_malformed_htlc';
  channel_id: ChannelId;
  id: bigint;
  sha256_of_onion: string;
  failure_code: number;
}
export interface UpdateFee {
  type: 'update_fee';
  channel_id: ChannelId;
  feerate_per_kw: number;
}
export interface CommitmentSigned {
  type: 'commitment_signed';
  channel_id: ChannelId;
  signature: string;
  htlc_signatures: readonly string[];
}
export interface RevokeAndAck {
  type: 'revoke_and_ack';
  channel_id: ChannelId;
  per_commitment_secret: string;
  next_per_commitment_point: string;
}
export interface ChannelReestablish {
  type: 'channel_reestablish';
  channel_id: ChannelId;
  next_commitment_number: bigint;
  next_revocation_number: bigint;
  your_last_per_commitment_secret: string;
  my_current_per_commitment_point: string;
}
export interface AnnouncementSignaturesMessage {
  type: 'announcement_signatures';
  channel_id: ChannelId;
  short_channel_id: ShortChannelId;
  node_signature: string;
  bitcoin_signature: string;
}
export interface ErrorMessage {
  type: 'error';
  channel_id: ChannelId;
  data: Uint8Array;
}
export interface WarningMessage {
  type: 'warning';
  channel_id: ChannelId;
  data: Uint8Array;
}
export type OpeningMessage = OpenChannel | AcceptChannel | FundingCreated | FundingSigned;
export type ChannelMessage =
  | OpeningMessage
  | ChannelReady
  | Shutdown
  | ClosingSigned
  | UpdateAddHtlc
  | UpdateFulfillHtlc
  | UpdateFailHtlc
  | UpdateFailMalformedHtlc
  | UpdateFee
  | CommitmentSigned
  | RevokeAndAck
  | ChannelReestablish
  | AnnouncementSignaturesMessage
  | ErrorMessage
  | WarningMessage;
