/** The page of a sale while it is open: hears that it is paid, counts the time down, and makes a sound if that is wanted. */
import { isSoundWanted, playPaid } from './counter-sound.ts';
import { trustedHtml } from './trusted.ts';

const place = document.querySelector<HTMLElement>('[data-live]');
const heard = document.querySelector<HTMLElement>('[data-heard]');
/** What the clock of the server says more than ours. */
let ahead_ms = 0;

function countDown(): void {
  const left = place?.querySelector<HTMLElement>('[data-expires-at]');
  if (left === null || left === undefined) return;
  const seconds = Math.max(0, Math.ceil((Number(left.dataset.expiresAt) * 1000 - Date.now() - ahead_ms) / 1000));
  left.textContent = `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, '0')}`;
  for (const counted of place?.querySelectorAll<HTMLElement>('[data-left]') ?? []) counted.hidden = false;
  for (const fixed of place?.querySelectorAll<HTMLElement>('[data-until]') ?? []) fixed.hidden = true;
}

function show(markup: string): void {
  if (place === null) return;
  place.innerHTML = trustedHtml(markup);
  const state = place.querySelector<HTMLElement>('[data-state]');
  const says = state?.dataset.says ?? '';
  if (heard !== null) heard.textContent = says;
  document.title = says;
  place.querySelector<HTMLElement>('[data-next]')?.focus();
  if (state?.dataset.state === 'paid' && isSoundWanted()) playPaid();
}

function follow(live: string): void {
  const events = new EventSource(live);
  events.addEventListener('now', (event: MessageEvent<string>) => {
    ahead_ms = Number(event.data) * 1000 - Date.now();
    countDown();
  });
  events.addEventListener('state', (event: MessageEvent<string>) => show(event.data));
  events.addEventListener('over', () => events.close());
  events.addEventListener('error', () => {
    // A browser gives a stream up for good that was refused, as by a shop that is busy: the page asks again itself.
    if (events.readyState === EventSource.CLOSED) setTimeout(() => follow(live), 3000);
  });
}

if (place !== null && (place.dataset.live ?? '') !== '') {
  countDown();
  setInterval(countDown, 1000);
  follow(place.dataset.live as string);
}
