/** What is no longer worth waiting for: a channel that was never funded, a transaction that no block can hold any more. */

import type { Txid } from '../../base/types/brand.ts';
import { fromHex } from '../../base/types/hex.ts';
import { parseTransaction, type Transaction, txidOf } from '../../codec/tx/transaction.ts';
import { nameOf } from '../../protocol/onchain/outpoint.ts';
import { fundedPending, type LiveEnding } from './live-ending.ts';
import type { EndingsOptions } from './options.ts';

/** BOLT 2: after so many blocks without its funding transaction a fundee forgets a channel. */
const FUNDING_TIMEOUT_BLOCKS = 2_016;

/**
 * Whether there is nothing to wait for: the peer never funded the channel, or we never did. `isGivenUp` tells whether a
 * transaction of the wallet was given up.
 */
export function isVain(
  { record, channel, is_resolved }: LiveEnding,
  height: number,
  isGivenUp: (txid: Txid) => boolean,
): boolean {
  const { terms, funding_confirmation } = channel.state;
  if (is_resolved || record.ending !== undefined || funding_confirmation !== undefined) return false;
  if (height < terms.opened_height + FUNDING_TIMEOUT_BLOCKS) return false;
  return terms.opener === 'remote' || isGivenUp(terms.funding_txid);
}

/** Transactions with coins of the wallet that were never sent, or can no longer be mined: their coins are to be free again. */
export function unusedFunded(ending: LiveEnding, wallet: Pick<EndingsOptions['wallet'], 'find'>): readonly Txid[] {
  const used = fundedPending(ending.state);
  return ending.record.funded_txids.filter((txid) => {
    const own = used.has(txid) ? undefined : wallet.find(txid);
    if (own === undefined || own.state === 'dropped') return false;
    return own.state === 'held' || isImpossible(ending, own.transaction, txid);
  });
}

/** Whether a block holds something that takes the same output, or what the output would have come from. */
function isImpossible({ state, record }: LiveEnding, transaction: Transaction, txid: Txid): boolean {
  const taken = new Map<string, Txid>();
  for (const spend of state.spends) {
    for (const input of parseTransaction(fromHex(spend.transaction)).inputs) taken.set(nameOf(input), spend.txid);
  }
  const { force_close } = state;
  const commitment = force_close && txidOf(parseTransaction(fromHex(force_close.transaction)));
  const isBeaten = record.closing_txid !== undefined && record.closing_txid !== commitment;
  return transaction.inputs.some((input) => {
    const by = taken.get(nameOf(input));
    return (by !== undefined && by !== txid) || (isBeaten && input.txid === commitment);
  });
}
