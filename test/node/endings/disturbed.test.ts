/**
 * One ending with HTLCs both ways, disturbed in every way at every stage: the shares stay the same to the satoshi.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ChainError } from '../../../src/infra/chain/backend.ts';
import { nameOf } from '../../../src/protocol/onchain/outpoint.ts';
import { ANCHOR_SAT } from './account.ts';
import { FUNDING_SAT, MINER, MOST_FEES_SAT, type Name, Pair, POLICY, PUSH_SAT } from './pair.ts';

/** Long enough for every delay and for the last transaction to be deep. */
const BLOCKS = 44 + 144 + POLICY.irrevocable_depth + 20;
const SHARES = {
  payer: FUNDING_SAT - PUSH_SAT - 2n * ANCHOR_SAT - 50_000n + 70_000n,
  shop: PUSH_SAT + 50_000n - 70_000n,
};

/** What is taken out of blocks again and again comes close to its deadline, and pays for that. */
const MOST_HURRIED_FEES_SAT = 30_000n;

/** Runs the ending. `disturb` comes before every block, from the moment of the decision on. */
async function run(
  closer: Name,
  disturb: (pair: Pair, block: number) => Promise<void>,
  most_fees_sat = MOST_FEES_SAT,
): Promise<void> {
  const pair = (await Pair.open()).note();
  await pair.pay('payer', 1, 50_000);
  await pair.pay('payer', 2, 60_000);
  await pair.pay('shop', 3, 70_000);
  await pair.pay('shop', 4, 80_000);
  pair.cut();
  pair.nodes[closer].channels.forceClose(pair.nodes[closer].channel.channel_id, 'the operator wants it');
  await pair.claim('shop', 1, 0n);
  await pair.claim('payer', 3, 0n);
  for (let block = 0; block < BLOCKS; block++) {
    await disturb(pair, block);
    await pair.mine(1);
  }
  await pair.assertOver('payer');
  await pair.assertOver('shop');
  await pair.assertShares(SHARES, most_fees_sat);
  for (const name of ['payer', 'shop'] as const) {
    const sums = await pair.nodes[name].wallet.balance();
    assert.deepEqual([sums.reserved_sat, sums.unconfirmed_sat], [0n, 0n], `${name}: no coin is left promised`);
  }
}

/** The first blocks of every stage, and some between. */
function isStage(block: number): boolean {
  return block < 4 || (block >= 38 && block < 46) || (block >= 142 && block < 148) || block % 25 === 0;
}

for (const closer of ['payer', 'shop'] as const) {
  test(`both processes die again and again while the channel ends, closed by the ${closer}`, async () => {
    await run(closer, async (pair, block) => {
      if (!isStage(block)) return;
      for (const name of ['payer', 'shop'] as const) await pair.restart(name);
    });
  });

  test(`blocks come while both processes are down, closed by the ${closer}`, async () => {
    await run(closer, async (pair, block) => {
      if (block % 12 !== 5) return;
      for (const name of ['payer', 'shop'] as const) {
        await pair.restart(name, () => void pair.world.chain.mine(2, MINER));
      }
    });
  });

  for (const drop of ['keep', 'drop'] as const) {
    test(`reorganisations of up to six blocks (${drop}), closed by the ${closer}`, async () => {
      const reorganise = async (pair: Pair, block: number): Promise<void> => {
        if (block > 0 && isStage(block)) await pair.reorganise(Math.min(block, 1 + (block % 6)), drop);
      };
      await run(closer, reorganise, drop === 'drop' ? MOST_HURRIED_FEES_SAT : MOST_FEES_SAT);
    });
  }
}

test('a reorganisation while the process is down is noticed when it is back', async () => {
  await run('payer', async (pair, block) => {
    if (block < 2 || !isStage(block)) return;
    for (const name of ['payer', 'shop'] as const) {
      await pair.restart(name, () => void pair.world.chain.reorganise(2, MINER, block % 2 === 0 ? 'keep' : 'drop'));
    }
  });
});

for (const closer of ['payer', 'shop'] as const) {
  test(`what moves to blocks below those where it was first seen is seen there too, closed by the ${closer}`, async () => {
    await run(closer, async (pair, block) => {
      // The commitment goes five blocks down, and then what takes its outputs comes below the first place of it.
      if (block === 1 || block === 2) await pair.reorganise(6, 'keep');
    });
  });
}

test('a claim whose coin went another way is made again with another', async () => {
  const pair = (await Pair.open()).note();
  await pair.pay('payer', 1, 50_000);
  pair.cut();
  pair.shop.channels.forceClose(pair.shop.channel.channel_id, 'the operator wants it');
  await pair.claim('shop', 1, 0n);
  await pair.mine(1);
  const claim = pair.view('shop').sweeps.find(({ output_type }) => output_type === 'THEIR_HTLC')?.sweep_txid;
  assert.ok(claim !== undefined);
  const { wallet } = pair.shop;
  const [coin] = (await wallet.listCoins()).filter(({ coin: { spent_by } }) => spent_by === claim);
  assert.ok(coin !== undefined);
  await wallet.release(claim);
  const { txid } = await wallet.withdraw(Uint8Array.from([0, 20, ...new Uint8Array(20).fill(7)]), 'all', {
    feerate_per_kw: 30_000,
    utxos: [coin.coin],
  });
  assert.ok(pair.world.chain.isPending(txid) && !pair.world.chain.isPending(claim));
  await pair.mine(1 + POLICY.paid_depth + 1);
  assert.ok(pair.shop.log.some((line) => line.includes('is safely collected on chain')));
});

test('the wallet is asked once for an output, however long it takes to answer', async () => {
  const pair = (await Pair.open()).note();
  await pair.pay('payer', 1, 50_000);
  pair.cut();
  pair.shop.channels.forceClose(pair.shop.channel.channel_id, 'the operator wants it');
  await pair.claim('shop', 1, 0n);
  const { wallet, follower } = pair.shop;
  const spend = wallet.spend.bind(wallet);
  const asked: string[] = [];
  let answer = (): void => {};
  const answered = new Promise<void>((resolve) => {
    answer = resolve;
  });
  wallet.spend = async (request) => {
    asked.push(request.foreign.map(({ input }) => nameOf(input)).join());
    await answered;
    return await spend(request);
  };
  for (let block = 0; block < 4; block++) {
    pair.world.chain.mine(1, MINER);
    await follower.refresh();
    await pair.shop.channels.book.idle();
  }
  assert.deepEqual(asked, [...new Set(asked)]);
  assert.equal(asked.length, 1);
  answer();
  await pair.mine(1 + POLICY.paid_depth + 1);
  assert.ok(pair.shop.log.some((line) => line.includes('is safely collected on chain')));
  assert.deepEqual(
    pair.shop.log.filter((line) => line.includes('was not taken')),
    [],
  );
});

test('a source that has pruned the blocks of the beginning keeps no ending from going on', async () => {
  const pair = (await Pair.open()).note();
  pair.cut();
  pair.shop.channels.forceClose(pair.shop.channel.channel_id, 'the operator wants it');
  await pair.mine(100);
  const { chain } = pair.world;
  const pruned = new Set<string>();
  for (let height = 0; height < pair.height - 50; height++) pruned.add((await chain.blockHash(height)) as string);
  const block = chain.block.bind(chain);
  chain.block = async (hash) => {
    if (pruned.has(hash)) throw new ChainError('it is pruned', { is_pruned: true });
    return await block(hash);
  };
  // Blocks came while the shop was down.
  await pair.restart('shop', () => void chain.mine(20, MINER));
  await pair.mine(30);
  const [sweep] = pair.view('shop').sweeps;
  assert.equal(sweep, undefined, 'our balance is taken when its delay is over');
  chain.block = block;
  await pair.mine(POLICY.irrevocable_depth);
  await pair.assertOver('shop');
  await pair.assertShares({ payer: FUNDING_SAT - PUSH_SAT - 2n * ANCHOR_SAT, shop: PUSH_SAT });
});
