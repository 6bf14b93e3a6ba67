/** Keeps a page of the dashboard current: when the node says that something happened, what it shows is loaded again. */
import { trustedHtml } from './trusted.ts';

const main = document.querySelector<HTMLElement>('main[data-live]');
const path = main?.dataset.live ?? '';
if (main !== null && path !== '') follow(main, path);

function follow(shown: HTMLElement, stream: string): void {
  const source = new EventSource(stream);
  let is_loading = false;
  source.addEventListener('change', () => {
    if (is_loading || isBusy(shown)) return;
    is_loading = true;
    void load(shown).finally(() => {
      is_loading = false;
    });
  });
}

/** Whether somebody is writing, or has opened something that would be shut. */
function isBusy(shown: HTMLElement): boolean {
  const { activeElement } = document;
  if (activeElement !== null && activeElement !== shown && shown.contains(activeElement)) return true;
  return shown.querySelector('details[open]') !== null;
}

async function load(shown: HTMLElement): Promise<void> {
  const answer = await fetch(location.href, { headers: { accept: 'text/html' } });
  if (answer.redirected || !answer.ok) {
    location.reload();
    return;
  }
  const text = await answer.text();
  const fresh = new DOMParser().parseFromString(trustedHtml(text) as string, 'text/html').querySelector('main');
  if (fresh !== null && !isBusy(shown)) shown.replaceChildren(...fresh.childNodes);
}
