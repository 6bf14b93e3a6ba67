/** Many channels fail at once, on bitcoind, and one coin has to bring all of their HTLCs home. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { bitcoindMissing } from '../support/bitcoind.ts';
import { Harbour, type HarbourOptions } from './harbour.ts';

interface Case extends HarbourOptions {
  readonly what: string;
  /** Virtual bytes are dropped that pay less. */
  readonly mempool_sat_per_vbyte?: number;
  readonly most_fees_sat: bigint;
}

const CASES: readonly Case[] = [
  {
    what: 'one coin of 25,000 sat',
    channels: 12,
    parts: 1,
    part_sat: 100_000,
    coins_sat: [25_000n],
    most_fees_sat: 20_000n,
  },
  {
    what: 'three parts in each',
    channels: 20,
    parts: 3,
    part_sat: 50_000,
    coins_sat: [1_000_000n],
    most_fees_sat: 20_000n,
  },
  {
    what: 'a mempool that finds the commitments too cheap',
    channels: 8,
    parts: 1,
    part_sat: 250_000,
    coins_sat: [2_000_000n],
    bitcoind: ['-maxmempool=5'],
    mempool_sat_per_vbyte: 5,
    most_fees_sat: 100_000n,
  },
  {
    what: 'blocks that take nothing below 5 sat a virtual byte, and no estimate',
    channels: 8,
    parts: 1,
    part_sat: 250_000,
    coins_sat: [1_000_000n],
    bitcoind: ['-blockmintxfee=0.00005'],
    most_fees_sat: 60_000n,
  },
];

describe('many channels that fail at once', { skip: bitcoindMissing ?? false, timeout: 580_000 }, () => {
  for (const { what, mempool_sat_per_vbyte, most_fees_sat, ...options } of CASES) {
    const { channels, parts, part_sat } = options;
    it(`${channels}, with one coin: ${what}`, () =>
      Harbour.run(options, async (harbour) => {
        if (mempool_sat_per_vbyte !== undefined) await harbour.fillMempool(mempool_sat_per_vbyte);
        await harbour.fall();
        await harbour.mineToExpiry();
        await harbour.calm();
        const gained_sat = await harbour.gained();
        const paid_sat = BigInt(channels * parts * part_sat);
        assert.ok(gained_sat > paid_sat - most_fees_sat, `${gained_sat} sat of ${paid_sat}`);
      }));
  }
});
