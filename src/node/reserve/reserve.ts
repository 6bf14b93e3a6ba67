/**
 * The reserve: coins of the wallet that are kept to bring channels to the chain, and the rule that follows from it. What
 * cannot be defended is not taken: an HTLC beyond what the wallet can carry to the chain at a stress feerate, and beyond a
 * small allowance, goes back (docs/decisions/0017).
 */
import {
  MAX_U64,
  type Msat,
  msat,
  msatToSatFloor,
  type Sat,
  sat,
  subtractOrZero,
  sum,
} from '../../base/types/amount.ts';
import type { ChannelId, NodeId } from '../../base/types/brand.ts';
import type { HeldPart, ReserveChannel, ReserveChannels, ReserveFees, ReserveLog, ReserveWallet } from './ports.ts';
import { reserveSize, type Size, type SizeLimits } from './sizing.ts';
import { splitFor } from './split.ts';
import { type IsHeld, type Stake, stakeIn, unminedGain } from './stake.ts';
import { feeratesNow } from './stress.ts';
import { judge, type StakeOfPeer, type Verdict } from './verdict.ts';

export interface ReserveOptions {
  readonly wallet: ReserveWallet;
  readonly channels: ReserveChannels;
  readonly fees: ReserveFees;
  readonly limits: SizeLimits;
  /** What may be at stake undefended, over all channels together. */
  readonly allowance_msat: Msat;
  /** Peers whose HTLCs need no defence. */
  readonly undefended_peers: ReadonlySet<NodeId>;
  /** The height of the newest block: a refusal is logged once in each. */
  readonly height: () => number;
  readonly log: ReserveLog;
}

/** The reserve as it is now. */
export interface ReserveState {
  readonly wanted_sat: Sat;
  readonly held_sat: Sat;
  readonly wanted_coins: number;
  readonly coins: number;
  /** The feerate that it is to bear, satoshi per 1000 weight. */
  readonly stress_per_kw: number;
  readonly allowance_msat: Msat;
  /** What is missing and what to do, as a sentence; undefined when nothing is missing. */
  readonly warning: string | undefined;
}

/** A peer of a channel that may come. */
const NOBODY = '' as NodeId;

/**
 * While channels and coins come and go the coins are wanted: who deposits may well open a channel with it in the next
 * minute, and what a split makes is in no block yet. A split waits until that has been over for so long.
 */
const QUIET_BLOCKS = 12;

/** Between two splits, so that fees which move do not make one after the other. */
const SPLIT_AGAIN_BLOCKS = 144;

const NEXT_STEP = 'to an address of `newaddr`';

export class Reserve {
  readonly #options: ReserveOptions;
  #was_short = false;
  #refused_height: number | undefined;
  #is_splitting = false;
  #channel_count = 0;
  #total_sat = sat(0);
  #next_split_height = 0;

  constructor(options: ReserveOptions) {
    this.#options = options;
  }

  /** What the wallet must keep, with so many channels more than there are. */
  wantedSat(more_channels = 0): Sat {
    return this.#size(more_channels).amount_sat;
  }

  #size(more_channels: number): Size {
    const { channels, fees, limits } = this.#options;
    const open = channels.list().filter(({ state }) => state.phase !== 'spent' && state.phase !== 'closed');
    const inbound = open.filter(({ state }) => state.remote_msat > state.local_msat).length;
    const count = { all: open.length + more_channels, inbound };
    return reserveSize(count, feeratesNow(fees).stress_per_kw, limits);
  }

  #coins(): readonly Sat[] {
    return this.#options.wallet.reserveCoins().map(({ amount_sat }) => amount_sat);
  }

  /** The reserve as it is now. */
  state(): ReserveState {
    const { fees, allowance_msat } = this.#options;
    const { amount_sat: wanted_sat, coins: wanted_coins } = this.#size(0);
    const coins = this.#coins();
    const held_sat = sum(coins);
    const missing_sat = subtractOrZero(wanted_sat, held_sat);
    const { stress_per_kw } = feeratesNow(fees);
    const warning =
      missing_sat === 0n
        ? undefined
        : `the wallet holds ${held_sat} sat of the ${wanted_sat} sat that it should keep for closing channels: deposit ` +
          `${missing_sat} sat ${NEXT_STEP}, or payments of more than ${msatToSatFloor(allowance_msat)} sat may not be taken`;
    return { wanted_sat, held_sat, wanted_coins, coins: coins.length, stress_per_kw, allowance_msat, warning };
  }

  /** Tells the log when the reserve has become short, or is enough again. Called with every block. */
  checkBlock(): void {
    const { warning } = this.state();
    const isShort = warning !== undefined;
    if (isShort && !this.#was_short) this.#options.log.warn(warning);
    if (!isShort && this.#was_short) this.#options.log.info('the reserve for closing channels is there again');
    this.#was_short = isShort;
  }

  /**
   * Keeps the reserve in as many coins as it should be, when fees are calm and nothing needs the coins now. Called with
   * every block; rejects only for what no wallet should do.
   */
  async splitIfDue(): Promise<void> {
    const { wallet, channels, fees, height, log } = this.#options;
    const coins = wallet.reserveCoins();
    const isUnderWay = coins.some(({ blockheight }) => blockheight === undefined);
    const list = channels.list();
    const total_sat = sum(coins.map(({ amount_sat }) => amount_sat));
    if (list.length !== this.#channel_count || total_sat !== this.#total_sat) {
      this.#channel_count = list.length;
      this.#total_sat = total_sat;
      this.#next_split_height = Math.max(this.#next_split_height, height() + QUIET_BLOCKS);
    }
    const isNeeded = list.some((channel) => this.#needsCoins(channel));
    if (this.#is_splitting || isUnderWay || isNeeded || height() < this.#next_split_height) return;
    const sizes = coins.map(({ amount_sat }) => amount_sat);
    const split = splitFor(sizes, this.#size(0), feeratesNow(fees).stress_per_kw, fees);
    if (split === undefined) return;
    this.#is_splitting = true;
    this.#next_split_height = height() + SPLIT_AGAIN_BLOCKS;
    try {
      const { txid } = await wallet.split(split);
      log.info(
        `${split.coins} coins of ${split.each_sat} sat are split off for closing channels, by transaction ${txid}`,
      );
    } catch (error) {
      log.warn(`the reserve could not be split: ${error instanceof Error ? error.message : error}`);
    } finally {
      this.#is_splitting = false;
    }
  }

  /** Whether the channel asks for coins, or may at any moment. */
  #needsCoins({ channel_id, state }: ReserveChannel): boolean {
    if (state.phase === 'spent') return (this.#options.channels.ending(channel_id)?.amounts_sat.length ?? 0) > 0;
    return state.phase === 'failed' || state.htlcs.length > 0;
  }

  /**
   * Whether all these HTLCs can be defended, together with those that are fulfilled already. `parts` are to be accepted
   * now, and are among `held`. `waits`: when not, they go on waiting, and nothing is told.
   */
  admits(parts: readonly HeldPart[], held: readonly HeldPart[], waits = false): boolean {
    const { channels, undefended_peers, log, height } = this.#options;
    const names = new Set(held.map(nameOf));
    const list = channels.list();
    const touched = new Set(parts.map(({ channel_id }) => channel_id));
    const untrusted = list.filter(
      ({ channel_id, peer_id }) => touched.has(channel_id) && !undefended_peers.has(peer_id),
    );
    if (untrusted.length === 0) return true;
    const isHeld: IsHeld = (channel_id, htlc_id) =>
      names.has(nameOf({ channel_id, htlc_id })) || channels.isClaimed(channel_id, htlc_id);
    const { is_defended, needed_sat } = this.#judge(this.#stakes(list, isHeld));
    if (!is_defended && !waits && this.#refused_height !== height()) {
      this.#refused_height = height();
      log.warn(
        `a payment was refused: the wallet could not bring it to the chain when fees rise. It holds ` +
          `${sum(this.#coins())} sat, and ${needed_sat} sat in enough coins are needed: deposit more ${NEXT_STEP}`,
      );
    }
    return is_defended;
  }

  #stakes(list: readonly ReserveChannel[], isHeld: IsHeld): StakeOfPeer[] {
    const { channels } = this.#options;
    const stakes: StakeOfPeer[] = [];
    for (const channel of list) {
      const stake = stakeIn(channel, isHeld, (channel_id) => channels.ending(channel_id));
      if (stake !== undefined) stakes.push({ peer_id: channel.peer_id, stake });
    }
    return stakes;
  }

  #judge(stakes: readonly StakeOfPeer[]): Verdict {
    const { fees, allowance_msat, undefended_peers } = this.#options;
    const feerates = feeratesNow(fees);
    return judge({ stakes, coins: () => this.#coins(), feerates, allowance_msat, undefended_peers });
  }

  /**
   * What `invoice` says of an amount that could not be defended if it were paid now; undefined when it could. The amount
   * is taken to come over the channels with most room, in one part each.
   */
  warningFor(amount_msat: Msat): string | undefined {
    const { channels, allowance_msat } = this.#options;
    const rooms = channels
      .list()
      .filter(({ state }) => state.phase === 'normal')
      .map((channel) => ({ channel, room_msat: channels.receivableMsat(channel) }))
      .sort((a, b) => Number(b.room_msat - a.room_msat));
    const stakes: StakeOfPeer[] = [];
    let rest_msat: bigint = amount_msat;
    for (const [index, { channel, room_msat }] of rooms.entries()) {
      // What no channel has room for is counted with the last.
      const part_msat = index === rooms.length - 1 || rest_msat < room_msat ? rest_msat : room_msat;
      if (part_msat <= 0n) break;
      rest_msat -= part_msat;
      stakes.push({ peer_id: channel.peer_id, stake: supposedStake(channel, msat(part_msat)) });
    }
    if (rooms.length === 0) stakes.push({ peer_id: NOBODY, stake: supposedStake(undefined, amount_msat) });
    const { is_defended, needed_sat } = this.#judge(stakes);
    if (is_defended) return undefined;
    const isUnmined = stakes.some(({ stake }) => stake.lost_msat > allowance_msat);
    if (isUnmined) {
      return `A payment of this amount would be refused: it would come over a channel whose funding is in no block yet, and no more than ${allowance_msat} msat may be at stake there. Wait for the block, or name the peer with --undefended-peer`;
    }
    return this.#poverty(needed_sat);
  }

  /**
   * Why so much could not be brought to the chain over a channel that this peer is still to open, once a block holds it;
   * undefined when it could.
   */
  warningForNew(peer_id: NodeId, amount_msat: Msat): string | undefined {
    const { is_defended, needed_sat } = this.#judge([{ peer_id, stake: supposedStake(undefined, amount_msat) }]);
    return is_defended ? undefined : this.#poverty(needed_sat);
  }

  /** What may be at stake in channels of this peer that no block holds. */
  allowanceFor(peer_id: NodeId): Msat {
    const { allowance_msat, undefended_peers } = this.#options;
    return undefended_peers.has(peer_id) ? (MAX_U64 as Msat) : allowance_msat;
  }

  #poverty(needed_sat: Sat): string {
    const held_sat = sum(this.#coins());
    return (
      'A payment of this amount would be refused: if its channel had to be closed, the wallet could not pay the fees. It ' +
      `holds ${held_sat} sat, and ${needed_sat} sat in enough coins are needed: deposit ` +
      `${subtractOrZero(needed_sat, held_sat)} sat or more ${NEXT_STEP}`
    );
  }
}

/** The stake in a channel, or in one that may come, that holds just one HTLC. */
function supposedStake(channel: ReserveChannel | undefined, amount_msat: Msat): Stake {
  const lost_msat = channel === undefined ? msat(0) : unminedGain(channel);
  const isMined = channel === undefined || channel.state.funding_confirmation !== undefined;
  return {
    lost_msat: isMined ? msat(0) : msat(lost_msat + amount_msat),
    amounts_sat: isMined ? [msatToSatFloor(amount_msat)] : [],
    htlc_outputs: 1,
    commitment_per_kw: channel?.state.feerates[0]?.feerate_per_kw ?? 0,
    needs_child: true,
    own_sat: msatToSatFloor(channel?.state.local_msat ?? msat(0)),
  };
}

function nameOf({ channel_id, htlc_id }: { readonly channel_id: ChannelId; readonly htlc_id: bigint }): string {
  return `${channel_id}:${htlc_id}`;
}
