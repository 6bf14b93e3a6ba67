/** Keys and signed transactions of a test's own wallet: one key, P2WPKH. */
import * as btc from '@scure/btc-signer';
import { curve } from '../../src/base/crypto/secp256k1.ts';
import type { Txid } from '../../src/base/types/brand.ts';
import { readTransaction } from '../../src/infra/chain/embedded/transaction.ts';

const KEY = new Uint8Array(32).fill(5);
const WPKH = btc.p2wpkh(curve.publicKey(KEY));

/** The script that the test's coins are paid to, hex. */
export const COIN_SCRIPT = Buffer.from(WPKH.script).toString('hex');

/** The first transaction of a serialized block that holds few. */
export function coinbaseOf(block: Buffer): Buffer {
  // Header, a count of one byte, then the coinbase; the bytes of the other transactions follow.
  for (let end = block.length; end > 81; end--) {
    try {
      readTransaction(block.subarray(81, end));
      return block.subarray(81, end);
    } catch {
      // Not its end yet.
    }
  }
  throw new Error('no coinbase in this block');
}

/**
 * A signed transaction that spends output 0 of the parent, all of it but the fee to the test's own script. The output belongs
 * to the test, or to this key.
 */
export function spendAll(parent: Buffer, fee_sat: bigint, version = 2, key: Uint8Array = KEY): Buffer {
  const { txid, outputs } = readTransaction(parent);
  const amount = outputs[0]?.amount_sat as bigint;
  const transaction = new btc.Transaction({ version, allowUnknownOutputs: true });
  transaction.addInput({
    txid,
    index: 0,
    sequence: 0xfffffffd,
    witnessUtxo: { amount, script: btc.p2wpkh(curve.publicKey(key)).script },
  });
  transaction.addOutput({ amount: amount - fee_sat, script: WPKH.script });
  transaction.sign(key);
  transaction.finalize();
  return Buffer.from(transaction.extract());
}

/** A signed transaction that spends output 0 of the parent and pays the amount to the script; the rest comes back. */
export function payFrom(parent: Buffer, amount_sat: bigint, script_pubkey: string, fee_sat = 1000n) {
  const { txid, outputs } = readTransaction(parent);
  const amount = outputs[0]?.amount_sat as bigint;
  const transaction = new btc.Transaction({ allowUnknownOutputs: true });
  transaction.addInput({ txid, index: 0, witnessUtxo: { amount, script: WPKH.script } });
  transaction.addOutput({ amount: amount_sat, script: new Uint8Array(Buffer.from(script_pubkey, 'hex')) });
  transaction.addOutput({ amount: amount - amount_sat - fee_sat, script: WPKH.script });
  transaction.sign(KEY);
  transaction.finalize();
  const bytes = Buffer.from(transaction.extract());
  return { bytes, txid: readTransaction(bytes).txid, spends: { txid: txid as Txid, vout: 0 } };
}
