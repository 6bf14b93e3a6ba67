/**
 * What payments of ours taught of channels on the way: each half carried at least this much, or did not carry that much.
 * Money moves, so what was learned fades, and after some hours it says nothing any more.
 */

/** Half of what was learned is forgotten after so long. */
export const HALF_LIFE_SECONDS = 1800;
/** After so many half lives an entry is dropped. */
const LONGEST_SECONDS = 10 * HALF_LIFE_SECONDS;

interface Lesson {
  lower_msat: number;
  lower_at: number;
  upper_msat: number;
  upper_at: number;
}

/** What a half holds, as far as anybody knows: at least `lower_msat`, and less than `upper_msat`. */
export interface Bounds {
  lower_msat: number;
  upper_msat: number;
}

export class Knowledge {
  readonly #lessons = new Map<number, Lesson>();
  /** 1 for halves that something is known of: a search looks here before it asks the map. */
  #flags = new Uint8Array(0);

  /** How many halves something is known of. */
  get size(): number {
    return this.#lessons.size;
  }

  /** Whether something is known of this half. */
  has(half: number): boolean {
    return this.#flags[half] === 1;
  }

  /** The half carried this much. */
  carried(half: number, amount_msat: number, now_seconds: number): void {
    const lesson = this.#of(half, now_seconds);
    if (amount_msat >= lesson.lower_msat) [lesson.lower_msat, lesson.lower_at] = [amount_msat, now_seconds];
    if (lesson.upper_msat <= amount_msat) lesson.upper_msat = Number.POSITIVE_INFINITY;
  }

  /** The half did not carry this much. */
  refused(half: number, amount_msat: number, now_seconds: number): void {
    const lesson = this.#of(half, now_seconds);
    const faded = fade(lesson.upper_msat, now_seconds - lesson.upper_at);
    if (amount_msat <= faded) [lesson.upper_msat, lesson.upper_at] = [amount_msat, now_seconds];
    if (lesson.lower_msat >= amount_msat) lesson.lower_msat = 0;
  }

  /** Writes what is known of a half of this capacity to `bounds`. */
  bounds(half: number, capacity_msat: number, now_seconds: number, bounds: Bounds): void {
    const lesson = this.#lessons.get(half);
    bounds.lower_msat = 0;
    bounds.upper_msat = capacity_msat;
    if (lesson === undefined) return;
    bounds.lower_msat = Math.min(capacity_msat, lesson.lower_msat * kept(now_seconds - lesson.lower_at));
    if (lesson.upper_msat < capacity_msat) {
      const rest_msat = (capacity_msat - lesson.upper_msat) * kept(now_seconds - lesson.upper_at);
      bounds.upper_msat = capacity_msat - rest_msat;
    }
    if (bounds.lower_msat > bounds.upper_msat) bounds.lower_msat = bounds.upper_msat;
  }

  /** The half is gone, or stands for another channel now. */
  forget(half: number): void {
    if (this.#lessons.delete(half)) this.#flags[half] = 0;
  }

  /** Drops what says nothing any more. */
  forgetOld(now_seconds: number): void {
    for (const [half, { lower_at, upper_at }] of this.#lessons) {
      if (now_seconds - Math.max(lower_at, upper_at) > LONGEST_SECONDS) this.forget(half);
    }
  }

  #of(half: number, now_seconds: number): Lesson {
    const known = this.#lessons.get(half);
    if (known !== undefined) return known;
    const lesson = {
      lower_msat: 0,
      lower_at: now_seconds,
      upper_msat: Number.POSITIVE_INFINITY,
      upper_at: now_seconds,
    };
    this.#lessons.set(half, lesson);
    if (half >= this.#flags.length) {
      const longer = new Uint8Array(Math.max(1024, 2 * (half + 1)));
      longer.set(this.#flags);
      this.#flags = longer;
    }
    this.#flags[half] = 1;
    return lesson;
  }
}

function kept(age_seconds: number): number {
  return 2 ** (-Math.max(0, age_seconds) / HALF_LIFE_SECONDS);
}

/** An old upper bound is in the way of a newer one only while it says more. */
function fade(upper_msat: number, age_seconds: number): number {
  return age_seconds > HALF_LIFE_SECONDS ? Number.POSITIVE_INFINITY : upper_msat;
}
