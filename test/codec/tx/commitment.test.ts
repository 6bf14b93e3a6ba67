import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { sha256 } from '../../../src/base/crypto/hash.ts';
import { curve } from '../../../src/base/crypto/secp256k1.ts';
import { AmountError, msat, sat, satToMsat, sum } from '../../../src/base/types/amount.ts';
import type { PaymentHash } from '../../../src/base/types/brand.ts';
import { fromHex, toHex } from '../../../src/base/types/hex.ts';
import type { ChannelKeys } from '../../../src/codec/tx/channel-keys.ts';
import { buildCommitment, type Commitment, commitmentNumberOf } from '../../../src/codec/tx/commitment.ts';
import type { CommitmentFormat } from '../../../src/codec/tx/fees.ts';
import { completeFundingSpend, fundingSighash } from '../../../src/codec/tx/funding.ts';
import { htlcTransactions } from '../../../src/codec/tx/htlc-transaction.ts';
import { derivePrivateKey } from '../../../src/codec/tx/keys.ts';
import { SIGHASH_ALL, Sighash } from '../../../src/codec/tx/sighash.ts';
import { derSignature } from '../../../src/codec/tx/signature.ts';
import { signCommitment, verifyCommitment } from '../../../src/codec/tx/signer.ts';
import type { Side } from '../../../src/codec/tx/terms.ts';
import { parseTransaction, serializeTransaction, txidOf, withWitness } from '../../../src/codec/tx/transaction.ts';
import { htlcTransactionWitness } from '../../../src/codec/tx/witness.ts';
import {
  htlcsOfCase,
  LOCAL_KEYS,
  PER_COMMITMENT_POINT,
  REMOTE_KEYS,
  readVectors,
  type VectorHtlc,
  vectorHtlcs,
  vectorTerms,
} from './vectors.ts';

interface Case {
  readonly name: string;
  readonly to_local_msat: string;
  readonly to_remote_msat: string;
  readonly feerate_per_kw: number;
  readonly dust_limit_satoshis?: string;
  readonly with_htlcs?: boolean;
  readonly fee_sat?: string;
  readonly remote_signature: string;
  readonly commit_tx: string;
  readonly htlc_transactions: readonly {
    readonly htlc?: number;
    readonly remote_signature: string;
    readonly tx: string;
  }[];
}

function build(format: CommitmentFormat, test: Case, perspective: Side = 'local'): Commitment<VectorHtlc> {
  const [local, remote] = [msat(BigInt(test.to_local_msat)), msat(BigInt(test.to_remote_msat))];
  return buildCommitment(vectorTerms(format, sat(BigInt(test.dust_limit_satoshis ?? '546')), perspective), {
    owner: perspective,
    number: 42,
    per_commitment_point: PER_COMMITMENT_POINT,
    feerate_per_kw: test.feerate_per_kw,
    local_msat: perspective === 'local' ? local : remote,
    remote_msat: perspective === 'local' ? remote : local,
    htlcs: vectorHtlcs(htlcsOfCase(test.name, test.with_htlcs ?? true), perspective),
  });
}

function der(signature: string): string {
  return toHex(derSignature(fromHex(signature), SIGHASH_ALL)).slice(0, -2);
}

function completeHtlc(commitment: Commitment<VectorHtlc>, index: number, theirs: string, keys: ChannelKeys): string {
  const second = htlcTransactions(commitment)[index];
  assert.ok(second);
  const { output, tx, sighash_type } = second;
  const sighash = new Sighash(tx).segwit(0, output.witness_script, output.amount_sat, SIGHASH_ALL);
  const key = derivePrivateKey(keys.htlc_basepoint.reveal(), commitment.per_commitment_point);
  const witness = htlcTransactionWitness(
    derSignature(fromHex(theirs), sighash_type),
    derSignature(curve.sign(sighash, key), SIGHASH_ALL),
    output.direction === 'received' ? output.htlc.payment_preimage : undefined,
    output.witness_script,
  );
  return toHex(serializeTransaction(withWitness(tx, 0, witness)));
}

for (const [format, file] of [
  ['static_remotekey', 'static-remotekey'],
  ['anchors', 'anchors'],
] as const) {
  describe(`the commitments of BOLT 3's vectors, ${format}`, () => {
    const { cases } = readVectors(file) as { cases: Case[] };
    for (const test of cases) {
      it(test.name, () => {
        const commitment = build(format, test);
        // What the peer would send, made with its own keys from its own view of the same commitment.
        const theirs = build(format, test, 'remote');
        assert.equal(theirs.txid, commitment.txid);
        const signatures = signCommitment(REMOTE_KEYS, theirs);
        assert.equal(der(signatures.signature), test.remote_signature);
        assert.deepEqual(
          signatures.htlc_signatures.map(der),
          test.htlc_transactions.map(({ remote_signature }) => remote_signature),
        );
        assert.equal(verifyCommitment(commitment, signatures), undefined);

        const { terms, tx } = commitment;
        const ours = curve.sign(fundingSighash(terms, tx), LOCAL_KEYS.funding.reveal());
        const complete = completeFundingSpend(terms, tx, ours, fromHex(signatures.signature));
        assert.equal(toHex(serializeTransaction(complete)), test.commit_tx);
        assert.equal(commitmentNumberOf(terms, parseTransaction(fromHex(test.commit_tx))), 42);
        if (test.fee_sat !== undefined) assert.equal(commitment.fee_sat, BigInt(test.fee_sat));

        for (const [index, expected] of test.htlc_transactions.entries()) {
          const signature = signatures.htlc_signatures[index] as string;
          assert.equal(completeHtlc(commitment, index, signature, LOCAL_KEYS), expected.tx);
          if (expected.htlc !== undefined) {
            assert.equal(commitment.htlc_outputs[index]?.htlc.index, expected.htlc);
          }
        }
      });
    }
  });
}

describe('a commitment', () => {
  const test: Case = {
    name: 'all',
    to_local_msat: '6988000000',
    to_remote_msat: '3000000000',
    feerate_per_kw: 644,
    remote_signature: '',
    commit_tx: '',
    htlc_transactions: [],
  };

  it('gives out exactly what the funding output holds', () => {
    const commitment = build('anchors', test);
    const paid = sum(commitment.outputs.map(({ amount_sat }) => amount_sat));
    assert.equal(paid + commitment.fee_sat, 10_000_000n);
    const trimmed = commitment.trimmed.reduce((total, { amount_msat }) => total + amount_msat, 0n);
    assert.equal(satToMsat(commitment.fee_sat), (((1124n + 172n * 5n) * 644n) / 1000n) * 1000n + trimmed);
  });

  it('is refused when a signature, or the number of signatures, is wrong', () => {
    const commitment = build('anchors', test);
    const good = signCommitment(REMOTE_KEYS, build('anchors', test, 'remote'));
    const [first, second, ...rest] = good.htlc_signatures as [string, string, ...string[]];
    assert.equal(verifyCommitment(commitment, good), undefined);
    assert.match(verifyCommitment(commitment, { ...good, signature: first }) ?? '', /signature of commitment 42/);
    assert.match(
      verifyCommitment(commitment, { ...good, htlc_signatures: [second, first, ...rest] }) ?? '',
      /HTLC signature 0/,
    );
    assert.match(verifyCommitment(commitment, { ...good, htlc_signatures: rest }) ?? '', /3 HTLC signatures/);
    assert.match(verifyCommitment(commitment, { ...good, signature: 'zz' }) ?? '', /not valid/);
  });

  it('is the same from both sides, in order, and pays out no more than the funding, whatever it holds', () => {
    const htlc = fc.record({
      offered_by: fc.constantFrom<Side>('local', 'remote'),
      amount_msat: fc.integer({ min: 1, max: 5_000_000 }),
      cltv_expiry: fc.integer({ min: 500, max: 510 }),
      payment: fc.integer({ min: 0, max: 3 }),
    });
    fc.assert(
      fc.property(
        fc.constantFrom<CommitmentFormat>('anchors', 'static_remotekey'),
        fc.array(htlc, { maxLength: 12 }),
        // Less than both anchors cost would be more than the funding holds: such a commitment is refused below.
        fc.integer({ min: 660, max: 9_900_000 }),
        fc.integer({ min: 0, max: 20_000 }),
        (format, htlcs, local_sat, feerate_per_kw) => {
          const in_htlcs = htlcs.reduce((total, { amount_msat }) => total + amount_msat, 0);
          const balance = {
            local: msat(local_sat * 1000),
            remote: msat(10_000_000_000 - local_sat * 1000 - in_htlcs),
          };
          const seen = (perspective: Side) => {
            const swap = (side: Side): Side => (perspective === 'local' ? side : side === 'local' ? 'remote' : 'local');
            return buildCommitment(vectorTerms(format, sat(546), perspective), {
              owner: swap('local'),
              number: 1,
              per_commitment_point: PER_COMMITMENT_POINT,
              feerate_per_kw,
              local_msat: balance[swap('local')],
              remote_msat: balance[swap('remote')],
              htlcs: htlcs.map(({ offered_by, amount_msat, cltv_expiry, payment }) => ({
                offered_by: swap(offered_by),
                amount_msat: msat(amount_msat),
                cltv_expiry,
                payment_hash: toHex(sha256(Uint8Array.of(payment))) as PaymentHash,
              })),
            });
          };
          const commitment = seen('local');
          assert.equal(seen('remote').txid, commitment.txid);
          const amounts = commitment.outputs.map(({ amount_sat }) => amount_sat);
          assert.deepEqual(
            amounts,
            amounts.toSorted((a, b) => Number(a - b)),
          );
          assert.equal(sum(amounts) + commitment.fee_sat, 10_000_000n);
          assert.equal(commitment.htlc_outputs.length + commitment.trimmed.length, htlcs.length);
          for (const { tx, output } of htlcTransactions(commitment)) {
            assert.ok(tx.outputs.every(({ amount_sat }) => amount_sat <= output.amount_sat && amount_sat >= 546n));
          }
          assert.deepEqual(parseTransaction(serializeTransaction(commitment.tx)), commitment.tx);
        },
      ),
      { numRuns: 60 },
    );
    const broke = { ...test, to_local_msat: '0', to_remote_msat: '10000000000', with_htlcs: false };
    assert.throws(() => build('anchors', broke), AmountError);
  });

  it('hides its number in 48 bits and gives it back', () => {
    for (const number of [0, 1, 0xffffff, 0x1000000, 2 ** 48 - 1]) {
      const terms = vectorTerms('anchors', sat(546));
      const view = { number, owner: 'local', per_commitment_point: PER_COMMITMENT_POINT, feerate_per_kw: 253 } as const;
      const { tx } = buildCommitment(terms, {
        ...view,
        local_msat: msat(7_000_000_000n),
        remote_msat: msat(3_000_000_000n),
        htlcs: [],
      });
      assert.equal(commitmentNumberOf(terms, tx), number);
      assert.equal(txidOf(tx).length, 64);
    }
  });
});
