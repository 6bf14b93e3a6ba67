/**
 * A wallet that pays Lightning addresses, written from the LUDs alone: it checks everything that a wallet must check before
 * it pays, and refuses like one.
 */
import assert from 'node:assert/strict';
import { createDecipheriv, createHash } from 'node:crypto';
import { bech32 } from '@scure/base';
import { decodeInvoice } from '../../src/codec/bolt11/index.ts';

type Json = Readonly<Record<string, unknown>>;

/** What the shop said in its first answer. */
export interface PayTerms {
  readonly callback: string;
  readonly minSendable: number;
  readonly maxSendable: number;
  readonly metadata: string;
  readonly commentAllowed: number;
  readonly payerData: Readonly<Record<string, { readonly mandatory: boolean }>> | undefined;
}

/** An invoice that may be paid. */
export interface WalletInvoice {
  readonly pr: string;
  readonly payment_hash: string;
  readonly verify: string | undefined;
  /** What to show once it is paid. */
  shown(preimage: string): string | undefined;
}

/** The shop answered `status: ERROR`. */
export class ShopRefused extends Error {
  override readonly name = 'ShopRefused';
}

export class LnurlWallet {
  readonly #get: (url: string) => Promise<string>;

  /** `get` answers the body of a GET. */
  constructor(get: (url: string) => Promise<string>) {
    this.#get = get;
  }

  /** Reads what a payer has scanned or typed. The address of a host with a port is asked over http, as only tests have one. */
  async open(scanned: string): Promise<PayTerms> {
    const answer = await this.#ask(urlOf(scanned));
    assert.equal(answer.tag, 'payRequest');
    const { callback, minSendable, maxSendable, metadata, commentAllowed = 0, payerData } = answer;
    assert.ok(typeof callback === 'string' && URL.parse(callback) !== null, 'the callback is a URL');
    assert.ok(typeof minSendable === 'number' && typeof maxSendable === 'number' && typeof commentAllowed === 'number');
    assert.ok(Number.isSafeInteger(minSendable) && minSendable >= 1 && minSendable <= maxSendable);
    assert.ok(typeof metadata === 'string');
    const entries = JSON.parse(metadata) as unknown;
    assert.ok(Array.isArray(entries) && entries.every((entry) => Array.isArray(entry) && typeof entry[0] === 'string'));
    assert.equal(entries.filter(([type]) => type === 'text/plain').length, 1);
    if (scanned.includes('@')) {
      const named = entries.find(([type]) => type === 'text/identifier' || type === 'text/email');
      assert.equal(named?.[1], scanned, 'it answers for the address that was typed');
    }
    const terms = { callback, minSendable, maxSendable, metadata, commentAllowed };
    return { ...terms, payerData: payerData as PayTerms['payerData'] };
  }

  /** Asks for an invoice, and checks that it is what was agreed. */
  async ask(
    { callback, metadata, payerData }: PayTerms,
    amount_msat: number,
    { comment, payer }: { readonly comment?: string; readonly payer?: Readonly<Record<string, unknown>> } = {},
  ): Promise<WalletInvoice> {
    const payer_text = payer === undefined ? undefined : JSON.stringify(payer);
    const query = [
      `amount=${amount_msat}`,
      ...(comment === undefined ? [] : [`comment=${encodeURIComponent(comment)}`]),
      ...(payer_text === undefined ? [] : [`payerdata=${encodeURIComponent(payer_text)}`]),
    ].join('&');
    const answer = await this.#ask(`${callback}${callback.includes('?') ? '&' : '?'}${query}`);
    const { pr, routes, successAction, verify } = answer;
    assert.ok(typeof pr === 'string' && Array.isArray(routes) && routes.length === 0);
    const invoice = decodeInvoice(pr);
    assert.equal(invoice.amount_msat, BigInt(amount_msat), 'the invoice is over what the payer has chosen');
    const committed = metadata + (payerData === undefined ? '' : (payer_text ?? ''));
    assert.equal(invoice.description_hash, createHash('sha256').update(committed).digest('hex'));
    assert.ok(verify === undefined || typeof verify === 'string');
    checkAction(successAction as Json | undefined, callback);
    return {
      pr,
      payment_hash: invoice.payment_hash,
      verify,
      shown: (preimage) => shownBy(successAction as Json | undefined, preimage),
    };
  }

  /** Whether it is paid (LUD-21): the preimage once it is. */
  async verify(invoice: WalletInvoice): Promise<string | undefined> {
    assert.ok(invoice.verify !== undefined);
    const { status, settled, preimage, pr } = await this.#ask(invoice.verify);
    assert.deepEqual([status, pr], ['OK', invoice.pr]);
    if (settled !== true) {
      assert.equal(preimage, null);
      return undefined;
    }
    const hash = createHash('sha256')
      .update(Buffer.from(preimage as string, 'hex'))
      .digest('hex');
    assert.equal(hash, invoice.payment_hash, 'nobody is believed without the preimage');
    return preimage as string;
  }

  async #ask(url: string): Promise<Json> {
    const answer = JSON.parse(await this.#get(url)) as Json;
    if (answer.status === 'ERROR') {
      assert.ok(typeof answer.reason === 'string' && answer.reason !== '');
      throw new ShopRefused(answer.reason);
    }
    return answer;
  }
}

function urlOf(scanned: string): string {
  const [name, host] = scanned.split('@');
  if (host !== undefined) return `${host.includes(':') ? 'http' : 'https'}://${host}/.well-known/lnurlp/${name}`;
  const { prefix, bytes } = bech32.decodeToBytes(scanned.replace(/^lightning:/i, '').toLowerCase());
  assert.equal(prefix, 'lnurl');
  return Buffer.from(bytes).toString();
}

function checkAction(action: Json | undefined, callback: string): void {
  if (action === undefined) return;
  const { tag, message, description, url, ciphertext, iv } = action;
  if (tag === 'message') assert.ok(typeof message === 'string' && message.length <= 144);
  else if (tag === 'url') {
    assert.ok(typeof description === 'string' && description.length <= 144);
    assert.equal(new URL(url as string).hostname, new URL(callback).hostname);
  } else {
    assert.equal(tag, 'aes', 'a wallet does not pay when it cannot show what it is promised');
    assert.ok(typeof description === 'string' && description.length <= 144);
    assert.ok((ciphertext as string).length <= 4096 && (iv as string).length === 24);
  }
}

function shownBy(action: Json | undefined, preimage: string): string | undefined {
  if (action === undefined) return undefined;
  if (action.tag === 'message') return action.message as string;
  if (action.tag === 'url') return `${action.description} ${action.url}`;
  const key = Buffer.from(preimage, 'hex');
  const decipher = createDecipheriv('aes-256-cbc', key, Buffer.from(action.iv as string, 'base64'));
  const text = Buffer.concat([decipher.update(Buffer.from(action.ciphertext as string, 'base64')), decipher.final()]);
  return `${action.description} ${text.toString('utf8')}`;
}
