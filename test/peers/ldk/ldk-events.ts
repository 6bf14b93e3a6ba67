/** LDK's events, as the tests see them. */
import * as ldk from 'lightningdevkit';
import type { LdkEvent } from './protocol.ts';

const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex');

/** What a test sees of an event; undefined for one that it does not need. */
export function toldOf(event: ldk.Event): LdkEvent | undefined {
  if (event instanceof ldk.Event_ChannelPending) {
    return {
      kind: 'channel_pending',
      channel_id: hex(event.channel_id.get_a()),
      funding_txid: hex(event.funding_txo.get_txid().slice().reverse()),
      funding_vout: event.funding_txo.get_index(),
    };
  }
  if (event instanceof ldk.Event_ChannelReady)
    return { kind: 'channel_ready', channel_id: hex(event.channel_id.get_a()) };
  if (event instanceof ldk.Event_ChannelClosed) {
    return { kind: 'channel_closed', channel_id: hex(event.channel_id.get_a()), reason: event.reason.constructor.name };
  }
  if (event instanceof ldk.Event_PaymentSent) {
    return {
      kind: 'payment_sent',
      payment_hash: hex(event.payment_hash),
      payment_preimage: hex(event.payment_preimage),
    };
  }
  if (event instanceof ldk.Event_PaymentFailed) {
    // The tests use the payment_hash as the payment's id.
    return { kind: 'payment_failed', payment_hash: hex(event.payment_id) };
  }
  if (event instanceof ldk.Event_PaymentPathFailed) {
    return { kind: 'payment_path_failed', payment_hash: hex(event.payment_hash) };
  }
  if (event instanceof ldk.Event_PaymentClaimed) {
    return {
      kind: 'payment_claimed',
      payment_hash: hex(event.payment_hash),
      amount_msat: event.amount_msat,
      parts: event.htlcs.length,
    };
  }
  return undefined;
}
