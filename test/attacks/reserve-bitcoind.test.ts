/**
 * What the reserve lets a shop take comes home, on bitcoind: the shop has no more than the reserve asks for, all channels
 * fail at once, and nobody tells it what fees are.
 */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { channelCost } from '../../src/node/reserve/cost.ts';
import { bitcoindMissing } from '../support/bitcoind.ts';
import { Harbour } from './harbour.ts';

/** Without an estimate 50 sat per virtual byte are reckoned with. */
const STRESS_PER_KW = 12_500;

/** Each of so many coins pays for four channels at the stress feerate. */
function coinsFor(channels: number, parts: number): readonly bigint[] {
  return new Array<bigint>(channels / 4).fill(4n * channelCost(parts, STRESS_PER_KW));
}

describe('channels that the reserve can defend', { skip: bitcoindMissing ?? false, timeout: 300_000 }, () => {
  for (const [channels, parts, part_sat] of [
    [12, 1, 150_000],
    [20, 3, 60_000],
  ] as const) {
    it(`${channels} channels of ${parts} HTLCs, ${channels / 4} coins`, () =>
      // Nothing is taken on trust: what comes in is what the wallet can carry.
      Harbour.run(
        { channels, parts, part_sat, coins_sat: coinsFor(channels, parts), shop: ['--undefended-msat=0'] },
        async (harbour) => {
          await harbour.fall();
          await harbour.mineToExpiry();
          const paid_sat = BigInt(channels * parts * part_sat);
          const gained_sat = await harbour.gained();
          const anchors_sat = 330n * BigInt(channels);
          assert.ok(gained_sat > paid_sat - 60_000n, `${gained_sat} sat of ${paid_sat}`);
          assert.ok(gained_sat <= paid_sat + anchors_sat, `${gained_sat} sat of ${paid_sat}`);
        },
      ));
  }
});
