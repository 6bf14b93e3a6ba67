/** How far a close in agreement has come, in sentences: for the channel's status and for whoever waits for `close`. */
import { isUnfunded } from '../../../protocol/channel/funding.ts';
import type { ChannelState } from '../../../protocol/channel/state.ts';
import type { LiveChannel } from '../live-channel.ts';

/** One sentence for each thing to know, or none. */
export function closeProgress({ state, publication, aside, warning }: LiveChannel): readonly string[] {
  const { phase } = state;
  if (phase !== 'closing' && phase !== 'closed') return [];
  const lines = phase === 'closing' ? [agreement(state)] : [];
  if (isUnfunded(state)) lines.push('The funding transaction is in no block yet.');
  if (publication?.kind === 'taken') lines.push('The closing transaction waits for a block.');
  if (publication?.kind === 'refused') lines.push(`The closing transaction was refused: ${publication.reason}.`);
  if (aside !== undefined && state.link === 'aside') lines.push(`Set aside, and tried again later: ${aside.reason}.`);
  if (warning !== undefined) lines.push(`The peer warned: ${warning}`);
  return lines;
}

function agreement(state: ChannelState): string {
  const { htlcs, shutdown_sent, remote_shutdown_script, negotiation, offered_close } = state;
  if (remote_shutdown_script === undefined) return 'Closing: waiting for the peer to say shutdown.';
  if (htlcs.length > 0) return `Closing: waiting for the payments in flight (${htlcs.length}).`;
  if (!shutdown_sent) return 'Closing: waiting for what is under way to be signed.';
  if (offered_close !== undefined) {
    return `Closing: waiting for the peer to sign our transaction, for which we pay ${offered_close.fee_satoshis} sat.`;
  }
  if (negotiation?.sent_fee_satoshis === undefined) return 'Closing: waiting for the peer to offer a fee.';
  const { sent_fee_satoshis, sent_range, received_fee_satoshis, received_range } = negotiation;
  const theirs =
    received_fee_satoshis === undefined
      ? 'the peer has not answered yet'
      : `the peer's is ${received_fee_satoshis} sat${rangeText(received_range)}`;
  return `Closing: our fee is ${sent_fee_satoshis} sat${rangeText(sent_range)}, ${theirs}.`;
}

function rangeText(range: { min_fee_satoshis: bigint; max_fee_satoshis: bigint } | undefined): string {
  return range === undefined ? '' : ` (${range.min_fee_satoshis} to ${range.max_fee_satoshis})`;
}
