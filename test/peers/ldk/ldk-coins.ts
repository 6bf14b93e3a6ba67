/** The coins of an LDK node: what it bumps its transactions with when it goes on chain. One key, P2WPKH. */
import * as btc from '@scure/btc-signer';
import * as ldk from 'lightningdevkit';
import { curve } from '../../../src/base/crypto/secp256k1.ts';
import { readTransaction } from '../../../src/infra/chain/embedded/transaction.ts';

/** Weight of the witness of a P2WPKH input, with the empty script_sig before it. */
const SATISFACTION_WEIGHT = 4n + 109n;

export class LdkCoins {
  readonly #key: Uint8Array;
  readonly #script: Uint8Array;
  readonly #coins = new Map<string, ldk.Utxo>();
  readonly source: ldk.WalletSource;

  constructor(key: Uint8Array) {
    this.#key = key;
    this.#script = btc.p2wpkh(curve.publicKey(key)).script;
    this.source = ldk.WalletSource.new_impl({
      list_confirmed_utxos: () => ldk.Result_CVec_UtxoZNoneZ.constructor_ok([...this.#coins.values()]),
      get_change_script: () => ldk.Result_CVec_u8ZNoneZ.constructor_ok(this.#script),
      sign_psbt: (psbt) => ldk.Result_TransactionNoneZ.constructor_ok(this.#sign(psbt)),
    });
  }

  /** The script that its coins are paid to, hex. */
  get script_pubkey(): string {
    return Buffer.from(this.#script).toString('hex');
  }

  /** Takes notice of a transaction in a block. */
  see(bytes: Uint8Array): void {
    const { txid, inputs, outputs } = readTransaction(Buffer.from(bytes));
    for (const input of inputs) this.#coins.delete(input.coin);
    for (const [vout, output] of outputs.entries()) {
      if (Buffer.compare(output.script_pubkey, this.#script) !== 0) continue;
      const wire = new Uint8Array(Buffer.from(txid, 'hex').reverse());
      const coin = ldk.Utxo.constructor_new(
        ldk.OutPoint.constructor_new(wire, vout),
        ldk.TxOut.constructor_new(output.amount_sat, this.#script),
        SATISFACTION_WEIGHT,
      );
      this.#coins.set(`${txid}:${vout}`, coin);
    }
  }

  /** The transaction with the witnesses of its own inputs; LDK adds those of the channel. */
  #sign(psbt: Uint8Array): Uint8Array {
    const tx = btc.Transaction.fromPSBT(psbt, {
      allowUnknown: true,
      allowUnknownOutputs: true,
      disableScriptCheck: true,
    });
    for (let index = 0; index < tx.inputsLength; index++) {
      const script = tx.getInput(index).witnessUtxo?.script;
      if (script === undefined || Buffer.compare(script, this.#script) !== 0) continue;
      tx.signIdx(this.#key, index);
      tx.finalizeIdx(index);
    }
    return tx.toBytes(true, true);
  }
}
