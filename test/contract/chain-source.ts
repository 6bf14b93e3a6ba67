/**
 * What every source of blocks must do, whatever answers behind it. Each implementation brings a chain that it can make
 * grow, and is held to the same suite.
 */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { Txid } from '../../src/base/types/brand.ts';
import { readTransaction } from '../../src/infra/chain/embedded/transaction.ts';
import type { ChainFollower } from '../../src/infra/chain/follower.ts';
import { type BlockRef, FEERATE_FLOOR_PER_KW, type TipEvent, type WatchEvent } from '../../src/infra/chain/source.ts';
import { COIN_SCRIPT, spendAll } from '../support/coins.ts';

/** A chain under the test's control. */
export interface ChainUnderTest {
  readonly source: ChainFollower;
  /** Another follower of the same chain, as after a restart. */
  again(): Promise<ChainFollower>;
  mine(count: number): Promise<BlockRef>;
  reorganise(depth: number): Promise<BlockRef>;
  /** A signed transaction, spending a mature coin of the test, that pays this amount to this script (hex). */
  pay(
    amount_sat: bigint,
    script_pubkey: string,
  ): Promise<{ bytes: Buffer; txid: Txid; spends: { txid: Txid; vout: number } }>;
  /** A mature coin of the test: the transaction whose output 0 it is. Absent where packages are unknown. */
  readonly coin?: Buffer;
  stop(): Promise<void>;
}

const SCRIPT = `0014${'ab'.repeat(20)}`;

/** Runs the suite. `skip` says why it cannot be run here. */
export function chainSourceContract(name: string, open: () => Promise<ChainUnderTest>, skip?: string): void {
  describe(`chain source: ${name}`, skip === undefined ? {} : { skip }, () => {
    test('it follows the tip forwards', async (t) => {
      const { source, mine, stop } = await open();
      t.after(stop);
      const seen: TipEvent[] = [];
      source.onTip((event) => seen.push(event));
      const start = source.tip();
      const tip = await mine(3);
      await source.refresh();
      assert.deepEqual(source.tip(), tip);
      assert.deepEqual(
        seen.map((event) => [event.kind, event.block.height - start.height]),
        [
          ['connected', 1],
          ['connected', 2],
          ['connected', 3],
        ],
      );
    });

    test('what enters the mempool is known once it is started: an empty one asks for no more than is relayed at all', async (t) => {
      const { source, mine, stop } = await open();
      t.after(stop);
      await mine(1);
      await source.refresh();
      assert.equal(source.mempoolMinimumPerKw(), FEERATE_FLOOR_PER_KW);
    });

    test('what is in no block is told by a source that knows, until it is mined', async (t) => {
      const { source, mine, pay, stop } = await open();
      t.after(stop);
      const { bytes } = await pay(50_000n, SCRIPT);
      const knows = (await source.unconfirmedTo(SCRIPT)) !== undefined;
      const is = async (amount_sat: bigint): Promise<void> =>
        assert.equal(await source.unconfirmedTo(SCRIPT), knows ? amount_sat : undefined);
      await is(0n);
      await source.broadcast([bytes]);
      await is(50_000n);
      await mine(1);
      await is(0n);
    });

    test('a watch of each kind hears of a transaction before its block is told, and of its loss', async (t) => {
      const { source, mine, pay, reorganise, stop } = await open();
      t.after(stop);
      const { bytes, txid, spends } = await pay(50_000n, SCRIPT);
      const events: (WatchEvent | TipEvent)[] = [];
      source.onTip((event) => events.push(event));
      const from = source.tip().height + 1;
      source.watch({ kind: 'transaction', txid }, from, (event) => events.push(event));
      source.watch({ kind: 'outpoint', outpoint: spends }, from, (event) => events.push(event));
      source.watch({ kind: 'script', script_pubkey: SCRIPT }, from, (event) => events.push(event));
      assert.equal((await source.broadcast([bytes])).kind, 'accepted');
      assert.notEqual((await source.broadcast([bytes])).kind, 'rejected', 'a second time is no fault');
      const mined = await mine(1);
      await source.refresh();
      assert.deepEqual(events.map((event) => event.kind).sort(), ['confirmed', 'connected', 'paid', 'spent']);
      assert.equal(events.at(-1)?.kind, 'connected');
      for (const event of events) {
        if (event.kind !== 'confirmed' && event.kind !== 'paid' && event.kind !== 'spent') continue;
        assert.deepEqual(event.confirmation.block, mined);
        assert.equal(event.confirmation.txid, txid);
        assert.equal(Buffer.from(event.confirmation.transaction).toString('hex'), bytes.toString('hex'));
        if (event.kind === 'paid') assert.equal(event.amount_sat, 50_000n);
      }
      const paid = events.find((event) => event.kind === 'paid');
      assert.equal((await source.unspent({ txid, vout: paid?.vout ?? -1 }))?.amount_sat, 50_000n);
      assert.equal(await source.unspent(spends), undefined);

      events.length = 0;
      await reorganise(1);
      await source.refresh();
      const kinds = events.map((event) => event.kind);
      // Taken back by all three watches, then the block; the transaction was mined again in the new branch.
      assert.deepEqual(kinds.slice(0, 4), ['disconnected', 'disconnected', 'disconnected', 'disconnected']);
      assert.deepEqual(kinds.slice(4).sort(), ['confirmed', 'connected', 'connected', 'paid', 'spent']);
    });

    test('the mempool holds what was sent and waits for a block, and nothing that nobody sent', async (t) => {
      const { source, pay, stop } = await open();
      t.after(stop);
      const { bytes, txid } = await pay(55_000n, SCRIPT);
      assert.equal(await source.mempoolTransaction(txid), undefined);
      await source.broadcast([bytes]);
      const held = await source.mempoolTransaction(txid);
      assert.equal(Buffer.from(held ?? []).toString('hex'), bytes.toString('hex'));
    });

    test('a watch may look back, and one that is ended hears nothing', async (t) => {
      const { source, mine, pay, stop } = await open();
      t.after(stop);
      const { bytes, txid } = await pay(60_000n, SCRIPT);
      await source.broadcast([bytes]);
      const mined = await mine(1);
      await mine(2);
      await source.refresh();
      const heard: WatchEvent[] = [];
      const ended: WatchEvent[] = [];
      source.watch({ kind: 'transaction', txid }, mined.height, (event) => heard.push(event));
      source.watch({ kind: 'transaction', txid }, mined.height, (event) => ended.push(event))();
      source.watch({ kind: 'transaction', txid }, mined.height + 1, (event) => ended.push(event));
      await source.refresh();
      assert.deepEqual(
        heard.map((event) => event.kind),
        ['confirmed'],
      );
      assert.deepEqual(ended, []);
    });

    for (const [when, looks_back] of [
      ['that looks back', true],
      ['that hears of new blocks', false],
    ] as const) {
      for (const blocks of [0, 1]) {
        const where = blocks === 0 ? 'in the same block' : 'in the next block';
        test(`a watch of a script ${when} hears of a payment and of its spend ${where}, at once`, async (t) => {
          const { source, mine, pay, stop } = await open();
          t.after(stop);
          const { bytes, txid } = await pay(60_000n, COIN_SCRIPT);
          const spend = spendAll(bytes, 500n);
          const from = source.tip().height + 1;
          const heard: string[] = [];
          let turn = 0;
          const watch = (): void => {
            source.watch({ kind: 'script', script_pubkey: COIN_SCRIPT }, from, (event) => {
              if (event.kind === 'paid' && event.confirmation.txid === txid && event.vout === 0)
                heard.push(`${turn} paid`);
              if (event.kind === 'spent' && event.outpoint.txid === txid) heard.push(`${turn} spent`);
              setImmediate(() => turn++);
            });
          };
          if (!looks_back) watch();
          await source.broadcast([bytes]);
          await mine(blocks);
          await source.broadcast([spend]);
          await mine(1);
          await source.refresh();
          if (looks_back) watch();
          await source.refresh();
          // A block with the spend that comes later is another turn.
          const expected = looks_back || blocks === 0 ? ['0 paid', '0 spent'] : ['0 paid'];
          assert.deepEqual(heard, expected);
        });
      }
    }

    test('after a restart everything since the last block seen is told, also when that block is gone', async (t) => {
      const { source, again, mine, pay, reorganise, stop } = await open();
      t.after(stop);
      const seen = source.tip();
      const { bytes, txid } = await pay(70_000n, SCRIPT);
      await source.broadcast([bytes]);
      await mine(2);
      for (const from of [seen, source.tip()]) {
        const restarted = await again();
        const heard: string[] = [];
        restarted.watch({ kind: 'transaction', txid }, seen.height + 1, (event) => heard.push(event.kind));
        await restarted.start(from);
        await restarted.refresh();
        assert.deepEqual(heard, ['confirmed']);
        await restarted.stop();
      }
      await source.refresh();
      const gone = source.tip();
      const tip = await reorganise(2);
      const restarted = await again();
      await restarted.start(gone);
      await restarted.refresh();
      assert.deepEqual(restarted.tip(), tip);
      await restarted.stop();
    });

    test('a transaction that breaks a rule is refused with a reason', async (t) => {
      const { source, pay, stop } = await open();
      t.after(stop);
      const { bytes } = await pay(80_000n, SCRIPT);
      const broken = Buffer.from(bytes);
      broken[broken.length - 50] = (broken[broken.length - 50] as number) ^ 1;
      const result = await source.broadcast([broken]);
      assert.ok(result.kind === 'rejected' && result.reason.length > 0);
    });

    test('a fee rate below the minimum is mended by a child only where both have version 3', async (t) => {
      const { source, coin, mine, stop } = await open();
      t.after(stop);
      if (coin === undefined) return t.skip('this source knows no packages');
      const refused = async (reason: RegExp, ...transactions: Buffer[]): Promise<void> => {
        const result = await source.broadcast(transactions);
        assert.equal(result.kind, 'rejected');
        assert.match(result.kind === 'rejected' ? result.reason : '', reason);
      };
      const taken = async (...transactions: Buffer[]): Promise<void> =>
        assert.deepEqual(await source.broadcast(transactions), { kind: 'accepted' });
      // A spend of one P2WPKH coin to one output weighs 110 vB.
      const poor = spendAll(coin, 109n);
      await refused(/^min relay fee not met/, poor);
      await refused(/^min relay fee not met/, poor, spendAll(poor, 10_000n));
      const free = spendAll(coin, 0n, 3);
      await refused(/^min relay fee not met/, free);
      await refused(/^min relay fee not met/, free, spendAll(free, 219n, 3));
      await refused(/truc-spent-by-nontruc|min relay fee not met/, free, spendAll(free, 10_000n));
      const child = spendAll(free, 220n, 3);
      await taken(free, child);
      await mine(1);

      // What passes alone stays, also when its child is refused.
      const good = spendAll(child, 110n);
      await refused(/^min relay fee not met/, good, spendAll(good, 109n));
      await mine(1);
      assert.ok(await source.unspent({ txid: readTransaction(good).txid, vout: 0 }), 'the parent was taken and mined');
      const second = spendAll(good, 200n);
      const third = spendAll(second, 200n);
      const fourth = spendAll(third, 200n);
      await refused(/^package topology disallowed/, second, third, fourth);
      await refused(/^package topology disallowed/, third, second);
      await taken(second);
      // The parent may be mined by the time that the child is sent.
      await mine(1);
      await taken(second, third);
    });

    test('a replacement pays more in all, and for its own relay', async (t) => {
      const { source, coin, stop } = await open();
      t.after(stop);
      if (coin === undefined) return t.skip('this source knows no packages');
      assert.equal((await source.broadcast([spendAll(coin, 300n)])).kind, 'accepted');
      const result = await source.broadcast([spendAll(coin, 409n)]);
      assert.match(result.kind === 'rejected' ? result.reason : '', /^insufficient fee/);
      assert.equal((await source.broadcast([spendAll(coin, 410n)])).kind, 'accepted');
    });
  });
}
