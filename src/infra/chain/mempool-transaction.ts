/** What a source of blocks has in its mempool: looked at for one transaction, and checked to be that one. */
import type { Txid } from '../../base/types/brand.ts';
import { type ChainBackend, ChainError } from './backend.ts';
import { txidOfTransaction } from './raw-block.ts';

/** See ChainSource.mempoolTransaction. Rejects with ChainError. */
export async function mempoolTransaction(
  backend: Pick<ChainBackend, 'mempoolTransaction'>,
  txid: Txid,
): Promise<Uint8Array | undefined> {
  const transaction = await backend.mempoolTransaction?.(txid);
  if (transaction === undefined || txidOfTransaction(transaction) === txid) return transaction;
  throw new ChainError(`the source of blocks answered another transaction than ${txid}`);
}
