/** Addresses of IPv6 as bytes: in handshakes, announcements, and wherever two ways of writing one are compared. */

/**
 * The 16 bytes of an address that `isIPv6` takes, however it is written. The zone (`%eth0`), which names a link of this
 * machine and means nothing to anybody else, is left out.
 */
export function ipv6Bytes(text: string): Buffer {
  // The URL parser writes every form, also one that ends in IPv4, as plain groups of hex; it takes no zone.
  const plain = text.replace(/%.*$/, '');
  const [head = '', tail] = new URL(`http://[${plain}]/`).hostname.slice(1, -1).split('::');
  const groups = (part: string | undefined): number[] =>
    part === undefined || part === '' ? [] : part.split(':').map((group) => Number.parseInt(group, 16));
  const [front, back] = [groups(head), groups(tail)];
  const all = [...front, ...new Array<number>(8 - front.length - back.length).fill(0), ...back];
  return Buffer.from(all.flatMap((group) => [group >> 8, group & 0xff]));
}
