/**
 * kill -9 of a shop that is paid for the first time, between any two steps: bought and not committed, committed and not
 * opened, opened and not paid, and within the payment. Nothing that was shown is lost, nothing is paid twice, and no channel
 * is forgotten. It starts a node five times in each round, so it runs only where TILL_CRASH_ROUNDS says how many. Moments are
 * from a seed that is printed and can be given as TILL_SEED.
 */
import assert from 'node:assert/strict';
import { join } from 'node:path';
import { test } from 'node:test';
import type { NodeId } from '../../src/base/types/brand.ts';
import { Random } from '../sim/random.ts';
import { TestLsp } from '../support/lsp.ts';
import { Trader, until } from '../support/market.ts';
import { TIMEOUT } from '../support/time-limit.ts';
import { Town } from '../support/town.ts';

const ROUNDS = Number(process.env.TILL_CRASH_ROUNDS ?? 0);
const OPTIONS = { ...TIMEOUT, skip: ROUNDS === 0 && 'TILL_CRASH_ROUNDS says how often' };
const SEED = Number(process.env.TILL_SEED ?? Date.now() % 1_000_000);
const AMOUNT = 50_000_000;
const FEE = 1_000_000;

class Scene {
  readonly town: Town;
  readonly lsp: TestLsp;
  readonly shop: Trader;
  #shop_id: NodeId | undefined;

  static async set(): Promise<Scene> {
    const town = await Town.found();
    const lsp = new TestLsp(town, await town.start('provider'));
    await town.fund(lsp.daemon);
    const scene = new Scene(town, lsp);
    await scene.shop.start();
    await scene.together();
    return scene;
  }

  private constructor(town: Town, lsp: TestLsp) {
    this.town = town;
    this.lsp = lsp;
    const options = [lsp.option, '--lsp-max-fee=5000sat', `--embedded-chain=${join(town.dir, 'chain')}`];
    this.shop = new Trader('shop', ['--network=regtest', ...options]);
  }

  get shop_id(): NodeId {
    return this.#shop_id as NodeId;
  }

  async together(): Promise<void> {
    this.#shop_id = (await this.shop.ask('getinfo')).id as NodeId;
    await until(async () => this.lsp.daemon.channels.peer(this.shop_id) !== undefined);
    await until(async () => ((await this.shop.ask('getinfo')).num_peers as number) === 1);
  }

  async again(): Promise<void> {
    await this.shop.kill();
    await this.shop.start();
    await this.together();
  }

  invoice(label: string) {
    return this.shop.ask('invoice', { amount_msat: AMOUNT, label, description: label, jit: true });
  }

  async paid(label: string): Promise<void> {
    const paid = await this.shop.ask('waitinvoice', { label });
    assert.deepEqual([paid.amount_received_msat, paid.opening_fee_msat], [AMOUNT - FEE, FEE]);
  }

  async close(): Promise<void> {
    await this.shop.stop('remove');
    await this.town.close();
  }
}

test(
  `a shop may die between any two steps of its first payment (${ROUNDS} rounds, seed ${SEED})`,
  OPTIONS,
  async () => {
    const random = new Random(SEED);
    const scene = await Scene.set();
    const { shop, lsp } = scene;
    try {
      for (let round = 0; round < ROUNDS; round++) {
        // Bought, and perhaps committed: whoever has heard nothing asks again.
        const label = `round ${round}`;
        const asked = lsp.asked.length;
        const unheard = scene.invoice(label).catch(() => undefined);
        await until(async () => lsp.asked.slice(asked).some(({ method }) => method === 'lsps2.buy'));
        await new Promise((resolve) => setTimeout(resolve, random.below(10)));
        await scene.again();
        await unheard;
        const params = { amount_msat: AMOUNT, label, description: label, jit: true, idempotent: true };
        const made = await shop.ask('invoice', params);
        assert.equal(made.opening_fee_msat, FEE);
        const { invoices } = await shop.ask('listinvoices', { label });
        assert.equal((invoices as unknown[]).length, 1);

        // Committed, and not opened.
        await scene.again();
        lsp.holds_fundings = true;
        const { channel_id } = await lsp.open(scene.shop_id, 55_000);
        // Opened, and not paid.
        await scene.again();
        await lsp.sendFundings();
        await lsp.usable(channel_id);
        // Within the payment.
        const before = lsp.preimages.length;
        lsp.bring(channel_id, made.bolt11 as string, [
          { amount_msat: 20_000_000n, extra_fee: 400_000n },
          { amount_msat: 30_000_000n, extra_fee: 600_000n },
        ]);
        await new Promise((resolve) => setTimeout(resolve, random.below(40)));
        await scene.again();
        await lsp.usable(channel_id);
        // A part that had not arrived when the shop died comes again by itself: what is unsigned is sent again.
        await scene.paid(label);
        await lsp.calm(channel_id);
        assert.ok(lsp.preimages.length >= before + 2);
        lsp.holds_fundings = false;
        await scene.town.mine(1);
      }
      const { invoices } = await shop.ask('listinvoices');
      const paid = invoices as unknown as Record<string, unknown>[];
      assert.deepEqual(
        paid.map(({ status, pay_index }) => [status, pay_index]),
        paid.map((_each, index) => ['paid', index + 1]),
      );
      const { channels } = await shop.ask('listpeerchannels');
      const held = (channels as unknown as Record<string, unknown>[]).map(({ to_us_msat }) => to_us_msat);
      assert.deepEqual(held, new Array(ROUNDS).fill(AMOUNT - FEE), 'no channel is forgotten, no payment came twice');
    } finally {
      await scene.close();
    }
  },
);
