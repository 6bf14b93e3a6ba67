/**
 * The simple close (BOLT 2, closing_complete and closing_sig; BOLT 3, Closing Transaction): each side proposes the closing
 * transaction whose fee it pays itself, and signs the other's. There is nothing to agree on. Two transactions come of it,
 * either may be mined, and each side may replace its own by one that pays more.
 */
import { max, min, type Sat, sat } from '../../base/types/amount.ts';
import { closingWeight } from '../../codec/tx/closing.ts';
import type { ClosingComplete, ClosingSig } from '../../codec/wire/index.ts';
import { closeAgreed } from './close-agreed.ts';
import { closingFee } from './closing-fee.ts';
import { warn } from './fault.ts';
import { hasOnlyBalances } from './pending.ts';
import { dustOf, isDustOutput, isOpReturn, isTakenShutdownScript } from './shutdown-script.ts';
import type { ClosingView } from './signer.ts';
import type { Side } from './stage.ts';
import type { ChannelState, CloseVariant, OfferedClose } from './state.ts';
import { send, type Turn } from './turn.ts';

/** The signatures of a message, by what each is for: the names of `closing_tlvs`. */
type Signatures = { readonly [Variant in CloseVariant]?: string };

const VARIANTS: readonly CloseVariant[] = ['closer_output_only', 'closee_output_only', 'closer_and_closee_outputs'];

/** What a closing transaction is made of, seen from the side that pays for it. */
interface Terms {
  readonly closer: Side;
  readonly closer_scriptpubkey: string;
  readonly closee_scriptpubkey: string;
  readonly fee_satoshis: Sat;
  readonly locktime: number;
}

/**
 * Offers the closing transaction that we pay for, once on each connection. Does nothing before the peer has said
 * `shutdown` on it, or when our balance does not pay for a transaction that relays: then the peer's is the one.
 * `raised_per_kw`: the feerate that it has to pay, because one that paid less is in no block.
 */
export function offerClose(turn: Turn, raised_per_kw?: number): void {
  const { state, env } = turn;
  const { local_shutdown_script: closer_scriptpubkey, remote_shutdown_script: closee_scriptpubkey } = state;
  if (closer_scriptpubkey === undefined || closee_scriptpubkey === undefined) return;
  if (!state.shutdown_heard || state.offered_close !== undefined) return;
  const fee_satoshis = affordableFee(turn, closer_scriptpubkey, closee_scriptpubkey, raised_per_kw);
  if (fee_satoshis === undefined) return;
  const terms: Terms = { closer: 'local', closer_scriptpubkey, closee_scriptpubkey, fee_satoshis, locktime: 0 };
  const variants = variantsOf(state, terms);
  if (variants.length === 0) return;
  const offered: OfferedClose = { ...fieldsOf(terms), variants, is_answered: false };
  turn.state = { ...state, offered_close: offered };
  const signatures = variants.map((variant) => [
    variant,
    env.signer.signClosing(state.terms, viewOf(state, terms, variant)),
  ]);
  send(turn, {
    type: 'closing_complete',
    channel_id: state.terms.channel_id,
    ...fieldsOf(terms),
    ...(Object.fromEntries(signatures) as Signatures),
  });
}

function fieldsOf({ closer_scriptpubkey, closee_scriptpubkey, fee_satoshis, locktime }: Omit<Terms, 'closer'>) {
  return { closer_scriptpubkey, closee_scriptpubkey, fee_satoshis, locktime };
}

/**
 * The fee of our transaction: what we find fair when we opened, and what is left when less is left. The side that did not
 * open pays the least that enters the mempool, unless the operator wants otherwise: the opener's transaction replaces
 * such a one, and fees of a close have always been the opener's. A side that has the larger balance keeps an output that
 * relays. Undefined when that would not pay for a transaction that relays.
 */
function affordableFee(
  { state, env }: Turn,
  own_script: string,
  peer_script: string,
  raised_per_kw: number | undefined,
): Sat | undefined {
  const balance_sat = state.local_msat / 1000n;
  const scripts = isDustOutput(state.remote_msat / 1000n, peer_script) ? [own_script] : [own_script, peer_script];
  const { lowest, fair, highest } = closingFee(state, env, scripts);
  const isLesser = state.local_msat < state.remote_msat;
  // Without an output of ours the transaction is smaller, and all that we have may go to the fee.
  const most_sat = isLesser ? balance_sat : balance_sat - dustOf(own_script);
  const isOurs = state.terms.opener === 'local' || state.closing_feerange !== undefined;
  const usual = isOurs ? fair : lowest;
  const wanted = raised_per_kw === undefined ? usual : max(usual, min(highest, feeFor(raised_per_kw, scripts)));
  const fee_satoshis = min(wanted, sat(max(most_sat, 0n)));
  const least =
    isLesser && isDustOutput(balance_sat - fee_satoshis, own_script)
      ? closingFee(state, env, [peer_script]).lowest
      : lowest;
  return fee_satoshis < least ? undefined : fee_satoshis;
}

function feeFor(feerate_per_kw: number, scripts: readonly string[]): Sat {
  return sat(Math.ceil((feerate_per_kw * closingWeight(...scripts)) / 1000));
}

/** Which transactions the closer signs: the lesser side may leave out its own output, the other may leave the choice. */
function variantsOf(state: ChannelState, terms: Terms): readonly CloseVariant[] {
  const { closer_sat, closee_sat } = amounts(state, terms);
  const isCloseeDust = isDustOutput(closee_sat, terms.closee_scriptpubkey);
  const isCloserDust = isDustOutput(closer_sat, terms.closer_scriptpubkey);
  if (state.local_msat < state.remote_msat) {
    if (isCloseeDust) return [];
    return [isCloserDust ? 'closee_output_only' : 'closer_and_closee_outputs'];
  }
  if (isCloserDust) return [];
  return isCloseeDust ? ['closer_output_only'] : ['closer_output_only', 'closer_and_closee_outputs'];
}

function amounts({ local_msat, remote_msat }: ChannelState, terms: Terms): { closer_sat: bigint; closee_sat: bigint } {
  const [closer_msat, closee_msat] = terms.closer === 'local' ? [local_msat, remote_msat] : [remote_msat, local_msat];
  return {
    closer_sat: isOpReturn(terms.closer_scriptpubkey) ? 0n : closer_msat / 1000n - terms.fee_satoshis,
    closee_sat: isOpReturn(terms.closee_scriptpubkey) ? 0n : closee_msat / 1000n,
  };
}

function viewOf(state: ChannelState, terms: Terms, variant: CloseVariant): ClosingView {
  const { closer_sat, closee_sat } = amounts(state, terms);
  const closer = {
    amount_sat: variant === 'closee_output_only' ? undefined : sat(closer_sat),
    script: terms.closer_scriptpubkey,
  };
  const closee = {
    amount_sat: variant === 'closer_output_only' ? undefined : sat(closee_sat),
    script: terms.closee_scriptpubkey,
  };
  const [local, remote] = terms.closer === 'local' ? [closer, closee] : [closee, closer];
  return {
    local_sat: local.amount_sat,
    remote_sat: remote.amount_sat,
    local_script: local.script,
    remote_script: remote.script,
    locktime: terms.locktime,
  };
}

/** The peer's `closing_complete`: we sign the transaction that it pays for. Throws Violation. */
export function receiveCloseOffer(turn: Turn, message: ClosingComplete): void {
  const { state, env } = turn;
  if (!env.option_simple_close) warn('closing_complete: we did not agree on option_simple_close');
  if (!hasOnlyBalances(state) || !state.shutdown_heard) warn('closing_complete before the channel is empty');
  const { closer_scriptpubkey, closee_scriptpubkey, fee_satoshis, locktime } = message;
  if (fee_satoshis > state.remote_msat / 1000n) warn(`closing_complete: you cannot pay a fee of ${fee_satoshis} sat`);
  if (closee_scriptpubkey !== state.local_shutdown_script) warn('closing_complete: not the script that we said last');
  const { upfront_shutdown_script } = state.terms.remote;
  if (upfront_shutdown_script !== '' && closer_scriptpubkey !== upfront_shutdown_script) {
    warn('closing_complete: not the script that was promised at the opening');
  }
  if (!isTakenShutdownScript(closer_scriptpubkey, env)) {
    warn('closing_complete: closer_scriptpubkey is of no kind that a channel can be closed to');
  }
  const terms: Terms = { closer: 'remote', closer_scriptpubkey, closee_scriptpubkey, fee_satoshis, locktime };
  const variant = variantToSign(state, terms, message);
  const signature = message[variant];
  if (signature === undefined) warn(`closing_complete: ${variant} is missing`);
  const view = viewOf(state, terms, variant);
  if (!env.signer.verifyClosing(state.terms, view, signature)) {
    warn(`closing_complete: the signature of ${variant} is not valid${env.signer.closingText(state.terms, view)}`);
  }
  turn.state = { ...state, remote_shutdown_script: closer_scriptpubkey };
  const fields = { channel_id: state.terms.channel_id, ...fieldsOf(terms) };
  send(turn, { type: 'closing_sig', ...fields, [variant]: env.signer.signClosing(state.terms, view) });
  closeAgreed(turn, env.signer.completeClosing(state.terms, view, signature), fee_satoshis);
}

/** BOLT 2: without our output when that would be dust; else with both, when the closer lets us choose. */
function variantToSign(state: ChannelState, terms: Terms, signatures: Signatures): CloseVariant {
  const { closee_sat } = amounts(state, terms);
  if (isDustOutput(closee_sat, terms.closee_scriptpubkey)) return 'closer_output_only';
  return signatures.closer_and_closee_outputs === undefined ? 'closee_output_only' : 'closer_and_closee_outputs';
}

/** The peer's `closing_sig`: the transaction that we pay for is complete. Throws Violation. */
export function receiveCloseSignature(turn: Turn, message: ClosingSig): void {
  const { state, env } = turn;
  const { offered_close: offered } = state;
  if (offered === undefined || offered.is_answered) warn('closing_sig without a closing_complete before it');
  if (!isSame(offered, message)) warn('closing_sig: not what our closing_complete says');
  const present = VARIANTS.filter((variant) => message[variant] !== undefined);
  const [variant] = present;
  if (variant === undefined || present.length !== 1 || !offered.variants.includes(variant)) {
    warn('closing_sig: exactly one of the signatures of our closing_complete must be answered');
  }
  const signature = message[variant] ?? '';
  const view = viewOf(state, { ...offered, closer: 'local' }, variant);
  if (!env.signer.verifyClosing(state.terms, view, signature)) {
    warn(`closing_sig: the signature of ${variant} is not valid${env.signer.closingText(state.terms, view)}`);
  }
  turn.state = { ...state, offered_close: { ...offered, is_answered: true } };
  closeAgreed(turn, env.signer.completeClosing(state.terms, view, signature), offered.fee_satoshis, true);
}

function isSame(offered: OfferedClose, answer: ClosingSig): boolean {
  return (
    offered.closer_scriptpubkey === answer.closer_scriptpubkey &&
    offered.closee_scriptpubkey === answer.closee_scriptpubkey &&
    offered.fee_satoshis === answer.fee_satoshis &&
    offered.locktime === answer.locktime
  );
}

/** The operator wants a closing transaction that pays more, or less: offers it, if the last offer has been answered. */
export function replaceClose(turn: Turn): void {
  const { offered_close } = turn.state;
  if (offered_close?.is_answered !== true) return;
  turn.state = { ...turn.state, offered_close: undefined };
  offerClose(turn);
}

/** Ours, or the peer's in its place, is in no block, and has to pay more: offers another, if the last has been answered. */
export function raiseClose(turn: Turn, feerate_per_kw: number): void {
  const { phase, offered_close, link } = turn.state;
  if (phase !== 'closed' || link !== 'up' || offered_close?.is_answered === false) return;
  const before = turn.state;
  turn.state = { ...before, offered_close: undefined };
  offerClose(turn, feerate_per_kw);
  if (turn.state.offered_close === undefined) turn.state = before;
}
