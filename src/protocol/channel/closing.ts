/**
 * Agreeing on the fee of the mutual close, and closing (BOLT 2, Legacy Closing Negotiation; BOLT 3, Legacy Closing
 * Transaction). The opener speaks first and pays. With `fee_range` on both sides two or three messages do; without it
 * the two fees approach each other.
 */

import { max, min, type Sat, sat } from '../../base/types/amount.ts';
import { closingWeight } from '../../codec/tx/closing.ts';
import type { ClosingSigned } from '../../codec/wire/index.ts';
import { ANCHORS_MSAT, commitmentFeeMsat } from './commitment.ts';
import { fail, warn } from './fault.ts';
import { hasOnlyBalances } from './pending.ts';
import type { ClosingView } from './signer.ts';
import type { ChannelState } from './state.ts';
import { send, type Turn } from './turn.ts';

interface FeeRange {
  readonly min_fee_satoshis: Sat;
  readonly max_fee_satoshis: Sat;
}

/** For the outputs that there are: a peer that reckons so, on a cheap chain, offers no range for one output more. */
function feeAt(state: ChannelState, feerate_per_kw: number): Sat {
  const { local_shutdown_script = '', remote_shutdown_script = '', terms } = state;
  const dust_limit_msat = terms.local.dust_limit_satoshis * 1000n;
  const scripts = [
    ...(state.local_msat < dust_limit_msat ? [] : [local_shutdown_script]),
    ...(state.remote_msat < dust_limit_msat ? [] : [remote_shutdown_script]),
  ];
  return sat(Math.ceil((feerate_per_kw * closingWeight(...scripts)) / 1000));
}

/** What we would pay, and what we find fair within it. Who does not pay only asks that the transaction relays. */
function ownTerms({ state, env }: Turn, their_max_satoshis?: Sat): { range: FeeRange; fair_satoshis: Sat } {
  const { floor_per_kw, closing_per_kw, max_closing_per_kw } = env.feerates;
  const lowest = feeAt(state, floor_per_kw);
  const fair = max(lowest, feeAt(state, closing_per_kw));
  const highest = max(fair, feeAt(state, max_closing_per_kw));
  if (state.terms.opener === 'local') {
    const balance_sat = (state.local_msat / 1000n) as Sat;
    const range = { min_fee_satoshis: min(lowest, balance_sat), max_fee_satoshis: min(highest, balance_sat) };
    return { range, fair_satoshis: min(fair, balance_sat) };
  }
  return {
    range: { min_fee_satoshis: lowest, max_fee_satoshis: max(highest, their_max_satoshis ?? highest) },
    fair_satoshis: fair,
  };
}

/** The first word of the negotiation: the opener's. */
export function beginClosing(turn: Turn): void {
  const { state } = turn;
  if (state.terms.opener !== 'local' || state.negotiation !== undefined) return;
  const { range, fair_satoshis } = ownTerms(turn);
  propose(turn, fair_satoshis, range, undefined);
}

function propose(turn: Turn, fee_satoshis: Sat, fee_range: FeeRange, received: Sat | undefined): void {
  const { state, env } = turn;
  const view = closingView(state, fee_satoshis, state.terms.local.dust_limit_satoshis);
  if (view === undefined)
    warn(`closing_signed: the opener cannot pay a fee of ${fee_satoshis} sat, which would suit us both`);
  turn.state = {
    ...state,
    negotiation: { sent_fee_satoshis: fee_satoshis, sent_range: fee_range, received_fee_satoshis: received },
  };
  send(turn, {
    type: 'closing_signed',
    channel_id: state.terms.channel_id,
    fee_satoshis,
    signature: env.signer.signClosing(state.terms, view),
    fee_range,
  });
}

/** The closing transaction as a side with this dust limit makes it. Undefined when the opener cannot pay the fee. */
function closingView(state: ChannelState, fee_satoshis: Sat, dust_limit_satoshis: Sat): ClosingView | undefined {
  const { local_shutdown_script, remote_shutdown_script, terms } = state;
  if (local_shutdown_script === undefined || remote_shutdown_script === undefined) return undefined;
  const local_sat = state.local_msat / 1000n - (terms.opener === 'local' ? fee_satoshis : 0n);
  const remote_sat = state.remote_msat / 1000n - (terms.opener === 'remote' ? fee_satoshis : 0n);
  if (local_sat < 0n || remote_sat < 0n) return undefined;
  return {
    local_sat: local_sat < dust_limit_satoshis ? undefined : sat(local_sat),
    remote_sat: remote_sat < dust_limit_satoshis ? undefined : sat(remote_sat),
    local_script: local_shutdown_script,
    remote_script: remote_shutdown_script,
  };
}

/** The variant of the closing transaction that the peer signed: by its dust limit, by ours, or without its own output. */
function signedView({ state, env }: Turn, { fee_satoshis, signature }: ClosingSigned): ClosingView | undefined {
  const { local, remote } = state.terms;
  for (const dust_limit_satoshis of new Set([remote.dust_limit_satoshis, local.dust_limit_satoshis])) {
    const view = closingView(state, fee_satoshis, dust_limit_satoshis);
    if (view === undefined) continue;
    for (const variant of [view, { ...view, remote_sat: undefined }]) {
      if (variant.local_sat === undefined && variant.remote_sat === undefined) continue;
      if (env.signer.verifyClosing(state.terms, variant, signature)) return variant;
    }
  }
  return undefined;
}

/** The peer's `closing_signed`. Throws Violation. */
export function receiveClosing(turn: Turn, message: ClosingSigned): void {
  const { state } = turn;
  if (!hasOnlyBalances(state)) warn('closing_signed before the channel is empty');
  const { fee_satoshis, fee_range } = message;
  const { negotiation } = state;
  const sent = negotiation?.sent_fee_satoshis;
  if (sent === undefined && state.terms.opener === 'local') warn('closing_signed: it is for the opener to begin');
  const view = signedView(turn, message);
  if (view === undefined) warn('closing_signed: the signature is not valid for the closing transaction');

  if (fee_satoshis === sent) {
    agree(turn, message, view);
    return;
  }
  // A peer that tells no range would pay what it says.
  const own = ownTerms(turn, fee_range?.max_fee_satoshis ?? fee_satoshis);
  const range = negotiation?.sent_range ?? own.range;
  if (fee_range !== undefined) {
    const lowest = max(range.min_fee_satoshis, fee_range.min_fee_satoshis);
    const highest = min(range.max_fee_satoshis, fee_range.max_fee_satoshis);
    if (lowest > highest) warn('closing_signed: your fee_range and ours do not overlap');
    if (state.terms.opener === 'remote' && sent === undefined) {
      const chosen = min(max(own.fair_satoshis, lowest), highest);
      propose(turn, chosen, range, fee_satoshis);
      if (chosen === fee_satoshis) agree(turn, message, view);
      return;
    }
    if (state.terms.opener === 'remote') fail('closing_signed: not the fee that we chose in your fee_range');
    if (fee_satoshis < lowest || fee_satoshis > highest) fail('closing_signed: the fee is outside of both fee ranges');
    propose(turn, fee_satoshis, range, fee_satoshis);
    agree(turn, message, view);
    return;
  }
  approach(turn, message, view, range, own.fair_satoshis);
}

/** The older way, of LND among others: each answers with a fee strictly between the two last ones, until they meet. */
function approach(turn: Turn, message: ClosingSigned, view: ClosingView, range: FeeRange, fair: Sat): void {
  const { fee_satoshis } = message;
  const { sent_fee_satoshis: sent, received_fee_satoshis: received } = turn.state.negotiation ?? {};
  if (sent !== undefined && received !== undefined && !isBetween(fee_satoshis, sent, received)) {
    warn('closing_signed: the fee is not strictly between the two before');
  }
  const suits = fee_satoshis >= range.min_fee_satoshis && fee_satoshis <= range.max_fee_satoshis;
  const next = suits ? fee_satoshis : nextFee(turn, fee_satoshis, range, sent, fair);
  propose(turn, next, range, fee_satoshis);
  if (next === fee_satoshis) agree(turn, message, view);
}

/** Half of the way to the peer's fee, as far as our range goes. */
function nextFee(turn: Turn, theirs: Sat, range: FeeRange, sent: Sat | undefined, fair: Sat): Sat {
  const middle = sat(((sent ?? fair) + theirs) / 2n);
  const next = min(max(middle, range.min_fee_satoshis), range.max_fee_satoshis);
  return sent === undefined || isBetween(next, sent, theirs) ? next : beyondRange(turn, sent, theirs);
}

/**
 * The next word to a peer that wants more than we would pay, and cannot be told so: one satoshi more each time, while it
 * comes down to us. Without this LND, which comes down by a tenth each time, would never get to close. There is an end
 * where closing alone, at our highest feerate, is as cheap.
 */
function beyondRange({ state, env }: Turn, sent: Sat, theirs: Sat): Sat {
  const alone_sat = (commitmentFeeMsat(env.feerates.max_closing_per_kw, 0) + ANCHORS_MSAT) / 1000n;
  const next = sat(sent + 1n);
  if (state.terms.opener !== 'local' || next > theirs || next > alone_sat) {
    warn('closing_signed: no fee suits both of us');
  }
  return next;
}

function isBetween(fee: bigint, a: bigint, b: bigint): boolean {
  return fee > min(a, b) && fee < max(a, b);
}

/** Mutual closes that are kept: a peer may agree to another fee at each connection, without end. */
const KEPT = 10;

/** Both signed the same transaction. */
function agree(turn: Turn, { fee_satoshis, signature }: ClosingSigned, view: ClosingView): void {
  const { state, env } = turn;
  const transaction = env.signer.completeClosing(state.terms, view, signature);
  const known = state.closing_transactions.includes(transaction);
  turn.state = {
    ...state,
    phase: 'closed',
    closing_transactions: known
      ? state.closing_transactions
      : [...state.closing_transactions, transaction].slice(-KEPT),
  };
  turn.store = true;
  turn.effects.push(
    { kind: 'closing_agreed', fee_satoshis },
    { kind: 'broadcast', purpose: 'mutual_close', transaction },
  );
}
