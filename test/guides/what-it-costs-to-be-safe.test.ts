/** The table of the guide is what the code reckons with, and what the code reckons with is enough on a chain. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { sat } from '../../src/base/types/amount.ts';
import { channelCost } from '../../src/node/reserve/cost.ts';
import { HTLCS_PER_CHANNEL, reserveSize } from '../../src/node/reserve/sizing.ts';
import { stressPerKw } from '../../src/node/reserve/stress.ts';
import { preimage } from '../node/channels/node.ts';
import { Pair, POLICY } from '../node/endings/pair.ts';
import { GUIDES } from './reader.ts';

const GUIDE = readFileSync(join(GUIDES, 'what-it-costs-to-be-safe.md'), 'utf8');
const CHANNELS = [1, 2, 5, 10, 20, 50];
const SAT_PER_VBYTE = [1, 10, 100];
/** Of virtual bytes to weight units, by the thousand. */
const PER_KW = 250;
/** What is at stake in the channels that are closed. */
const PAID_SAT = 500_000;
const LIMITS = { least_sat: sat(25_000), coins: undefined };

function tableNow(): string {
  const stressed = SAT_PER_VBYTE.map((rate) => stressPerKw(rate * PER_KW));
  const heads = SAT_PER_VBYTE.map((rate, at) => ` ${rate} sat/vB (${(stressed[at] as number) / PER_KW}) |`);
  const lines = CHANNELS.map((all) => {
    const sizes = stressed.map((stress_per_kw) => reserveSize({ all, inbound: all }, stress_per_kw, LIMITS));
    const amounts = sizes.map(({ amount_sat }) => ` ${amount_sat.toLocaleString('en-US')} |`).join('');
    return `| ${all} | ${sizes[0]?.coins} |${amounts}`;
  });
  return [`| channels | coins |${heads.join('')}`, `|---|---|${'---|'.repeat(SAT_PER_VBYTE.length)}`, ...lines].join(
    '\n',
  );
}

test('the table of the guide is what the code reckons with', () => {
  const table = tableNow();
  assert.ok(GUIDE.includes(table), `the table in the guide should be:\n${table}`);
  assert.ok(GUIDE.includes(`with four HTLCs each`) && HTLCS_PER_CHANNEL === 4);
});

for (const stress_per_kw of SAT_PER_VBYTE.map((rate) => stressPerKw(rate * PER_KW))) {
  for (const htlcs of [1, HTLCS_PER_CHANNEL, 30]) {
    // Beyond that the fee would be more than what is at stake.
    if (channelCost(htlcs, stress_per_kw) > PAID_SAT) continue;
    test(`${htlcs} HTLCs at ${stress_per_kw / PER_KW} sat/vB come home with what the code reckons with`, async (context) => {
      const cost_sat = channelCost(htlcs, stress_per_kw);
      const pair = (await Pair.open({ shop_coins_sat: [cost_sat] })).note();
      const part_sat = Math.floor(PAID_SAT / htlcs);
      for (let part = 0; part < htlcs; part++) await pair.pay('payer', part, part_sat);
      pair.cut();
      const { channel_id } = pair.shop.channel;
      for (let part = 0; part < htlcs; part++) {
        pair.shop.channels.fulfil(channel_id, BigInt(part), preimage(part).payment_preimage);
      }
      // Fees have risen since the peer was heard last, and stay so until all is claimed.
      pair.world.chain.feerate_per_kw = stress_per_kw;
      pair.world.clock.advance(60_000);
      const before_sat = await pair.balance('shop');
      await pair.mineTo(pair.shop.channel.state.htlcs[0]?.cltv_expiry ?? 0);
      assert.ok(pair.view('shop').are_htlcs_over, JSON.stringify(pair.shop.log));
      const paid_sat = before_sat - (await pair.balance('shop'));
      assert.ok(paid_sat * 10n > cost_sat * 6n, `${paid_sat} sat of ${cost_sat} were paid: the reckoning is too high`);
      context.diagnostic(`${paid_sat} of ${cost_sat} sat were paid`);
      pair.world.chain.feerate_per_kw = 253;
      await pair.mine(144 + POLICY.irrevocable_depth + 6);
      await pair.assertOver('shop');
      assert.deepEqual(
        pair.shop.log.filter((line) => line.includes('IS LOST')),
        [],
      );
    });
  }
}
