/** The one policy by which a page's own server may hand markup and addresses to the browser (Trusted Types). */

interface Policy {
  createHTML(text: string): string;
  createScriptURL(text: string): string;
}

const { trustedTypes } = globalThis as unknown as {
  trustedTypes?: { createPolicy(name: string, rules: Policy): Policy };
};

const rules: Policy = {
  createHTML: (text) => text,
  createScriptURL(text) {
    if (new URL(text, location.href).origin !== location.origin) throw new TypeError('not of this shop');
    return text;
  },
};
const policy = trustedTypes?.createPolicy('till', rules) ?? rules;

/** Markup that this page's server has sent, for `innerHTML` and the like. */
export function trustedHtml(text: string): string {
  return policy.createHTML(text);
}

/** An address of this page's server, for `serviceWorker.register`. Throws TypeError for any other. */
export function trustedUrl(text: string): string {
  return policy.createScriptURL(text);
}
