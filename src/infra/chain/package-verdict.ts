/** What bitcoind says of a package (`submitpackage`), by itself or through an Esplora server. */
import { ChainError } from './backend.ts';
import type { BroadcastResult } from './source.ts';

/** Whether bitcoind's word says that the transaction is there already. */
export function isKnownReason(reason: string): boolean {
  return /already[- ]in[- ](mempool|chain|block|utxo)|already[- ]known/i.test(reason);
}

interface TransactionVerdict {
  readonly txid: string;
  readonly error?: string;
}

/**
 * What became of the package whose last transaction, the child, has this txid: the child decides. Each of its parents
 * may be mined by now, which bitcoind calls an error. Throws ChainError when the answer is none.
 */
export function packageVerdict(answer: unknown, child_txid: string): BroadcastResult {
  const { package_msg, 'tx-results': results } = (answer ?? {}) as {
    readonly package_msg?: unknown;
    readonly 'tx-results'?: Readonly<Record<string, TransactionVerdict>>;
  };
  if (typeof package_msg !== 'string' || typeof results !== 'object' || results === null) {
    throw new ChainError('the answer to a package of transactions cannot be read');
  }
  if (package_msg === 'success') return { kind: 'accepted' };
  const verdicts = Object.values(results);
  const child = verdicts.find(({ txid }) => txid === child_txid);
  if (child !== undefined && child.error === undefined) return { kind: 'accepted' };
  if (child?.error !== undefined && isKnownReason(child.error)) return { kind: 'known' };
  // The cause is a parent's: the child then only lacks its inputs.
  const faults = verdicts.map(({ error }) => error).filter((error) => error !== undefined);
  const cause = faults.find((error) => !isKnownReason(error) && !/missingorspent|package-not-validated/.test(error));
  return { kind: 'rejected', reason: cause ?? child?.error ?? package_msg };
}
