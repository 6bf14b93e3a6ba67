/** A shop that buys inbound liquidity by itself, and stops where its operator said. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { msat, sat } from '../../../src/base/types/amount.ts';
import type { ChannelOrders } from '../../../src/node/liquidity/channel-orders.ts';
import { InboundKeeper } from '../../../src/node/liquidity/inbound-keeper.ts';
import { calm, Shelf } from './shelf.ts';

class Shop {
  readonly shelf = new Shelf();
  receivable_msat = 0n;
  is_ready = true;
  readonly warned: string[] = [];
  orders!: ChannelOrders;
  keeper!: InboundKeeper;

  static async open(limit_sat: bigint): Promise<Shop> {
    const shop = new Shop();
    const { orders } = await shop.shelf.run();
    shop.orders = orders;
    shop.keeper = new InboundKeeper({
      store: shop.shelf.store,
      clock: shop.shelf.clock,
      orders,
      keep_msat: msat(1_000_000_000),
      limit_msat: msat(limit_sat * 1000n),
      channel_expiry_blocks: 13_140,
      receivableMsat: () => shop.receivable_msat,
      isReady: () => shop.is_ready,
      log: { info: () => {}, warn: (text) => void shop.warned.push(text) },
      onBackgroundError: (error) => {
        throw error;
      },
    });
    return shop;
  }

  /** A block goes by. */
  async block(): Promise<void> {
    this.orders.look();
    this.keeper.look();
    await calm();
    this.orders.look();
    await calm();
  }

  get bought(): readonly string[] {
    return this.orders
      .list()
      .filter(({ status }) => status !== 'quoted')
      .map(({ status }) => status);
  }
}

test('a channel is bought when too little can be received, one at a time, and not before the chain is known', async () => {
  const shop = await Shop.open(100_000n);
  shop.receivable_msat = 1_000_000_000n;
  await shop.block();
  assert.deepEqual(shop.bought, []);
  shop.receivable_msat = 999_999_999n;
  shop.is_ready = false;
  await shop.block();
  assert.deepEqual(shop.bought, []);
  shop.is_ready = true;
  shop.keeper.look();
  shop.keeper.look();
  shop.receivable_msat = 2_000_000_000n;
  await calm();
  await shop.block();
  assert.deepEqual(shop.bought, ['delivered']);
  assert.equal(shop.shelf.invoices_paid.length + shop.shelf.addresses_paid.length, 1);
  const rows = await shop.shelf.store.read("SELECT type FROM events WHERE type LIKE 'inbound.%' ORDER BY event_id");
  assert.deepEqual(
    rows.map(({ type }) => type),
    ['inbound.ordered', 'inbound.delivered'],
  );
  shop.orders.stop();
});

test('at the limit of thirty days it stops and says so once, and goes on when the thirty days are over', async () => {
  const shop = await Shop.open(15_000n);
  await shop.block();
  assert.deepEqual(shop.bought, ['delivered']);
  for (let hour = 0; hour < 3; hour++) {
    shop.shelf.clock.advance(3_600_000);
    await shop.block();
  }
  assert.deepEqual(shop.bought, ['delivered'], 'a second one would cost 10,000 sat, and 5,000 sat are left');
  assert.equal(shop.keeper.leftSat(), 5_000n);
  const rows = await shop.shelf.store.read("SELECT data FROM events WHERE type = 'warning.inbound_limit'");
  assert.equal(rows.length, 1);
  assert.match(shop.warned.join('\n'), /would cost 10,000 sat, and 5,000 sat of inbound-keep-limit are left/);
  shop.shelf.clock.advance(30 * 24 * 3_600_000);
  await shop.block();
  assert.deepEqual(shop.bought, ['delivered', 'delivered']);
  shop.orders.stop();
});

test('while no provider answers nothing is bought, and it is tried again in an hour', async () => {
  const shop = await Shop.open(100_000n);
  shop.shelf.wallet_fails = new Error('the wallet is empty');
  shop.shelf.spendable_sat = sat(0);
  shop.shelf.spendable_msat = msat(0);
  await shop.block();
  await shop.block();
  assert.deepEqual(shop.bought, []);
  assert.equal(shop.warned.length, 1);
  shop.shelf.spendable_msat = msat(100_000_000);
  await shop.block();
  assert.deepEqual(shop.bought, []);
  shop.shelf.clock.advance(3_600_000);
  await shop.block();
  assert.deepEqual(shop.bought, ['delivered']);
  shop.orders.stop();
});
