/** Judges the scripts of a transaction as the mempool of bitcoind would. */
import { parseTransaction, type Transaction, TxError, type TxOutput } from '../../../codec/tx/transaction.ts';
import { ScriptFault } from './script/fault.ts';
import { judgeSpend } from './script/spend.ts';
import type { ChainTransaction, Coin } from './transaction.ts';

/** The first input whose script fails, and why; undefined when all succeed. */
export function scriptFault({ bytes }: ChainTransaction, coins: readonly Coin[]): string | undefined {
  let transaction: Transaction;
  try {
    transaction = parseTransaction(bytes);
  } catch (error) {
    if (error instanceof TxError) return error.message;
    throw error;
  }
  const spent: TxOutput[] = coins.map(({ amount_sat, script_pubkey }) => ({ amount_sat, script_pubkey }));
  for (const index of transaction.inputs.keys()) {
    try {
      judgeSpend({ transaction, index, spent }, 'policy');
    } catch (error) {
      if (error instanceof ScriptFault) return `input ${index}: ${error.code}`;
      throw error;
    }
  }
  return undefined;
}
