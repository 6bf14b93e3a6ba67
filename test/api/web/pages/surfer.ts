/** Somebody with a browser, as far as HTTP goes: keeps cookies, follows what a form would send, reads pages as text. */
import assert from 'node:assert/strict';

/** What came back. */
export interface Seen {
  readonly status: number;
  readonly text: string;
  readonly location: string;
  readonly headers: Headers;
}

export class Surfer {
  readonly origin: string;
  readonly cookies = new Map<string, string>();

  constructor(origin: string) {
    this.origin = origin;
  }

  async get(path: string): Promise<Seen> {
    return await this.#send(path, {});
  }

  /** Sends a form as the pages of the site do. */
  async post(
    path: string,
    fields: Readonly<Record<string, string>>,
    headers: Readonly<Record<string, string>> = {},
  ): Promise<Seen> {
    return await this.#send(path, {
      method: 'POST',
      body: new URLSearchParams(fields).toString(),
      headers: {
        'content-type': 'application/x-www-form-urlencoded',
        origin: this.origin,
        'sec-fetch-site': 'same-origin',
        ...headers,
      },
    });
  }

  /** Opens a page, and sends its form to that action with these fields beside the hidden ones. */
  async submit(page: string, action: string, fields: Readonly<Record<string, string>> = {}): Promise<Seen> {
    const { text } = await this.get(page);
    return await this.post(action, { ...hiddenFields(text, action), ...fields });
  }

  async #send(path: string, init: RequestInit): Promise<Seen> {
    const cookie = [...this.cookies].map(([name, value]) => `${name}=${value}`).join('; ');
    const response = await fetch(new URL(path, this.origin), {
      ...init,
      redirect: 'manual',
      headers: { ...(init.headers as Record<string, string>), ...(cookie === '' ? {} : { cookie }) },
    });
    for (const set of response.headers.getSetCookie()) {
      const [, name = '', value = ''] = /^([^=]+)=([^;]*)/.exec(set) ?? [];
      if (/max-age=0/i.test(set)) this.cookies.delete(name);
      else this.cookies.set(name, value);
    }
    return {
      status: response.status,
      text: await response.text(),
      location: response.headers.get('location') ?? '',
      headers: response.headers,
    };
  }
}

/** The hidden fields of the form that goes there. */
export function hiddenFields(text: string, action: string): Record<string, string> {
  const forms = text.match(/<form[\s\S]*?<\/form>/g) ?? [];
  const form = forms.find((each) => each.includes(`action="${action}"`));
  assert.ok(form !== undefined, `no form goes to ${action}`);
  const fields: Record<string, string> = {};
  for (const [, name = '', value = ''] of form.matchAll(/<input type="hidden" name="([^"]*)" value="([^"]*)"/g)) {
    fields[name] = value
      .replaceAll('&amp;', '&')
      .replaceAll('&lt;', '<')
      .replaceAll('&gt;', '>')
      .replaceAll('&quot;', '"')
      .replaceAll('&#39;', "'");
  }
  return fields;
}
