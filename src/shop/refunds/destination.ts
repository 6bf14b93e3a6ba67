/** To whom a refund goes: what a customer gives, understood. */
import { bech32 } from '@scure/base';
import { RpcError } from '../../base/errors.ts';
import { parseAddress } from '../../base/types/address.ts';
import { fromHex } from '../../base/types/hex.ts';
import type { Network } from '../../base/types/network.ts';
import { Bolt11Error } from '../../codec/bolt11/error.ts';
import type { Invoice } from '../../codec/bolt11/invoice.ts';
import { decodeInvoice } from '../../codec/bolt11/native.ts';

/** A destination. */
export type Destination =
  | { readonly method: 'bolt11'; readonly text: string; readonly invoice: Invoice }
  /** A Lightning address or LNURL: who is asked for the invoice. */
  | { readonly method: 'lnurl'; readonly text: string; readonly url: string }
  | { readonly method: 'onchain'; readonly text: string; readonly script_pubkey: Uint8Array };

/** Of a Lightning address (LUD-16): a name, an @, and a domain, perhaps with a port. */
const LIGHTNING_ADDRESS = /^([a-z0-9\-_.+]{1,64})@([a-z0-9.-]{1,253}(?::\d{1,5})?)$/;
const LONGEST_LNURL = 4096;

/** Reads a destination of this network. Throws RpcError INVALID_PARAMS that says what is taken. */
export function parseDestination(given: string, network: Network): Destination {
  const text = given.trim().replace(/^lightning:(?=.)/i, '');
  const lower = text.toLowerCase();
  const named = LIGHTNING_ADDRESS.exec(lower);
  if (named !== null) {
    const [, name = '', domain = ''] = named;
    return { method: 'lnurl', text: lower, url: schemeFor(domain, `/.well-known/lnurlp/${name}`) };
  }
  if (lower.startsWith('lnurlp://') && /^[!-~]+$/.test(text) && text.length <= LONGEST_LNURL) {
    const rest = text.slice('lnurlp://'.length);
    const host = rest.split(/[/?]/)[0] ?? '';
    return { method: 'lnurl', text, url: schemeFor(host, rest.slice(host.length)) };
  }
  if (lower.startsWith('lnurl1')) return { method: 'lnurl', text: lower, url: lnurlOf(lower) };
  if (lower.startsWith('ln')) return { method: 'bolt11', text: lower, invoice: readInvoice(lower, network) };
  const address = parseAddress(text);
  if (address === undefined) {
    throw refusal('should be a BOLT 11 invoice, a Lightning address (name@domain), an LNURL, or a bitcoin address');
  }
  if (!address.networks.includes(network.name)) throw refusal(`the address is not of the network ${network.name}`);
  return { method: 'onchain', text, script_pubkey: fromHex(address.script_pubkey) };
}

function readInvoice(text: string, network: Network): Invoice {
  try {
    return decodeInvoice(text, { currency: network.bolt11_prefix });
  } catch (error) {
    if (error instanceof Bolt11Error) throw refusal(error.message);
    throw error;
  }
}

/** LUD-01: the URL in bech32, which may be longer than BIP 173 allows. */
function lnurlOf(text: string): string {
  try {
    const { prefix, bytes } = bech32.decodeToBytes(text.length > LONGEST_LNURL ? '' : text);
    if (prefix === 'lnurl') return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch {
    // What is wrong with it is the same for the reader: it was not copied whole.
  }
  throw refusal('the LNURL is damaged: copy it again, whole');
}

/** An onion service proves itself without TLS (LUD-16, LUD-17). */
function schemeFor(host: string, path: string): string {
  return `${host.replace(/:\d+$/, '').toLowerCase().endsWith('.onion') ? 'http' : 'https'}://${host}${path}`;
}

function refusal(message: string): RpcError {
  return new RpcError('INVALID_PARAMS', `destination: ${message}`);
}
