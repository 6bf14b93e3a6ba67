/**
 * The headers of every page. A page loads nothing from elsewhere, runs no script of its own text, may be framed by nobody,
 * tells nobody where its reader came from, and is found by no search engine.
 */

/** More directives for one page, such as `{ 'manifest-src': "'self'" }`. */
export type MoreDirectives = Readonly<Record<string, string>>;

const DIRECTIVES: MoreDirectives = {
  'default-src': "'none'",
  'script-src': "'self'",
  'style-src': "'self'",
  'img-src': "'self' data:",
  'connect-src': "'self'",
  'form-action': "'self'",
  'base-uri': "'none'",
  'frame-ancestors': "'none'",
  'require-trusted-types-for': "'script'",
  'trusted-types': 'till',
};

function policy(directives: MoreDirectives): string {
  return Object.entries(directives)
    .map(([name, value]) => `${name} ${value}`)
    .join('; ');
}

const POLICY = policy(DIRECTIVES);

/**
 * The headers. `sends_forms`: browsers tell no origin of a form on a page that says `no-referrer`, and those that do not
 * tell Sec-Fetch-Site either must: such a page tells itself, and still nobody else.
 */
export function pageHeaders(sends_forms: boolean, more?: MoreDirectives): Readonly<Record<string, string>> {
  return {
    'content-security-policy': more === undefined ? POLICY : policy({ ...DIRECTIVES, ...more }),
    'x-content-type-options': 'nosniff',
    'referrer-policy': sends_forms ? 'same-origin' : 'no-referrer',
    'cross-origin-opener-policy': 'same-origin',
    'cross-origin-resource-policy': 'same-origin',
    'permissions-policy': 'camera=(), geolocation=(), microphone=(), payment=()',
    'x-robots-tag': 'noindex, nofollow',
    'cache-control': 'no-store',
  };
}
