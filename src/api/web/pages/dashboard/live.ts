/** Tells open pages that something happened: a page then loads what it shows again. What happened is not said here. */
import { setTimeout as wait } from 'node:timers/promises';
import type { PageAnswer } from '../page.ts';
import { countIn } from './answers.ts';
import type { Visit } from './guard.ts';

/** However much happens, a page is told so often at most. */
const PAUSE_MS = 1000;
/** The session is judged again after so long, also when nothing happens. */
const WAIT_SECONDS = 300;

/** Answers the stream: an event of the type `change` each time that something became durable. */
export async function live({ tools, asked, person, command }: Visit): Promise<PageAnswer> {
  const { last_id } = await command('listevents', { limit: 0 });
  return tools.streams.open(asked, (send, end) => {
    const gone = new AbortController();
    const { signal } = gone;
    const ask = (method: string, params: Readonly<Record<string, number>>) =>
      tools.node.command(method, params, person.credential, { signal });
    const follow = async (): Promise<void> => {
      let after = Number(last_id);
      while (!signal.aborted) {
        const range = await ask('listevents', { limit: 0 });
        if (countIn(range, 'last_id') === after) {
          await ask('waitevent', { after, timeout: WAIT_SECONDS }).catch(unlessNothingHappened);
          continue;
        }
        after = countIn(range, 'last_id');
        send('change', '');
        await wait(PAUSE_MS, undefined, { signal });
      }
    };
    follow().catch(() => {
      // The session is over, the node stops, or the reader is gone: who still reads loads the page and hears why.
      if (!signal.aborted) end();
    });
    return () => gone.abort();
  });
}

function unlessNothingHappened(error: unknown): void {
  if ((error as { readonly error?: unknown }).error !== 'WAIT_TIMEOUT') throw error;
}
