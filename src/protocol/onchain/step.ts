/**
 * A channel's end as a pure function (BOLT 5): the state and what happens give the next state and what is to be done.
 * The host stores the state, then does it; everything may be asked for twice.
 */

import type { Txid } from '../../base/types/brand.ts';
import { fromHex, toHex } from '../../base/types/hex.ts';
import { commitmentNumberOf } from '../../codec/tx/commitment.ts';
import { findSecret } from '../../codec/tx/secrets.ts';
import { parseTransaction, serializeTransaction, type Transaction, txidOf } from '../../codec/tx/transaction.ts';
import { signInputs } from './claim-transaction.ts';
import type { ClosingChannel, OnchainEnvironment } from './closing-channel.ts';
import { type Composition, composeClaims } from './compose.ts';
import { composeForceClose, rivalAnchor } from './force-close.ts';
import { learnPreimages, Outcome } from './outcome.ts';
import { nameOf, type Outpoint } from './outpoint.ts';
import type { OnchainEffect, OnchainInput, OnchainState, Pending } from './state.ts';
import { type Situation, trackOutputs, unconfirmedAnchorClaim } from './tracked-output.ts';

/** The next state, and what to do once it is durable, in order. */
export interface OnchainStep {
  readonly state: OnchainState;
  readonly effects: readonly OnchainEffect[];
}

/**
 * The number of the revoked commitment that a spend of the funding output may be: the host then looks up the revoked
 * HTLCs of that number. Undefined when it is no revoked one.
 */
export function revokedNumberOf(channel: ClosingChannel, transaction: Uint8Array): number | undefined {
  const number = commitmentNumberOf(channel.terms, parseTransaction(transaction));
  if (number === undefined || findSecret(channel.remote_secrets, number) === undefined) return undefined;
  return number;
}

function fundingOutpoint(channel: ClosingChannel): Outpoint {
  return { txid: channel.terms.funding_txid, vout: channel.terms.funding_output_index };
}

function apply(channel: ClosingChannel, state: OnchainState, input: OnchainInput): OnchainState {
  switch (input.kind) {
    case 'start':
      return { ...state, watched: [] };
    case 'block':
      // A new watch may have looked ahead of the block that is reported now.
      return { ...state, height: Math.max(input.height, ...state.spends.map((spend) => spend.height)) };
    case 'spent':
      return applySpent(channel, state, input);
    case 'disconnected': {
      const spends = state.spends.filter(({ txid, height }) => txid !== input.txid || height !== input.height);
      return { ...unmine(state, input.txid), spends, height: Math.min(state.height, input.height - 1) };
    }
    case 'preimage':
      return {
        ...state,
        preimages: [...new Set([...state.preimages, input.payment_preimage])],
        accepted_ids: [...new Set([...state.accepted_ids, ...(input.htlc_id === undefined ? [] : [input.htlc_id])])],
      };
    case 'force_close': {
      const { transaction, is_urgent } = input;
      const height = state.force_close?.height ?? state.height;
      return { ...state, force_close: { transaction, is_urgent, height } };
    }
    case 'funded':
      return applyFunded(state, input);
    case 'refused':
      return applyRefused(channel, state, input);
    case 'unaffordable':
    case 'wallet_ready':
      return state;
  }
}

function applySpent(
  channel: ClosingChannel,
  state: OnchainState,
  input: Extract<OnchainInput, { kind: 'spent' }>,
): OnchainState {
  const tx = parseTransaction(input.transaction);
  const txid = txidOf(tx);
  const height = Math.max(state.height, input.height);
  if (state.spends.some((known) => known.txid === txid && known.height === input.height)) return { ...state, height };
  const transaction = toHex(input.transaction);
  const isEnd = tx.inputs.some((spent) => nameOf(spent) === nameOf(fundingOutpoint(channel)));
  return {
    ...mine(state, txid),
    height,
    spends: [...state.spends.filter((known) => known.txid !== txid), { txid, height: input.height, transaction }],
    revoked_htlcs: isEnd ? input.revoked_htlcs : state.revoked_htlcs,
  };
}

function idOf({ transaction }: Pending): Txid | undefined {
  return transaction === undefined ? undefined : txidOf(parseTransaction(fromHex(transaction)));
}

/** A block took what was pending. */
function mine(state: OnchainState, txid: Txid): OnchainState {
  const taken = state.pending.filter((pending) => idOf(pending) === txid);
  if (taken.length === 0) return state;
  const pending = state.pending.filter((each) => !taken.includes(each));
  return { ...state, pending, mined: [...state.mined, ...taken] };
}

/** The block is gone: what it took from us waits again, unless something else has taken its place. */
function unmine(state: OnchainState, txid: Txid): OnchainState {
  const returned = state.mined.filter((pending) => idOf(pending) === txid);
  if (returned.length === 0) return state;
  const outpoints = new Set(state.pending.flatMap((pending) => pending.outpoints));
  const free = returned.filter((pending) => !pending.outpoints.some((name) => outpoints.has(name)));
  const mined = state.mined.filter((each) => !returned.includes(each));
  return { ...state, pending: [...state.pending, ...free], mined };
}

function applyFunded(state: OnchainState, input: Extract<OnchainInput, { kind: 'funded' }>): OnchainState {
  const { outpoints, transaction, fee_sat, feerate_per_kw } = input;
  const name = outpoints.join();
  const pending = state.pending.map((other) =>
    other.outpoints.join() === name ? { ...other, transaction, fee_sat, feerate_per_kw, height: state.height } : other,
  );
  return { ...state, pending };
}

/** Mempools may hold a commitment of the peer where ours should be: which one, its child will tell. */
function applyRefused(
  channel: ClosingChannel,
  state: OnchainState,
  { transaction, refusal }: Extract<OnchainInput, { kind: 'refused' }>,
): OnchainState {
  const { force_close } = state;
  if (force_close === undefined) return state;
  const { rival } = force_close;
  if (rival === undefined) {
    const isOurs = refusal === 'has_rival' && transaction === force_close.transaction;
    return isOurs ? { ...state, force_close: { ...force_close, rival: 0 } } : state;
  }
  const anchor = rivalAnchor(channel, rival);
  const isChild = ({ outpoints, transaction: sent }: Pending): boolean =>
    anchor !== undefined && sent === transaction && outpoints[0] === nameOf(anchor.claim.outpoint);
  if (refusal !== 'no_parent' || !state.pending.some(isChild)) return state;
  // It is not this one. After the last of them the first may have come.
  const pending = state.pending.filter((each) => !isChild(each));
  return { ...state, pending, force_close: { ...force_close, rival: (rival + 1) % channel.remote.length } };
}

/** One step. Deterministic: the same arguments give the same answer. */
export function stepOnchain(
  channel: ClosingChannel,
  before: OnchainState,
  input: OnchainInput,
  environment: OnchainEnvironment,
): OnchainStep {
  let state = apply(channel, before, input);
  const effects: OnchainEffect[] = [];
  const situation = trackOutputs(channel, state);
  const isNewBlock = input.kind === 'block' || input.kind === 'start';

  state = watchAll(channel, state, situation, effects);
  if (situation === undefined) {
    state = takeBackEnding(state, effects);
    const isDue = isNewBlock || input.kind === 'force_close';
    state = adopt(state, composeForceClose(channel, state, environment, isDue, input), effects);
  } else {
    state = report(channel, state, situation, environment, effects);
    state = adopt(state, composeClaims(state, environment, situation, isNewBlock, input), effects);
  }
  // What was funded too late, when the output is gone or something else has taken its place, is left alone.
  if (input.kind === 'funded' && state.pending.some(({ transaction }) => transaction === input.transaction)) {
    effects.push(broadcastFunded(state, situation, input));
  }
  return { state, effects };
}

function adopt(state: OnchainState, { pending, effects: more }: Composition, effects: OnchainEffect[]): OnchainState {
  effects.push(...more);
  return { ...state, pending };
}

/** A child of our commitment goes out with it, as long as that is not in a block. A child of the peer's goes alone. */
function broadcastFunded(
  state: OnchainState,
  situation: Situation | undefined,
  { transaction, outpoints }: Extract<OnchainInput, { kind: 'funded' }>,
): OnchainEffect {
  const parent = situation === undefined ? state.force_close?.transaction : undefined;
  const isOurs = parent !== undefined && outpoints[0]?.startsWith(txidOf(parseTransaction(fromHex(parent))));
  return { kind: 'broadcast', transactions: isOurs ? [parent, transaction] : [transaction] };
}

function watchAll(
  channel: ClosingChannel,
  state: OnchainState,
  situation: Situation | undefined,
  effects: OnchainEffect[],
): OnchainState {
  const watched = new Set(state.watched);
  const watch = (outpoint: Outpoint, from_height: number): void => {
    if (watched.has(nameOf(outpoint))) return;
    watched.add(nameOf(outpoint));
    effects.push({ kind: 'watch', outpoint, from_height });
  };
  // The funding output may have been spent at any time since the channel was opened; the host knows since when.
  watch(fundingOutpoint(channel), 0);
  for (const { outpoint, height } of situation?.outputs ?? []) watch(outpoint, height);
  return { ...state, watched: [...watched] };
}

/** How the report of an ending is remembered; its txid follows. */
const ENDED = 'ended ';

/** What was said of an ending is taken back when a reorg undoes it; another may follow. */
function takeBackEnding(state: OnchainState, effects: OnchainEffect[]): OnchainState {
  const undone = state.told.filter((key) => key.startsWith(ENDED));
  for (const key of undone) effects.push({ kind: 'ending_undone', txid: key.slice(ENDED.length) as Txid });
  return undone.length === 0 ? state : { ...state, told: state.told.filter((key) => !undone.includes(key)) };
}

function report(
  channel: ClosingChannel,
  state: OnchainState,
  situation: Situation,
  environment: OnchainEnvironment,
  effects: OnchainEffect[],
): OnchainState {
  const learned = learnPreimages(channel, situation);
  const known: OnchainState = { ...state, preimages: [...new Set([...state.preimages, ...learned])] };
  const outcome = new Outcome(channel, known, situation, environment);
  outcome.tellEnding();
  outcome.tellPreimages(learned);
  outcome.tellMissed();
  outcome.tellResolved(outcome.tellHtlcs());
  effects.push(...outcome.effects);
  return { ...known, told: outcome.told };
}

/**
 * Signs our inputs in a transaction that the wallet built for a `fund` request; the wallet signs its own, before or
 * after. Throws RangeError when the transaction has none of ours.
 */
export function signClaims(channel: ClosingChannel, state: OnchainState, tx: Transaction): Transaction {
  const situation = trackOutputs(channel, state);
  const claims = (situation?.outputs ?? []).flatMap(({ claim }) => (claim === undefined ? [] : [claim]));
  if (situation === undefined && state.force_close !== undefined) {
    const commitment = parseTransaction(fromHex(state.force_close.transaction));
    const anchor = unconfirmedAnchorClaim(channel, txidOf(commitment), commitment);
    if (anchor !== undefined) claims.push(anchor);
    for (const index of channel.remote.keys()) {
      const rival = rivalAnchor(channel, index);
      if (rival !== undefined) claims.push(rival.claim);
    }
  }
  const signed = signInputs(tx, claims);
  if (toHex(serializeTransaction(signed)) === toHex(serializeTransaction(tx))) {
    throw new RangeError('the transaction spends nothing of this channel');
  }
  return signed;
}
