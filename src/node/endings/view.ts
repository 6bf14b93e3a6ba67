/** How an ending is shown to operators: state and status in Core Lightning's words, and what is on its way to the wallet. */

import { msatToSatFloor, type Sat } from '../../base/types/amount.ts';
import type { ChannelId, NodeId, Txid } from '../../base/types/brand.ts';
import { fromHex } from '../../base/types/hex.ts';
import { parseTransaction, txidOf } from '../../codec/tx/transaction.ts';
import { lostHtlcs, missedPenalties } from '../../protocol/onchain/outcome.ts';
import { nameOf } from '../../protocol/onchain/outpoint.ts';
import { type TrackedOutput, trackOutputs } from '../../protocol/onchain/tracked-output.ts';
import type { LiveEnding } from './live-ending.ts';
import type { EndingKind } from './row.ts';

/** Core Lightning's words for a channel that ends. */
export type EndingState = 'AWAITING_UNILATERAL' | 'FUNDING_SPEND_SEEN' | 'ONCHAIN';

/** An output that is ours to take, and is not taken in a block yet. */
export interface Sweep {
  readonly txid: Txid;
  readonly vout: number;
  readonly amount_sat: Sat;
  /** Core Lightning's name of the output, such as DELAYED_OUTPUT_TO_US. */
  readonly output_type: string;
  /** The first block that may hold the transaction that takes it. */
  readonly valid_height: number;
  /** The transaction that takes it, once it is sent. */
  readonly sweep_txid: Txid | undefined;
}

/** A channel that ends. */
export interface EndingView {
  readonly channel_id: ChannelId;
  readonly peer_id: NodeId;
  readonly state: EndingState;
  /** As in `listpeerchannels`: each line begins with the state it belongs to. */
  readonly status: readonly string[];
  readonly ending: EndingKind | undefined;
  /** The transaction in a block that spent the funding output. */
  readonly closing_txid: Txid | undefined;
  /** Our own commitment, once we have decided to publish it. */
  readonly commitment_txid: Txid | undefined;
  readonly sweeps: readonly Sweep[];
  /** Whether blocks hold a spend of each HTLC's output: no payment is in flight in the channel any more. */
  readonly are_htlcs_over: boolean;
}

const TRACKING: Readonly<Record<EndingKind, string>> = {
  mutual: 'Tracking mutual close transaction',
  local: 'Tracking our own unilateral close',
  remote: 'Tracking their unilateral close',
  revoked: 'Tracking their illegal close: taking all funds',
  unknown: 'Tracking an unknown unilateral close: taking what is ours',
};

/** The ending as it is now. One that cannot be followed is shown by what is known of it, and why. */
export function viewOf(ending: LiveEnding, irrevocable_depth: number): EndingView {
  try {
    const view = knownView(ending, irrevocable_depth);
    if (ending.fault === undefined) return view;
    return { ...view, status: [`${view.state}:${notFollowed(ending.fault)}`, ...view.status] };
  } catch (error) {
    const { record, channel, state } = ending;
    const name = channel.state.phase === 'spent' ? 'FUNDING_SPEND_SEEN' : 'AWAITING_UNILATERAL';
    const fault = ending.fault ?? (error instanceof Error ? error.message : String(error));
    return {
      channel_id: record.channel_id,
      peer_id: channel.peer_id,
      ending: record.ending,
      closing_txid: record.closing_txid,
      commitment_txid: txidOfHex(state.force_close?.transaction),
      state: name,
      status: [`${name}:${notFollowed(fault)}`],
      sweeps: [],
      are_htlcs_over: false,
    };
  }
}

function notFollowed(fault: string): string {
  return `Its end on the chain cannot be followed (${fault}): a fault of Till, please report it. It tries again with every block`;
}

function knownView(ending: LiveEnding, irrevocable_depth: number): EndingView {
  const { record, channel, state } = ending;
  const situation = trackOutputs(ending.closing, state);
  const outputs = situation?.outputs.filter(({ role }) => role !== 'anchor' && role !== 'unrecognised') ?? [];
  const kind = situation?.ending.kind;
  const commitment_txid = txidOfHex(state.force_close?.transaction);
  const common = {
    channel_id: record.channel_id,
    peer_id: channel.peer_id,
    ending: kind,
    closing_txid: situation?.txid,
    commitment_txid,
  };
  if (situation === undefined || kind === undefined) {
    const isSeen = channel.state.phase === 'spent' && ending.is_busy;
    const name = isSeen ? 'FUNDING_SPEND_SEEN' : 'AWAITING_UNILATERAL';
    return {
      ...common,
      state: name,
      status: [`${name}:${waiting(ending, commitment_txid)}`],
      sweeps: [],
      are_htlcs_over: false,
    };
  }
  const lines = [TRACKING[kind], progress(ending, kind, outputs, situation.height, irrevocable_depth)];
  for (const { payment_hash, amount_msat } of lostHtlcs(ending.closing, state)) {
    lines.push(`Payment ${payment_hash} of ${msatToSatFloor(amount_msat)} sat to us is lost, its invoice stays paid`);
  }
  for (const { spends, spend } of missedPenalties(outputs, state)) {
    lines.push(`The peer took ${spends.amount_sat} sat with an old state, by transaction ${spend?.txid}`);
  }
  return {
    ...common,
    state: 'ONCHAIN',
    status: lines.map((line) => `ONCHAIN:${line}`),
    sweeps: sweepsOf(ending, kind, outputs),
    are_htlcs_over: outputs.every(({ role, spend }) => role !== 'htlc' || spend !== undefined),
  };
}

function waiting({ channel }: LiveEnding, commitment_txid: Txid | undefined): string {
  if (commitment_txid !== undefined) return `Our commitment transaction ${commitment_txid} waits to be mined`;
  if (channel.state.failure?.data_loss === true) {
    return channel.peer === undefined
      ? 'We have lost data: only the peer can close the channel, and it is not connected'
      : 'We have lost data: only the peer can close the channel, and Till asks it to every minute';
  }
  return 'Waiting for the closing transaction to be mined';
}

function progress(
  ending: LiveEnding,
  kind: EndingKind,
  outputs: readonly TrackedOutput[],
  height: number,
  irrevocable_depth: number,
): string {
  const { told, height: tip_height } = ending.state;
  const open = outputs.filter(({ outpoint }) => !told.includes(`output ${nameOf(outpoint)}`));
  const unspent = open.filter(({ spend }) => spend === undefined);
  const [next] = unspent
    .filter(({ claim }) => claim !== undefined)
    .sort((a, b) => (a.claim?.valid_height ?? 0) - (b.claim?.valid_height ?? 0));
  if (next?.claim !== undefined) {
    const what = `${outputType(kind, next)} (${nameOf(next.outpoint)}) using ${transactionType(kind, next)}`;
    const blocks = next.claim.valid_height - (tip_height + 1);
    const how = blocks > 0 ? `in ${blocks} blocks will spend` : 'waiting confirmation that we spent';
    return `${open.length} outputs unresolved: ${how} ${what}`;
  }
  const [first] = unspent;
  if (first !== undefined) {
    return `${open.length} outputs unresolved: ${outputType(kind, first)} is one (depth ${tip_height - first.height + 1})`;
  }
  const last = Math.max(height, ...open.map(({ spend }) => spend?.height ?? 0));
  const left = Math.max(0, irrevocable_depth - (tip_height - last + 1));
  return `All outputs resolved: waiting ${left} more blocks before forgetting channel`;
}

/** Core Lightning's name of an output. */
function outputType(kind: EndingKind, { role, htlc }: TrackedOutput): string {
  if (role === 'htlc') return htlc?.offered_by === 'local' ? 'OUR_HTLC' : 'THEIR_HTLC';
  if (kind === 'revoked' && role !== 'to_remote') return 'DELAYED_CHEAT_OUTPUT_TO_THEM';
  if (role === 'to_remote') return kind === 'local' ? 'OUTPUT_TO_THEM' : 'OUTPUT_TO_US';
  return kind === 'local' ? 'DELAYED_OUTPUT_TO_US' : 'DELAYED_OUTPUT_TO_THEM';
}

/** Core Lightning's name of the transaction with which we take it. */
function transactionType(kind: EndingKind, { role, htlc }: TrackedOutput): string {
  if (kind === 'revoked' && role !== 'to_remote') return 'OUR_PENALTY_TX';
  if (role !== 'htlc') return 'OUR_DELAYED_RETURN_TO_WALLET';
  const isOffered = htlc?.offered_by === 'local';
  if (kind === 'local') return isOffered ? 'OUR_HTLC_TIMEOUT_TX' : 'OUR_HTLC_SUCCESS_TX';
  return isOffered ? 'OUR_HTLC_TIMEOUT_TO_US' : 'THEIR_HTLC_FULFILL_TO_US';
}

function sweepsOf({ state }: LiveEnding, kind: EndingKind, outputs: readonly TrackedOutput[]): readonly Sweep[] {
  return outputs
    .filter(({ claim, spend }) => claim !== undefined && spend === undefined)
    .map((output) => {
      const name = nameOf(output.outpoint);
      const sent = state.pending.find(
        ({ outpoints, transaction }) => transaction !== undefined && outpoints.includes(name),
      );
      return {
        ...output.outpoint,
        amount_sat: output.spends.amount_sat,
        output_type: outputType(kind, output),
        valid_height: output.claim?.valid_height ?? 0,
        sweep_txid: txidOfHex(sent?.transaction),
      };
    });
}

function txidOfHex(transaction: string | undefined): Txid | undefined {
  return transaction === undefined ? undefined : txidOf(parseTransaction(fromHex(transaction)));
}
