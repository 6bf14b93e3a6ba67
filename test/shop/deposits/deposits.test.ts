import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { formatAddress } from '../../../src/base/types/address.ts';
import { msat } from '../../../src/base/types/amount.ts';
import { NETWORKS } from '../../../src/base/types/network.ts';
import { decodeInvoice } from '../../../src/codec/bolt11/native.ts';
import { MINER } from '../../node/wallet/world.ts';
import { Shop, type ShopOptions } from './shop.ts';

function shopTest(name: string, run: (shop: Shop) => Promise<void>, options?: ShopOptions): void {
  test(name, async () => {
    const shop = await Shop.open(options);
    try {
      await run(shop);
    } finally {
      await shop.close();
    }
  });
}

describe('the address of an invoice', () => {
  shopTest('each invoice shows a new taproot address of the wallet', async (shop) => {
    await shop.create('a', 1000n);
    await shop.create('b', 1000n);
    const [a, b] = [await shop.scriptOf('a'), await shop.scriptOf('b')];
    assert.match(a, /^5120[0-9a-f]{64}$/);
    assert.notEqual(a, b);
  });

  shopTest('an invoice shows only what it was told to, also when that is nothing', async (shop) => {
    await shop.create('none', 1000n, { fallbacks: [] });
    assert.deepEqual(decodeInvoice((await shop.find('none')).bolt11).fallbacks, []);
    await shop.create('given', 1000n, { fallbacks: [formatAddress(MINER, NETWORKS.regtest) as string] });
    assert.equal(await shop.scriptOf('given'), MINER);
  });

  shopTest(
    'without the option an invoice shows none',
    async (shop) => {
      await shop.create('a', 1000n);
      assert.deepEqual(decodeInvoice((await shop.find('a')).bolt11).fallbacks, []);
    },
    { shows_addresses: false },
  );

  shopTest('a repeated request gets the same invoice with the same address', async (shop) => {
    const first = await shop.create('a', 1000n, { idempotent: true });
    const again = await shop.create('a', 1000n, { idempotent: true });
    assert.deepEqual(again, first);
  });
});

describe('a deposit', () => {
  shopTest('that is enough pays the invoice once it is deep, and not a block before', async (shop) => {
    await shop.create('a', 1000n);
    await shop.deposit('a', 1000n);
    await shop.mine(2);
    assert.equal(await shop.statusOf('a'), 'unpaid');
    assert.deepEqual(await shop.arrived('a'), [[1000n, 'pending']]);
    const told = shop.fixture.invoices.waitForPayment(0n, undefined, new AbortController().signal);
    await shop.mine();
    const paid = await told;
    const [deposit] = await shop.deposits.ofInvoices([paid.created_index]);
    assert.equal(paid.label, 'a');
    assert.equal(paid.amount_received_msat, 1_000_000n);
    assert.deepEqual(paid.paid_outpoint, { txid: deposit?.txid, outnum: deposit?.vout });
    assert.deepEqual(await shop.find('a'), paid);
    assert.equal(deposit?.outcome, 'paid');
    assert.match(shop.lines.at(-1) ?? '', /invoice "a" is paid on the chain: 1000 sat in one deposit/);
  });

  shopTest('of any amount pays an invoice of any amount, and more than asked for is taken', async (shop) => {
    await shop.create('any', 'any');
    await shop.create('more', 1000n);
    await shop.deposit('any', 777n);
    await shop.deposit('more', 5000n);
    await shop.mine(3);
    for (const [label, amount_msat] of [
      ['any', 777_000n],
      ['more', 5_000_000n],
    ] as const) {
      const invoice = await shop.find(label);
      assert.equal(invoice.status === 'paid' && invoice.amount_received_msat, amount_msat);
    }
  });

  shopTest('that is too little is kept and told, and another one may complete it', async (shop) => {
    await shop.create('a', 1000n);
    await shop.deposit('a', 400n);
    await shop.mine(4);
    assert.equal(await shop.statusOf('a'), 'unpaid');
    assert.deepEqual(await shop.arrived('a'), [[400n, 'short']]);
    assert.equal(shop.lines.filter((line) => /received 400 sat on the chain, and asks for 1000/.test(line)).length, 1);
    await shop.deposit('a', 599n);
    await shop.mine(3);
    assert.deepEqual(await shop.arrived('a'), [
      [400n, 'short'],
      [599n, 'short'],
    ]);
    await shop.deposit('a', 700n);
    await shop.mine(3);
    const paid = await shop.find('a');
    assert.equal(paid.status === 'paid' && paid.amount_received_msat, 1_699_000n);
    assert.deepEqual(await shop.arrived('a'), [
      [400n, 'paid'],
      [599n, 'paid'],
      [700n, 'paid'],
    ]);
  });

  shopTest('for a fraction of a satoshi must reach the amount in whole satoshi', async (shop) => {
    await shop.create('a', 1000n, { amount_msat: msat(1_000_001) });
    await shop.deposit('a', 1000n);
    await shop.mine(3);
    assert.deepEqual(await shop.arrived('a'), [[1000n, 'short']]);
    await shop.deposit('a', 546n);
    await shop.mine(3);
    assert.equal(await shop.statusOf('a'), 'paid');
  });

  shopTest('to an invoice that was paid by Lightning meanwhile is kept, and the first payment stands', async (shop) => {
    await shop.create('a', 1000n);
    await shop.deposit('a', 1000n);
    await shop.mine(2);
    const paid = await shop.fixture.pay('a', 1_000_000);
    await shop.mine();
    assert.deepEqual(await shop.find('a'), paid);
    assert.equal(paid.paid_outpoint, undefined);
    assert.deepEqual(await shop.arrived('a'), [[1000n, 'late']]);
    assert.match(shop.lines.at(-1) ?? '', /^! a deposit of 1000 sat for invoice "a" came when it was paid already/);
  });

  shopTest('leaves nothing to Lightning once it has paid', async (shop) => {
    const { payment_hash } = await shop.create('a', 1000n);
    await shop.deposit('a', 1000n);
    await shop.mine(3);
    assert.equal(await shop.fixture.invoices.markPaid(payment_hash, msat(1_000_000)), undefined);
    const [payment] = [await shop.find('a')];
    assert.equal(payment.status === 'paid' && payment.pay_index, 1);
  });

  shopTest('and an HTLC set at the same moment: one pays, and one pay_index is taken', async (shop) => {
    const { payment_hash } = await shop.create('a', 1000n);
    await shop.deposit('a', 1000n);
    await shop.mine(2);
    const [preimage] = await Promise.all([shop.fixture.invoices.markPaid(payment_hash, msat(1_000_000)), shop.mine()]);
    const paid = await shop.find('a');
    assert.ok(paid.status === 'paid');
    assert.equal(paid.paid_outpoint === undefined, preimage !== undefined, 'exactly one of the two');
    assert.deepEqual(await shop.arrived('a'), [[1000n, preimage === undefined ? 'paid' : 'late']]);
    await shop.create('b', 1n);
    assert.equal((await shop.fixture.pay('b', 1000)).pay_index, 2);
  });

  shopTest('after the invoice has expired is kept and told', async (shop) => {
    await shop.create('a', 1000n, { expiry: 60n });
    shop.world.clock.advance(61_000);
    await shop.deposit('a', 1000n);
    await shop.mine(3);
    assert.equal(await shop.statusOf('a'), 'expired');
    assert.deepEqual(await shop.arrived('a'), [[1000n, 'late']]);
    assert.match(shop.lines.at(-1) ?? '', /came when it had expired .* agree with the payer, or send it back$/);
  });

  shopTest('to a deleted invoice is a coin of the wallet that says what it was for', async (shop) => {
    await shop.create('a', 1000n);
    const script = await shop.scriptOf('a');
    await shop.fixture.invoices.remove('a', 'unpaid');
    await shop.create('b', 5000n);
    await shop.world.pay(1000n, script);
    await shop.mine(3);
    const [coin] = await shop.world.wallet.listCoins();
    assert.ok(coin);
    const [deposit] = await shop.deposits.ofCoins([coin.coin]);
    assert.deepEqual([deposit?.label, deposit?.outcome], ['a', 'late']);
    assert.match(shop.lines.at(-1) ?? '', /for invoice "a" came when it was deleted/);
    assert.equal(await shop.statusOf('b'), 'unpaid');
  });
});

describe('time and the chain', () => {
  shopTest('an invoice does not expire while a deposit in time deepens', async (shop) => {
    await shop.create('a', 1000n, { expiry: 60n });
    await shop.deposit('a', 1000n);
    await shop.mine();
    shop.world.clock.advance(120_000);
    await shop.idle();
    assert.equal(await shop.statusOf('a'), 'unpaid');
    assert.equal(await shop.fixture.invoices.removeExpired(), 0);
    await shop.mine(2);
    assert.equal(await shop.statusOf('a'), 'paid');
  });

  shopTest('an invoice that a deposit holds is not paid by Lightning after its expiry', async (shop) => {
    const { payment_hash } = await shop.create('a', 1000n, { expiry: 60n });
    await shop.deposit('a', 1000n);
    await shop.mine();
    shop.world.clock.advance(60_000);
    assert.equal(await shop.fixture.invoices.markPaid(payment_hash, msat(1_000_000)), undefined);
  });

  shopTest('a deposit that is too little does not keep an invoice from expiring', async (shop) => {
    await shop.create('a', 1000n, { expiry: 60n });
    await shop.deposit('a', 999n);
    await shop.mine();
    shop.world.clock.advance(60_000);
    await shop.idle();
    assert.equal(await shop.statusOf('a'), 'expired');
  });

  shopTest(
    'a deposit that leaves the chain before it is deep does not count, and the invoice expires',
    async (shop) => {
      await shop.create('a', 1000n, { expiry: 60n });
      await shop.deposit('a', 1000n);
      await shop.mine(2);
      await shop.world.reorganise(2, 'drop');
      await shop.idle();
      shop.world.clock.advance(60_000);
      await shop.mine(5);
      assert.equal(await shop.statusOf('a'), 'unpaid', 'it may come back');
      assert.deepEqual(await shop.arrived('a'), [[1000n, 'pending']]);
      assert.ok(shop.lines.some((line) => /has left the chain: it does not count for now/.test(line)));
      await shop.mine();
      shop.world.clock.advance(1000);
      await shop.idle();
      assert.equal(await shop.statusOf('a'), 'expired');
    },
  );

  shopTest('a deposit that a reorg moves to a later block counts from there', async (shop) => {
    await shop.create('a', 1000n);
    await shop.deposit('a', 1000n);
    await shop.mine(2);
    await shop.world.reorganise(2, 'drop');
    await shop.idle();
    await shop.deposit('a', 1000n);
    await shop.mine(2);
    assert.equal(await shop.statusOf('a'), 'unpaid');
    await shop.mine();
    assert.equal(await shop.statusOf('a'), 'paid');
  });

  shopTest(
    'a death between the coin and the judgement loses nothing: the deposit is in the unit of the coin',
    async (shop) => {
      await shop.create('a', 1000n);
      await shop.deposit('a', 1000n);
      await shop.mineAndDie(1);
      assert.deepEqual(await shop.arrived('a'), [[1000n, 'pending']]);
      await shop.mineAndDie(2);
      assert.equal(await shop.statusOf('a'), 'paid');
    },
  );

  shopTest('a restart while blocks are mined loses nothing', async (shop) => {
    await shop.create('a', 1000n);
    await shop.create('b', 1000n);
    await shop.deposit('a', 1000n);
    await shop.mine(2);
    await shop.deposit('b', 1000n);
    await shop.restart(() => shop.world.chain.mine(3, MINER));
    assert.equal(await shop.statusOf('a'), 'paid');
    assert.equal(await shop.statusOf('b'), 'paid');
    assert.equal((await shop.fixture.invoices.waitForPayment(1n, 0n, new AbortController().signal)).label, 'b');
  });

  shopTest(
    'a deposit in time that the node hears of after the expiry still pays: blocks say when they were made',
    async (shop) => {
      await shop.create('a', 1000n, { expiry: 3600n });
      await shop.deposit('a', 1000n);
      await shop.restart(() => {
        shop.world.chain.mine(3, MINER);
        shop.world.clock.advance(7_200_000);
      });
      assert.equal(await shop.statusOf('a'), 'paid');
    },
  );

  shopTest(
    'one confirmation is enough where that is asked for',
    async (shop) => {
      await shop.create('a', 1000n);
      await shop.deposit('a', 1000n);
      await shop.mine();
      assert.equal(await shop.statusOf('a'), 'paid');
    },
    { confirmations: 1 },
  );
});
