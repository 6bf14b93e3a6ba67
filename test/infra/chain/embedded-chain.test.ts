import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync, truncateSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import * as btc from '@scure/btc-signer';
import { curve } from '../../../src/base/crypto/secp256k1.ts';
import { ManualClock } from '../../../src/base/types/clock.ts';
import { NETWORKS } from '../../../src/base/types/network.ts';
import { EmbeddedChain } from '../../../src/infra/chain/embedded/embedded-chain.ts';
import { readTransaction } from '../../../src/infra/chain/embedded/transaction.ts';
import { blockHash, previousBlockHash } from '../../../src/infra/chain/raw-block.ts';

const REGTEST = { bech32: 'bcrt', pubKeyHash: 0x6f, scriptHash: 0xc4, wif: 0xef };
const KEY = new Uint8Array(32).fill(3);
const WPKH = btc.p2wpkh(curve.publicKey(KEY), REGTEST);
const TAPROOT = btc.p2tr(curve.publicKey(KEY).slice(1), undefined, REGTEST);
const SCRIPT = Buffer.from(WPKH.script).toString('hex');

interface Spend {
  fee_sat?: bigint;
  amount_sat?: bigint;
  script?: Uint8Array;
  sequence?: number;
  locktime?: number;
  version?: number;
  from?: Uint8Array;
  key?: Uint8Array;
}

/** Spends output `vout` of a transaction whose output the key owns. */
function spend(parent: Buffer, vout: number, options: Spend = {}): Buffer {
  const { key = KEY } = options;
  const { txid, outputs } = readTransaction(parent);
  const { amount_sat, script_pubkey } = outputs[vout] as { amount_sat: bigint; script_pubkey: Buffer };
  const transaction = new btc.Transaction({
    version: options.version ?? 2,
    lockTime: options.locktime ?? 0,
    allowUnknownOutputs: true,
  });
  transaction.addInput({
    txid,
    index: vout,
    sequence: options.sequence ?? 0xfffffffd,
    witnessUtxo: { amount: amount_sat, script: new Uint8Array(script_pubkey) },
    ...(options.from === undefined ? {} : { tapInternalKey: curve.publicKey(key).slice(1) }),
  });
  transaction.addOutput({
    amount: options.amount_sat ?? amount_sat - (options.fee_sat ?? 1000n),
    script: options.script ?? WPKH.script,
  });
  transaction.sign(key);
  transaction.finalize();
  return Buffer.from(transaction.extract());
}

async function chainWithCoin(): Promise<{ chain: EmbeddedChain; coinbase: Buffer }> {
  const chain = new EmbeddedChain({ clock: new ManualClock() });
  const first = chain.mine(1, SCRIPT);
  chain.mine(100, SCRIPT);
  return { chain, coinbase: await coinbaseOf(chain, first.hash) };
}

async function coinbaseOf(chain: EmbeddedChain, hash: string): Promise<Buffer> {
  const block = await chain.block(hash);
  // Header, a count of one byte, then the coinbase: alone in its block.
  return block.subarray(81);
}

async function verdict(chain: EmbeddedChain, ...transactions: Buffer[]): Promise<string> {
  const result = await chain.broadcast(transactions);
  return result.kind === 'rejected' ? result.reason : result.kind;
}

test('it begins with the genesis block of regtest, and every block follows the one before', async () => {
  const chain = new EmbeddedChain({ clock: new ManualClock() });
  const genesis = await chain.tip();
  assert.equal(genesis.hash, Buffer.from(NETWORKS.regtest.chain_hash, 'hex').reverse().toString('hex'));
  chain.mine(3, SCRIPT);
  for (let height = 1; height <= 3; height++) {
    const block = await chain.block((await chain.blockHash(height)) as string);
    assert.equal(previousBlockHash(block), await chain.blockHash(height - 1));
    assert.equal(blockHash(block), await chain.blockHash(height));
  }
});

test('a good transaction is accepted once, mined, and then its output is there', async () => {
  const { chain, coinbase } = await chainWithCoin();
  const transaction = spend(coinbase, 0);
  const { txid } = readTransaction(transaction);
  assert.equal(await verdict(chain, transaction), 'accepted');
  assert.equal(await verdict(chain, transaction), 'known');
  assert.equal(await chain.unspent({ txid, vout: 0 }), undefined);
  chain.mine(1, SCRIPT);
  assert.equal(await verdict(chain, transaction), 'known');
  assert.deepEqual(await chain.unspent({ txid, vout: 0 }), {
    amount_sat: 4_999_999_000n,
    script_pubkey: SCRIPT,
    height: 102,
  });
});

test('a taproot key-path spend passes, and fails with a changed signature', async () => {
  const { chain, coinbase } = await chainWithCoin();
  const to_taproot = spend(coinbase, 0, { script: TAPROOT.script });
  assert.equal(await verdict(chain, to_taproot), 'accepted');
  const good = spend(to_taproot, 0, { from: TAPROOT.script });
  const bad = Buffer.from(good);
  bad[bad.length - 20] = (bad[bad.length - 20] as number) ^ 1;
  assert.match(await verdict(chain, bad), /mandatory-script-verify-flag-failed/);
  assert.equal(await verdict(chain, good), 'accepted');
});

test('a taproot key that begins with a zero byte is a key like any other', async () => {
  const { chain, coinbase } = await chainWithCoin();
  const key = new Uint8Array(32).fill(192);
  key[0] = 1;
  const { script } = btc.p2tr(curve.publicKey(key).slice(1), undefined, REGTEST);
  assert.equal(script[2], 0);
  const to_taproot = spend(coinbase, 0, { script });
  assert.equal(await verdict(chain, to_taproot), 'accepted');
  const good = spend(to_taproot, 0, { from: script, key });
  const bad = Buffer.from(good);
  bad[bad.length - 20] = (bad[bad.length - 20] as number) ^ 1;
  assert.match(await verdict(chain, bad), /mandatory-script-verify-flag-failed/);
  assert.equal(await verdict(chain, good), 'accepted');
});

test('what bitcoind would refuse is refused with its word', async () => {
  const { chain, coinbase } = await chainWithCoin();
  const bad_signature = spend(coinbase, 0);
  bad_signature[bad_signature.length - 60] = (bad_signature[bad_signature.length - 60] as number) ^ 1;
  const inflated = spend(coinbase, 0);
  // The output's amount: after version, marker, one input without a script, and the count of outputs.
  inflated.writeBigUInt64LE(5_000_000_001n, 49);
  const missing = spend(spend(coinbase, 0), 0);
  const young = await coinbaseOf(chain, (await chain.tip()).hash);
  const cases: [Buffer, RegExp][] = [
    [bad_signature, /^mandatory-script-verify-flag-failed/],
    [missing, /^bad-txns-inputs-missingorspent/],
    [spend(young, 0), /^bad-txns-premature-spend-of-coinbase$/],
    [spend(coinbase, 0, { fee_sat: 50n }), /^min relay fee not met/],
    [spend(coinbase, 0, { amount_sat: 293n }), /^dust$/],
    [inflated, /^bad-txns-in-belowout$/],
    [spend(coinbase, 0, { locktime: 102 }), /^non-final$/],
    [spend(coinbase, 0, { sequence: 102 }), /^non-BIP68-final$/],
    [Buffer.from('00', 'hex'), /^TX decode failed/],
    [Buffer.concat([spend(coinbase, 0), Buffer.alloc(1)]), /^TX decode failed/],
  ];
  for (const [transaction, reason] of cases) assert.match(await verdict(chain, transaction), reason);
  assert.equal(chain.pending.length, 0);
});

test('the last forbidden height and the first allowed one, for both kinds of locktime', async () => {
  const { chain, coinbase } = await chainWithCoin();
  // The coin is in block 1 and the next block is 102: 101 blocks lie between.
  assert.equal(await verdict(chain, spend(coinbase, 0, { sequence: 102 })), 'non-BIP68-final');
  assert.equal(await verdict(chain, spend(coinbase, 0, { locktime: 102 })), 'non-final');
  assert.equal(await verdict(chain, spend(coinbase, 0, { locktime: 101, sequence: 101 })), 'accepted');
});

test('a replacement must pay more than what it replaces and for its own relay', async () => {
  const { chain, coinbase } = await chainWithCoin();
  const cheap = spend(coinbase, 0, { fee_sat: 1000n });
  const child = spend(cheap, 0, { fee_sat: 2000n });
  assert.equal(await verdict(chain, cheap), 'accepted');
  assert.equal(await verdict(chain, child), 'accepted');
  assert.match(await verdict(chain, spend(coinbase, 0, { fee_sat: 3050n })), /^insufficient fee/);
  assert.equal(await verdict(chain, spend(coinbase, 0, { fee_sat: 3200n })), 'accepted');
  assert.equal(chain.pending.length, 1);
});

test('a reorganisation gives transactions back, and they are mined again', async () => {
  const { chain, coinbase } = await chainWithCoin();
  const transaction = spend(coinbase, 0);
  await chain.broadcast([transaction]);
  const before = chain.mine(1, SCRIPT);
  const after = chain.reorganise(1, SCRIPT);
  assert.equal(after.height, before.height + 1);
  assert.notEqual(await chain.blockHash(before.height), before.hash);
  assert.equal((await chain.unspent({ txid: readTransaction(transaction).txid, vout: 0 }))?.height, before.height);
});

test('a reorganisation that drops a transaction leaves its coin unspent', async () => {
  const { chain, coinbase } = await chainWithCoin();
  const transaction = spend(coinbase, 0);
  await chain.broadcast([transaction]);
  chain.mine(1, SCRIPT);
  chain.reorganise(1, SCRIPT, 'drop');
  assert.equal(await chain.unspent({ txid: readTransaction(transaction).txid, vout: 0 }), undefined);
  assert.notEqual(await chain.unspent({ txid: readTransaction(coinbase).txid, vout: 0 }), undefined);
});

test('a chain that is kept in a file is there again, without a record that was cut short', async () => {
  const dir = mkdtempSync(join(tmpdir(), 'till-chain-'));
  const file = join(dir, 'blocks');
  const first = new EmbeddedChain({ clock: new ManualClock(), file });
  first.mine(3, SCRIPT);
  const kept = first.reorganise(1, SCRIPT);
  const length = readFileSync(file).length;
  first.mine(1, SCRIPT);
  await first.close();
  truncateSync(file, readFileSync(file).length - 7);

  const second = new EmbeddedChain({ clock: new ManualClock(), file });
  assert.deepEqual(await second.tip(), kept);
  assert.equal(readFileSync(file).length, length);
  const tip = second.mine(1, SCRIPT);
  await second.close();
  const third = new EmbeddedChain({ clock: new ManualClock(), file });
  assert.deepEqual(await third.tip(), tip);
  await third.close();
  rmSync(dir, { recursive: true });
});
