import { answer } from '../rpc/answer.ts';
import { optional } from '../rpc/command.ts';
import { field } from '../rpc/fields.ts';
import { defineCommand } from './modules.ts';
import { channelTypeAnswer, channelTypeRow } from './peer-channel.ts';

const closedAnswer = answer.object(
  {
    peer_id: answer.nodeId('The peer.'),
    channel_id: answer.hash('The channel.'),
    short_channel_id: answer.optional(answer.shortChannelId('Its name.')),
    alias: answer.object(
      {
        local: answer.optional(answer.shortChannelId('The alias that the peer used.')),
        remote: answer.optional(answer.shortChannelId('The alias that we used.')),
      },
      'Aliases, which only the two sides used.',
    ),
    opener: answer.oneOf(['local', 'remote'], 'Who opened it.'),
    closer: answer.oneOf(['local', 'remote'], 'Who began to close it.'),
    private: answer.boolean('Whether it was not announced.'),
    channel_type: channelTypeAnswer,
    figures_unknown: answer.optional(
      answer.boolean(
        'True: it was recovered from a backup of its terms. What passed over it is unknown, and shown as 0.',
      ),
    ),
    total_local_commitments: answer.integer('How many commitments we had.'),
    total_remote_commitments: answer.integer('How many commitments the peer had.'),
    total_htlcs_sent: answer.integer('How many HTLCs we offered.'),
    funding_txid: answer.txid('The funding transaction.'),
    funding_outnum: answer.integer('The output in it.'),
    leased: answer.boolean('Whether it was leased; Till leases none.'),
    funding_withheld: answer.boolean('Whether its funding was never sent; Till sends it or forgets the channel.'),
    total_msat: answer.msat('Its capacity.'),
    final_to_us_msat: answer.msat('What was ours at the end, before fees.'),
    min_to_us_msat: answer.msat('The least that ever was ours.'),
    max_to_us_msat: answer.msat('The most that ever was ours.'),
    last_commitment_txid: answer.optional(
      answer.txid('Our last commitment, or the mutual close. Missing when neither is known.'),
    ),
    last_commitment_fee_msat: answer.optional(answer.msat('Its fee.')),
    close_cause: answer.string('Why it was closed: unknown, local, user, remote, protocol or onchain.'),
    ending: answer.optional(
      answer.string(
        "What spent the funding: a mutual close, our commitment (local), the peer's (remote, revoked), or an unknown one.",
      ),
    ),
    closing_txid: answer.optional(answer.txid('The transaction that spent the funding.')),
    resolved_height: answer.optional(answer.integer('The block at which everything was resolved.')),
    last_stable_connection: answer.optional(
      answer.integer('The Unix time at which its connection had last lasted a minute; absent if it never did.'),
    ),
  },
  'A closed channel.',
);

/** Shows channels of the past. */
export const listclosedchannels = defineCommand({
  name: 'listclosedchannels',
  category: 'channels',
  title: 'Get data on our closed historical channels',
  description:
    'Lists channels of which nothing is left on the chain. Of a channel that was recovered from a backup of its terms the figures are unknown, and shown as 0 (`figures_unknown`).',
  params: { id: optional(field.nodeId, 'Only channels with this node.') },
  returns: { closedchannels: answer.array(closedAnswer, 'The channels.') },
  errors: [],
  see_also: ['listpeerchannels', 'close'],
  access: 'read',
  async run({ id }, { endings }) {
    const closed = await endings.closed();
    const asked = closed.filter(({ peer_id }) => id === undefined || peer_id === id);
    return {
      closedchannels: asked.map(({ state: { terms, remote_alias }, figures, last_commitment, ...channel }) => ({
        ...channel,
        // Core Lightning always has them, and its clients end with an error where one is missing.
        figures_unknown: figures === undefined ? true : undefined,
        total_local_commitments: figures?.local_commitments ?? 0,
        total_remote_commitments: figures?.remote_commitments ?? 0,
        total_htlcs_sent: figures?.htlcs_sent ?? 0,
        final_to_us_msat: (figures?.to_us_msat ?? 0n) as bigint,
        min_to_us_msat: (figures?.min_to_us_msat ?? 0n) as bigint,
        max_to_us_msat: (figures?.max_to_us_msat ?? 0n) as bigint,
        last_commitment_txid: last_commitment?.txid as string | undefined,
        last_commitment_fee_msat: last_commitment?.fee_msat as bigint | undefined,
        alias: { local: terms.local_alias as string, remote: remote_alias as string | undefined },
        opener: terms.opener,
        private: !terms.announce_channel,
        channel_type: channelTypeRow(terms.channel_type),
        funding_txid: terms.funding_txid as string,
        funding_outnum: terms.funding_output_index,
        leased: false,
        funding_withheld: false,
        total_msat: terms.funding_satoshis * 1000n,
      })),
    };
  },
});
