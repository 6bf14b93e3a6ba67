/** A channel as `listpeerchannels` shows it, by Core Lightning's names. */

import { formatAddress } from '../../base/types/address.ts';
import type { NodeId } from '../../base/types/brand.ts';
import { FEATURE_BITS } from '../../base/types/features.ts';
import type { Network } from '../../base/types/network.ts';
import { closeProgress } from '../../node/channels/closing/progress.ts';
import type { ForwardingTerms } from '../../node/channels/gossip/signing.ts';
import type { LiveChannel } from '../../node/channels/live-channel.ts';
import { stateName } from '../../node/channels/state-name.ts';
import type { EndingView } from '../../node/endings/view.ts';
import { channelUpdateFacts, spendableMsat } from '../../protocol/channel/facts.ts';
import { immatureBlocks, isAbsent, isGone, isUnfunded, isUnseen } from '../../protocol/channel/funding.ts';
import { figuresOf } from '../../protocol/channel/lost.ts';
import { shortChannelId } from '../../protocol/channel/ready.ts';
import type { ChannelType } from '../../protocol/channel/state.ts';
import { answer } from '../rpc/answer.ts';
import { HTLC_STATES, htlcState } from './htlc-state.ts';

/** A figure of the channel: missing when it was recovered from its terms, because then it is unknown. */
const ifKnown = answer.optional;

const typeAnswer = answer.object(
  {
    bits: answer.array(answer.integer('A feature bit.'), 'Its feature bits.'),
    names: answer.array(answer.string('A name.'), 'Their names; `/even`: required.'),
  },
  'What kind of channel it is (BOLT 2).',
);

const updateAnswer = answer.object(
  {
    htlc_minimum_msat: answer.msat('The smallest HTLC.'),
    htlc_maximum_msat: answer.msat('The largest HTLC.'),
    cltv_expiry_delta: answer.integer('Blocks that a payment through it is to leave.'),
    fee_base_msat: answer.integer('Its base fee in msat.'),
    fee_proportional_millionths: answer.integer('Its proportional fee in millionths.'),
  },
  'What one side asks of payments (its channel_update).',
);

const htlcAnswer = answer.object(
  {
    direction: answer.oneOf(['in', 'out'], 'Offered by the peer (`in`) or by us.'),
    id: answer.integer('Its id, counted by the side that offered it.'),
    amount_msat: answer.msat('Its amount.'),
    expiry: answer.integer('The block at which it times out.'),
    payment_hash: answer.hash('Its payment hash.'),
    state: answer.oneOf(HTLC_STATES, 'Its state.'),
  },
  'An HTLC.',
);

/** The row's declaration. */
export const peerChannelAnswer = answer.object(
  {
    peer_id: answer.nodeId('The peer.'),
    peer_connected: answer.boolean('Whether the peer is connected.'),
    reestablished: answer.optional(answer.boolean('When connected: whether both sides agree where they were.')),
    state: answer.string("CHANNELD_NORMAL can carry payments; the other words are Core Lightning's too."),
    channel_id: answer.hash('The channel.'),
    short_channel_id: answer.optional(answer.shortChannelId('Its name, from where the funding lies in the chain.')),
    direction: answer.optional(answer.integer('Which direction is ours in gossip: 0 or 1.')),
    alias: answer.object(
      {
        local: answer.optional(answer.shortChannelId('What the peer calls it when it speaks to us.')),
        remote: answer.optional(answer.shortChannelId('What we call it when we speak to the peer, or in hints.')),
      },
      'Names that only the two sides use.',
    ),
    channel_type: typeAnswer,
    private: answer.boolean('Whether it is not announced to the network.'),
    opener: answer.oneOf(['local', 'remote'], 'Who opened it.'),
    closer: answer.optional(answer.oneOf(['local', 'remote'], 'Who began to close it.')),
    lost_state: answer.optional(answer.boolean('True: we lost data, and only the peer can close it.')),
    features: answer.array(answer.string('A feature.'), 'The kind of channel again, by the older spelling.'),
    funding_txid: answer.txid('The funding transaction.'),
    funding_outnum: answer.integer('The output in it.'),
    close_to: answer.hex('The script that our balance goes to when both agree to close.'),
    close_to_addr: answer.optional(answer.string('Its address.')),
    updates: answer.optional(
      answer.object({ local: updateAnswer, remote: answer.optional(updateAnswer) }, 'What both sides ask of payments.'),
    ),
    fee_base_msat: answer.msat('The base fee that we announce for this channel.'),
    fee_proportional_millionths: answer.integer('The proportional fee that we announce for it.'),
    feerate: ifKnown(
      answer.object(
        { perkw: answer.integer('Satoshi per 1000 weight.'), perkb: answer.integer('Satoshi per 1000 virtual bytes.') },
        'The feerate of the commitments.',
      ),
    ),
    to_us_msat: ifKnown(answer.msat('What is ours.')),
    min_to_us_msat: ifKnown(answer.msat('The least that ever was ours.')),
    max_to_us_msat: ifKnown(answer.msat('The most that ever was ours.')),
    total_msat: answer.msat('The capacity of the channel.'),
    dust_limit_msat: answer.msat('HTLCs below are lost to fees if the channel is closed alone.'),
    max_total_htlc_in_msat: answer.msat('The most that may be on its way to us.'),
    their_max_htlc_value_in_flight_msat: answer.msat('The most that we may have on its way.'),
    our_max_htlc_value_in_flight_msat: answer.msat('The most that the peer may have on its way.'),
    their_reserve_msat: answer.msat('What the peer must keep.'),
    our_reserve_msat: answer.msat('What we must keep.'),
    spendable_msat: ifKnown(answer.msat('What we could send in one HTLC now.')),
    receivable_msat: ifKnown(answer.msat('What we could be sent in one HTLC now.')),
    minimum_htlc_in_msat: answer.msat('The smallest HTLC that we take.'),
    minimum_htlc_out_msat: answer.msat('The smallest HTLC that the peer takes.'),
    maximum_htlc_out_msat: answer.msat('The largest HTLC that we send.'),
    ignore_fee_limits: answer.boolean('Whether any feerate of the peer is taken for this channel: see `setchannel`.'),
    their_to_self_delay: answer.integer('Blocks that the peer waits for its balance when it closes alone.'),
    our_to_self_delay: answer.integer('Blocks that we wait for our balance when we close alone.'),
    max_accepted_htlcs: answer.integer('The most HTLCs that may be on their way to us.'),
    in_payments_offered: ifKnown(answer.integer('How many HTLCs the peer offered.')),
    in_offered_msat: ifKnown(answer.msat('What they came to.')),
    in_payments_fulfilled: ifKnown(answer.integer('How many of them were paid to us.')),
    in_fulfilled_msat: ifKnown(answer.msat('What these came to.')),
    out_payments_offered: ifKnown(answer.integer('How many HTLCs we offered.')),
    out_offered_msat: ifKnown(answer.msat('What they came to.')),
    out_payments_fulfilled: ifKnown(answer.integer('How many of them the peer was paid.')),
    out_fulfilled_msat: ifKnown(answer.msat('What these came to.')),
    last_stable_connection: answer.optional(
      answer.integer('The Unix time at which the connection had last lasted a minute; absent if it never did.'),
    ),
    status: answer.array(answer.string('A line.'), 'What is going on, in words.'),
    htlcs: answer.array(htlcAnswer, 'Payments in flight.'),
  },
  'A channel.',
);

/** The features that shape the channel, by BOLT 9's names. */
export function channelFeatures(type: ChannelType) {
  return [
    'option_static_remotekey',
    'option_anchors',
    ...(type.option_scid_alias ? (['option_scid_alias'] as const) : []),
    ...(type.option_zeroconf ? (['option_zeroconf'] as const) : []),
  ] as const;
}

/** `channel_type` as it is answered. */
export function channelTypeRow(type: ChannelType) {
  const features = channelFeatures(type);
  const bits = features.map((feature) => FEATURE_BITS[feature]);
  return { bits, names: features.map((feature) => `${feature.replace('option_', '')}/even`) };
}

/** The declaration of `channel_type`. */
export const channelTypeAnswer = typeAnswer;

/** The channel as its row. */
export function peerChannelRow(
  channel: LiveChannel,
  ending: EndingView | undefined,
  node_id: NodeId,
  forwarding: ForwardingTerms,
  network: Network,
) {
  const { state, peer, peer_id } = channel;
  const { terms } = state;
  const name = ending?.state ?? stateName(state);
  const short_channel_id: string | undefined = shortChannelId(state);
  const facts = channelUpdateFacts(state);
  const type = channelTypeRow(terms.channel_type);
  const perkw = figuresOf(state)?.feerate_per_kw;
  const close_to = state.local_shutdown_script ?? terms.default_shutdown_script;
  return {
    peer_id: peer_id as string,
    peer_connected: peer !== undefined,
    reestablished: peer === undefined ? undefined : state.link === 'up',
    state: name,
    channel_id: channel.channel_id as string,
    short_channel_id,
    direction: short_channel_id === undefined ? undefined : node_id < peer_id ? 0 : 1,
    alias: { local: terms.local_alias as string, remote: state.remote_alias as string | undefined },
    channel_type: type,
    private: !terms.announce_channel,
    opener: terms.opener,
    closer: channel.closing?.closer,
    lost_state: state.failure?.data_loss === true ? true : undefined,
    features: channelFeatures(terms.channel_type),
    funding_txid: terms.funding_txid as string,
    funding_outnum: terms.funding_output_index,
    close_to,
    close_to_addr: formatAddress(close_to, network),
    updates: facts && {
      local: {
        htlc_minimum_msat: facts.htlc_minimum_msat as bigint,
        htlc_maximum_msat: facts.htlc_maximum_msat as bigint,
        ...forwarding,
      },
      remote: remoteUpdateRow(channel),
    },
    fee_base_msat: BigInt(forwarding.fee_base_msat),
    fee_proportional_millionths: forwarding.fee_proportional_millionths,
    feerate: perkw === undefined ? undefined : { perkw, perkb: perkw * 4 },
    ...amountsOf(channel),
    their_to_self_delay: terms.local.to_self_delay,
    our_to_self_delay: terms.remote.to_self_delay,
    max_accepted_htlcs: terms.local.max_accepted_htlcs,
    ...(state.knowledge === 'terms' ? {} : channel.traffic),
    last_stable_connection: channel.last_stable_connection,
    status: statusLines(channel, ending, name),
    htlcs: (ending?.are_htlcs_over === true ? [] : state.htlcs).map((htlc) => ({
      direction: htlc.offered_by === 'local' ? ('out' as const) : ('in' as const),
      id: htlc.id,
      amount_msat: htlc.amount_msat as bigint,
      expiry: htlc.cltv_expiry,
      payment_hash: htlc.payment_hash as string,
      state: htlcState(htlc),
    })),
  };
}

function amountsOf({ state, min_to_us_msat, max_to_us_msat }: LiveChannel) {
  const { local, remote, funding_satoshis } = state.terms;
  const figures = figuresOf(state);
  return {
    to_us_msat: figures?.to_us_msat as bigint | undefined,
    min_to_us_msat: min_to_us_msat as bigint | undefined,
    max_to_us_msat: max_to_us_msat as bigint | undefined,
    total_msat: funding_satoshis * 1000n,
    dust_limit_msat: local.dust_limit_satoshis * 1000n,
    max_total_htlc_in_msat: local.max_htlc_value_in_flight_msat as bigint,
    their_max_htlc_value_in_flight_msat: remote.max_htlc_value_in_flight_msat as bigint,
    our_max_htlc_value_in_flight_msat: local.max_htlc_value_in_flight_msat as bigint,
    their_reserve_msat: local.channel_reserve_satoshis * 1000n,
    our_reserve_msat: remote.channel_reserve_satoshis * 1000n,
    spendable_msat: figures && (isAbsent(state) ? 0n : (spendableMsat(state, 'local') as bigint)),
    receivable_msat: figures && (isAbsent(state) ? 0n : (spendableMsat(state, 'remote') as bigint)),
    minimum_htlc_in_msat: local.htlc_minimum_msat as bigint,
    minimum_htlc_out_msat: remote.htlc_minimum_msat as bigint,
    maximum_htlc_out_msat: funding_satoshis * 1000n,
    ignore_fee_limits: state.ignore_fee_limits,
  };
}

function remoteUpdateRow({ remote_update }: LiveChannel) {
  if (remote_update === undefined) return undefined;
  const { htlc_minimum_msat, htlc_maximum_msat, cltv_expiry_delta, fee_base_msat, fee_proportional_millionths } =
    remote_update;
  return {
    htlc_minimum_msat: htlc_minimum_msat as bigint,
    htlc_maximum_msat: htlc_maximum_msat as bigint,
    cltv_expiry_delta,
    fee_base_msat,
    fee_proportional_millionths,
  };
}

function statusLines(channel: LiveChannel, ending: EndingView | undefined, name: string): readonly string[] {
  const lines = ending === undefined ? [statusOf(channel), ...closeProgress(channel)] : [];
  if (ending !== undefined && isAbsent(channel.state)) lines.push(statusOf(channel));
  return [...lines.map((line) => `${name}:${line}`), ...(ending?.status ?? [])];
}

function statusOf({ state, peer, aside }: LiveChannel): string {
  if (state.phase === 'failed' && isUnfunded(state)) {
    return 'Over before a block holds its funding. If one comes, our commitment goes to the chain: it holds what the peer pushed to us.';
  }
  if (state.funding_rival !== undefined) {
    const { txid, block_height } = state.funding_rival;
    return `Block ${block_height} holds transaction ${txid}, which spends what the funding was to spend: what is in the channel is lost, unless that is undone.`;
  }
  if (isUnseen(state)) return sightOf(state);
  if (isGone(state))
    return 'No block holds its funding any more, after a reorganisation. Nothing is taken over it before one does.';
  if (state.peer_behind_height !== undefined) {
    return 'The peer came back with an old state. It has about a day to come back with its latest, then Till closes the channel alone.';
  }
  if (peer === undefined) return 'Disconnected';
  if (state.link === 'aside') {
    const why = aside === undefined ? '' : ` (${aside.reason})`;
    return `Set aside${why}: other channels of this peer go on, and this one is tried again with a later connection. If that does not help, close it.`;
  }
  if (state.link !== 'up') return 'Reconnected, and waiting for the peer to say where it was.';
  if (state.phase === 'opening') {
    const { ready_sent, ready_received, terms, funding_confirmation } = state;
    if (ready_sent) return ready_received ? 'Ready.' : "Funding needs more confirmations on the peer's side.";
    const maturity = funding_confirmation === undefined ? 0 : immatureBlocks(funding_confirmation);
    if (maturity === 0) return `Funding needs ${terms.minimum_depth} confirmations to be ready.`;
    return `Funding is the reward of a block: it needs ${terms.minimum_depth + maturity} confirmations to be ready.`;
  }
  if (state.phase === 'normal') return 'Channel ready for use.';
  return 'Closing in agreement with the peer.';
}

/** A channel that was bought, and whose funding is neither in the mempool nor in a block. */
function sightOf({ funding_sight, local_msat }: LiveChannel['state']): string {
  const paid = local_msat > 0n ? ` ${local_msat} msat in it do not count before.` : '';
  const before = funding_sight === 'one_payment' ? 'Nothing but the payment that it was bought for' : 'Nothing';
  return `Its funding is in no block and not in the mempool. ${before} goes over it before it is there.${paid}`;
}
