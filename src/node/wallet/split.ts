/** Makes several coins of one: the reserve for closing channels is kept in several (node/reserve/). */
import { type Sat, sat } from '../../base/types/amount.ts';
import type { FreshScript } from './addresses.ts';
import type { Books, SignedTransaction } from './books.ts';
import { NotEnoughError } from './build.ts';
import type { Sender } from './sender.ts';

/** What is to be split off. */
export interface SplitRequest {
  readonly coins: number;
  readonly each_sat: Sat;
  readonly feerate_per_kw: number;
}

/**
 * Splits so many coins off the largest that is in a block; the rest comes back as change. It is durable before it is sent.
 * Throws NotEnoughError or DustError, or BroadcastError, and then the coin is whole again.
 */
export async function splitCoin(
  books: Books,
  sender: Sender,
  { coins, each_sat, feerate_per_kw }: SplitRequest,
): Promise<SignedTransaction> {
  const free = books.ledger.spendable(books.tip_height, 1).toSorted((a, b) => Number(b.amount_sat - a.amount_sat));
  const [largest] = free;
  if (largest === undefined) throw new NotEnoughError(each_sat, 0n, false);
  const scripts = freshScripts(books, coins);
  const signed = await books.enter(
    {
      purpose: 'split',
      outputs: scripts.map(({ script }) => ({ amount_sat: each_sat, script_pubkey: script })),
      feerate_per_kw,
      coins: [largest],
      use_every_coin: true,
      reserve_sat: sat(0),
      locktime: books.tip_height,
    },
    'sent',
    scripts,
  );
  await sender.publishOrRelease(signed.txid);
  return signed;
}

/** Their indices follow each other. None is ever given again, even if nothing comes of the split. */
function freshScripts(books: Books, count: number): readonly FreshScript[] {
  return Array.from({ length: count }, () => {
    const fresh = books.addresses.fresh('p2tr', 1);
    books.addresses.take(fresh.own);
    return fresh;
  });
}
