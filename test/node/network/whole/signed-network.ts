/**
 * A public network that nobody can tell from a real one, on regtest: the shape, capacities and fees of mainnet's, with keys
 * of our own, every signature valid and every funding output in a block of bitcoind.
 */

import { readSnapshot, type Snapshot } from '../../../../bench/support/snapshot.ts';
import { curve } from '../../../../src/base/crypto/secp256k1.ts';
import { msat, type Sat, sat } from '../../../../src/base/types/amount.ts';
import type { Txid } from '../../../../src/base/types/brand.ts';
import { fromHex, toHex } from '../../../../src/base/types/hex.ts';
import type { ShortChannelId } from '../../../../src/base/types/short-channel-id.ts';
import { fundingScript, fundingScriptPubkey, orderFundingKeys } from '../../../../src/codec/tx/channel-scripts.ts';
import { SIGHASH_ALL, Sighash } from '../../../../src/codec/tx/sighash.ts';
import { derSignature } from '../../../../src/codec/tx/signature.ts';
import {
  outpointBytes,
  serializeTransaction,
  type Transaction,
  txInput,
  txidOf,
  withWitness,
} from '../../../../src/codec/tx/transaction.ts';
import { fundingWitness } from '../../../../src/codec/tx/witness.ts';
import { scidHalves } from '../../../../src/protocol/gossip/fields.ts';
import { channelRecord, encodeRecord, FILE_VERSION, RECORD_TYPES } from '../../../../src/protocol/gossip/record.ts';
import type { BitcoindProcess } from '../../../support/bitcoind.ts';
import { announcement, idOf, keyOf, nodeAnnouncement, update } from '../city.ts';

/** Anybody may spend it: no keys for the coins that fund the network. */
export const ANYBODY = '51';
const COINBASE_MATURES_AFTER = 100;
const OUTPUTS_A_TRANSACTION = 2_000;
const FINAL = 0xffffffff;

/** One direction of a channel, as `listchannels` has it. */
export interface ListedDirection {
  readonly source: string;
  readonly destination: string;
  readonly short_channel_id: string;
  readonly amount_msat: number;
  readonly active: boolean;
  readonly last_update: number;
  readonly base_fee_millisatoshi: number;
  readonly fee_per_millionth: number;
  readonly delay: number;
  readonly htlc_minimum_msat: number;
  readonly htlc_maximum_msat: number;
}

interface Coin {
  readonly txid: Txid;
  readonly vout: number;
  readonly amount_sat: Sat;
}

/** A channel of the network, and the coin that it is. */
export interface SignedChannel {
  readonly short_channel_id: string;
  readonly ends: readonly [string, string];
  readonly coin: Coin;
}

/** The network: what a map of it holds, and a map file that does. */
export interface SignedNetwork {
  readonly channels: readonly SignedChannel[];
  readonly directions: readonly ListedDirection[];
  readonly node_ids: ReadonlySet<string>;
  readonly map_file: Buffer;
  /** Of the chain when it was funded. */
  readonly height: number;
}

function scriptOf(short_channel_id: string, [one, two]: readonly [string, string]): Uint8Array {
  return fundingScriptPubkey(idOf(`${short_channel_id} ${one}`), idOf(`${short_channel_id} ${two}`));
}

/** The nodes of a channel; the first is the one whose real id is the lesser, whose terms come first in the snapshot. */
function endsOf({ first, second, ids }: Snapshot, channel: number): readonly [string, string] {
  const ends = [first[channel] as number, second[channel] as number];
  const sorted = ends.sort((a, b) => (ids[a] as Buffer).compare(ids[b] as Buffer));
  return sorted.map((node) => `node ${node}`) as [string, string];
}

/** Coins of anybody that are worth so much together. */
async function mineCoins(bitcoind: BitcoindProcess, amount_sat: number): Promise<Coin[]> {
  const coins: Coin[] = [];
  let missing_sat = amount_sat;
  while (missing_sat > 0) {
    const [hash] = await bitcoind.mine(1, ANYBODY);
    const { tx } = await bitcoind.call<{ tx: { txid: Txid; vout: { value: number }[] }[] }>('getblock', hash, 2);
    const [{ txid, vout }] = tx as [{ txid: Txid; vout: { value: number }[] }];
    const value_sat = Math.round((vout[0]?.value ?? 0) * 1e8);
    coins.push({ txid, vout: 0, amount_sat: sat(BigInt(value_sat)) });
    missing_sat -= value_sat;
  }
  await bitcoind.mine(COINBASE_MATURES_AFTER, ANYBODY);
  return coins;
}

/** Puts a transaction into a block of its own. */
export async function mineTransaction(bitcoind: BitcoindProcess, transaction: Transaction): Promise<void> {
  await bitcoind.call('generateblock', `raw(${ANYBODY})`, [toHex(serializeTransaction(transaction))]);
}

/** Funds the channels of the snapshot, as many as asked for. */
async function fund(bitcoind: BitcoindProcess, snapshot: Snapshot, count: number): Promise<SignedChannel[]> {
  const total_sat = snapshot.capacity_sat.subarray(0, count).reduce((sum, capacity_sat) => sum + capacity_sat, 0);
  const coins = await mineCoins(bitcoind, total_sat);
  const channels: SignedChannel[] = [];
  while (channels.length < count) {
    const height = (await bitcoind.call<number>('getblockcount')) + 1;
    const start = channels.length;
    const some = Array.from({ length: Math.min(OUTPUTS_A_TRANSACTION, count - start) }, (_, vout) => {
      const ends = endsOf(snapshot, start + vout);
      const short_channel_id = `${height}x1x${vout}`;
      return { ends, short_channel_id, amount_sat: sat(BigInt(snapshot.capacity_sat[start + vout] as number)) };
    });
    const outputs = some.map(({ ends, short_channel_id, amount_sat }) => ({
      amount_sat,
      script_pubkey: scriptOf(short_channel_id, ends),
    }));
    let change_sat = -outputs.reduce((sum, { amount_sat }) => sum + amount_sat, 0n);
    const spent: Coin[] = [];
    while (change_sat < 0n) {
      const coin = coins.pop();
      if (coin === undefined) throw new Error('fewer coins were mined than the channels need');
      spent.push(coin);
      change_sat += coin.amount_sat;
    }
    const change = { amount_sat: sat(change_sat), script_pubkey: fromHex(ANYBODY) };
    const transaction: Transaction = {
      version: 2,
      inputs: spent.map((coin) => txInput(coin, FINAL)),
      outputs: [...outputs, change],
      locktime: 0,
    };
    await mineTransaction(bitcoind, transaction);
    const txid = txidOf(transaction);
    for (const [vout, { ends, short_channel_id, amount_sat }] of some.entries()) {
      channels.push({ ends, short_channel_id, coin: { txid, vout, amount_sat } });
    }
    coins.push({ txid, vout: outputs.length, amount_sat: change.amount_sat });
  }
  await bitcoind.mine(6, ANYBODY);
  return channels;
}

/** The record that a channel's output was looked at, for whoever holds the file. */
function checkedRecord({ short_channel_id, coin }: SignedChannel): Buffer {
  const { scid_high, scid_low } = scidHalves(short_channel_id) as { scid_high: number; scid_low: number };
  const fingerprint = Buffer.from(outpointBytes(coin)).readBigUInt64BE(0) ^ BigInt(coin.vout + 1);
  const message = channelRecord(RECORD_TYPES.output_checked, scid_high, scid_low, coin.amount_sat, fingerprint);
  return encodeRecord(message, 0);
}

/** Makes the network: its first `count` channels. `folder` has the snapshot. */
export async function signedNetwork(
  bitcoind: BitcoindProcess,
  folder: string,
  count: number,
  timestamp: number,
): Promise<SignedNetwork> {
  const snapshot = readSnapshot(folder);
  const channels = await fund(bitcoind, snapshot, Math.min(count, snapshot.count));
  // Asked before all is signed: bitcoind hangs up a connection that is idle so long.
  const height = await bitcoind.call<number>('getblockcount');
  const records: Buffer[] = [Buffer.of(FILE_VERSION)];
  const directions: ListedDirection[] = [];
  const names = new Set<string>();
  for (const [index, channel] of channels.entries()) {
    const { ends, short_channel_id, coin } = channel;
    records.push(encodeRecord(announcement(...ends, short_channel_id), timestamp), checkedRecord(channel));
    for (const half of [2 * index, 2 * index + 1]) {
      const [from, to] = half % 2 === 0 ? ends : ([ends[1], ends[0]] as const);
      const terms = {
        fee_base_msat: snapshot.base[half] as number,
        fee_proportional_millionths: snapshot.ppm[half] as number,
        cltv_expiry_delta: snapshot.cltv[half] as number,
        htlc_minimum_msat: msat(BigInt(snapshot.minimum[half] as number)),
        htlc_maximum_msat: msat(BigInt(snapshot.maximum[half] as number)),
        disabled: snapshot.disabled[half] === 1,
        timestamp,
      };
      records.push(encodeRecord(update(from, to, short_channel_id, terms), timestamp));
      directions.push({
        source: idOf(from),
        destination: idOf(to),
        short_channel_id,
        amount_msat: Number(coin.amount_sat) * 1000,
        active: !terms.disabled,
        last_update: timestamp,
        base_fee_millisatoshi: terms.fee_base_msat,
        fee_per_millionth: terms.fee_proportional_millionths,
        delay: terms.cltv_expiry_delta,
        htlc_minimum_msat: Number(terms.htlc_minimum_msat),
        htlc_maximum_msat: Number(terms.htlc_maximum_msat),
      });
      names.add(from);
    }
  }
  for (const name of names) records.push(encodeRecord(nodeAnnouncement(name, timestamp), timestamp));
  const node_ids = new Set([...names].map(idOf));
  return { channels, directions, node_ids, map_file: Buffer.concat(records), height };
}

/** A transaction that spends a channel's funding output, as both sides would sign it. */
export function spendOf({ short_channel_id, ends, coin }: SignedChannel): Transaction {
  const names = ends.map((end) => `${short_channel_id} ${end}`) as [string, string];
  const keys = names.map((name) => fromHex(idOf(name as ShortChannelId))) as [Uint8Array, Uint8Array];
  const script = fundingScript(...keys);
  const transaction: Transaction = {
    version: 2,
    inputs: [txInput(coin, FINAL)],
    outputs: [{ amount_sat: coin.amount_sat, script_pubkey: fromHex(ANYBODY) }],
    locktime: 0,
  };
  const digest = new Sighash(transaction).segwit(0, script, coin.amount_sat, SIGHASH_ALL);
  const [one, two] = names.map((name) => derSignature(curve.sign(digest, keyOf(name)), SIGHASH_ALL)) as [
    Uint8Array,
    Uint8Array,
  ];
  const isFirst = orderFundingKeys(...keys)[0] === keys[0];
  return withWitness(transaction, 0, isFirst ? fundingWitness(one, two, script) : fundingWitness(two, one, script));
}
