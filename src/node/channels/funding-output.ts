/** Whether a transaction is the funding that was agreed on. */
import { toHex } from '../../base/types/hex.ts';
import { fundingScriptPubkey } from '../../codec/tx/channel-scripts.ts';
import { parseTransaction } from '../../codec/tx/transaction.ts';
import type { ChannelTerms } from '../../protocol/channel/state.ts';

/** Whether a transaction pays what was agreed, where it was agreed (BOLT 2, The funding_created Message). */
export function isFundingOf(terms: ChannelTerms, transaction: Uint8Array): boolean {
  const { funding_output_index, funding_satoshis, local, remote } = terms;
  const output = parseTransaction(transaction).outputs[funding_output_index];
  if (output === undefined || output.amount_sat !== funding_satoshis) return false;
  return toHex(output.script_pubkey) === toHex(fundingScriptPubkey(local.funding_pubkey, remote.funding_pubkey));
}
