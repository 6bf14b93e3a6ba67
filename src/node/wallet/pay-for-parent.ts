/** A child on an output of ours in a transaction of others that waits for a block: it pays for both. */

import type { Sat } from '../../base/types/amount.ts';
import { sat } from '../../base/types/amount.ts';
import type { Txid } from '../../base/types/brand.ts';
import { toHex } from '../../base/types/hex.ts';
import { parseTransaction, txidOf, weightOf } from '../../codec/tx/transaction.ts';
import type { Books } from './books.ts';
import { NotEnoughError } from './build.ts';
import type { Coin } from './coin.ts';
import { FeeLimitError, replacementFeeSat } from './composer.ts';
import { BroadcastError } from './failure.ts';
import type { OwnTransaction } from './own-transaction.ts';
import type { Sender } from './sender.ts';

/** What the child is to achieve. */
export interface ParentFees {
  /** What the parent pays itself. */
  readonly fee_sat: Sat;
  /** What both are to pay. */
  readonly feerate_per_kw: number;
  /** What the child may cost. */
  readonly max_fee_sat: Sat;
}

/** See Wallet.payForParent. */
export async function payForParent(
  books: Books,
  sender: Sender,
  parent: Uint8Array,
  { fee_sat, feerate_per_kw, max_fee_sat }: ParentFees,
): Promise<Txid | undefined> {
  const coin = ownOutput(books, parent);
  if (coin === undefined) return undefined;
  const [before] = childrenOf(books, coin.txid);
  try {
    const { txid } = await books.enter(
      {
        purpose: 'fees',
        outputs: [],
        feerate_per_kw,
        coins: [coin],
        use_every_coin: true,
        parents: { weight: weightOf(parseTransaction(parent)), fee_sat },
        reserve_sat: sat(0),
        locktime: books.tip_height,
        max_fee_sat,
        min_fee_sat: before === undefined ? sat(0) : replacementFeeSat(before.fee_sat, weightOf(before.transaction)),
      },
      'held',
    );
    await sender.publish(txid, [parent]);
    return txid;
  } catch (error) {
    if (error instanceof NotEnoughError || error instanceof FeeLimitError || error instanceof BroadcastError) {
      await dropChildren(books, [coin.txid], 'held');
      return undefined;
    }
    throw error;
  }
}

/** Gives up what spends outputs of these transactions, which no block will hold. */
export async function dropChildren(
  books: Books,
  parents: readonly Txid[],
  state?: OwnTransaction['state'],
): Promise<void> {
  const children = parents.flatMap((txid) => childrenOf(books, txid));
  for (const child of children) if (state === undefined || child.state === state) books.ledger.drop(child.txid);
  await books.flush();
}

function childrenOf(books: Books, parent: Txid): readonly OwnTransaction[] {
  return books.ledger.transactions.filter(
    ({ state, blockheight, transaction }) =>
      state !== 'dropped' && blockheight === undefined && transaction.inputs.some(({ txid }) => txid === parent),
  );
}

/** The output of ours in it, as the coin that it will be. */
function ownOutput(books: Books, parent: Uint8Array): Coin | undefined {
  const tx = parseTransaction(parent);
  for (const [vout, { amount_sat, script_pubkey }] of tx.outputs.entries()) {
    const path = books.addresses.pathOf(toHex(script_pubkey));
    if (path === undefined) continue;
    const nowhere = { is_coinbase: false, blockheight: undefined, spent_by: undefined, spent_height: undefined };
    return { txid: txidOf(tx), vout, amount_sat, script_pubkey: toHex(script_pubkey), path, ...nowhere };
  }
  return undefined;
}
