/** Waiting for the next event. */
import type { ShopEvent } from './event.ts';
import type { EventLog } from './event-log.ts';
import type { EventFilter } from './filter.ts';

/**
 * The first wanted event after a number, at once or when it happens. When the number is above the last one, it is the
 * next event. Rejects with the reason of `signal` at any time, with that of `timeout` once there is nothing to read, and
 * with PrunedError.
 */
export async function waitForEvent(
  log: EventLog,
  query: EventFilter & { readonly after: number },
  signal: AbortSignal,
  timeout: AbortSignal,
): Promise<ShopEvent> {
  let wake = (): void => {};
  const unsubscribe = log.subscribe(() => wake());
  const onAbort = (): void => wake();
  for (const each of [signal, timeout]) each.addEventListener('abort', onAbort);
  try {
    let after = Math.min(query.after, (await log.range()).last_id);
    for (;;) {
      signal.throwIfAborted();
      const woken = new Promise<void>((resolve) => {
        wake = resolve;
      });
      const { events, next_after, has_more } = await log.read({ ...query, after, limit: 1 });
      if (events[0] !== undefined) return events[0];
      after = next_after;
      if (has_more) {
        // Others get their turn while a long log is gone through.
        await new Promise((resolve) => setImmediate(resolve));
        continue;
      }
      timeout.throwIfAborted();
      await woken;
    }
  } finally {
    unsubscribe();
    for (const each of [signal, timeout]) each.removeEventListener('abort', onAbort);
  }
}
