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
  /** In how many coins it is kept (`reserve-coins`); undefined: as many as the channels need. */
  readonly coins: number | undefined;
}

/** The channels that it is for. */
export interface ChannelCount {
  readonly all: number;
  /** Those that hold more of the peer's money than of ours: payments to us come over them. */
  readonly inbound: number;
}

/** Channels that share a coin: half of what one can serve at once, so that one of two coins may be missing. */
const CHANNELS_FOR_EACH_COIN = CHANNELS_PER_COIN / 2;

/** The reserve for so many channels at this feerate. */
export function reserveSize({ all, inbound }: ChannelCount, stress_per_kw: number, limits: SizeLimits): Size {
  if (all === 0) return { amount_sat: sat(0), coins: 0 };
  const each_sat = channelCost(HTLCS_PER_CHANNEL, stress_per_kw);
  return {
    amount_sat: max(limits.least_sat, sat(each_sat * BigInt(all))),
    coins: limits.coins ?? Math.max(1, Math.ceil(inbound / CHANNELS_FOR_EACH_COIN)),
  };
}
