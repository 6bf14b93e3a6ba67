/** A transaction of ours as a PSBT (BIP 174): without signatures, with the outputs that its inputs spend. */
import { Transaction as PsbtTransaction } from '@scure/btc-signer';
import { serializeTransaction } from '../../codec/tx/transaction.ts';
import type { SignedTransaction } from './books.ts';

/** The PSBT in base64, as Core Lightning answers it. */
export function unsignedPsbt({ transaction, spent }: SignedTransaction): string {
  const inputs = transaction.inputs.map((input) => ({ ...input, witness: [] }));
  const psbt = PsbtTransaction.fromRaw(serializeTransaction({ ...transaction, inputs }), {
    allowUnknownInputs: true,
    allowUnknownOutputs: true,
    disableScriptCheck: true,
  });
  for (const [index, { amount_sat, script_pubkey }] of spent.entries()) {
    psbt.updateInput(index, { witnessUtxo: { amount: amount_sat, script: script_pubkey } });
  }
  return Buffer.from(psbt.toPSBT()).toString('base64');
}
