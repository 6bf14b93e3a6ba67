/**
 * Whether the terms of a new channel are acceptable: each field of `open_channel` and `accept_channel` against BOLT 2
 * and the operator's policy. Every check answers with a sentence for the peer, or nothing.
 */
import { curve } from '../../base/crypto/secp256k1.ts';
import type { Sat } from '../../base/types/amount.ts';
import { fromHex } from '../../base/types/hex.ts';
import { MAX_MONEY_SAT } from '../../codec/tx/transaction.ts';
import { ANCHORS_MSAT, commitmentFeeMsat } from './commitment.ts';
import type { ChannelPolicy, Feerates } from './policy.ts';
import { isTakenShutdownScript, type ScriptOptions } from './shutdown-script.ts';
import type { SideTerms } from './state.ts';

/** BOLT 2: the dust limit below which an output of an unknown segwit version would not be relayed. */
const LOWEST_DUST_LIMIT_SATOSHIS = 354n;
/** BOLT 2: so that a commitment_signed and a penalty transaction still fit their limits. */
const HIGHEST_MAX_ACCEPTED_HTLCS = 483;
/** BOLT 2: larger channels need option_support_large_channel on both sides. */
const LARGE_CHANNEL_SATOSHIS = 1n << 24n;

const KEYS = [
  'funding_pubkey',
  'revocation_basepoint',
  'payment_basepoint',
  'delayed_payment_basepoint',
  'htlc_basepoint',
] as const;

/** Whether the hex is a compressed point of the curve. */
export function isPoint(hex: string): boolean {
  return curve.isPublicKey(fromHex(hex));
}

/** What the peer announced of itself, in either message; `reserve` rules bind it to what we announced. */
export function sideFault(
  theirs: SideTerms,
  first_per_commitment_point: string,
  ours: SideTerms,
  funding_satoshis: Sat,
  policy: ChannelPolicy,
  options: ScriptOptions,
): string | undefined {
  const { dust_limit_satoshis, channel_reserve_satoshis, upfront_shutdown_script } = theirs;
  for (const key of KEYS) {
    if (!isPoint(theirs[key])) return `${key} is no valid compressed public key`;
    // With a key of ours as its own a peer's outputs would look like ours on the chain.
    if (KEYS.some((own) => ours[own] === theirs[key])) return `${key} is one of our keys`;
  }
  if (!isPoint(first_per_commitment_point)) return 'first_per_commitment_point is no valid compressed public key';
  if (dust_limit_satoshis < LOWEST_DUST_LIMIT_SATOSHIS) {
    return `dust_limit_satoshis ${dust_limit_satoshis} is below ${LOWEST_DUST_LIMIT_SATOSHIS}`;
  }
  if (dust_limit_satoshis > policy.max_dust_limit_satoshis) {
    return `dust_limit_satoshis ${dust_limit_satoshis} is above our limit of ${policy.max_dust_limit_satoshis}`;
  }
  if (dust_limit_satoshis > channel_reserve_satoshis || ours.dust_limit_satoshis > channel_reserve_satoshis) {
    return `channel_reserve_satoshis ${channel_reserve_satoshis} is below a dust limit`;
  }
  if (dust_limit_satoshis > ours.channel_reserve_satoshis) {
    return `dust_limit_satoshis ${dust_limit_satoshis} is above our channel_reserve_satoshis`;
  }
  if (channel_reserve_satoshis * 1000n > funding_satoshis * BigInt(policy.max_reserve_per_mille)) {
    return `channel_reserve_satoshis ${channel_reserve_satoshis} is too large a share of the channel`;
  }
  if (theirs.to_self_delay > policy.max_to_self_delay) {
    return `to_self_delay ${theirs.to_self_delay} is above our limit of ${policy.max_to_self_delay}`;
  }
  if (theirs.max_accepted_htlcs > HIGHEST_MAX_ACCEPTED_HTLCS) {
    return `max_accepted_htlcs ${theirs.max_accepted_htlcs} is above ${HIGHEST_MAX_ACCEPTED_HTLCS}`;
  }
  if (theirs.max_accepted_htlcs < policy.min_max_accepted_htlcs) {
    return `max_accepted_htlcs ${theirs.max_accepted_htlcs} is below our minimum of ${policy.min_max_accepted_htlcs}`;
  }
  if (theirs.max_htlc_value_in_flight_msat < policy.min_max_htlc_value_in_flight_msat) {
    return `max_htlc_value_in_flight_msat ${theirs.max_htlc_value_in_flight_msat} is too small to be of use`;
  }
  if (theirs.htlc_minimum_msat > theirs.max_htlc_value_in_flight_msat) {
    return `htlc_minimum_msat ${theirs.htlc_minimum_msat} is above max_htlc_value_in_flight_msat: no HTLC would fit`;
  }
  if (theirs.htlc_minimum_msat > policy.max_htlc_minimum_msat) {
    return `htlc_minimum_msat ${theirs.htlc_minimum_msat} is above our limit of ${policy.max_htlc_minimum_msat}`;
  }
  if (upfront_shutdown_script !== '' && !isTakenShutdownScript(upfront_shutdown_script, options)) {
    return 'upfront_shutdown_script is not a script that a channel can be closed to';
  }
  return undefined;
}

/** What `open_channel` alone says: the amounts and the feerate. The reserve is the one that the *fundee* must keep. */
export function openFault(
  open: {
    readonly funding_satoshis: bigint;
    readonly push_msat: bigint;
    readonly feerate_per_kw: number;
    readonly channel_reserve_satoshis: bigint;
  },
  policy: ChannelPolicy,
  feerates: Feerates,
  option_support_large_channel: boolean,
): string | undefined {
  const { funding_satoshis, push_msat, feerate_per_kw, channel_reserve_satoshis } = open;
  if (funding_satoshis < policy.min_funding_satoshis) {
    return `funding_satoshis ${funding_satoshis} is below our minimum of ${policy.min_funding_satoshis}`;
  }
  if (funding_satoshis > MAX_MONEY_SAT) return `funding_satoshis ${funding_satoshis} is more than there is`;
  if (funding_satoshis >= LARGE_CHANNEL_SATOSHIS && !option_support_large_channel) {
    return `funding_satoshis ${funding_satoshis} needs option_support_large_channel`;
  }
  if (push_msat > funding_satoshis * 1000n) return `push_msat ${push_msat} is more than the channel holds`;
  const least_per_kw = feerates.peer_floor_per_kw ?? feerates.floor_per_kw;
  if (!policy.ignore_fee_limits && feerate_per_kw < least_per_kw) {
    return `feerate_per_kw ${feerate_per_kw} is too low to be relayed: now it has to be ${least_per_kw} or more`;
  }
  const to_opener_msat = funding_satoshis * 1000n - push_msat - commitmentFeeMsat(feerate_per_kw, 0) - ANCHORS_MSAT;
  if (to_opener_msat < 0n) return 'the opener cannot pay the fee of the first commitment';
  const reserve_msat = channel_reserve_satoshis * 1000n;
  if (to_opener_msat <= reserve_msat && push_msat <= reserve_msat) {
    return 'neither side would have more than channel_reserve_satoshis';
  }
  return undefined;
}
