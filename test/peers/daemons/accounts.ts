/**
 * What became of channels that were closed alone, to the satoshi: all that was in them is in the two wallets, but for
 * the fees of the transactions that are in blocks, and small outputs that nobody took.
 */
import type { PeerDaemon } from './daemon.ts';
import type { Stream } from './stream.ts';
import type { World } from './world.ts';

/**
 * HTLCs of a closed channel have ended on the chain after so many blocks at most: Till's expire up to two days later than
 * they must, so that nobody sees whose they are, and an output that is too small for a claim is given up 100 blocks later.
 */
const MOST_BLOCKS = 600;
/** What nobody takes: anchors, and HTLCs that are worth less than a claim. The outputs of wallets have other scripts. */
const LEFT_ALONE_SAT = 546n;
const P2WSH = /^0020/;

interface RawTransaction {
  readonly txid: string;
  readonly vin: readonly { readonly txid: string; readonly vout: number }[];
  readonly vout: readonly { readonly value: number; readonly scriptPubKey: { readonly hex: string } }[];
}

const satOf = (value: number | undefined): bigint => BigInt(Math.round((value as number) * 1e8));

/** What both have at one moment, and the block of it. */
export interface Holdings {
  readonly height: number;
  readonly till_sat: bigint;
  readonly peer_sat: bigint;
  /** What the channels between them hold. */
  readonly channels_sat: bigint;
}

/** What Till and the daemon have now. Nothing of theirs is on its way. */
export async function holdings({ till, bitcoind }: World, daemon: PeerDaemon): Promise<Holdings> {
  const open = (await till.channels(daemon.node_id)).filter(({ state }) => state === 'CHANNELD_NORMAL');
  return {
    height: await bitcoind.call<number>('getblockcount'),
    till_sat: await till.walletSat(),
    peer_sat: await daemon.walletSat(),
    channels_sat: open.reduce((sum, { total_msat }) => sum + BigInt(total_msat ?? 0) / 1000n, 0n),
  };
}

/** What Till has: in its wallet, and in open channels with the daemon. */
export async function ownMsat({ till }: World, daemon: PeerDaemon): Promise<bigint> {
  const open = (await till.channels(daemon.node_id)).filter(({ state }) => state === 'CHANNELD_NORMAL');
  return open.reduce((sum, { to_us_msat }) => sum + BigInt(to_us_msat as bigint), (await till.walletSat()) * 1000n);
}

/**
 * Mines until the streams' payments and the HTLCs of closed channels have ended, but for the daemon's own payments below an
 * amount. Answers whether they have.
 */
export async function mineUntilEnded(
  world: World,
  daemon: PeerDaemon,
  streams: readonly Stream[],
  peer_hangs_below_msat?: bigint,
): Promise<boolean> {
  for (const stream of streams) stream.stop();
  // A payment of the peer ends when it has taken its HTLC back on the chain.
  const haveEnded = async (): Promise<boolean> => {
    const ours = await world.till.channels(daemon.node_id);
    const are_over = ours.every(({ state, htlcs }) => state === 'CHANNELD_NORMAL' || htlcs.length === 0);
    return are_over && streams.every((stream) => stream.hasEnded(peer_hangs_below_msat));
  };
  for (let mined = 0; mined < MOST_BLOCKS && !(await haveEnded()); mined += 2) await world.mine(2);
  return await haveEnded();
}

/** What the transactions since this block paid, all of them theirs, and what is left of them that nobody takes. */
async function spentSince({ bitcoind }: World, height: number): Promise<{ fees_sat: bigint; left_sat: bigint }> {
  let fees_sat = 0n;
  let left_sat = 0n;
  const last = await bitcoind.call<number>('getblockcount');
  for (let block = height + 1; block <= last; block++) {
    const hash = await bitcoind.call<string>('getblockhash', block);
    const { tx } = await bitcoind.call<{ tx: readonly RawTransaction[] }>('getblock', hash, 2);
    for (const { txid, vin, vout } of tx.slice(1)) {
      for (const input of vin) {
        const before = await bitcoind.call<RawTransaction>('getrawtransaction', input.txid, 1);
        fees_sat += satOf(before.vout[input.vout]?.value);
      }
      for (const [index, { value, scriptPubKey }] of vout.entries()) {
        fees_sat -= satOf(value);
        if (satOf(value) > LEFT_ALONE_SAT || !P2WSH.test(scriptPubKey.hex)) continue;
        if ((await bitcoind.call('gettxout', txid, index)) !== null) left_sat += satOf(value);
      }
    }
  }
  return { fees_sat, left_sat };
}

/**
 * Mines until both have taken all that the closed channels held; delays last a day with most. Answers the satoshi that are
 * missing after so many blocks, or too many, and what was paid in fees.
 */
export async function mineUntilTaken(world: World, daemon: PeerDaemon, before: Holdings) {
  for (let mined = 0; ; mined += 8) {
    const after = await holdings(world, daemon);
    const { fees_sat, left_sat } = await spentSince(world, before.height);
    const missing_sat =
      before.till_sat +
      before.peer_sat +
      before.channels_sat -
      (after.till_sat + after.peer_sat + after.channels_sat + fees_sat + left_sat);
    const are_on_their_way = (await world.bitcoind.call<string[]>('getrawmempool')).length > 0;
    if ((missing_sat === 0n && !are_on_their_way) || mined >= MOST_BLOCKS) return { missing_sat, fees_sat, after };
    await world.mine(8);
  }
}
