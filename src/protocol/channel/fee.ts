/**
 * Who can pay what: the opener pays the commitment's fee and both anchors, and either side keeps its reserve (BOLT 2,
 * Adding an HTLC and Updating Fees; BOLT 3, Fee Payment). Also `update_fee` in both directions.
 */

import type { UpdateFee } from '../../codec/wire/index.ts';
import { ANCHORS_MSAT, type Balances, balancesAt, commitmentFeeMsat, countOutputs, feerateAt } from './commitment.ts';
import { refuse, warn } from './fault.ts';
import type { Environment } from './policy.ts';
import { EVERYTHING, LOCAL_NEXT, opposite, PROPOSED, REMOTE_NEXT, type Side } from './stage.ts';
import type { ChannelState, FeerateUpdate } from './state.ts';
import { isUp, requireCommit, send, type Turn } from './turn.ts';

/** A feerate that doubles at once must not leave us unable to add an HTLC: the "fee spike buffer" of BOLT 2. */
const FEE_SPIKE_FACTOR = 2;

/** What `side` must keep untouched on the commitment of `owner`: its reserve and, when it opened, fee and anchors. */
export function lockedMsat(
  state: ChannelState,
  side: Side,
  owner: Side,
  balances: Balances,
  feerate_per_kw = balances.feerate_per_kw,
  further_outputs = 0,
): bigint {
  const reserve_msat = state.terms[opposite(side)].channel_reserve_satoshis * 1000n;
  if (state.terms.opener !== side) return reserve_msat;
  const outputs = countOutputs(state.terms, owner, balances.htlcs) + further_outputs;
  return reserve_msat + commitmentFeeMsat(feerate_per_kw, outputs) + ANCHORS_MSAT;
}

/** Whether `side` affords the commitment of `owner` as of these balances, reserve included. */
export function affords(
  state: ChannelState,
  side: Side,
  owner: Side,
  balances: Balances,
  feerate_per_kw?: number,
  further_outputs?: number,
): boolean {
  const balance_msat = side === 'local' ? balances.local_msat : balances.remote_msat;
  return balance_msat >= lockedMsat(state, side, owner, balances, feerate_per_kw, further_outputs);
}

/**
 * Whether we afford the commitment of `owner`, reserve included, and as the opener could still add an HTLC after a sudden
 * rise of the feerate.
 */
export function keepsFeeSpikeBuffer(state: ChannelState, owner: Side, balances: Balances): boolean {
  return affords(state, 'local', owner, balances, balances.feerate_per_kw * FEE_SPIKE_FACTOR, 1);
}

/** Whether we, as the opener, can pay this feerate on either side's commitment and keep our reserve. */
export function affordsFeerate(state: ChannelState, feerate_per_kw: number): boolean {
  return (
    affords(state, 'local', 'remote', balancesAt(state, REMOTE_NEXT), feerate_per_kw) &&
    affords(state, 'local', 'local', balancesAt(state, EVERYTHING), feerate_per_kw)
  );
}

/** Our own `update_fee`. Throws Refusal. */
export function sendUpdateFee(turn: Turn, feerate_per_kw: number): void {
  const { state, env } = turn;
  if (!isUp(state)) refuse('channel_unusable', 'the channel is not connected and ready');
  if (state.terms.opener !== 'local') refuse('invalid', 'only the side that opened the channel sets its feerate');
  if (!Number.isSafeInteger(feerate_per_kw) || feerate_per_kw < env.feerates.floor_per_kw) {
    refuse('invalid', `a feerate of ${feerate_per_kw} is below the floor of ${env.feerates.floor_per_kw} per kw`);
  }
  if (!affordsFeerate(state, feerate_per_kw)) {
    refuse('insufficient_balance', `our balance does not pay a feerate of ${feerate_per_kw} per kw`);
  }
  if (feerateAt(state, EVERYTHING) === feerate_per_kw) return;
  turn.state = { ...state, feerates: propose(state, feerate_per_kw) };
  turn.store = true;
  send(turn, { type: 'update_fee', channel_id: state.terms.channel_id, feerate_per_kw });
  requireCommit(turn);
}

/** The peer's `update_fee`. Throws Violation. */
export function receiveUpdateFee(turn: Turn, message: UpdateFee): void {
  const { state, env } = turn;
  const { feerate_per_kw } = message;
  if (state.terms.opener !== 'remote') warn('update_fee from the side that does not pay the fee');
  if (isTooLow(state, feerate_per_kw, env)) {
    warn(`update_fee: ${feerate_per_kw} per kw is too low to be relayed (floor ${peerFloor(env)})`);
  }
  if (!affords(state, 'remote', 'local', balancesAt(state, LOCAL_NEXT), feerate_per_kw)) {
    warn(`update_fee: the sender cannot pay ${feerate_per_kw} per kw and keep its reserve`);
  }
  turn.state = { ...state, feerates: propose(state, feerate_per_kw) };
}

function peerFloor({ feerates }: Environment): number {
  return feerates.peer_least_per_kw ?? feerates.floor_per_kw;
}

/**
 * Whether the peer's feerate is too low to take. One below our floor is taken when it is nearer to it than the one before:
 * refusing it would leave us with less. There is no highest one. The peer pays it, what it must keep is checked, and with
 * anchors no HTLC becomes dust by it.
 */
function isTooLow(state: ChannelState, feerate_per_kw: number, env: Environment): boolean {
  if (state.ignore_fee_limits || env.policy.ignore_fee_limits || feerate_per_kw >= peerFloor(env)) return false;
  return feerate_per_kw < feerateAt(state, EVERYTHING);
}

/** A feerate that is not signed yet is simply replaced by the next. */
function propose(state: ChannelState, feerate_per_kw: number): readonly FeerateUpdate[] {
  const signed = state.feerates.filter(({ stage }) => stage !== PROPOSED);
  return [...signed, { feerate_per_kw, stage: PROPOSED }];
}
