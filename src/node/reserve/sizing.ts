/** How much the wallet should keep for its channels, and in how many coins. */
import { max, type Sat, sat } from '../../base/types/amount.ts';
import { channelCost } from './cost.ts';
import { CHANNELS_PER_COIN } from './cover.ts';

/** So many HTLCs are reckoned with in each channel: a payment seldom comes in more parts over one. */
export const HTLCS_PER_CHANNEL = 4;

/** The reserve, as it should be. */
export interface Size {
  readonly amount_sat: Sat;
  readonly coins: number;
}

/** What the operator says of it. */
export interface SizeLimits {
  /** The least, while there is any channel (`min-emergency-msat`). */
  readonly least_sat: Sat;
  /** In how many coins it is kept where there are channels enough (`reserve-coins`). */
  readonly coins: number;
}

/** The reserve for so many channels at this feerate. One coin more than channels, so that there is one to spare. */
export function reserveSize(channels: number, stress_per_kw: number, limits: SizeLimits): Size {
  if (channels === 0) return { amount_sat: sat(0), coins: 0 };
  const each_sat = channelCost(HTLCS_PER_CHANNEL, stress_per_kw);
  return {
    amount_sat: max(limits.least_sat, sat(each_sat * BigInt(channels))),
    coins: Math.max(Math.min(limits.coins, channels + 1), Math.ceil(channels / CHANNELS_PER_COIN)),
  };
}
