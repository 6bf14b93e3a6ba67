/** What a script adds to the pages of the counter: keys, buttons at the items, the total, and the notice of being offline. */
import { parseTyped, percentOf, shown, type Unit } from './counter-money.ts';
import { isSoundWanted, playPaid, wantSound } from './counter-sound.ts';
import { trustedUrl } from './trusted.ts';

const notice = document.querySelector<HTMLElement>('[data-offline]');

function tellConnection(): void {
  if (notice === null) return;
  const isOffline = !navigator.onLine;
  notice.hidden = !isOffline;
  notice.textContent = isOffline ? (notice.dataset.offline ?? '') : '';
  for (const button of document.querySelectorAll<HTMLButtonElement>('.charge button')) button.disabled = isOffline;
}

class Keypad {
  readonly #form: HTMLFormElement;
  readonly #amount: HTMLInputElement;

  constructor(form: HTMLFormElement, amount: HTMLInputElement) {
    this.#form = form;
    this.#amount = amount;
    this.#reveal('[data-keys], [data-more], [data-less], [data-total], [data-sound]');
    form.addEventListener('input', () => this.#tellTotal());
    for (const key of form.querySelectorAll<HTMLElement>('[data-key]')) {
      key.addEventListener('click', () => this.#press(key.dataset.key ?? ''));
    }
    for (const item of form.querySelectorAll<HTMLElement>('[data-item]')) {
      item.querySelector('[data-more]')?.addEventListener('click', () => this.#count(item, 1));
      item.querySelector('[data-less]')?.addEventListener('click', () => this.#count(item, -1));
    }
    const sound = form.querySelector<HTMLInputElement>('#sound');
    if (sound !== null) {
      sound.checked = isSoundWanted();
      sound.addEventListener('change', () => {
        wantSound(sound.checked);
        if (sound.checked) playPaid();
      });
    }
    // A page that comes back by the way back shows what was typed.
    addEventListener('pageshow', () => this.#tellTotal());
    this.#tellTotal();
  }

  #reveal(selector: string): void {
    for (const element of this.#form.querySelectorAll<HTMLElement>(selector)) element.hidden = false;
  }

  get #unit(): Unit {
    const chosen = this.#form.querySelector<HTMLInputElement>('[name="unit"]:checked, [name="unit"][type="hidden"]');
    return { name: chosen?.value ?? 'sat', digits: Number(chosen?.dataset.digits ?? 0) };
  }

  #press(key: string): void {
    const { value } = this.#amount;
    if (key === 'clear') this.#clear();
    else if (key === 'back') this.#amount.value = value.slice(0, -1);
    else if (value.length < 200) this.#amount.value = value + key;
    this.#tellTotal();
  }

  #clear(): void {
    this.#amount.value = '';
    for (const count of this.#form.querySelectorAll<HTMLInputElement>('[data-item] input')) count.value = '';
  }

  #count(item: HTMLElement, step: 1 | -1): void {
    const field = item.querySelector('input');
    if (field === null) return;
    const count = Math.min(Math.max(Number(field.value) + step, 0), 9999);
    field.value = count === 0 ? '' : String(count);
    this.#tellTotal();
  }

  /** What all comes to; nothing while something is no amount: the server says what. */
  #total(unit: Unit): bigint | undefined {
    let goods = parseTyped(this.#amount.value, unit);
    if (goods === undefined) return undefined;
    for (const item of this.#form.querySelectorAll<HTMLElement>('[data-item]')) {
      const count = BigInt(item.querySelector('input')?.value || 0);
      if (count === 0n) continue;
      if (item.dataset.unit !== unit.name) return undefined;
      goods += BigInt(item.dataset.amount ?? 0) * count;
    }
    const tip = this.#form.querySelector<HTMLInputElement>('[name="tip"]:checked')?.value ?? '0';
    if (tip !== 'other') return goods + percentOf(goods, BigInt(tip), unit);
    const other = parseTyped(this.#form.querySelector<HTMLInputElement>('[name="other_tip"]')?.value ?? '', unit);
    return other === undefined ? undefined : goods + other;
  }

  #tellTotal(): void {
    const unit = this.#unit;
    const total = this.#total(unit);
    const output = this.#form.querySelector('[data-total-shown]');
    if (output === null) return;
    output.textContent = total === undefined ? '–' : shown(total, unit, this.#form.dataset.language ?? 'en');
  }
}

const form = document.querySelector<HTMLFormElement>('[data-sell]');
const amount = document.querySelector<HTMLInputElement>('#amount');
if (form !== null && amount !== null) {
  new Keypad(form, amount);
  // Keys that are typed go to the amount; on a phone that would open its keyboard over ours.
  if (matchMedia('(pointer: fine)').matches) amount.focus();
}
addEventListener('online', tellConnection);
addEventListener('offline', tellConnection);
tellConnection();
if ('serviceWorker' in navigator) {
  // Without it the pages work as well; only the page for being offline is then the browser's own.
  navigator.serviceWorker.register(trustedUrl('/pos/worker.js'), { scope: '/pos' }).catch(() => {});
}
