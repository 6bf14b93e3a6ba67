/**
 * A channel's last state as the chain's rules see it (BOLT 5): read out of the stored state, so that nothing is kept a
 * second time.
 */

import type { PaymentPreimage } from '../../base/types/brand.ts';
import type { ChannelKeys } from '../../codec/tx/channel-keys.ts';
import { type CommitmentView, commitmentView } from '../../protocol/channel/commitment.ts';
import { LOCAL_LATEST, REMOTE_LATEST, REMOTE_UNREVOKED } from '../../protocol/channel/stage.ts';
import type { ChannelState, Htlc } from '../../protocol/channel/state.ts';
import type { ClosingChannel } from '../../protocol/onchain/closing-channel.ts';
import type { RevokedHtlc } from '../../protocol/onchain/revoked-htlc.ts';
import type { OverChannel } from './ports.ts';

/** Our latest commitment, with the peer's signatures: the one that we may broadcast. */
export function localCommitment({
  state,
  signer,
}: Pick<OverChannel, 'state' | 'signer'>): NonNullable<ClosingChannel['local']> {
  const { local_number, local_signature, local_htlc_signatures } = state;
  const view = commitmentView(state, 'local', local_number, signer.perCommitmentPoint(local_number), LOCAL_LATEST);
  return { view, signatures: { signature: local_signature, htlc_signatures: local_htlc_signatures } };
}

/** The peer's commitments that it can still broadcast: the one in force, and the one that we signed since. */
function remoteCommitments(state: ChannelState): CommitmentView[] {
  // Of a channel that was recovered no commitment is known: whatever is mined, we look for our part of it.
  if (state.knowledge === 'terms') return [];
  const { remote_number, remote_point, remote_next_point, awaiting_revocation } = state;
  const views = [commitmentView(state, 'remote', remote_number, remote_point, REMOTE_UNREVOKED)];
  if (awaiting_revocation && remote_next_point !== undefined) {
    views.push(commitmentView(state, 'remote', remote_number + 1, remote_next_point, REMOTE_LATEST));
  }
  return views;
}

/** The channel as the on-chain machine wants it. */
export function closingChannelOf(channel: OverChannel, keys: ChannelKeys): ClosingChannel {
  const { state } = channel;
  return {
    terms: state.terms,
    keys,
    local: isLost(state) ? undefined : localCommitment(channel),
    remote: remoteCommitments(state),
    remote_secrets: state.remote_secrets,
  };
}

/** Whether our state is known to be old: then nothing of ours may be broadcast, ever. */
export function isLost(state: ChannelState): boolean {
  return state.failure?.data_loss === true;
}

/** Our latest commitment, signed by both, serialized, hex. Undefined when our state is old. */
export function signedCommitment(channel: OverChannel): string | undefined {
  const { state, signer } = channel;
  if (isLost(state)) return undefined;
  const { view, signatures } = localCommitment(channel);
  return signer.completeCommitment(state.terms, view, signatures);
}

/** A preimage, and the HTLC to us that was accepted with it; undefined for one of ours. */
interface KnownPreimage {
  readonly htlc_id: bigint | undefined;
  readonly payment_preimage: PaymentPreimage;
}

/** Preimages that the state itself holds: of HTLCs whose removal was under way when the channel ended. */
export function preimagesIn({ htlcs }: ChannelState): readonly KnownPreimage[] {
  return htlcs.flatMap(({ id, offered_by, removal }) => {
    if (removal?.kind !== 'fulfill') return [];
    return [{ htlc_id: offered_by === 'remote' ? id : undefined, payment_preimage: removal.payment_preimage }];
  });
}

/** HTLCs of ours that no commitment holds: the peer never had a signature for them. */
export function unsignedHtlcs(state: ChannelState, closing: ClosingChannel): readonly Htlc[] {
  const views = closing.local === undefined ? closing.remote : [closing.local.view, ...closing.remote];
  const signed = new Set(
    views.flatMap((view) => view.htlcs.filter(({ offered_by }) => offered_by === 'local').map(({ id }) => id)),
  );
  return state.htlcs.filter(({ offered_by, id }) => offered_by === 'local' && !signed.has(id));
}

/** What a penalty needs of the HTLCs that are still in the state: a revoked commitment may hold them too. */
export function revokedInState(state: ChannelState): readonly RevokedHtlc[] {
  return state.htlcs.flatMap((htlc) => {
    const { offered_by, amount_msat, payment_hash, cltv_expiry, first_remote_number, last_remote_number } = htlc;
    if (first_remote_number === undefined) return [];
    const last = last_remote_number ?? state.remote_number + 1;
    return [{ offered_by, amount_msat, payment_hash, cltv_expiry, first_remote_number, last_remote_number: last }];
  });
}
