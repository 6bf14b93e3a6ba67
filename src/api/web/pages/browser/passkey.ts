/** Passkeys in the browser: asks the authenticator, puts its answer into the form, and sends it. Without this script people sign in otherwise. */

/** Both were added to browsers later than passkeys themselves. */
const can_passkeys =
  typeof PublicKeyCredential === 'function' &&
  'parseRequestOptionsFromJSON' in PublicKeyCredential &&
  'toJSON' in PublicKeyCredential.prototype;

for (const form of document.querySelectorAll<HTMLFormElement>('form[data-passkey]')) {
  if (!can_passkeys) continue;
  form.hidden = false;
  form.addEventListener('submit', (event) => {
    event.preventDefault();
    void use(form);
  });
}

async function use(form: HTMLFormElement): Promise<void> {
  const says = form.querySelector<HTMLElement>('[data-passkey-says]');
  const say = (text: string): void => {
    if (says !== null) says.textContent = text;
  };
  say(says?.dataset.follow ?? '');
  try {
    const is_new = form.dataset.passkey === 'new';
    const answer = await fetch(is_new ? '/account/passkey-options' : '/sign-in/challenge', {
      method: 'POST',
      headers: { 'content-type': 'application/x-www-form-urlencoded' },
      body: new URLSearchParams({ form_token: fieldText(form, 'form_token') }),
    });
    if (!answer.ok) throw new Error('the node did not answer');
    const options: unknown = await answer.json();
    const credential = is_new
      ? await navigator.credentials.create({
          publicKey: PublicKeyCredential.parseCreationOptionsFromJSON(
            options as PublicKeyCredentialCreationOptionsJSON,
          ),
        })
      : await navigator.credentials.get({
          publicKey: PublicKeyCredential.parseRequestOptionsFromJSON(options as PublicKeyCredentialRequestOptionsJSON),
        });
    const field = form.elements.namedItem('response');
    if (!(field instanceof HTMLInputElement) || credential === null) throw new Error('there is no passkey');
    field.value = JSON.stringify(credential);
    form.submit();
  } catch (error) {
    const is_refused = error instanceof DOMException && error.name === 'NotAllowedError';
    say((is_refused ? says?.dataset.nothing : says?.dataset.failed) ?? '');
    // What the browser said is for those who look for a fault.
    if (!is_refused) console.warn(error);
  }
}

function fieldText(form: HTMLFormElement, name: string): string {
  const field = form.elements.namedItem(name);
  return field instanceof HTMLInputElement ? field.value : '';
}
