/**
 * Transactions that bring fees may spend each other's change, as many as wait for a block at once. To replace one of them
 * would undo all that follow, and cost the fees of all. So the whole chain is raised from its end: by one more transaction
 * that spends the last change and pays for everything below it, and that is itself replaced the next time.
 */

import { type Sat, sat, sum } from '../../base/types/amount.ts';
import type { Txid } from '../../base/types/brand.ts';
import { parseTransaction, txidOf, weightOf } from '../../codec/tx/transaction.ts';
import type { Books } from './books.ts';
import type { Coin } from './coin.ts';
import { replacementFeeSat } from './composer.ts';
import { BroadcastError } from './failure.ts';
import type { OwnTransaction } from './own-transaction.ts';
import type { Sender } from './sender.ts';

/** Whether another transaction of ours that is on its way spends its change. */
export function isSpentFurther(books: Books, own: OwnTransaction): boolean {
  return own.blockheight === undefined && nextOf(books, own) !== undefined;
}

/**
 * Raises the chain above `lower` to this feerate, with one transaction that costs at most `max_fee_sat`. Nothing happens
 * when it pays that already, or when the source of blocks refuses it. Throws NotEnoughError or FeeLimitError.
 */
export async function raiseChain(
  books: Books,
  sender: Sender,
  lower: OwnTransaction,
  { feerate_per_kw, max_fee_sat }: { readonly feerate_per_kw: number; readonly max_fee_sat?: Sat },
): Promise<void> {
  const { coin, raiser } = endOf(books, lower);
  if (coin === undefined) return;
  const below = ancestorsOf(books, coin);
  const parents = new Map(
    below.flatMap((own) => own.parents.map((bytes) => parseTransaction(bytes))).map((tx) => [txidOf(tx), tx]),
  );
  const weight = [...below.map(({ transaction }) => transaction), ...parents.values()].reduce(
    (total, tx) => total + weightOf(tx),
    0,
  );
  const fee_sat = sum(below.map((own) => own.fee_sat));
  if (raiser !== undefined) {
    const paid_sat = (raiser.fee_sat + fee_sat) * 1000n;
    if (paid_sat >= BigInt(feerate_per_kw) * BigInt(weight + weightOf(raiser.transaction))) return;
  }
  const min_fee_sat = raiser === undefined ? sat(0) : replacementFeeSat(raiser.fee_sat, weightOf(raiser.transaction));
  const change = raiser && books.changeOf(raiser);
  const { txid } = await books.enter(
    {
      purpose: 'fees',
      outputs: [],
      feerate_per_kw,
      coins: [coin],
      use_every_coin: true,
      parents: { weight, fee_sat },
      reserve_sat: sat(0),
      locktime: books.tip_height,
      min_fee_sat,
      ...(max_fee_sat === undefined ? {} : { max_fee_sat }),
    },
    'sent',
  );
  try {
    await sender.publishOrRelease(txid);
  } catch (error) {
    if (!(error instanceof BroadcastError)) throw error;
    if (raiser === undefined) return;
    // The one before is still on its way.
    books.ledger.add(raiser, change === undefined ? [] : [change]);
    await books.flush();
  }
}

/** The transaction of ours, not mined yet, that spends this one's change. */
function nextOf(books: Books, own: OwnTransaction): OwnTransaction | undefined {
  const spent_by = books.changeOf(own)?.spent_by;
  const next = spent_by === undefined ? undefined : books.ledger.transaction(spent_by);
  return next?.state === 'sent' && next.blockheight === undefined ? next : undefined;
}

/** The last change of the chain that may be spent, and the transaction that raises the chain with it already. */
function endOf(
  books: Books,
  lower: OwnTransaction,
): { readonly coin: Coin | undefined; readonly raiser: OwnTransaction | undefined } {
  let last = lower;
  for (let next = nextOf(books, last); next !== undefined; next = nextOf(books, last)) {
    if (isRaiser(books, next)) return { coin: books.changeOf(last), raiser: next };
    last = next;
  }
  const coin = books.changeOf(last);
  return { coin: coin?.spent_by === undefined ? coin : undefined, raiser: undefined };
}

/** Whether it does nothing but pay for what is below it. */
function isRaiser(books: Books, { purpose, transaction }: OwnTransaction): boolean {
  const [input, ...others] = transaction.inputs;
  const isAlone = input !== undefined && others.length === 0 && transaction.outputs.length === 1;
  return purpose === 'fees' && isAlone && books.ledger.coin(input) !== undefined;
}

/** Transactions of ours that no block holds yet, and that this coin comes from. */
function ancestorsOf(books: Books, coin: Coin): readonly OwnTransaction[] {
  const found = new Map<Txid, OwnTransaction>();
  const look = (txid: Txid): void => {
    const own = books.ledger.transaction(txid);
    if (own === undefined || found.has(txid) || own.state !== 'sent' || own.blockheight !== undefined) return;
    found.set(txid, own);
    for (const input of own.transaction.inputs) look(input.txid);
  };
  look(coin.txid);
  return [...found.values()];
}
