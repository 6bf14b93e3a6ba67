/**
 * Agreeing on the fee of the mutual close, and closing (BOLT 2, Legacy Closing Negotiation; BOLT 3, Legacy Closing
 * Transaction). The opener speaks first and pays. With `fee_range` on both sides two or three messages do; without it
 * the two fees approach each other.
 */

import { max, min, type Sat, sat } from '../../base/types/amount.ts';
import type { ClosingSigned } from '../../codec/wire/index.ts';
import { closeAgreed } from './close-agreed.ts';
import { closingFee, costAlone } from './closing-fee.ts';
import { fail, warn } from './fault.ts';
import { hasOnlyBalances } from './pending.ts';
import { isDustOutput } from './shutdown-script.ts';
import type { ClosingView } from './signer.ts';
import type { ChannelState, ClosingFeeSpan } from './state.ts';
import { send, type Turn } from './turn.ts';

interface OwnTerms {
  readonly range: ClosingFeeSpan;
  readonly fair_satoshis: Sat;
  /** Up to here the fee of a peer that tells no range is taken; above it we bargain. */
  readonly urgent_satoshis: Sat;
}

/** For the outputs that exist: a peer that calculates so, on a cheap chain, offers no range for one output more. */
function outputScripts({
  local_msat,
  remote_msat,
  local_shutdown_script,
  remote_shutdown_script,
  terms,
}: ChannelState) {
  const dust_limit_msat = terms.local.dust_limit_satoshis * 1000n;
  return [
    ...(local_msat < dust_limit_msat ? [] : [local_shutdown_script ?? '']),
    ...(remote_msat < dust_limit_msat ? [] : [remote_shutdown_script ?? '']),
  ];
}

/** What we would pay, and what we find fair within it. Who does not pay only asks that the transaction relays. */
function ownTerms({ state, env }: Turn, their_max_satoshis?: Sat): OwnTerms {
  const { feerates } = env;
  if (state.terms.opener === 'local') {
    const { lowest, fair, urgent, highest } = closingFee(state, env, outputScripts(state));
    const balance_sat = (state.local_msat / 1000n) as Sat;
    const range = { min_fee_satoshis: min(lowest, balance_sat), max_fee_satoshis: min(highest, balance_sat) };
    return { range, fair_satoshis: min(fair, balance_sat), urgent_satoshis: min(urgent, balance_sat) };
  }
  // The peer pays: what is relayed at all will do, whatever the mempool asks for now.
  const relayed = { ...env, feerates: { ...feerates, mempool_per_kw: feerates.floor_per_kw } };
  const { lowest, fair, highest } = closingFee(state, relayed, outputScripts(state));
  const max_fee_satoshis = max(highest, their_max_satoshis ?? highest);
  const range = { min_fee_satoshis: lowest, max_fee_satoshis };
  return { range, fair_satoshis: fair, urgent_satoshis: max_fee_satoshis };
}

/** The first word of the negotiation: the opener's. */
export function beginClosing(turn: Turn): void {
  const { state } = turn;
  if (state.terms.opener !== 'local' || state.negotiation !== undefined) return;
  const { range, fair_satoshis } = ownTerms(turn);
  propose(turn, fair_satoshis, range);
}

/** The opener's offer with other fees, as long as the peer has said nothing to the first (BOLT 2: once it has, no more). */
export function offerLegacyAgain(turn: Turn): void {
  const { negotiation, phase, terms } = turn.state;
  if (terms.opener !== 'local' || phase === 'closed' || negotiation?.received_fee_satoshis !== undefined) return;
  turn.state = { ...turn.state, negotiation: undefined };
  beginClosing(turn);
}

/** What the peer has offered, which ours answers. */
type Received = Pick<ClosingSigned, 'fee_satoshis' | 'fee_range'>;

function propose(turn: Turn, fee_satoshis: Sat, fee_range: ClosingFeeSpan, received?: Received): void {
  const { state, env } = turn;
  const view = closingView(state, fee_satoshis, state.terms.local.dust_limit_satoshis);
  if (view === undefined)
    warn(`closing_signed: the opener cannot pay a fee of ${fee_satoshis} sat, which would suit us both`);
  requireRelayable(view);
  turn.state = {
    ...state,
    negotiation: {
      sent_fee_satoshis: fee_satoshis,
      sent_range: fee_range,
      received_fee_satoshis: received?.fee_satoshis,
      received_range: received?.fee_range,
    },
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

function rangeText({ min_fee_satoshis, max_fee_satoshis }: ClosingFeeSpan): string {
  return `fee_range of ${min_fee_satoshis} to ${max_fee_satoshis} sat`;
}

/** The peer's `closing_signed`. Throws Violation. */
export function receiveClosing(turn: Turn, message: ClosingSigned): void {
  const { state, env } = turn;
  if (env.option_simple_close) warn('closing_signed: we agreed on closing_complete');
  if (!hasOnlyBalances(state)) warn('closing_signed before the channel is empty');
  const { fee_satoshis, fee_range } = message;
  const { negotiation } = state;
  const sent = negotiation?.sent_fee_satoshis;
  if (sent === undefined && state.terms.opener === 'local') warn('closing_signed: it is for the opener to begin');
  const view = signedView(turn, message);
  if (view === undefined) {
    const ours = closingView(state, fee_satoshis, state.terms.local.dust_limit_satoshis);
    const transaction = ours === undefined ? '' : env.signer.closingText(state.terms, ours);
    warn(`closing_signed: the signature is not valid for the closing transaction${transaction}`);
  }

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
    if (lowest > highest)
      warn(`closing_signed: your ${rangeText(fee_range)} and our ${rangeText(range)} do not overlap`);
    if (state.terms.opener === 'remote' && sent === undefined) {
      const chosen = min(max(own.fair_satoshis, lowest), highest);
      propose(turn, chosen, range, message);
      if (chosen === fee_satoshis) agree(turn, message, view);
      return;
    }
    if (state.terms.opener === 'remote') fail('closing_signed: not the fee that we chose in your fee_range');
    if (fee_satoshis < lowest || fee_satoshis > highest) fail('closing_signed: the fee is outside of both fee ranges');
    propose(turn, fee_satoshis, range, message);
    agree(turn, message, view);
    return;
  }
  approach(turn, message, view, range, own);
}

/** The older way, of LND among others: each answers with a fee strictly between the two last ones, until they meet. */
function approach(turn: Turn, message: ClosingSigned, view: ClosingView, range: ClosingFeeSpan, own: OwnTerms): void {
  const { fee_satoshis } = message;
  const { sent_fee_satoshis: sent, received_fee_satoshis: received } = turn.state.negotiation ?? {};
  if (sent !== undefined && received !== undefined && !isBetween(fee_satoshis, sent, received)) {
    warn('closing_signed: the fee is not strictly between the two before');
  }
  const bargain = { ...range, max_fee_satoshis: min(range.max_fee_satoshis, own.urgent_satoshis) };
  const suits = fee_satoshis >= bargain.min_fee_satoshis && fee_satoshis <= bargain.max_fee_satoshis;
  const next = suits ? fee_satoshis : nextFee(turn, fee_satoshis, bargain, sent, own.fair_satoshis);
  propose(turn, next, range, message);
  if (next === fee_satoshis) agree(turn, message, view);
}

/** Half of the way to the peer's fee, as far as our range goes. */
function nextFee(turn: Turn, theirs: Sat, range: ClosingFeeSpan, sent: Sat | undefined, fair: Sat): Sat {
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
  const alone_sat = costAlone(state, env.feerates.max_closing_per_kw);
  const next = sat(sent + 1n);
  if (next > theirs || next > alone_sat) {
    warn('closing_signed: no fee suits both of us');
  }
  return next;
}

function isBetween(fee: bigint, a: bigint, b: bigint): boolean {
  return fee > min(a, b) && fee < max(a, b);
}

/** Both signed the same transaction. */
function agree(turn: Turn, { fee_satoshis, signature }: ClosingSigned, view: ClosingView): void {
  requireRelayable(view);
  const transaction = turn.env.signer.completeClosing(turn.state.terms, view, signature);
  closeAgreed(turn, transaction, fee_satoshis);
}

/** The peer's output may be dust to the network although it is above our dust limit: such a transaction never relays. */
function requireRelayable({ remote_sat, remote_script }: ClosingView): void {
  if (remote_sat === undefined || !isDustOutput(remote_sat, remote_script)) return;
  fail(`closing_signed: your output of ${remote_sat} sat would not be relayed`);
}
