/** Where a checkout page may lead back to: the shop says it once, and no link can change it. */

/** The longest that browsers take everywhere. */
const LONGEST = 2000;

/** Why the address is refused, as what it should be; undefined when it may be stored. */
export function redirectFault(text: string): string | undefined {
  const url = text.length > LONGEST ? null : URL.parse(text);
  if (url === null) return `should be a URL of at most ${LONGEST} characters, such as https://shop.example/thanks`;
  if (url.username !== '' || url.password !== '') return 'should have no user name and no password in it';
  const isLocal = /^(localhost|127(\.\d{1,3}){3}|\[::1\])$/.test(url.hostname);
  if (url.protocol === 'https:' || (url.protocol === 'http:' && isLocal)) return undefined;
  return 'should begin with https://; with http:// only on this machine';
}
