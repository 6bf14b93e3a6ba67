import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as btc from '@scure/btc-signer';
import type { ChainBackend } from '../../src/chain/backend.ts';
import { SharedChain, serveChain } from '../../src/chain/embedded/chain-socket.ts';
import { EmbeddedChain } from '../../src/chain/embedded/embedded-chain.ts';
import { readTransaction } from '../../src/chain/embedded/transaction.ts';
import { ChainFollower } from '../../src/chain/follower.ts';
import { curve } from '../../src/crypto/secp256k1.ts';
import type { Txid } from '../../src/types/brand.ts';
import { ManualClock } from '../../src/types/clock.ts';
import { type ChainUnderTest, chainSourceContract } from '../contract/chain-source.ts';

const KEY = new Uint8Array(32).fill(5);
const WPKH = btc.p2wpkh(curve.publicKey(KEY));
const SCRIPT = Buffer.from(WPKH.script).toString('hex');

/** An embedded chain with a mature coin, seen through the given backend. */
async function embedded(
  through: (chain: EmbeddedChain) => Promise<{ backend: () => ChainBackend; stop(): Promise<void> }>,
): Promise<ChainUnderTest> {
  const clock = new ManualClock();
  const chain = new EmbeddedChain({ clock });
  const first = chain.mine(1, SCRIPT);
  chain.mine(100, SCRIPT);
  const coinbase = readTransaction((await chain.block(first.hash)).subarray(81));
  const { backend, stop } = await through(chain);
  const follower = (): ChainFollower => new ChainFollower(backend(), { clock, poll_ms: 1000, onHealth: () => {} });
  const source = follower();
  await source.start();
  await source.synced();
  return {
    source,
    again: async () => follower(),
    mine: async (count) => chain.mine(count, SCRIPT),
    reorganise: async (depth) => chain.reorganise(depth, SCRIPT),
    async pay(amount_sat, script_pubkey) {
      const transaction = new btc.Transaction({ allowUnknownOutputs: true });
      const amount = coinbase.outputs[0]?.amount_sat as bigint;
      transaction.addInput({ txid: coinbase.txid, index: 0, witnessUtxo: { amount, script: WPKH.script } });
      transaction.addOutput({ amount: amount_sat, script: new Uint8Array(Buffer.from(script_pubkey, 'hex')) });
      transaction.addOutput({ amount: amount - amount_sat - 1000n, script: WPKH.script });
      transaction.sign(KEY);
      transaction.finalize();
      const bytes = Buffer.from(transaction.extract());
      return { bytes, txid: readTransaction(bytes).txid, spends: { txid: coinbase.txid as Txid, vout: 0 } };
    },
    async stop() {
      await source.stop();
      await stop();
    },
  };
}

chainSourceContract('embedded', () => embedded(async (chain) => ({ backend: () => chain, stop: async () => {} })));

chainSourceContract('embedded, owned by another process', () =>
  embedded(async (chain) => {
    const dir = mkdtempSync(join(tmpdir(), 'till-chain-'));
    const path = join(dir, 'chain');
    const stopServing = await serveChain(chain, path);
    return {
      backend: () => new SharedChain(path),
      async stop() {
        await stopServing();
        rmSync(dir, { recursive: true });
      },
    };
  }),
);
