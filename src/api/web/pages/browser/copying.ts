/**
 * Buttons that copy: `<button data-copy="TEXT" data-copied="Copied" hidden>`. They show themselves where the browser can
 * copy, and say that they have in an element with `data-copy-said`.
 */

async function copy(button: HTMLElement): Promise<void> {
  const said = document.querySelector('[data-copy-said]');
  const { copy: text = '', copied = '' } = button.dataset;
  await navigator.clipboard.writeText(text);
  const before = button.textContent;
  button.textContent = copied;
  if (said !== null) said.textContent = copied;
  setTimeout(() => {
    button.textContent = before;
    if (said !== null) said.textContent = '';
  }, 2000);
}

/** Makes the buttons within the element work. */
export function enableCopying(within: ParentNode): void {
  if (navigator.clipboard === undefined) return;
  for (const button of within.querySelectorAll<HTMLElement>('[data-copy]')) {
    button.hidden = false;
    // A browser that was asked and says no leaves the text to be selected by hand.
    button.addEventListener('click', () => void copy(button).catch(() => {}));
  }
}
