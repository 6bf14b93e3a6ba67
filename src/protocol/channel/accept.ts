/** Taking a channel that the peer opens and funds (BOLT 2, Channel Establishment v1, the other half). */
import type { FundingCreated, OpenChannel } from '../../codec/wire/index.ts';
import { decodeChannelType } from './channel-type.ts';
import { commitmentView } from './commitment.ts';
import { printable } from './failure.ts';
import { openFault, sideFault } from './limits.ts';
import { sideOf } from './open.ts';
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
import type { Turn } from './turn.ts';

/** What was agreed on with a provider that opens a channel for a payment. */
export interface BoughtOpening {
  /** The most that we may ask as to_self_delay: blocks. */
  readonly max_to_self_delay: number;
  /** Whether the payment may go over it before its funding is seen. */
  readonly pays_unseen: boolean;
}

/** What decides whether the peer's channel is welcome, besides the policy. */
export interface AcceptRequest extends OpeningBasis {
  /** The operator named this peer: it may open channels that are used before they confirm. */
  readonly zeroconf_allowed: boolean;
  /** The channel was bought of this peer. */
  readonly bought?: BoughtOpening | undefined;
}

/** Answers `open_channel` with `accept_channel`, or with an error that says what was wrong. */
export function acceptOpening(message: OpenChannel, request: AcceptRequest, env: Environment): OpeningOutcome {
  const { temporary_channel_id, push_msat, feerate_per_kw } = message;
  if (message.chain_hash !== request.chain_hash)
    return abandon(temporary_channel_id, 'open_channel: unknown chain_hash');
  // First the amounts: all that follows reckons with them, and whoever offers too little learns that and not a detail.
  const amounts = openFault(message, env.policy, env.feerates, request.option_support_large_channel);
  if (amounts !== undefined) return abandon(temporary_channel_id, `open_channel: ${amounts}`);
  if (message.channel_type === undefined) return abandon(temporary_channel_id, 'open_channel: channel_type is missing');
  const channel_type = decodeChannelType(message.channel_type);
  if (channel_type === undefined) {
    return abandon(
      temporary_channel_id,
      'open_channel: only channel types with anchors and static_remotekey are taken',
    );
  }
  const announce_channel = (message.channel_flags & 1) === 1;
  const { funding_satoshis, first_per_commitment_point } = message;
  const { bought } = request;
  const remote = sideOf(message);
  const local = ownSide(
    env,
    request,
    funding_satoshis,
    bought && { ...bought, dust_limit_satoshis: remote.dust_limit_satoshis },
  );
  let fault = sideFault(remote, first_per_commitment_point, local, funding_satoshis, env.policy, env);
  const is_zeroconf = request.zeroconf_allowed || bought !== undefined;
  if (channel_type.option_zeroconf && !is_zeroconf) {
    fault ??= 'we do not use channels of yours before they confirm';
  }
  if (channel_type.option_scid_alias && announce_channel) {
    fault ??= 'a public channel cannot have option_scid_alias in its type';
  }
  if (fault !== undefined) return abandon(temporary_channel_id, `open_channel: ${fault}`);

  // Some implementations cannot ask for it in channel_type, and wait for a depth of zero in our answer.
  // Nobody else gets one, whatever the operator asks of depths: an unfunded channel of a stranger would be money to spend.
  const minimum_depth = is_zeroconf ? 0 : Math.max(1, env.policy.minimum_depth);
  const { upfront_shutdown_script, ...side } = local;
  return {
    opening: {
      waits_for: 'funding_created',
      opener: 'remote',
      temporary_channel_id,
      basis: request,
      channel_type,
      announce_channel,
      funding_satoshis,
      push_msat,
      feerate_per_kw,
      minimum_depth,
      // The operator's word for the peer stands above what was bought of it.
      funding_sight:
        bought === undefined || request.zeroconf_allowed ? undefined : bought.pays_unseen ? 'one_payment' : 'waits',
      local,
      remote,
      remote_first_point: first_per_commitment_point,
      channel: undefined,
    },
    channel: undefined,
    effects: [
      {
        kind: 'send',
        message: {
          type: 'accept_channel',
          temporary_channel_id,
          ...side,
          minimum_depth,
          first_per_commitment_point: env.signer.perCommitmentPoint(0),
          upfront_shutdown_script,
          channel_type: message.channel_type,
        },
      },
    ],
  };
}

/** Takes what happens to an opening of the peer's. */
export function stepAccepter(opening: Opening, input: OpeningInput, env: Environment): OpeningOutcome {
  const { temporary_channel_id } = opening;
  if (input.kind === 'disconnected') return giveUp('the connection was lost');
  if (input.kind === 'cancel') return abandon(temporary_channel_id, input.reason);
  if (input.kind === 'fund') return { opening, channel: undefined, effects: [] };
  const { message } = input;
  switch (message.type) {
    case 'error':
      return giveUp(`the peer: ${printable(message.data)}`);
    case 'warning':
      return { opening, channel: undefined, effects: [{ kind: 'peer_warned', text: printable(message.data) }] };
    case 'funding_created':
      return receiveFundingCreated(opening, message, env);
    default:
      return abandon(temporary_channel_id, `${message.type} where funding_created was due`);
  }
}

function receiveFundingCreated(opening: Opening, message: FundingCreated, env: Environment): OpeningOutcome {
  const { funding_txid, funding_output_index, signature } = message;
  const channel = newChannel(opening, funding_txid, funding_output_index, env.height);
  const { terms } = channel;
  const ours = commitmentView(channel, 'local', 0, env.signer.perCommitmentPoint(0), LOCAL_LATEST);
  const fault = env.signer.verifyCommitment(terms, ours, { signature, htlc_signatures: [] });
  if (fault !== undefined) return abandon(opening.temporary_channel_id, `funding_created: ${fault}`);
  const theirs = commitmentView(channel, 'remote', 0, channel.remote_point, REMOTE_LATEST);
  const answer = env.signer.signCommitment(terms, theirs).signature;
  const turn: Turn = {
    state: { ...channel, local_signature: signature },
    env,
    store: true,
    effects: [
      { kind: 'channel_created' },
      { kind: 'send', message: { type: 'funding_signed', channel_id: terms.channel_id, signature: answer } },
    ],
  };
  confirmReady(turn);
  return { opening: undefined, channel: turn.state, effects: turn.effects };
}
