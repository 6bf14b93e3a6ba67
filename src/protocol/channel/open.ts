/** Opening a channel as its funder: open_channel, accept_channel, funding_created, funding_signed (BOLT 2, v1). */

import type { Msat, Sat } from '../../base/types/amount.ts';
import type { ChannelId } from '../../base/types/brand.ts';
import { toHex } from '../../base/types/hex.ts';
import { fundingScriptPubkey } from '../../codec/tx/channel-scripts.ts';
import type { AcceptChannel, FundingSigned } from '../../codec/wire/index.ts';
import { decodeChannelType, encodeChannelType } from './channel-type.ts';
import { commitmentView } from './commitment.ts';
import { printable } from './failure.ts';
import { openFault, sideFault } from './limits.ts';
import {
  abandon,
  giveUp,
  newChannel,
  type Opening,
  type OpeningBasis,
  type OpeningInput,
  type OpeningOutcome,
  ownSide,
} from './opening.ts';
import type { Environment } from './policy.ts';
import { confirmReady } from './ready.ts';
import { LOCAL_LATEST, REMOTE_LATEST } from './stage.ts';
import type { ChannelType, SideTerms } from './state.ts';
import type { Turn } from './turn.ts';

/** The channel that we want. */
export interface OpenRequest extends OpeningBasis {
  /** 32 random bytes, hex. */
  readonly temporary_channel_id: ChannelId;
  readonly funding_satoshis: Sat;
  readonly push_msat: Msat;
  readonly feerate_per_kw: number;
  readonly announce_channel: boolean;
  readonly channel_type: ChannelType;
  /** Whether the peer offers anchors, which every channel of Till has. */
  readonly has_anchors: boolean;
}

const NO_ANCHORS =
  'the peer does not offer anchor channels (option_anchors), and Till opens no others: switch them on there, or choose another peer';

/** Says `open_channel`. Gives an opening that failed at once when the request itself breaks a rule. */
export function startOpening(request: OpenRequest, env: Environment): OpeningOutcome {
  const { funding_satoshis, push_msat, feerate_per_kw, announce_channel, channel_type } = request;
  const local = ownSide(env, request, funding_satoshis);
  const asked = {
    funding_satoshis,
    push_msat,
    feerate_per_kw,
    channel_reserve_satoshis: local.channel_reserve_satoshis,
  };
  const fault = openFault(asked, env.policy, env.feerates, request.option_support_large_channel);
  if (fault !== undefined) return giveUp(fault);
  if (!request.has_anchors) return giveUp(NO_ANCHORS);
  if (announce_channel && channel_type.option_scid_alias) return giveUp('a public channel cannot hide behind an alias');
  const opening: Opening = {
    waits_for: 'accept_channel',
    opener: 'local',
    temporary_channel_id: request.temporary_channel_id,
    basis: request,
    channel_type,
    announce_channel,
    funding_satoshis,
    push_msat,
    feerate_per_kw,
    minimum_depth: 0,
    funding_sight: undefined,
    local,
    remote: undefined,
    remote_first_point: undefined,
    channel: undefined,
  };
  const { upfront_shutdown_script, ...side } = local;
  return {
    opening,
    channel: undefined,
    effects: [
      {
        kind: 'send',
        message: {
          type: 'open_channel',
          chain_hash: request.chain_hash,
          temporary_channel_id: request.temporary_channel_id,
          funding_satoshis,
          push_msat,
          feerate_per_kw,
          ...side,
          first_per_commitment_point: env.signer.perCommitmentPoint(0),
          channel_flags: announce_channel ? 1 : 0,
          upfront_shutdown_script,
          channel_type: encodeChannelType(channel_type),
        },
      },
    ],
  };
}

/** Takes what happens to an opening of ours. */
export function stepOpener(opening: Opening, input: OpeningInput, env: Environment): OpeningOutcome {
  const { temporary_channel_id, waits_for } = opening;
  switch (input.kind) {
    case 'disconnected':
      return giveUp('the connection was lost');
    case 'cancel':
      // From funding_created on the peer knows the channel by its id.
      return abandon(opening.channel?.terms.channel_id ?? temporary_channel_id, input.reason);
    case 'fund':
      return waits_for === 'fund' ? fund(opening, input, env) : { opening, channel: undefined, effects: [] };
    case 'message':
      break;
  }
  const { message } = input;
  if (message.type === 'error') return giveUp(`the peer: ${printable(message.data)}`);
  if (message.type === 'warning') {
    return { opening, channel: undefined, effects: [{ kind: 'peer_warned', text: printable(message.data) }] };
  }
  if (message.type === waits_for) {
    if (message.type === 'accept_channel') return receiveAccept(opening, message, env);
    if (message.type === 'funding_signed') return receiveFundingSigned(opening, message, env);
  }
  return abandon(
    opening.channel?.terms.channel_id ?? temporary_channel_id,
    `${message.type} where ${waits_for} was due`,
  );
}

function receiveAccept(opening: Opening, message: AcceptChannel, env: Environment): OpeningOutcome {
  const { temporary_channel_id, local, funding_satoshis, channel_type } = opening;
  const { policy } = env;
  const remote = sideOf(message);
  let fault = sideFault(remote, message.first_per_commitment_point, local, funding_satoshis, policy, env);
  const type = message.channel_type === undefined ? undefined : decodeChannelType(message.channel_type);
  if (
    type?.option_scid_alias !== channel_type.option_scid_alias ||
    type.option_zeroconf !== channel_type.option_zeroconf
  ) {
    fault ??= 'channel_type is not the one that we asked for';
  }
  if (message.minimum_depth > policy.max_minimum_depth) fault ??= `minimum_depth ${message.minimum_depth} is too large`;
  if (channel_type.option_zeroconf && message.minimum_depth !== 0) {
    fault ??= 'minimum_depth of a zero-conf channel must be zero';
  }
  const reserve_msat = remote.channel_reserve_satoshis * 1000n;
  if (funding_satoshis * 1000n - opening.push_msat <= reserve_msat && opening.push_msat <= reserve_msat) {
    fault ??= 'neither side would have more than channel_reserve_satoshis';
  }
  if (fault !== undefined) return abandon(temporary_channel_id, `accept_channel: ${fault}`);
  return {
    opening: {
      ...opening,
      waits_for: 'fund',
      remote,
      remote_first_point: message.first_per_commitment_point,
      minimum_depth: message.minimum_depth,
    },
    channel: undefined,
    effects: [
      {
        kind: 'funding_needed',
        funding_satoshis,
        script_pubkey: toHex(fundingScriptPubkey(local.funding_pubkey, remote.funding_pubkey)),
      },
    ],
  };
}

function fund(opening: Opening, input: OpeningInput & { kind: 'fund' }, env: Environment): OpeningOutcome {
  const { funding_txid, funding_output_index } = input;
  const channel = newChannel(opening, funding_txid, funding_output_index, env.height);
  const view = commitmentView(channel, 'remote', 0, channel.remote_point, REMOTE_LATEST);
  const { signature } = env.signer.signCommitment(channel.terms, view);
  const { temporary_channel_id } = opening;
  return {
    opening: { ...opening, waits_for: 'funding_signed', channel },
    channel: undefined,
    effects: [
      {
        kind: 'send',
        message: { type: 'funding_created', temporary_channel_id, funding_txid, funding_output_index, signature },
      },
    ],
  };
}

function receiveFundingSigned(opening: Opening, message: FundingSigned, env: Environment): OpeningOutcome {
  const { channel } = opening;
  if (channel === undefined) throw new RangeError('funding_signed is awaited without a channel');
  const { channel_id } = channel.terms;
  if (message.channel_id !== channel_id)
    return abandon(channel_id, 'funding_signed: channel_id is not that of the funding');
  const view = commitmentView(channel, 'local', 0, env.signer.perCommitmentPoint(0), LOCAL_LATEST);
  const signatures = { signature: message.signature, htlc_signatures: [] };
  const fault = env.signer.verifyCommitment(channel.terms, view, signatures);
  if (fault !== undefined) return abandon(channel_id, `funding_signed: ${fault}`);
  const turn: Turn = {
    state: { ...channel, local_signature: message.signature },
    env,
    store: true,
    effects: [{ kind: 'channel_created' }, { kind: 'broadcast_funding' }],
  };
  confirmReady(turn);
  return { opening: undefined, channel: turn.state, effects: turn.effects };
}

/** What a message says of its sender. */
export function sideOf(message: Omit<AcceptChannel, 'type' | 'minimum_depth'>): SideTerms {
  return {
    dust_limit_satoshis: message.dust_limit_satoshis,
    max_htlc_value_in_flight_msat: message.max_htlc_value_in_flight_msat,
    channel_reserve_satoshis: message.channel_reserve_satoshis,
    htlc_minimum_msat: message.htlc_minimum_msat,
    to_self_delay: message.to_self_delay,
    max_accepted_htlcs: message.max_accepted_htlcs,
    funding_pubkey: message.funding_pubkey,
    revocation_basepoint: message.revocation_basepoint,
    payment_basepoint: message.payment_basepoint,
    delayed_payment_basepoint: message.delayed_payment_basepoint,
    htlc_basepoint: message.htlc_basepoint,
    upfront_shutdown_script: message.upfront_shutdown_script ?? '',
  };
}
