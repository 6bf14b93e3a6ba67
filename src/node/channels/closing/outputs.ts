/** What a mutual close that no block holds yet will pay to us. */
import type { Sat } from '../../../base/types/amount.ts';
import type { Txid } from '../../../base/types/brand.ts';
import { fromHex, toHex } from '../../../base/types/hex.ts';
import { parseTransaction, txidOf } from '../../../codec/tx/transaction.ts';
import type { LiveChannel } from '../live-channel.ts';

/** An output of a transaction that is on its way. */
export interface ExpectedOutput {
  readonly txid: Txid;
  readonly vout: number;
  readonly amount_sat: Sat;
  /** Hex. */
  readonly script_pubkey: string;
}

/** The output of the closing transaction that the source of blocks has taken; none before that, or once it is mined. */
export function expectedOutputs({ state, publication }: LiveChannel): readonly ExpectedOutput[] {
  if (state.phase !== 'closed' || publication?.kind !== 'taken') return [];
  const tx = parseTransaction(fromHex(publication.transaction));
  const txid = txidOf(tx);
  return tx.outputs
    .map(({ amount_sat, script_pubkey }, vout) => ({ txid, vout, amount_sat, script_pubkey: toHex(script_pubkey) }))
    .filter(({ script_pubkey }) => script_pubkey === state.local_shutdown_script);
}
