/**
 * What a wallet sends with its request for an invoice: amount, comment (LUD-12) and who pays (LUD-18). All of it is
 * strangers' text, judged here before anything is made of it.
 */
import { type Msat, parseMsat } from '../../base/types/amount.ts';
import { isHex } from '../../base/types/hex.ts';
import type { LightningAddress, PayerField } from './address.ts';

/** The words of the query, decoded. */
export interface PayerRequest {
  readonly amount?: string | undefined;
  readonly comment?: string | undefined;
  readonly payerdata?: string | undefined;
}

/** What of it counts. */
export interface JudgedRequest {
  readonly amount_msat: Msat;
  readonly comment: string | undefined;
  /** As it was received: the invoice commits to these very characters. Empty when there is none. */
  readonly payer_text: string;
  /** The fields that were asked for. */
  readonly payer_data: Readonly<Partial<Record<PayerField, string>>> | undefined;
}

/** A request that is refused: the message is for the payer (LUD-06, `reason`). */
export class LnurlRefusal extends Error {
  override readonly name = 'LnurlRefusal';
}

const LONGEST_PAYER_TEXT = 2_000;
const LONGEST_PAYER_FIELD = 256;

/** Judges what a wallet sends. Throws LnurlRefusal. */
export function judgeRequest(address: LightningAddress, request: PayerRequest): JudgedRequest {
  const { amount, comment = '', payerdata } = request;
  const amount_msat = amount !== undefined && /^\d+$/.test(amount) ? parseMsat(amount) : undefined;
  if (amount_msat === undefined)
    throw new LnurlRefusal('The amount is missing, or is no whole number of millisatoshi.');
  if (amount_msat < address.min_msat || amount_msat > address.max_msat) {
    throw new LnurlRefusal(`The amount must be between ${address.min_msat} and ${address.max_msat} millisatoshi.`);
  }
  // A character may be more than one unit of UTF-16: the payer is right whichever a wallet counts.
  if ([...comment].length > address.comment_length) {
    throw new LnurlRefusal(
      address.comment_length === 0
        ? 'This address takes no comment.'
        : `The comment has more than ${address.comment_length} characters.`,
    );
  }
  const isAsked = Object.keys(address.payer_data).length > 0;
  // What nobody asked for is not looked at, and the invoice does not commit to it (LUD-18).
  const payer = isAsked ? judgePayer(address, payerdata) : undefined;
  return {
    amount_msat,
    comment: comment === '' ? undefined : comment,
    payer_text: payer === undefined ? '' : (payerdata as string),
    payer_data: payer,
  };
}

function judgePayer({ payer_data }: LightningAddress, text: string | undefined): JudgedRequest['payer_data'] {
  const given = text === undefined ? undefined : readPayer(text);
  const fields: Partial<Record<PayerField, string>> = {};
  for (const [field, how] of Object.entries(payer_data) as [PayerField, string][]) {
    const value = given?.[field];
    if (value === undefined || value === null || value === '') {
      if (how === 'mandatory') throw new LnurlRefusal(`The payer's ${field} is required.`);
      continue;
    }
    if (typeof value !== 'string' || value.length > LONGEST_PAYER_FIELD || !isFit(field, value)) {
      throw new LnurlRefusal(`The payer's ${field} is not of the right form.`);
    }
    fields[field] = value;
  }
  return given === undefined ? undefined : fields;
}

function readPayer(text: string): Readonly<Record<string, unknown>> {
  if (text.length > LONGEST_PAYER_TEXT) {
    throw new LnurlRefusal(`The data of the payer has more than ${LONGEST_PAYER_TEXT} characters.`);
  }
  try {
    const value: unknown = JSON.parse(text);
    if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value as Record<string, unknown>;
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
  }
  throw new LnurlRefusal('The data of the payer is no JSON object.');
}

function isFit(field: PayerField, value: string): boolean {
  if (field === 'pubkey') return isHex(value, 33) && /^0[23]/.test(value);
  return field === 'name' || /^[^\s@]+@[^\s@]+$/.test(value);
}
