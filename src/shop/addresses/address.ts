/**
 * A Lightning address: a name at the shop's domain that a wallet asks for an invoice (LUD-06, LUD-16). This file says what
 * one is made of, and what of that is refused.
 */
import { RpcError } from '../../base/errors.ts';
import type { Msat } from '../../base/types/amount.ts';

/** What a payer may be asked for (LUD-18). `auth` is left out: a shop has no use for a login by payment. */
export const PAYER_FIELDS = ['name', 'identifier', 'email', 'pubkey'] as const;
export type PayerField = (typeof PAYER_FIELDS)[number];

/** What a payer is asked for, and what of it must be given. */
export type PayerData = Readonly<Partial<Record<PayerField, 'optional' | 'mandatory'>>>;

/** How an address is set. */
export interface AddressSettings {
  /** What the payer sees: the text/plain of LUD-06. */
  readonly description: string;
  readonly min_msat: Msat;
  readonly max_msat: Msat;
  /** Characters that a comment may have (LUD-12); 0: none is taken. */
  readonly comment_length: number;
  readonly payer_data: PayerData;
  /** Shown when the payment has succeeded (LUD-09); with one of the next two it is what stands beside that. */
  readonly success_message: string | undefined;
  /** Opened when the payment has succeeded; of the same host as the address. */
  readonly success_url: string | undefined;
  /** Text that only who has paid can read (LUD-10). */
  readonly success_secret: string | undefined;
  readonly is_enabled: boolean;
}

/** An address as it is kept. */
export interface LightningAddress extends AddressSettings {
  readonly name: string;
  /** Unix time, seconds. */
  readonly created_at: number;
}

/** What stands before the @ (LUD-16); a point in front would be part of a path. */
const NAME = /^[a-z0-9_-][a-z0-9._-]{0,63}$/;
/** The longest text/plain: wallets show it on one screen. */
const LONGEST_DESCRIPTION = 500;
/** LUD-09 and LUD-10. */
const LONGEST_SUCCESS_MESSAGE = 144;
/** Padded, encrypted and in base64 it has at most 4,096 characters (LUD-10). */
const LONGEST_SECRET_BYTES = 3_000;
/** A comment travels in a URL, of which some software takes 2,000 characters. */
export const LONGEST_COMMENT = 1_000;
const LONGEST_URL = 2_000;

/** Throws RpcError INVALID_PARAMS unless wallets can ask for it by this name. */
export function checkName(name: string): void {
  if (NAME.test(name)) return;
  throw new RpcError(
    'INVALID_PARAMS',
    'name: 1 to 64 of the characters a-z, 0-9, "-", "_" and ".", and no point in front: wallets take no others',
  );
}

/** Throws RpcError INVALID_PARAMS for what wallets would refuse. */
export function checkSettings(settings: AddressSettings): void {
  const { description, min_msat, max_msat, comment_length } = settings;
  const { success_message, success_url, success_secret } = settings;
  checkText('description', description, LONGEST_DESCRIPTION);
  if (description === '') throw refused('description', 'it is what the payer sees, and must not be empty');
  if (min_msat < 1n) throw refused('min_msat', 'at least 1 msat');
  if (max_msat < min_msat) throw refused('max_msat', `at least min_msat, which is ${min_msat}`);
  if (max_msat > BigInt(Number.MAX_SAFE_INTEGER)) {
    throw refused('max_msat', `at most ${Number.MAX_SAFE_INTEGER}: wallets read no larger number exactly`);
  }
  if (comment_length > LONGEST_COMMENT) throw refused('comment_length', `at most ${LONGEST_COMMENT}`);
  if (success_message !== undefined) checkText('success_message', success_message, LONGEST_SUCCESS_MESSAGE);
  if (success_url !== undefined && success_secret !== undefined) {
    throw refused('success_url', 'give either {success_url} or {success_secret}: wallets show one thing');
  }
  if (success_url !== undefined) checkUrl(success_url);
  if (success_secret !== undefined) {
    checkText('success_secret', success_secret, LONGEST_SECRET_BYTES);
    if (Buffer.byteLength(success_secret) > LONGEST_SECRET_BYTES) {
      throw refused('success_secret', `at most ${LONGEST_SECRET_BYTES} bytes`);
    }
  }
}

function checkUrl(text: string): void {
  checkText('success_url', text, LONGEST_URL);
  const url = URL.parse(text);
  if (url === null || (url.protocol !== 'https:' && url.protocol !== 'http:')) {
    throw refused('success_url', 'a whole URL that begins with https://');
  }
  if (url.username !== '' || url.password !== '') throw refused('success_url', 'a URL without a name and a password');
}

function checkText(name: string, text: string, most_characters: number): void {
  if (!text.isWellFormed() || text.includes('\0')) {
    throw refused(name, 'should be valid UTF-8 without a zero character');
  }
  if (text.length > most_characters) throw refused(name, `at most ${most_characters} characters`);
}

function refused(name: string, why: string): RpcError {
  return new RpcError('INVALID_PARAMS', `${name}: ${why}`);
}
