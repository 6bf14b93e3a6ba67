/** Paths of one payment through the public network: what the map answers, with what this payment learned itself. */
import { type Msat, msat } from '../../base/types/amount.ts';
import type { ShortChannelId } from '../../base/types/short-channel-id.ts';
import type { RouteHop } from '../../codec/bolt11/invoice.ts';
import { channelBehind, type Lessons, type Subject } from './lessons.ts';
import { hopAmounts, newTermsOf, taughtBy } from './network-lessons.ts';
import type { Path } from './path.ts';
import type { PayRequest } from './pay-request.ts';
import type { NoPlan, PlanLimits } from './plan.ts';
import type { HopTerms, NetworkWays, WayOut } from './ports.ts';
import type { Sendpay } from './sendpay.ts';

/** What the map had: paths, or nothing, with the reason for whoever gives up. */
export interface FoundPaths {
  readonly paths: readonly Path[];
  readonly none: { readonly reason: NoPlan; readonly explanation: string } | undefined;
}

/** Blocks cost little: money that hangs is rare. */
const USUAL_RISKFACTOR = 0.1;

/** Hints of an invoice and the map together, for one payment. */
export class NetworkPaths {
  readonly #network: NetworkWays | undefined;
  readonly #request: PayRequest;
  /** What channels ask by the updates in failures. */
  readonly #terms = new Map<Subject, HopTerms>();

  constructor(network: NetworkWays | undefined, request: PayRequest) {
    this.#network = network;
    this.#request = request;
  }

  /** Asks the map for what is missing. `hints`: with what their channels ask now. */
  async find(
    missing_msat: Msat,
    ways: readonly WayOut[],
    hints: readonly (readonly RouteHop[])[],
    lessons: Lessons,
    limits: PlanLimits,
    open: readonly Sendpay[],
    max_parts: number,
  ): Promise<FoundPaths> {
    const { invoice, exclude, riskfactor = USUAL_RISKFACTOR } = this.#request;
    if (this.#network === undefined) return { paths: [], none: undefined };
    const answer = await this.#network.find({
      payee: invoice.payee,
      amount_msat: missing_msat,
      final_delay: limits.final_delay,
      max_fee_msat: limits.fee_msat,
      max_delay: limits.max_delay,
      max_parts: limits.basic_mpp ? max_parts : 1,
      riskfactor,
      ways,
      hints,
      avoid: [...exclude, ...lessons.avoided(open)],
      held: open.flatMap(hopAmounts),
      terms: [...this.#terms.values()],
    });
    if (answer.kind === 'none') {
      const reason = lessons.pause ?? (answer.is_too_expensive ? 'too_expensive' : 'no_path');
      return { paths: [], none: { reason, explanation: answer.explanation } };
    }
    const paths = answer.ways.flatMap(({ channel_id, hops, amount_msat }) => {
      const way = ways.find((each) => each.channel_id === channel_id);
      return way === undefined ? [] : [{ way, hops, payee: invoice.payee, most_msat: msat(amount_msat) }];
    });
    return { paths, none: undefined };
  }

  /** A part has ended: the map learns from it. True: the channel that failed it asks something else now. */
  learn(part: Sendpay): boolean {
    const { carried, refused } = taughtBy(part);
    this.#network?.learn(carried, refused);
    const terms = newTermsOf(part);
    if (terms === undefined) return false;
    const subject = channelBehind(terms.node_id, terms.short_channel_id);
    // A second one is no news, and would go on for ever.
    if (this.#terms.has(subject)) return false;
    this.#terms.set(subject, terms);
    return true;
  }

  /** A hint with what its channels ask now. */
  withNewTerms(hint: readonly RouteHop[]): readonly RouteHop[] {
    return hint.map((hop) => {
      const terms = this.#terms.get(channelBehind(hop.pubkey, hop.short_channel_id as ShortChannelId));
      if (terms === undefined) return hop;
      const { fee_base_msat, fee_proportional_millionths, cltv_expiry_delta } = terms;
      return { ...hop, fee_base_msat, fee_proportional_millionths, cltv_expiry_delta };
    });
  }
}
