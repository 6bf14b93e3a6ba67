/**
 * Shops that all fail at once, drawn by chance: 1 to 20 channels, 1 to 60 parts, one coin or many, calm or crowded
 * mempools, no estimates, a peer that publishes first, restarts. The wallet holds what the reserve asks for, so every
 * satoshi must come home, less fees. `TILL_ROUNDS` gives the number of draws and `TILL_SEED` the first one's seed.
 */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { channelCost } from '../../src/node/reserve/cost.ts';
import { Random } from '../sim/random.ts';
import { bitcoindMissing } from '../support/bitcoind.ts';
import { Harbour, type HarbourOptions } from './harbour.ts';

const ROUNDS = Number(process.env.TILL_ROUNDS ?? 3);
const FIRST_SEED = Number(process.env.TILL_SEED ?? 1);

/** Without an estimate 50 sat per virtual byte are reckoned with. */
const STRESS_PER_KW = 12_500;
/** What one coin counts for. */
const CHANNELS_FOR_A_COIN = 8;
/** HTLCs of all channels together, so that a draw ends within a minute or two. */
const MOST_HTLCS = 120;
/** Of a channel's 1,000,000 sat, what HTLCs may take. */
const CHANNEL_SAT = 900_000;

interface Climate {
  readonly name: string;
  readonly bitcoind?: readonly string[];
  readonly mempool_sat_per_vbyte?: number;
}

const CLIMATES: readonly Climate[] = [
  { name: 'calm' },
  { name: 'a mempool that asks for 3 sat/vB', bitcoind: ['-maxmempool=5'], mempool_sat_per_vbyte: 3 },
  { name: 'a mempool that asks for 10 sat/vB', bitcoind: ['-maxmempool=5'], mempool_sat_per_vbyte: 10 },
  { name: 'blocks that ask for 5 sat/vB', bitcoind: ['-blockmintxfee=0.00005'] },
  { name: 'blocks that ask for 20 sat/vB', bitcoind: ['-blockmintxfee=0.0002'] },
];

interface Draw extends HarbourOptions {
  readonly climate: Climate;
  /** Channels whose peer publishes its own commitment first. */
  readonly rivals: number;
  /** How often the shop restarts on the way. */
  readonly restarts: number;
}

function draw(random: Random): Draw {
  const climate = random.pick(CLIMATES);
  const channels = random.pick([1, 2, 4, 8, 12, 16, 20]);
  const parts = Math.min(random.pick([1, 1, 2, 5, 20, 60]), Math.floor(MOST_HTLCS / channels));
  const part_sat = Math.floor((CHANNEL_SAT / parts) * (0.5 + random.next() / 2));
  const fewest = Math.ceil(channels / CHANNELS_FOR_A_COIN);
  const coins = fewest + random.below(channels - fewest + 1);
  const each_sat = (BigInt(channels) * channelCost(parts, STRESS_PER_KW)) / BigInt(coins) + 10_000n;
  const rivals = random.chance(0.3) ? random.below(channels + 1) : 0;
  return {
    climate,
    channels,
    parts,
    part_sat,
    coins_sat: new Array<bigint>(coins).fill(each_sat),
    ...(climate.bitcoind && { bitcoind: climate.bitcoind }),
    shop: ['--undefended-msat=0'],
    rivals,
    restarts: random.below(4),
  };
}

function title({ climate, channels, parts, part_sat, coins_sat, rivals, restarts }: Draw): string {
  const coins = `${coins_sat.length} coins of ${coins_sat[0]} sat`;
  return `${channels} channels of ${parts} x ${part_sat} sat, ${coins}, ${climate.name}, ${rivals} rivals, ${restarts} restarts`;
}

describe('shops that the reserve can defend, drawn by chance', { skip: bitcoindMissing ?? false }, () => {
  for (let round = 0; round < ROUNDS; round++) {
    const random = new Random(FIRST_SEED + round);
    const drawn = draw(random);
    it(`seed ${FIRST_SEED + round}: ${title(drawn)}`, { timeout: 580_000 }, () =>
      Harbour.run(drawn, async (harbour) => {
        await harbour.fall(drawn.rivals);
        if (drawn.climate.mempool_sat_per_vbyte !== undefined) {
          await harbour.fillMempool(drawn.climate.mempool_sat_per_vbyte);
        }
        for (let restart = 0; restart < drawn.restarts; restart++) {
          await harbour.mine(random.below(4));
          await harbour.restart();
        }
        await harbour.mineToExpiry();
        await harbour.calm();
        const paid_sat = BigInt(drawn.channels * drawn.parts * drawn.part_sat);
        const gained_sat = await harbour.gained();
        const wallet_sat = drawn.coins_sat.reduce((total, coin_sat) => total + coin_sat, 0n);
        assert.ok(gained_sat > paid_sat - wallet_sat, `${gained_sat} sat of ${paid_sat}`);
      }),
    );
  }
});
