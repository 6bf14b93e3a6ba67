import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { ManualClock } from '../../../src/base/types/clock.ts';
import type { NetworkName } from '../../../src/base/types/network.ts';
import { type ChainBackend, ChainError } from '../../../src/infra/chain/backend.ts';
import { Bitcoind } from '../../../src/infra/chain/bitcoind.ts';
import { SharedChain, serveChain } from '../../../src/infra/chain/embedded/chain-socket.ts';
import { EmbeddedChain } from '../../../src/infra/chain/embedded/embedded-chain.ts';
import { Esplora } from '../../../src/infra/chain/esplora.ts';
import { ChainFollower } from '../../../src/infra/chain/follower.ts';
import { type ChainUnderTest, chainSourceContract } from '../../contract/chain-source.ts';
import { BitcoindProcess, bitcoindMissing } from '../../support/bitcoind.ts';
import { COIN_SCRIPT, coinbaseOf, payFrom } from '../../support/coins.ts';
import { serveEsplora } from '../../support/esplora-server.ts';

function follow(backend: ChainBackend, clock = new ManualClock()): ChainFollower {
  return new ChainFollower(backend, { clock, poll_ms: 1000, onHealth: () => {} });
}

/** An embedded chain with a mature coin, seen through the given backend. */
async function embedded(
  through: (chain: EmbeddedChain) => Promise<{ backend: () => ChainBackend; stop(): Promise<void> }>,
): Promise<ChainUnderTest> {
  const chain = new EmbeddedChain({ clock: new ManualClock() });
  const first = chain.mine(1, COIN_SCRIPT);
  chain.mine(100, COIN_SCRIPT);
  const coinbase = coinbaseOf(await chain.block(first.hash));
  const { backend, stop } = await through(chain);
  const source = follow(backend());
  await source.start();
  await source.synced();
  return {
    source,
    again: async () => follow(backend()),
    mine: async (count) => chain.mine(count, COIN_SCRIPT),
    reorganise: async (depth) => chain.reorganise(depth, COIN_SCRIPT),
    pay: async (amount_sat, script_pubkey) => payFrom(coinbase, amount_sat, script_pubkey),
    coin: coinbase,
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

chainSourceContract('esplora', () =>
  embedded(async (chain) => {
    const { url, stop } = await serveEsplora(chain);
    return { backend: () => new Esplora({ network: 'regtest', url, timeout_ms: 5000 }), stop };
  }),
);

function optionsOf(process: BitcoindProcess, network: NetworkName = 'regtest') {
  return {
    network,
    'bitcoin-rpcconnect': '127.0.0.1',
    'bitcoin-rpcport': process.rpcport,
    login: `${process.user}:${process.password}`,
    timeout_ms: 10_000,
    mempool_pause_ms: 0,
  };
}

async function realBitcoind(): Promise<ChainUnderTest> {
  const process = await BitcoindProcess.start();
  const [first] = (await process.mine(1, COIN_SCRIPT)) as [string];
  await process.mine(100, COIN_SCRIPT);
  const coinbase = coinbaseOf(Buffer.from(await process.call<string>('getblock', first, 0), 'hex'));
  const source = follow(new Bitcoind(optionsOf(process)));
  await source.start();
  await source.synced();
  const tip = async () => {
    const { blocks, bestblockhash } = await process.call<{ blocks: number; bestblockhash: string }>(
      'getblockchaininfo',
    );
    return { height: blocks, hash: bestblockhash };
  };
  return {
    source,
    again: async () => follow(new Bitcoind(optionsOf(process))),
    async mine(count) {
      await process.mine(count, COIN_SCRIPT);
      return await tip();
    },
    async reorganise(depth) {
      const { height } = await tip();
      await process.call('invalidateblock', await process.call('getblockhash', height - depth + 1));
      // To another script: the same blocks again would be the ones that were just declared invalid.
      await process.mine(depth + 1, `0014${'cd'.repeat(20)}`);
      return await tip();
    },
    pay: async (amount_sat, script_pubkey) => payFrom(coinbase, amount_sat, script_pubkey),
    coin: coinbase,
    async stop() {
      await source.stop();
      await process.stop();
    },
  };
}

chainSourceContract('bitcoind', realBitcoind, bitcoindMissing);

test('bitcoind of another network is refused with the option to use', { skip: bitcoindMissing ?? false }, async (t) => {
  const process = await BitcoindProcess.start();
  t.after(() => process.stop());
  const wrong = new Bitcoind(optionsOf(process, 'signet'));
  await assert.rejects(wrong.open(), (error) => error instanceof ChainError && /-chain=signet/.test(error.message));
  const stranger = new Bitcoind({ ...optionsOf(process), login: 'till:wrong' });
  await assert.rejects(stranger.open(), /refuses the user or the password/);
});

test('bitcoind restarts: nothing is taken back, and what it gained is told', {
  skip: bitcoindMissing ?? false,
}, async () => {
  const told: (string | undefined)[] = [];
  const tips: string[] = [];
  let process = await BitcoindProcess.start();
  await process.mine(3, COIN_SCRIPT);
  const source = new ChainFollower(new Bitcoind(optionsOf(process)), {
    clock: new ManualClock(),
    poll_ms: 1000,
    onHealth: (problem) => told.push(problem),
  });
  await source.start();
  await source.refresh();
  source.onTip(({ kind }) => tips.push(kind));
  await process.halt();
  await source.refresh();
  assert.match(told[0] ?? '', /does not answer/);
  // While it starts it refuses connections, then answers that it is warming up.
  const starting = BitcoindProcess.start(process);
  let isUp = false;
  void starting.then(() => {
    isUp = true;
  });
  while (!isUp) await source.refresh();
  process = await starting;
  await process.mine(2, COIN_SCRIPT);
  await source.refresh();
  assert.deepEqual(tips, ['connected', 'connected']);
  assert.equal(told.at(-1), undefined);
  assert.equal(told.length, 2);
  await source.stop();
  await process.stop();
});

test('a source that goes away is told once, and once more when it is back', async () => {
  const clock = new ManualClock();
  const chain = new EmbeddedChain({ clock });
  let isAway = false;
  const backend: ChainBackend = {
    open: () => chain.open(),
    close: () => chain.close(),
    async tip() {
      if (isAway) throw new ChainError('away');
      return await chain.tip();
    },
    blockHash: (height) => chain.blockHash(height),
    block: (hash) => chain.block(hash),
    broadcast: (transactions) => chain.broadcast(transactions),
    feeratePerKw: () => chain.feeratePerKw(),
    unspent: (outpoint) => chain.unspent(outpoint),
  };
  const told: (string | undefined)[] = [];
  const source = new ChainFollower(backend, { clock, poll_ms: 1000, onHealth: (problem) => told.push(problem) });
  await source.start();
  await source.refresh();
  isAway = true;
  await source.refresh();
  await source.refresh();
  isAway = false;
  chain.mine(2, COIN_SCRIPT);
  await source.refresh();
  assert.deepEqual(told, ['away', undefined]);
  assert.equal(source.tip().height, 2);
  await source.stop();
});
