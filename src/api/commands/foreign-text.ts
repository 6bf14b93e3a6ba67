/** What a text is that is no BOLT 11: people paste whatever their wallet shows, and should learn what it is. */
import { parseAddress } from '../../base/types/address.ts';

/** What begins so, by its first letters in lower case. */
const BEGINNINGS: readonly (readonly [RegExp, string])[] = [
  [/^lno1/, 'a BOLT 12 offer, which Till does not read: ask the payee for a BOLT 11 invoice'],
  [/^lnr1/, 'a BOLT 12 invoice request, which Till does not read: ask the payee for a BOLT 11 invoice'],
  [/^lni1/, 'a BOLT 12 invoice, which Till does not read: ask the payee for a BOLT 11 invoice'],
  [
    /^(lnurl1|lnurl[pwca]?:|keyauth:)/,
    'an LNURL, the address of a web server: a wallet asks that server for an invoice',
  ],
  [/^(http|https):/, 'a web address: open it, or give it to a wallet, to get an invoice'],
  [/^0[23][0-9a-f]{64}(@.*)?$/, 'the id of a node: see connect'],
  [/^[0-9a-f]{64}$/, '32 bytes in hex, such as a payment hash or a txid: see listpays and listinvoices'],
  [/^₿?[^\s@]+@[^\s@]+\.[^\s@]+$/, 'a Lightning address: a wallet asks its web server for an invoice'],
];

/** Says what the text is, as the end of the sentence "this is ..."; undefined when nobody can tell. */
export function foreignText(text: string): string | undefined {
  const bare = text.trim().replace(/^lightning:(\/\/)?/i, '');
  const lower = bare.toLowerCase();
  if (lower.startsWith('bitcoin:')) return bip21(lower.slice('bitcoin:'.length));
  const address = parseAddress(bare);
  if (address !== undefined) return 'an address on the chain: see withdraw';
  return BEGINNINGS.find(([beginning]) => beginning.test(lower))?.[1];
}

/** A link to pay on the chain, which may carry an invoice as well. */
function bip21(link: string): string {
  const invoice = new URLSearchParams(link.split('?')[1] ?? '').get('lightning');
  if (invoice === null) return 'a BIP 21 link to an address on the chain, and it carries no invoice: see withdraw';
  return 'a BIP 21 link: the invoice is what follows lightning= in it';
}
