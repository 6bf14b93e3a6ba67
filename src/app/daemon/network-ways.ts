/** Payments ask the map of the network: their questions in its words, its answers in theirs. */
import { msat } from '../../base/types/amount.ts';
import type { NodeId } from '../../base/types/brand.ts';
import { NetworkStopped, type PublicNetwork } from '../../node/network/public-network.ts';
import type { ChannelLesson, FoundRoute, HeldAmount, NewTerms, WaysAnswer } from '../../node/network/questions.ts';
import type {
  HopAmount,
  HopTerms,
  NetworkAnswer,
  NetworkQuestion,
  NetworkWay,
  NetworkWays,
} from '../../node/payments/ports.ts';

const BLOCKS_A_YEAR = 52_596;
/** As much of the full price of doubt as gives the fewest tries for the least fees. */
const PRICE_OF_DOUBT = 0.3;
/** More hops do not fit into an onion, together with what an invoice may add. */
const MOST_HOPS = 20;

/** The map as payments see it. */
export function networkWays(node_id: NodeId, network: () => Pick<PublicNetwork, 'ask' | 'learn'>): NetworkWays {
  return {
    async find(question): Promise<NetworkAnswer> {
      let answer: WaysAnswer;
      try {
        answer = await network().ask('ways', wayQuestion(node_id, question));
      } catch (error) {
        // Peers and hints are ways as well.
        if (!(error instanceof NetworkStopped)) throw error;
        return { kind: 'none', is_too_expensive: false, explanation: error.message };
      }
      if (answer.kind === 'found') return { kind: 'found', ways: answer.routes.flatMap(wayOf) };
      const is_too_expensive = answer.reason === 'too_expensive' || answer.reason === 'too_slow';
      return { kind: 'none', is_too_expensive, explanation: answer.explanation };
    },
    learn(carried, refused) {
      network().learn([
        ...carried.map((each) => lessonOf(each, true)),
        ...refused.map((each) => lessonOf(each, false)),
      ]);
    },
  };
}

function wayQuestion(source: NodeId, question: NetworkQuestion) {
  const { payee, amount_msat, final_delay, max_fee_msat, max_delay, max_parts, riskfactor } = question;
  return {
    source,
    destination: payee,
    amount_msat: Number(amount_msat),
    final_cltv: final_delay,
    max_fee_msat: Number(max_fee_msat),
    max_delay,
    max_hops: MOST_HOPS,
    max_parts,
    price_of_block: riskfactor / 100 / BLOCKS_A_YEAR,
    price_of_doubt: PRICE_OF_DOUBT,
    own_ways: question.ways.map(({ channel_id, peer_id, names, spendable_msat, htlc_minimum_msat }) => ({
      channel_id,
      peer_id,
      names,
      spendable_msat: Number(spendable_msat),
      htlc_minimum_msat: Number(htlc_minimum_msat),
    })),
    hints: question.hints,
    avoid: question.avoid,
    held: question.held.map(numbered),
    terms: question.terms.map(termsOf),
  };
}

function numbered({ amount_msat, ...hop }: HopAmount): HeldAmount {
  return { ...hop, amount_msat: Number(amount_msat) };
}

function termsOf({ htlc_minimum_msat, htlc_maximum_msat, ...terms }: HopTerms): NewTerms {
  return { ...terms, htlc_minimum_msat: Number(htlc_minimum_msat), htlc_maximum_msat: Number(htlc_maximum_msat) };
}

function lessonOf(hop: HopAmount, has_carried: boolean): ChannelLesson {
  return { ...numbered(hop), has_carried };
}

function wayOf({ amount_msat, channel_id, hops }: FoundRoute): readonly NetworkWay[] {
  if (channel_id === undefined) return [];
  const behind = hops.slice(1).map((hop) => ({
    pubkey: hop.node_id_in,
    short_channel_id: hop.short_channel_id,
    fee_base_msat: hop.fee_base_msat,
    fee_proportional_millionths: hop.fee_proportional_millionths,
    cltv_expiry_delta: hop.cltv_expiry_delta,
  }));
  return [{ channel_id, hops: behind, amount_msat: msat(BigInt(amount_msat)) }];
}
