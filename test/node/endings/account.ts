/** An account of what was paid on the embedded chain: fees and anchors, by who paid and who took them. */

import { toHex } from '../../../src/base/types/hex.ts';
import { parseTransaction, type Transaction, txidOf } from '../../../src/codec/tx/transaction.ts';
import type { ChainBackend } from '../../../src/infra/chain/backend.ts';
import { walkBlock } from '../../../src/infra/chain/raw-block.ts';

/** A transaction in a block, what it paid, and what it took of anchors. */
export interface Mined {
  readonly tx: Transaction;
  readonly fee_sat: bigint;
  readonly anchors_sat: bigint;
  readonly height: number;
}

/** What the opener pays for an anchor of each side, in a commitment. */
export const ANCHOR_SAT = 330n;

type Blocks = Pick<ChainBackend, 'tip' | 'blockHash' | 'block'>;

/** Every transaction in the blocks above `from_height`. */
export async function minedSince(chain: Blocks, from_height: number): Promise<readonly Mined[]> {
  const made = new Map<string, bigint>();
  const found: Mined[] = [];
  const tip = await chain.tip();
  for (let height = 1; height <= tip.height; height++) {
    const bytes = await chain.block((await chain.blockHash(height)) as string);
    const transactions: Transaction[] = [];
    walkBlock(bytes, {}, (_index, span) => transactions.push(parseTransaction(bytes.subarray(span.start, span.end))));
    for (const [index, tx] of transactions.entries()) {
      const spent = tx.inputs.map((input) => made.get(`${input.txid}:${input.vout}`) ?? 0n);
      for (const [vout, output] of tx.outputs.entries()) made.set(`${txidOf(tx)}:${vout}`, output.amount_sat);
      if (index === 0 || height <= from_height) continue;
      const anchors_sat = ANCHOR_SAT * BigInt(spent.filter((amount_sat) => amount_sat === ANCHOR_SAT).length);
      const fee_sat = total(spent) - total(tx.outputs.map(({ amount_sat }) => amount_sat));
      found.push({ tx, fee_sat, anchors_sat, height });
    }
  }
  return found;
}

/**
 * What the owner of these scripts paid in fees and took of anchors: it owns each transaction that pays to one of them,
 * and the one that spends the funding output when it opened the channel.
 */
export function paidBy(
  mined: readonly Mined[],
  scripts: ReadonlySet<string>,
  is_opener: boolean,
  funding_txid: string,
): { readonly fees_sat: bigint; readonly anchors_sat: bigint } {
  const own = mined.filter(({ tx }) => {
    if (tx.inputs.some(({ txid }) => txid === funding_txid)) return is_opener;
    return tx.outputs.some(({ script_pubkey }) => scripts.has(toHex(script_pubkey)));
  });
  return {
    fees_sat: total(own.map(({ fee_sat }) => fee_sat)),
    anchors_sat: total(own.map(({ anchors_sat }) => anchors_sat)),
  };
}

function total(amounts: readonly bigint[]): bigint {
  return amounts.reduce((sum, amount_sat) => sum + amount_sat, 0n);
}
