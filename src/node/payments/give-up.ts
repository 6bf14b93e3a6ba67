/** Why a payment is given up, in words and with data: what stood in the way last, and what our own channels lack. */
import { curve } from '../../base/crypto/secp256k1.ts';
import { RpcError } from '../../base/errors.ts';
import { fromHex } from '../../base/types/hex.ts';
import type { RouteHop } from '../../codec/bolt11/invoice.ts';
import { failureError } from './failure-error.ts';
import type { PayRequest } from './pay-request.ts';
import type { NoPlan } from './plan.ts';
import type { ClosedWay } from './ports.ts';
import type { OfferRefused, OutgoingPayments } from './send.ts';
import type { Sendpay } from './sendpay.ts';
import { wordsFor } from './verdict.ts';

/** Gathers what went wrong with one payment, and makes its error. */
export class GiveUp {
  readonly #request: PayRequest;
  readonly #payments: Pick<OutgoingPayments, 'closedWays' | 'node_id'>;
  /** The hints that can be followed. */
  readonly hints: readonly (readonly RouteHop[])[];
  readonly #has_impossible_hints: boolean;
  #failed_parts = 0;
  #network_says: string | undefined;
  #last: { readonly words: string; readonly failcodename: string | undefined } | undefined;

  constructor(request: PayRequest, payments: Pick<OutgoingPayments, 'closedWays' | 'node_id'>) {
    const { invoice, exclude } = request;
    this.#request = request;
    this.#payments = payments;
    const possible = invoice.routes.filter((route) => route.every((hop) => curve.isPublicKey(fromHex(hop.pubkey))));
    this.#has_impossible_hints = possible.length < invoice.routes.length;
    this.hints = possible.filter(
      (route) => !route.some((hop) => exclude.has(hop.pubkey) || exclude.has(hop.short_channel_id)),
    );
  }

  /** Nobody asked for the payment. */
  get #is_spontaneous(): boolean {
    return this.#request.bolt11 === undefined;
  }

  /** Why the map of the network had no way, asked last; undefined when it had one. */
  networkSays(explanation: string | undefined): void {
    this.#network_says = explanation;
  }

  /** A part came back. */
  partFailed(part: Sendpay): void {
    this.#failed_parts++;
    this.#last = { words: wordsFor(part), failcodename: part.failure?.failcodename };
  }

  /** Our own channel did not take a part. */
  offerRefused(refused: OfferRefused): void {
    this.#last = { words: refused.message, failcodename: undefined };
  }

  /** Channels of ours that would lead there if they could be used. */
  awayWays(): readonly ClosedWay[] {
    const heads = new Set([this.#request.invoice.payee, ...this.hints.map(([hop]) => hop?.pubkey)]);
    return this.#payments.closedWays().filter((way) => heads.has(way.peer_id));
  }

  /** The payee said no. */
  refused(part: Sendpay): RpcError {
    const error = failureError(part, this.#payments.node_id);
    const name = part.failure?.failcodename ?? 'a failure';
    const words = this.#is_spontaneous
      ? `Destination reported ${name} (likely doesn't support keysend)`
      : `Destination said it doesn't know invoice: ${name}`;
    return new RpcError('PAY_DESTINATION_PERM_FAIL', words, error.data);
  }

  /** `text`, after what stood in the way last. */
  sentence(text: string): string {
    return this.#last === undefined ? text : `${this.#last.words}; ${text}`;
  }

  /** Tried until the time was over. */
  timeOver(stop: string | undefined): RpcError {
    const { retry_for_seconds } = this.#request;
    if (this.#last === undefined && stop === 'busy') {
      const text = `every place for an HTLC was taken on our channels for ${retry_for_seconds} s (retry_for)`;
      return new RpcError('PAY_STOPPED_RETRYING', text, this.#data());
    }
    const parts = `${this.#failed_parts} ${this.#failed_parts === 1 ? 'part' : 'parts'}`;
    const text = `gave up after ${parts} in ${retry_for_seconds} s (retry_for)`;
    return new RpcError('PAY_STOPPED_RETRYING', this.sentence(text), this.#data());
  }

  /** There is nothing to try. */
  noWay(plan: NoPlan): RpcError {
    const { invoice, amount_msat, maxfee_msat } = this.#request;
    const { payee } = invoice;
    switch (plan) {
      case 'too_expensive': {
        const text = `every route costs more than ${maxfee_msat} msat, or takes too long (maxfee, maxdelay)`;
        return new RpcError('PAY_ROUTE_TOO_EXPENSIVE', this.sentence(text), this.#data());
      }
      case 'too_little':
        return this.#notFound(`our channels cannot carry ${amount_msat} msat there now`);
      case 'too_long':
        return this.#notFound(
          this.#is_spontaneous
            ? 'the route and the custom records do not fit into an onion'
            : 'the hints and the metadata of the invoice do not fit into an onion',
        );
      case 'excluded':
        return this.#notFound(`no other way to ${payee} is left`);
      default:
        return this.#notFound(this.#noChannel());
    }
  }

  #noChannel(): string {
    const { invoice, exclude } = this.#request;
    const away = this.awayWays();
    if (away.length > 0) {
      const each = away.map(({ names, peer_id, reason }) => `channel ${names[0]} with ${peer_id} ${reason}`);
      return `no channel of ours that leads to ${invoice.payee} can be used now: ${each.join('; ')}`;
    }
    const text = this.#is_spontaneous
      ? `no channel of ours leads to ${invoice.payee}`
      : `no channel of ours leads to ${invoice.payee}, nor to a node that the invoice names`;
    if (this.#has_impossible_hints)
      return `${text}; a node id in its hints is no point of the curve, and was passed over`;
    return exclude.size > 0 ? `${text}, without what was excluded` : text;
  }

  #notFound(text: string): RpcError {
    const network = this.#network_says === undefined ? '' : `. The network: ${this.#network_says}`;
    return new RpcError('PAY_ROUTE_NOT_FOUND', `${this.sentence(text)}${network}`, this.#data());
  }

  #data(): object {
    return { sendpay_tries: this.#failed_parts, last_failure: this.#last?.failcodename };
  }
}
