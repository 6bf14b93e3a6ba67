import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import * as btc from '@scure/btc-signer';
import fc from 'fast-check';
import { type Sat, sat } from '../../../src/base/types/amount.ts';
import type { Txid } from '../../../src/base/types/brand.ts';
import { fromHex, toHex } from '../../../src/base/types/hex.ts';
import { p2wpkhScriptCode } from '../../../src/codec/tx/script.ts';
import { SIGHASH_ALL, SIGHASH_SINGLE_ANYONECANPAY, Sighash } from '../../../src/codec/tx/sighash.ts';
import {
  MAX_MONEY_SAT,
  parseTransaction,
  serializeTransaction,
  type Transaction,
  TxError,
  txidOf,
  weightOf,
  wtxidOf,
} from '../../../src/codec/tx/transaction.ts';

const bytes = (maxLength: number) => fc.uint8Array({ maxLength });
const u32 = fc.integer({ min: 0, max: 0xffffffff });
const plain = { noNullPrototype: true } as const;
const anyTransaction: fc.Arbitrary<Transaction> = fc.record(
  {
    version: fc.integer({ min: -(2 ** 31), max: 2 ** 31 - 1 }),
    inputs: fc.array(
      fc.record(
        {
          txid: fc.uint8Array({ minLength: 32, maxLength: 32 }).map((hash) => toHex(hash) as Txid),
          vout: u32,
          sequence: u32,
          script_sig: bytes(300),
          witness: fc.array(bytes(300), { maxLength: 4 }),
        },
        plain,
      ),
      { minLength: 1, maxLength: 4 },
    ),
    outputs: fc.array(
      fc.record(
        { amount_sat: fc.bigInt(0n, MAX_MONEY_SAT).map((amount) => sat(amount)), script_pubkey: bytes(300) },
        plain,
      ),
      { minLength: 1, maxLength: 4 },
    ),
    locktime: u32,
  },
  plain,
);

describe('a transaction', () => {
  it('is the same after it was written and read', () => {
    fc.assert(
      fc.property(anyTransaction, (tx) => {
        const written = serializeTransaction(tx);
        const read = parseTransaction(written);
        assert.deepEqual(read, tx);
        assert.deepEqual(serializeTransaction(read), written);
        const stripped = serializeTransaction({ ...tx, inputs: tx.inputs.map((input) => ({ ...input, witness: [] })) });
        assert.equal(weightOf(tx), stripped.length * 3 + written.length);
      }),
    );
  });

  it('has the ids and the weight that another implementation finds', () => {
    // The signed transaction of BIP 143's native P2WPKH example.
    const text =
      '01000000000102fff7f7881a8099afa6940d42d1e7f6362bec38171ea3edf433541db4e4ad969f00000000494830450221008b9d1dc26ba6a9cb62127b02742fa9d754cd3bebf337f7a55d114c8e5cdd30be022040529b194ba3f9281a99f2b1c0a19c0489bc22ede944ccf4ecbab4cc618ef3ed01eeffffffef51e1b804cc89d182d279655c3aa89e815b1b309fe287d9b2b55d57b90ec68a0100000000ffffffff02202cb206000000001976a9148280b37df378db99f66f85c95a783a76ac7a6d5988ac9093510d000000001976a9143bde42dbee7e4dbe6a21b2d50ce2f0167faa815988ac000247304402203609e17b84f6a7d30c80bfa610b5b4542f32a8a0d5447a12fb1366d7f01cc44a0220573a954c4518331561406f90300e8f3358f51928d43c212a8caed02de67eebee0121025476c2e83188368da1ff3e292e7acafcdb3566bb0ad253f62fc70f07aeee635711000000';
    const tx = parseTransaction(fromHex(text));
    const other = btc.Transaction.fromRaw(fromHex(text));
    assert.equal(txidOf(tx), other.id);
    assert.equal(wtxidOf(tx), 'c36c38370907df2324d9ce9d149d191192f338b37665a82e78e76a12c909b762');
    assert.equal(weightOf(tx), other.weight);
  });

  it('is refused with TxError, and nothing else, when its bytes are not canonical', () => {
    const refused = (data: Uint8Array): void => {
      try {
        assert.deepEqual(serializeTransaction(parseTransaction(data)), Buffer.from(data));
      } catch (error) {
        assert.ok(error instanceof TxError, String(error));
      }
    };
    fc.assert(fc.property(fc.uint8Array({ maxLength: 400 }), refused));
    fc.assert(
      fc.property(anyTransaction, fc.nat(), fc.integer({ min: 1, max: 255 }), (tx, at, flip) => {
        const data = Uint8Array.from(serializeTransaction(tx));
        data[at % data.length] = (data[at % data.length] as number) ^ flip;
        refused(data);
        assert.throws(() => parseTransaction(data.subarray(0, at % data.length)), TxError);
      }),
    );
    const start = '0200000001'.concat('00'.repeat(36));
    const end = '00ffffffff01000000000000000000';
    assert.equal(parseTransaction(fromHex(`${start}${end}00000000`)).outputs.length, 1);
    for (const [text, reason] of [
      [`${start}${end}0000000000`, /follow the transaction/],
      [`${start}fd0000ffffffff`, /shortest form/],
      [`${start}ffffffffff00000000`, /larger than any/],
      [`${start}00ffffffff01ffffffffffffffff0000000000`, /more than 21 million bitcoin/],
      ['02000000fdffff', /more than the bytes can hold/],
      [`020000000001${start.slice(8)}${end}0000000000`, /without any witness/],
      ['0200000000010000000000', /without inputs/],
    ] as const) {
      assert.throws(() => parseTransaction(fromHex(text)), reason);
    }
  });
});

describe('signature hashes', () => {
  it("of segwit version 0 are those of BIP 143's first example", () => {
    const tx = parseTransaction(
      fromHex(
        '0100000002fff7f7881a8099afa6940d42d1e7f6362bec38171ea3edf433541db4e4ad969f0000000000eeffffffef51e1b804cc89d182d279655c3aa89e815b1b309fe287d9b2b55d57b90ec68a0100000000ffffffff02202cb206000000001976a9148280b37df378db99f66f85c95a783a76ac7a6d5988ac9093510d000000001976a9143bde42dbee7e4dbe6a21b2d50ce2f0167faa815988ac11000000',
      ),
    );
    const code = p2wpkhScriptCode(fromHex('025476c2e83188368da1ff3e292e7acafcdb3566bb0ad253f62fc70f07aeee6357'));
    assert.equal(
      toHex(new Sighash(tx).segwit(1, code, sat(600_000_000), SIGHASH_ALL)),
      'c37af31116d1b27caf68aae9e3ac82f1477929014d5b917657d0eb49478cb670',
    );
  });

  it('are those that another implementation finds, for any transaction', () => {
    fc.assert(
      fc.property(anyTransaction, bytes(300), fc.nat(), (tx, code, pick) => {
        const index = pick % tx.inputs.length;
        const spent = tx.inputs.map((_, at) => ({
          amount_sat: sat(1000 + at),
          script_pubkey: new Uint8Array([0x51, at]),
        }));
        const other = new btc.Transaction({
          version: tx.version,
          lockTime: tx.locktime,
          allowUnknownOutputs: true,
          disableScriptCheck: true,
          allowUnknownInputs: true,
          allowUnknownVersion: true,
        } as btc.TxOpts);
        for (const { txid, vout, sequence } of tx.inputs) other.addInput({ txid, index: vout, sequence });
        for (const { amount_sat, script_pubkey } of tx.outputs) {
          other.addOutput({ amount: amount_sat, script: script_pubkey }, true);
        }
        const sighash = new Sighash(tx);
        for (const type of [SIGHASH_ALL, SIGHASH_SINGLE_ANYONECANPAY] as const) {
          assert.equal(
            toHex(sighash.segwit(index, code, spent[index]?.amount_sat as Sat, type)),
            toHex(other.preimageWitnessV0(index, code, type, spent[index]?.amount_sat as Sat)),
          );
        }
        assert.equal(
          toHex(sighash.taprootKeyPath(index, spent)),
          toHex(
            other.preimageWitnessV1(
              index,
              spent.map(({ script_pubkey }) => script_pubkey),
              0,
              spent.map(({ amount_sat }) => amount_sat),
            ),
          ),
        );
      }),
    );
  });

  it('need an input that exists and the outputs of all', () => {
    const [tx] = fc.sample(anyTransaction, 1) as [Transaction];
    assert.throws(() => new Sighash(tx).segwit(9, new Uint8Array(1), sat(1), SIGHASH_ALL), TxError);
    assert.throws(() => new Sighash(tx).taprootKeyPath(0, []), TxError);
  });
});
