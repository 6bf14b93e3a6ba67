/** A transaction of ours as a PSBT (BIP 174): without signatures, with the outputs that its inputs spend. */
import { Transaction as PsbtTransaction } from '@scure/btc-signer';
import type { Txid } from '../../base/types/brand.ts';
import { toHex } from '../../base/types/hex.ts';
import { serializeTransaction } from '../../codec/tx/transaction.ts';
import type { SignedTransaction } from './books.ts';
import type { Outpoint } from './ledger.ts';

/** What a PSBT in base64 spends. Undefined when the text is none. */
export function psbtInputs(text: string): readonly Outpoint[] | undefined {
  try {
    const psbt = PsbtTransaction.fromPSBT(Buffer.from(text, 'base64'));
    return Array.from({ length: psbt.inputsLength }, (_, index) => {
      const { txid, index: vout } = psbt.getInput(index);
      if (txid === undefined || vout === undefined) throw new RangeError('an input without an outpoint');
      return { txid: toHex(txid) as Txid, vout };
    });
  } catch {
    return undefined;
  }
}

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
