/** A mutual close that both sides signed: it is remembered, and goes to the chain. */
import type { Sat } from '../../base/types/amount.ts';
import type { ChannelState } from './state.ts';
import type { Turn } from './turn.ts';

/** Mutual closes that are kept: a peer may agree to another fee again and again, without end. */
const KEPT = 10;

/** Both signed this transaction (serialized, hex). `is_own`: we chose its fee and pay it. */
export function closeAgreed(turn: Turn, transaction: string, fee_satoshis: Sat, is_own = false): void {
  const { state } = turn;
  const own_closing_transaction = is_own ? transaction : state.own_closing_transaction;
  turn.state = {
    ...state,
    phase: 'closed',
    own_closing_transaction,
    closing_transactions: remember(state, transaction, own_closing_transaction),
  };
  turn.store = true;
  turn.effects.push(
    { kind: 'closing_agreed', fee_satoshis },
    { kind: 'broadcast', purpose: 'mutual_close', transaction },
  );
}

/**
 * The closing transactions to hand to the network, the one last that we would rather have mined: our own, whose fee we
 * chose, or else the latest. Any of them may be mined, and a source of blocks that holds one may refuse another.
 */
export function publishableCloses({
  closing_transactions,
  own_closing_transaction: own,
}: Pick<ChannelState, 'closing_transactions' | 'own_closing_transaction'>): readonly string[] {
  if (own === undefined) return closing_transactions;
  return [...closing_transactions.filter((other) => other !== own), own];
}

/** The latest, and among them always our own: the peer must not be able to make us forget it. */
function remember({ closing_transactions }: ChannelState, transaction: string, own: string | undefined): string[] {
  if (closing_transactions.includes(transaction)) return [...closing_transactions];
  const all = [...closing_transactions, transaction];
  const oldest = all.find((other) => other !== own);
  return all.length > KEPT ? all.filter((other) => other !== oldest) : all;
}
