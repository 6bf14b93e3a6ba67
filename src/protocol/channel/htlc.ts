/** Adding an HTLC, ours or the peer's, and every limit that it must keep (BOLT 2, Adding an HTLC). */
import { type Msat, max } from '../../base/types/amount.ts';
import type { PaymentHash } from '../../base/types/brand.ts';
import type { UpdateAddHtlc } from '../../codec/wire/index.ts';
import { type Balances, balancesAt, isDust } from './commitment.ts';
import { refuse, warn } from './fault.ts';
import { affords, keepsFeeSpikeBuffer } from './fee.ts';
import type { Environment } from './policy.ts';
import { isFundingSafe } from './ready.ts';
import { EVERYTHING, LOCAL_NEXT, PROPOSED, REMOTE_NEXT, type Side } from './stage.ts';
import type { ChannelState, Htlc } from './state.ts';
import { requireCommit, send, type Turn } from './turn.ts';

/** From here on the wire's u32 would mean seconds, not blocks. */
const CLTV_EXPIRY_LIMIT = 500_000_000;

/** An HTLC that we want to offer. */
export interface OfferedHtlc {
  readonly amount_msat: Msat;
  readonly payment_hash: PaymentHash;
  readonly cltv_expiry: number;
  /** 1,366 bytes, hex. */
  readonly onion_routing_packet: string;
  readonly path_key?: string | undefined;
  /** What is taken off the amount that the onion names (bLIP 25). */
  readonly extra_fee?: Msat;
}

/** What a side's HTLCs in flight come to. */
export function inFlight(htlcs: readonly Htlc[], by: Side): { count: number; amount_msat: bigint } {
  let count = 0;
  let amount_msat = 0n;
  for (const htlc of htlcs) {
    if (htlc.offered_by !== by) continue;
    count++;
    amount_msat += htlc.amount_msat;
  }
  return { count, amount_msat };
}

/** What would be lost to miners if the commitment of `owner` were broadcast: the HTLCs that have no output there. */
function dustExposureMsat(state: ChannelState, owner: Side): bigint {
  let exposure_msat = 0n;
  const { dust_limit_satoshis } = state.terms[owner];
  for (const htlc of state.htlcs) if (isDust(htlc, dust_limit_satoshis)) exposure_msat += htlc.amount_msat;
  return exposure_msat;
}

/**
 * Whether the HTLC, already part of the state, is dust that goes over our limit on either commitment: for the channel, or
 * for the node with all of its channels.
 */
function overExposed(state: ChannelState, htlc: Htlc, { policy, dustElsewhereMsat }: Environment): boolean {
  return (['local', 'remote'] as const).some((owner) => {
    if (!isDust(htlc, state.terms[owner].dust_limit_satoshis)) return false;
    const here_msat = dustExposureMsat(state, owner);
    if (here_msat > policy.max_dust_htlc_exposure_msat) return true;
    return here_msat + (dustElsewhereMsat?.() ?? 0n) > policy.max_node_dust_exposure_msat;
  });
}

/** What would go to miners, were the channel closed alone with the commitment that is worse for that. */
export function dustMsat(state: ChannelState): bigint {
  return max(dustExposureMsat(state, 'local'), dustExposureMsat(state, 'remote'));
}

function newHtlc(offered_by: Side, id: bigint, offer: OfferedHtlc): Htlc {
  return {
    offered_by,
    id,
    amount_msat: offer.amount_msat,
    payment_hash: offer.payment_hash,
    cltv_expiry: offer.cltv_expiry,
    onion_routing_packet: offer.onion_routing_packet,
    path_key: offer.path_key,
    extra_fee: offer.extra_fee,
    added: PROPOSED,
    removal: undefined,
    removed: PROPOSED,
    taken: false,
    over_exposed: false,
    first_remote_number: undefined,
    last_remote_number: undefined,
  };
}

/** Our own HTLC. Throws Refusal. */
export function addHtlc(turn: Turn, offer: OfferedHtlc): void {
  const { state, env } = turn;
  if (state.phase !== 'normal' || state.link !== 'up') {
    refuse('channel_unusable', `the channel is ${state.phase === 'normal' ? 'not connected' : state.phase}`);
  }
  const htlc = newHtlc('local', state.local_next_htlc_id, offer);
  const added: ChannelState = {
    ...state,
    htlcs: [...state.htlcs, htlc],
    local_next_htlc_id: state.local_next_htlc_id + 1n,
  };
  requireAcceptable(added, htlc, env);
  turn.state = added;
  turn.store = true;
  turn.effects.push({ kind: 'htlc_offered', id: htlc.id });
  sendAdd(turn, htlc);
  requireCommit(turn);
}

/** Whether we may offer the HTLC, which is the last of the state. Throws Refusal. */
export function requireAcceptable(state: ChannelState, htlc: Htlc, env: Environment): void {
  const { amount_msat, cltv_expiry } = htlc;
  const { remote } = state.terms;
  if (state.local_shutdown_script !== undefined || state.remote_shutdown_script !== undefined) {
    refuse('channel_unusable', 'the channel is shutting down');
  }
  if (!isFundingSafe(state)) refuse('channel_unusable', 'the funding transaction is no longer confirmed');
  if (amount_msat <= 0n) refuse('invalid', 'an HTLC must carry more than nothing');
  if (cltv_expiry >= CLTV_EXPIRY_LIMIT) refuse('invalid', `cltv_expiry ${cltv_expiry} is no block height`);
  if (cltv_expiry <= env.height) refuse('invalid', `cltv_expiry ${cltv_expiry} is already past`);
  if (amount_msat < remote.htlc_minimum_msat) {
    refuse('peer_limit', `the peer takes no HTLC below ${remote.htlc_minimum_msat} msat`);
  }
  const theirs = balancesAt(state, REMOTE_NEXT);
  const offered = inFlight(theirs.htlcs, 'local');
  if (offered.count > remote.max_accepted_htlcs) {
    refuse('peer_limit', `the peer takes no more than ${remote.max_accepted_htlcs} HTLCs at once`);
  }
  if (offered.amount_msat > remote.max_htlc_value_in_flight_msat) {
    refuse('peer_limit', `the peer takes no more than ${remote.max_htlc_value_in_flight_msat} msat in flight`);
  }
  requireAffordable(state, 'remote', theirs);
  requireAffordable(state, 'local', balancesAt(state, EVERYTHING));
  if (overExposed(state, htlc, env)) {
    refuse('own_limit', 'too much would be in HTLCs that are too small for an output of their own');
  }
}

/** Refuses what the commitment of `owner` would not bear: our reserve, our fees, or the fees of the peer. */
function requireAffordable(state: ChannelState, owner: Side, balances: Balances): void {
  if (!keepsFeeSpikeBuffer(state, owner, balances)) {
    refuse('insufficient_balance', 'our balance does not cover the HTLC after the reserve and fees');
  }
  if (state.terms.opener === 'remote' && !affords(state, 'remote', owner, balances)) {
    refuse('insufficient_balance', 'the peer could not pay the fee of a commitment with this HTLC');
  }
}

/** Sends `update_add_htlc`, for the first time or again. */
export function sendAdd(turn: Turn, htlc: Htlc): void {
  const { onion_routing_packet, path_key, extra_fee } = htlc;
  if (onion_routing_packet === undefined) throw new RangeError('the onion of an HTLC to be sent is gone');
  send(turn, {
    type: 'update_add_htlc',
    channel_id: turn.state.terms.channel_id,
    id: htlc.id,
    amount_msat: htlc.amount_msat,
    payment_hash: htlc.payment_hash,
    cltv_expiry: htlc.cltv_expiry,
    onion_routing_packet,
    ...(path_key === undefined ? {} : { path_key }),
    ...(extra_fee === undefined ? {} : { extra_fee }),
  });
}

/** The peer's HTLC. Throws Violation. */
export function receiveAdd(turn: Turn, message: UpdateAddHtlc): void {
  const { state, env } = turn;
  const { local } = state.terms;
  // Whoever wants to close before both were ready is in the phase of closing all the same.
  if (!state.ready_sent || !state.ready_received) warn('update_add_htlc before channel_ready');
  if (state.remote_shutdown_script !== undefined) warn('update_add_htlc after shutdown');
  if (message.id !== state.remote_next_htlc_id) {
    warn(`update_add_htlc: id ${message.id} where ${state.remote_next_htlc_id} was due`);
  }
  if (message.amount_msat === 0n) warn('update_add_htlc: amount_msat is zero');
  if (message.amount_msat < local.htlc_minimum_msat) {
    warn(`update_add_htlc: ${message.amount_msat} msat is below our htlc_minimum_msat of ${local.htlc_minimum_msat}`);
  }
  if (message.cltv_expiry >= CLTV_EXPIRY_LIMIT)
    warn(`update_add_htlc: cltv_expiry ${message.cltv_expiry} is no height`);

  const htlc = newHtlc('remote', message.id, message);
  const added: ChannelState = {
    ...state,
    htlcs: [...state.htlcs, htlc],
    remote_next_htlc_id: state.remote_next_htlc_id + 1n,
  };
  const ours = balancesAt(added, LOCAL_NEXT);
  const { count, amount_msat } = inFlight(ours.htlcs, 'remote');
  if (count > local.max_accepted_htlcs) {
    warn(`update_add_htlc: more than our max_accepted_htlcs of ${local.max_accepted_htlcs}`);
  }
  if (amount_msat > local.max_htlc_value_in_flight_msat) {
    warn(`update_add_htlc: more than our max_htlc_value_in_flight_msat of ${local.max_htlc_value_in_flight_msat}`);
  }
  if (!affords(added, 'remote', 'local', ours)) {
    warn('update_add_htlc: the sender cannot afford it after its reserve and fees');
  }
  turn.state = overExposed(added, htlc, env)
    ? { ...added, htlcs: [...state.htlcs, { ...htlc, over_exposed: true }] }
    : added;
}
