/** The checkout page while it is open: hears what happens, counts the time down, copies, prints. */
import { enableCopying } from './copying.ts';
import { trustedHtml } from './trusted.ts';

const place = document.querySelector<HTMLElement>('[data-live]');

function enable(): void {
  if (place === null) return;
  enableCopying(place);
  for (const button of place.querySelectorAll<HTMLElement>('[data-print]')) {
    button.hidden = false;
    button.addEventListener('click', () => print());
  }
  countDown();
}

/** What the clock of the server says more than ours: the customer's may be wrong. */
let ahead_ms = 0;

function countDown(): void {
  const left = place?.querySelector<HTMLElement>('[data-expires-at]');
  if (left === null || left === undefined) return;
  const ends_ms = Number(left.dataset.expiresAt) * 1000;
  const seconds = Math.max(0, Math.ceil((ends_ms - Date.now() - ahead_ms) / 1000));
  const days = Math.floor(seconds / 86_400);
  const parts = [Math.floor(seconds / 3600) % 24, Math.floor(seconds / 60) % 60, seconds % 60];
  const shown = (days === 0 && parts[0] === 0 ? parts.slice(1) : parts).map((part) => String(part).padStart(2, '0'));
  left.textContent = (days > 0 ? `${days} d ` : '') + shown.join(':');
  for (const counted of place?.querySelectorAll<HTMLElement>('[data-left]') ?? []) counted.hidden = false;
  for (const fixed of place?.querySelectorAll<HTMLElement>('[data-until]') ?? []) fixed.hidden = true;
}

function show(markup: string): void {
  if (place === null) return;
  const chosen = place.querySelector<HTMLInputElement>('input[name="way"]:checked')?.value;
  const isOpen = place.querySelector('details')?.open ?? false;
  const focused = document.activeElement?.id ?? '';
  place.innerHTML = trustedHtml(markup);
  if (focused !== '') document.getElementById(focused)?.focus();
  const again = place.querySelector<HTMLInputElement>(`input[name="way"][value="${chosen}"]`);
  if (again !== null) again.checked = true;
  const details = place.querySelector('details');
  if (details !== null) details.open = isOpen;
  enable();
  const status = place.querySelector<HTMLElement>('[data-status]');
  // What a screen reader hears is outside of what was replaced, so that it hears of the change.
  const line = status?.dataset.status ?? '';
  const heard = document.querySelector('[role="status"]');
  if (heard !== null) heard.textContent = line;
  document.title = `${line} · ${place.dataset.shop ?? ''}`;
}

if (place !== null) {
  enable();
  setInterval(countDown, 1000);
  const { live = '' } = place.dataset;
  if (live !== '') {
    const events = new EventSource(live);
    events.addEventListener('now', (event: MessageEvent<string>) => {
      ahead_ms = Number(event.data) * 1000 - Date.now();
      countDown();
    });
    events.addEventListener('state', (event: MessageEvent<string>) => show(event.data));
    events.addEventListener('over', () => events.close());
  }
}
