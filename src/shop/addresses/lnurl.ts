/**
 * What a Lightning address looks like to wallets: its URL, its bech32 form (LUD-01), and what is served for it (LUD-06,
 * LUD-12, LUD-16, LUD-18). The metadata that is served and the one that an invoice commits to are made here, by one
 * function: they must be the same bytes.
 */
import { createCipheriv } from 'node:crypto';
import { bech32 } from '@scure/base';
import { sha256 } from '../../base/crypto/hash.ts';
import { fromHex, toHex } from '../../base/types/hex.ts';
import type { Secret } from '../../base/types/secret.ts';
import type { LightningAddress } from './address.ts';

/** A name as a wallet asks for it: `coffee`, or `coffee+table7` (LUD-16, tags). */
export interface NamedAddress {
  readonly name: string;
  readonly tag: string | undefined;
}

/** Reads such a name. Undefined for what no wallet may ask for. */
export function readNamed(text: string): NamedAddress | undefined {
  const match = /^([a-z0-9._-]{1,64})(?:\+([a-z0-9._-]{1,64}))?$/.exec(text);
  return match === null ? undefined : { name: match[1] as string, tag: match[2] };
}

function spelled({ name, tag }: NamedAddress): string {
  return tag === undefined ? name : `${name}+${tag}`;
}

/** The internet identifier, such as `coffee@shop.example`. `base_url`: of the shop's public pages, without a slash behind. */
export function identifierOf(named: NamedAddress, base_url: string): string {
  return `${spelled(named)}@${new URL(base_url).host}`;
}

/** The URL that a wallet asks first. */
export function payUrl(named: NamedAddress, base_url: string): string {
  return `${base_url}/.well-known/lnurlp/${spelled(named)}`;
}

/** A page for people. */
export function pageUrl(named: NamedAddress, base_url: string): string {
  return `${base_url}/a/${spelled(named)}`;
}

/** The URL that a wallet asks in bech32, in upper case: what a QR code shows (LUD-01). */
export function lnurlOf(named: NamedAddress, base_url: string): string {
  // BIP 173 ends at 90 characters; LUD-01 does not.
  return bech32.encode('lnurl', bech32.toWords(Buffer.from(payUrl(named, base_url))), false).toUpperCase();
}

/** The metadata: JSON in a text, to which the invoice commits by its hash. */
export function metadataOf(address: LightningAddress, named: NamedAddress, base_url: string): string {
  const entries = [
    ['text/plain', address.description],
    ['text/identifier', identifierOf(named, base_url)],
    ...(named.tag === undefined ? [] : [['text/tag', named.tag]]),
  ];
  return JSON.stringify(entries);
}

/** What the wallet is served first, but for the callback. */
function termsOf(address: LightningAddress, named: NamedAddress, base_url: string) {
  const { min_msat, max_msat, comment_length, payer_data } = address;
  const wanted = Object.entries(payer_data).map(([field, how]) => [field, { mandatory: how === 'mandatory' }]);
  return {
    tag: 'payRequest',
    minSendable: Number(min_msat),
    maxSendable: Number(max_msat),
    metadata: metadataOf(address, named, base_url),
    ...(comment_length === 0 ? {} : { commentAllowed: comment_length }),
    ...(wanted.length === 0 ? {} : { payerData: Object.fromEntries(wanted) }),
  };
}

/** Names the terms: a wallet that was served others before the owner changed them must ask again. 16 hex digits. */
export function revisionOf(address: LightningAddress, named: NamedAddress, base_url: string): string {
  return toHex(sha256(Buffer.from(JSON.stringify(termsOf(address, named, base_url))))).slice(0, 16);
}

/** The first answer: what may be paid, and where to ask for the invoice. */
export function payRequest(address: LightningAddress, named: NamedAddress, base_url: string) {
  const callback = `${base_url}/lnurlp/${spelled(named)}/${revisionOf(address, named, base_url)}`;
  return { callback, ...termsOf(address, named, base_url) };
}

/** What the wallet shows once it has paid (LUD-09, LUD-10); undefined: nothing. */
export function successAction(
  address: LightningAddress,
  { preimage, iv, base_url }: { readonly preimage: Secret<string>; readonly iv: Uint8Array; readonly base_url: string },
) {
  const { success_message, success_url, success_secret } = address;
  const description = success_message ?? 'Thank you';
  if (success_url !== undefined) {
    // A wallet refuses to pay when this leads to another domain (LUD-09): then it gets the message alone.
    const isOurs = URL.parse(success_url)?.hostname === new URL(base_url).hostname;
    return isOurs ? { tag: 'url', description, url: success_url } : { tag: 'message', message: description };
  }
  if (success_secret !== undefined) {
    const cipher = createCipheriv('aes-256-cbc', fromHex(preimage.reveal()), iv);
    const ciphertext = Buffer.concat([cipher.update(success_secret, 'utf8'), cipher.final()]);
    return {
      tag: 'aes',
      description,
      ciphertext: ciphertext.toString('base64'),
      iv: Buffer.from(iv).toString('base64'),
    };
  }
  return success_message === undefined ? undefined : { tag: 'message', message: success_message };
}
