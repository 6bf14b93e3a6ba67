/** When a delivery that failed is tried again. */
import type { RandomBytes } from '../../base/crypto/random.ts';
import type { SendOutcome } from './ports.ts';

const MINUTE = 60;
const HOUR = 3600;

/** Seconds before each attempt, from the one before it. Together three days; then the webhook is switched off. */
const DELAYS_SECONDS = [0, 5, 5 * MINUTE, 30 * MINUTE, 2 * HOUR, 5 * HOUR, 10 * HOUR, 14 * HOUR, 20 * HOUR, 24 * HOUR];
/** No receiver puts us off for longer. */
const LONGEST_DELAY_SECONDS = 24 * HOUR;
/** A tenth more or less, so that what failed together does not come back together. */
const JITTER = 0.1;

/**
 * Seconds until the next attempt after so many failed ones; undefined when there were enough. A receiver that says
 * Retry-After is not asked before that.
 */
export function delaySeconds(
  tries: number,
  retry_after_seconds: number | undefined,
  randomBytes: RandomBytes,
): number | undefined {
  const delay = DELAYS_SECONDS[tries];
  if (delay === undefined) return undefined;
  const [byte] = randomBytes(1) as unknown as [number];
  const spread = Math.round(delay * (1 - JITTER + (2 * JITTER * byte) / 255));
  return Math.min(Math.max(spread, retry_after_seconds ?? 0), LONGEST_DELAY_SECONDS);
}

/** Why an attempt counts as failed; undefined when it has delivered: only a status of 2xx has. */
export function failureOf(outcome: SendOutcome): string | undefined {
  if (outcome.kind === 'failed') return outcome.reason;
  const { status } = outcome;
  if (status >= 200 && status < 300) return undefined;
  if (status >= 300 && status < 400) return `status ${status}: redirects are not followed`;
  return `status ${status}`;
}

/** Whether the receiver says that it is gone for good. */
export function isGone(outcome: SendOutcome): boolean {
  return outcome.kind === 'answered' && outcome.status === 410;
}
