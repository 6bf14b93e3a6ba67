import assert from 'node:assert/strict';
import { test } from 'node:test';
import { curve } from '../../../src/base/crypto/secp256k1.ts';
import { sat } from '../../../src/base/types/amount.ts';
import type { Txid } from '../../../src/base/types/brand.ts';
import { ManualClock } from '../../../src/base/types/clock.ts';
import { NETWORKS } from '../../../src/base/types/network.ts';
import { p2wpkh, p2wpkhScriptCode } from '../../../src/codec/tx/script.ts';
import { SIGHASH_ALL, Sighash } from '../../../src/codec/tx/sighash.ts';
import { derSignature } from '../../../src/codec/tx/signature.ts';
import {
  serializeTransaction,
  type Transaction,
  txInput,
  txidOf,
  weightOf,
  withWitness,
} from '../../../src/codec/tx/transaction.ts';
import { inputWeight } from '../../../src/codec/tx/witness.ts';
import { Bitcoind } from '../../../src/infra/chain/bitcoind.ts';
import { ChainFollower } from '../../../src/infra/chain/follower.ts';
import { Wallet } from '../../../src/node/wallet/wallet.ts';
import { BitcoindProcess, bitcoindMissing } from '../../support/bitcoind.ts';
import { MINER, newStore, PAYEE, testKeys } from './world.ts';

const KEY = new Uint8Array(32).fill(9);
const PUBLIC_KEY = curve.publicKey(KEY);
const FOREIGN_SCRIPT = p2wpkh(PUBLIC_KEY);
const SUBSIDY_SAT = 5_000_000_000n;

test(
  'bitcoind takes and mines every kind of transaction that the wallet makes',
  bitcoindMissing === undefined ? {} : { skip: bitcoindMissing },
  async (t) => {
    const process = await BitcoindProcess.start();
    t.after(() => process.stop());
    const source = new ChainFollower(
      new Bitcoind({
        network: 'regtest',
        'bitcoin-rpcconnect': '127.0.0.1',
        'bitcoin-rpcport': process.rpcport,
        login: `${process.user}:${process.password}`,
        timeout_ms: 10_000,
      }),
      { clock: new ManualClock(), poll_ms: 1000, onHealth: () => {} },
    );
    const { height } = await source.start();
    t.after(() => source.stop());
    let has_anchor_channel = false;
    const wallet = await Wallet.open({
      store: newStore(),
      keys: testKeys,
      network: NETWORKS.regtest,
      reserve_sat: sat(25_000),
      hasAnchorChannel: () => has_anchor_channel,
      onProblem: (problem) => assert.fail(problem),
    });
    wallet.start(source, height);
    const mine = async (count = 1): Promise<void> => {
      await process.mine(count, MINER);
      await source.refresh();
    };
    const isMined = async (txid: Txid): Promise<void> => {
      const { confirmations } = await process.call<{ confirmations?: number }>('getrawtransaction', txid, true);
      assert.ok((confirmations ?? 0) > 0, `${txid} is mined`);
    };
    for (const kind of ['p2tr', 'bech32', 'p2tr'] as const) {
      await process.mine(1, (await wallet.newAddress(kind)).script_pubkey);
    }
    await mine(100);
    has_anchor_channel = true;
    let left = 3n * SUBSIDY_SAT;
    const holds = async (): Promise<void> => {
      const { confirmed_sat, unconfirmed_sat } = await wallet.balance();
      assert.equal(confirmed_sat + unconfirmed_sat, left);
    };
    await holds();

    // Inputs of both kinds, and a replacement.
    const payment = await wallet.withdraw(PAYEE, sat(2n * SUBSIDY_SAT + 1000n), { feerate_per_kw: 300 });
    const { fee_sat, txid } = await wallet.bump(payment.txid, 1500);
    await mine();
    await isMined(txid);
    left -= 2n * SUBSIDY_SAT + 1000n + fee_sat;
    await holds();

    // A channel's funding, and the child that hurries it.
    const funding = await wallet.fund(FOREIGN_SCRIPT, sat(100_000), { feerate_per_kw: 300 });
    await wallet.publish(funding.txid);
    const child = await wallet.bump(funding.txid, 2000);
    await mine();
    await isMined(funding.txid);
    await isMined(child.txid);
    left -= 100_000n + funding.fee_sat + child.fee_sat;
    await holds();

    // An output of someone else's: a parent that pays little, and the child whose fee the wallet pays.
    const signer =
      (amount_sat: bigint) =>
      (tx: Transaction): Transaction => {
        const digest = new Sighash(tx).segwit(0, p2wpkhScriptCode(PUBLIC_KEY), sat(amount_sat), SIGHASH_ALL);
        return withWitness(tx, 0, [derSignature(curve.sign(digest, KEY), SIGHASH_ALL), PUBLIC_KEY]);
      };
    const parent = signer(100_000n)({
      version: 2,
      inputs: [txInput({ txid: funding.txid, vout: funding.vout }, 0xfffffffd)],
      outputs: [{ amount_sat: sat(99_850), script_pubkey: FOREIGN_SCRIPT }],
      locktime: 0,
    });
    const parent_txid = txidOf(parent);
    const claim = await wallet.spend({
      foreign: [
        {
          input: txInput({ txid: parent_txid, vout: 0 }, 0xfffffffd),
          spends: { amount_sat: sat(99_850), script_pubkey: FOREIGN_SCRIPT },
          weight: inputWeight(72, 33),
        },
      ],
      outputs: [{ amount_sat: sat(99_850), script_pubkey: PAYEE }],
      sign: signer(99_850n),
      feerate_per_kw: 2500,
      parents: { weight: weightOf(parent), fee_sat: sat(150) },
      locktime: 0,
    });
    assert.ok(claim);
    await wallet.publish(claim.txid, [serializeTransaction(parent)]);
    await mine();
    await isMined(claim.txid);
    left -= claim.fee_sat;
    await holds();

    // Everything but the reserve.
    const rest = await wallet.withdraw(PAYEE, 'all', { feerate_per_kw: 1000 });
    await mine();
    await isMined(rest.txid);
    left = 25_000n;
    await holds();
    await wallet.stop();
  },
);
