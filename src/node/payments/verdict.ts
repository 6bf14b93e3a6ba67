/** What the failure of a part says about the way that it took (BOLT 4, Receiving Failure Codes), and says it in words. */
import { fromHex } from '../../base/types/hex.ts';
import { decodeFailure, failureCode, isNodeFailure, isPermanent } from '../../codec/onion/failure.ts';
import { channelBehind, ownChannel, type Subject } from './lessons.ts';
import type { SendFailure, Sendpay } from './sendpay.ts';

/** What follows from a failure. */
export type Verdict =
  /** The payee said no for good. */
  | { readonly kind: 'refused' }
  /** The set was not whole in time: nothing against another try. */
  | { readonly kind: 'again' }
  /** The channel did not carry this much. */
  | { readonly kind: 'failed'; readonly subject: Subject; readonly amount_msat: bigint }
  /** After a pause it may work. */
  | { readonly kind: 'rest'; readonly subjects: readonly Subject[] }
  /** Of no use in this payment. */
  | { readonly kind: 'exclude'; readonly subject: Subject };

/** The node behind the channel is not there now, or on another block than we are. */
const PASSING: ReadonlySet<number> = new Set([
  // It says PERM, and is what LND answers while the node behind it is away.
  failureCode('unknown_next_peer'),
  failureCode('channel_disabled'),
  failureCode('expiry_too_soon'),
]);

/** What was known when a part was sent. */
export interface WhenSent {
  /** Of our chain. */
  readonly height: number;
  /** How many blocks the payee wants to be left when the part arrives. */
  readonly min_final_cltv_expiry_delta: number;
}

/** Judges a part that failed. */
export function verdictOn({ route, channel_id, failure }: Sendpay, sent: WhenSent): Verdict {
  const own = ownChannel(channel_id);
  if (failure?.erring_index === undefined) {
    if (failure?.failcodename === 'permanent_channel_failure') return { kind: 'exclude', subject: own };
    if (failure?.failcodename === 'temporary_channel_failure') return { kind: 'rest', subjects: [own] };
    // Nobody can be named. What lies behind our peer can be gone around; our own channel may be the only one.
    const behind = route.slice(1).map((step, index) => channelBehind(route[index]?.id ?? step.id, step.channel));
    return { kind: 'rest', subjects: behind.length > 0 ? behind : [own] };
  }
  const { failcode, erring_index } = failure;
  const at = route[erring_index];
  const next = route[erring_index + 1];
  if (at === undefined || next === undefined) {
    if (failcode === failureCode('mpp_timeout')) return { kind: 'again' };
    const before = route[erring_index - 1];
    const last = at === undefined || before === undefined ? own : channelBehind(before.id, at.channel);
    // The payee has so many blocks that we did not that too few were left for it. With those it may say something else.
    const left = sent.height + (route.at(-1)?.delay ?? 0) - (payeeHeight(failure) ?? 0);
    if (isPermanent(failcode) && left >= sent.min_final_cltv_expiry_delta) return { kind: 'refused' };
    return { kind: 'rest', subjects: [last] };
  }
  if (isNodeFailure(failcode)) {
    return isPermanent(failcode) ? { kind: 'exclude', subject: at.id } : { kind: 'rest', subjects: [at.id] };
  }
  const behind = channelBehind(at.id, next.channel);
  if (failcode === failureCode('temporary_channel_failure')) {
    return { kind: 'failed', subject: behind, amount_msat: next.amount_msat };
  }
  if (PASSING.has(failcode)) return { kind: 'rest', subjects: [behind] };
  return { kind: 'exclude', subject: behind };
}

/** The height of the payee's chain, which it tells when it does not want a payment. */
function payeeHeight(failure: SendFailure | undefined): number | undefined {
  const { message } = decodeFailure(fromHex(failure?.raw_message ?? ''));
  return message?.failure === 'incorrect_or_unknown_payment_details' ? message.height : undefined;
}

/** The failure of a part as a sentence: who failed it, and how. */
export function wordsFor({ route, failure }: Sendpay): string {
  const [own] = route;
  const { erring_index, failcode, failcodename } = failure ?? {};
  if (erring_index === undefined) {
    if (failcodename === 'permanent_channel_failure')
      return `it timed out on chain, after channel ${own?.channel} ended`;
    if (failcodename === 'temporary_channel_failure') {
      return `the connection to ${own?.id} ended before our channel ${own?.channel} could send it`;
    }
    return `a failure came back over channel ${own?.channel} in a form that nobody can read`;
  }
  const name = failcodename === undefined || failcodename === 'unknown' ? `failure ${failcode}` : failcodename;
  const at = route[erring_index];
  const next = route[erring_index + 1];
  if (next === undefined) return `the payee ${at?.id} answers ${name}`;
  if (failcode !== undefined && isNodeFailure(failcode)) return `node ${at?.id} answers ${name}`;
  const isLast = erring_index + 2 === route.length;
  const isAway =
    failcode !== undefined && (PASSING.has(failcode) || failcode === failureCode('temporary_channel_failure'));
  const guess = isLast && isAway ? ' (the payee may be offline)' : '';
  return `channel ${next.channel} from ${at?.id} to ${next.id} failed with ${name}${guess}`;
}
