/**
 * A customer pays, hears the preimages and falls silent. The shop has one coin to bring its HTLCs home with: whatever the
 * number of parts, each satoshi must arrive.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { preimage } from '../node/channels/node.ts';
import { ANCHOR_SAT } from '../node/endings/account.ts';
import { FUNDING_SAT, Pair, POLICY, PUSH_SAT } from '../node/endings/pair.ts';

const PAYER_SAT = FUNDING_SAT - PUSH_SAT - 2n * ANCHOR_SAT;

for (const [parts, part_sat] of [
  [1, 400_000],
  [8, 50_000],
  [40, 13_000],
] as const) {
  test(`${parts} parts of ${part_sat} sat come home with one coin`, async () => {
    const pair = (await Pair.open({ shop_coins_sat: [1_000_000n] })).note();
    for (let part = 0; part < parts; part++) await pair.pay('payer', part, part_sat);
    pair.cut();
    const { channel_id } = pair.shop.channel;
    for (let part = 0; part < parts; part++) {
      pair.shop.channels.fulfil(channel_id, BigInt(part), preimage(part).payment_preimage);
    }
    await pair.follow();
    // The payer is silent for good: the shop closes alone, and has to collect before the payer may take it back.
    await pair.mine(44 + 144 + POLICY.irrevocable_depth + 6);
    await pair.assertOver('shop');
    const paid_sat = BigInt(parts * part_sat);
    await pair.assertShares(
      { payer: PAYER_SAT - paid_sat, shop: PUSH_SAT + paid_sat },
      8_000n + 1_100n * BigInt(parts),
    );
    const told = pair.shop.log.filter((line) => line.includes('IS LOST'));
    assert.deepEqual(told, []);
  });
}
