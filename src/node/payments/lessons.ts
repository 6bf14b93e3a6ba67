/**
 * What failures taught of the channels and nodes on the way, for as long as one payment is tried.
 *
 * A channel that did not carry an amount either lacks the money, and carries less, or its node is away, and carries
 * nothing. So it is tried with halves, then with one small part: when that fails too, money is not what is missing, and
 * the channel rests until the next pause is over.
 */
import { min } from '../../base/types/amount.ts';
import type { ChannelId, NodeId } from '../../base/types/brand.ts';
import type { ShortChannelId } from '../../base/types/short-channel-id.ts';
import type { Path } from './path.ts';
import type { Sendpay } from './sendpay.ts';

/** A few thousand satoshi: nearly every channel that is up carries it. */
const PROBE_MSAT = 5_000_000n;
/** Whoever fails this much after it failed more lacks something else than money. */
const SMALL_MSAT = 2n * PROBE_MSAT;
/** Below this a part is not worth an HTLC: it would be dust everywhere. */
export const SMALLEST_PART_MSAT = 10_000n;
/** A small part that did not come back for so long has got through. */
export const PROOF_SECONDS = 5;

/** Whose lesson it is: a channel of ours, a channel of a hint, a node. */
export type Subject = string & { readonly subject?: never };

/** Our own channel. */
export function ownChannel(channel_id: ChannelId): Subject {
  return channel_id;
}

/** A channel behind this node. An alias names a channel only together with its node. */
export function channelBehind(node_id: NodeId, channel: ShortChannelId): Subject {
  return `${node_id}:${channel}`;
}

/** What the part goes through: our channel, and each node with the channel behind it. */
export function subjectsOf({ channel_id, route }: Pick<Sendpay, 'channel_id' | 'route'>): readonly Subject[] {
  const behind = route.slice(0, -1).flatMap(({ id }, index) => {
    const next = route[index + 1];
    return next === undefined ? [id] : [id, channelBehind(id, next.channel)];
  });
  return [ownChannel(channel_id), ...behind];
}

interface Lesson {
  standing: 'free' | 'probing' | 'resting' | 'busy' | 'excluded';
  /** The least that failed, while that says something. */
  failed_msat: bigint | undefined;
  /** The most that is tried in one part. */
  bound_msat: bigint | undefined;
  /** How often it rested without anything having passed since. */
  rests: number;
  /** A part has got through. */
  is_proven: boolean;
}

/** How a path stands: the most to send through it in one part, or why it is not to be tried now. */
export type Standing =
  | { readonly kind: 'free'; readonly bound_msat: bigint | undefined }
  /** `away`: after a pause again; `busy`: as soon as something has ended; `excluded`: not in this payment. */
  | { readonly kind: 'away' | 'busy' | 'excluded' };

/** The lessons of one payment. */
export class Lessons {
  readonly #lessons = new Map<Subject, Lesson>();
  readonly #basic_mpp: boolean;

  /** `basic_mpp`: the payee takes parts, so less than the whole is of use. */
  constructor(basic_mpp: boolean) {
    this.#basic_mpp = basic_mpp;
  }

  /** Something was tried and is of no use in this payment. */
  exclude(subject: Subject): void {
    this.#of(subject).standing = 'excluded';
  }

  /** It may work after a pause. */
  rest(subject: Subject): void {
    const lesson = this.#of(subject);
    if (lesson.standing !== 'excluded') lesson.standing = 'resting';
  }

  /** It has no place for another HTLC, and may have one at any moment. */
  wait(subject: Subject): void {
    const lesson = this.#of(subject);
    if (lesson.standing === 'free') lesson.standing = 'busy';
  }

  /** The channel did not carry this amount. */
  failed(subject: Subject, amount_msat: bigint): void {
    const lesson = this.#of(subject);
    const { standing, failed_msat, rests, is_proven } = lesson;
    if (standing === 'excluded' || standing === 'resting') return;
    // The other half of one that failed already.
    if (failed_msat !== undefined && amount_msat >= failed_msat) return;
    const half_msat = amount_msat / 2n;
    const isSmall = failed_msat !== undefined && amount_msat <= SMALL_MSAT;
    if (!this.#basic_mpp || isSmall || rests > 0 || half_msat < SMALLEST_PART_MSAT) {
      this.rest(subject);
      return;
    }
    const probes = failed_msat !== undefined && !is_proven;
    lesson.standing = probes ? 'probing' : 'free';
    lesson.bound_msat = probes ? min(half_msat, PROBE_MSAT) : half_msat;
    lesson.failed_msat = amount_msat;
  }

  /**
   * A pause is over: what rested is tried again, by turns with the whole amount and with a small part. `may_probe`: there
   * is time left to see a small part through.
   */
  endRest(may_probe: boolean): void {
    for (const lesson of this.#lessons.values()) {
      if (lesson.standing !== 'resting') continue;
      lesson.rests++;
      const isProbe = may_probe && this.#basic_mpp && lesson.rests % 2 === 0;
      lesson.standing = isProbe ? 'probing' : 'free';
      lesson.bound_msat = isProbe ? PROBE_MSAT : undefined;
      lesson.failed_msat = undefined;
    }
  }

  /** What had no place for another HTLC is asked again. */
  endWait(): void {
    for (const lesson of this.#lessons.values()) if (lesson.standing === 'busy') lesson.standing = 'free';
  }

  /** Parts that have been out for long enough prove what they go through. */
  prove(open: readonly Sendpay[], now_seconds: number): void {
    for (const part of open) {
      if (now_seconds - part.created_at < PROOF_SECONDS) continue;
      for (const subject of subjectsOf(part)) {
        const lesson = this.#lessons.get(subject);
        if (lesson?.standing !== 'probing') continue;
        lesson.standing = 'free';
        lesson.is_proven = true;
        lesson.rests = 0;
        lesson.bound_msat = lesson.failed_msat === undefined ? undefined : lesson.failed_msat / 2n;
      }
    }
  }

  /** Whether a small part is out that nothing is known of yet. */
  isProbing(open: readonly Sendpay[]): boolean {
    return open.some((part) => subjectsOf(part).some((each) => this.#lessons.get(each)?.standing === 'probing'));
  }

  /** What is not to be used now. `open`: the parts that are out; a channel that is probed gets one at a time. */
  avoided(open: readonly Sendpay[]): readonly Subject[] {
    const out = new Set(open.flatMap((part) => subjectsOf(part)));
    return [...this.#lessons]
      .filter(([subject, { standing }]) => standing !== 'free' && (standing !== 'probing' || out.has(subject)))
      .map(([subject]) => subject);
  }

  /** Whether something is left out now that may be tried again later, and what it waits for. */
  get pause(): 'away' | 'busy' | undefined {
    const standings = new Set([...this.#lessons.values()].map(({ standing }) => standing));
    if (standings.has('busy')) return 'busy';
    return standings.has('resting') || standings.has('probing') ? 'away' : undefined;
  }

  /** How a path stands. `open`: the parts that are out; a channel that is probed gets one at a time. */
  standing({ way, hops }: Path, open: readonly Sendpay[]): Standing {
    const behind = hops.flatMap((hop) => [hop.pubkey, channelBehind(hop.pubkey, hop.short_channel_id)]);
    const lessons = [ownChannel(way.channel_id), way.peer_id, ...behind].flatMap((subject) => {
      const lesson = this.#lessons.get(subject);
      return lesson === undefined ? [] : [{ subject, lesson }];
    });
    const is = (kind: Lesson['standing']): boolean => lessons.some(({ lesson }) => lesson.standing === kind);
    if (is('excluded')) return { kind: 'excluded' };
    const isProbed = lessons.some(
      ({ subject, lesson }) => lesson.standing === 'probing' && open.some((part) => subjectsOf(part).includes(subject)),
    );
    if (is('resting') || isProbed) return { kind: 'away' };
    if (is('busy')) return { kind: 'busy' };
    const bounds = lessons.flatMap(({ lesson }) => (lesson.bound_msat === undefined ? [] : [lesson.bound_msat]));
    return { kind: 'free', bound_msat: bounds.length === 0 ? undefined : bounds.reduce((a, b) => min(a, b)) };
  }

  #of(subject: Subject): Lesson {
    const known = this.#lessons.get(subject);
    if (known !== undefined) return known;
    const lesson: Lesson = {
      standing: 'free',
      failed_msat: undefined,
      bound_msat: undefined,
      rests: 0,
      is_proven: false,
    };
    this.#lessons.set(subject, lesson);
    return lesson;
  }
}
