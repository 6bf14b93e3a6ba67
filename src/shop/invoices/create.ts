/**
 * A new invoice: checks in the order of the page, preimage, hints, BOLT 11, one durable row. On any error nothing
 * exists.
 */

import { sha256 } from '../../base/crypto/hash.ts';
import { RpcError } from '../../base/errors.ts';
import { parseAddress } from '../../base/types/address.ts';
import type { PaymentHash, PaymentPreimage, PaymentSecret } from '../../base/types/brand.ts';
import { fromHex, toHex } from '../../base/types/hex.ts';
import { Secret } from '../../base/types/secret.ts';
import { checkTerms } from '../../codec/bolt11/check.ts';
import { Bolt11Error } from '../../codec/bolt11/error.ts';
import type { InvoiceFields } from '../../codec/bolt11/invoice.ts';
import { encodeInvoice } from '../../codec/bolt11/native.ts';
import { parseRaw } from '../../codec/bolt11/raw.ts';
import type { Write } from '../../infra/store/store.ts';
import {
  DEFAULT_FINAL_CLTV_BLOCKS,
  FULFILL_DEADLINE_BLOCKS,
  LEAST_FINAL_CLTV_BLOCKS,
} from '../../protocol/channel/final-cltv.ts';
import type { InvoiceChanges } from './changes.ts';
import type { CreateRequest } from './create-request.ts';
import { findInvoice } from './find.ts';
import { type Clash, insertInvoice, isCreated } from './insert.ts';
import { type Invoice, MAX_DESCRIPTION_BYTES, MAX_KEPT_TEXT_BYTES, MAX_LABEL_BYTES } from './invoice.ts';
import { derivePaymentSecret } from './payment-secret.ts';
import type { InvoicesOptions } from './ports.ts';
import { HintChooser, type InvoiceWarnings } from './route-hints.ts';
import { asksTheSame } from './same-request.ts';

/** What `invoice` answers. */
export interface CreatedInvoice {
  readonly invoice: Invoice;
  readonly payment_secret: PaymentSecret;
  readonly warnings: InvoiceWarnings;
}

/** Seconds, when nobody says (the founding document). */
export const DEFAULT_EXPIRY_SECONDS = 3600;
/** The last second that can be told from the next one in JSON's numbers. */
const LAST_SECOND = Number.MAX_SAFE_INTEGER;

export class InvoiceCreator {
  readonly #options: InvoicesOptions;
  readonly #changes: InvoiceChanges;
  readonly #hints: HintChooser;

  constructor(options: InvoicesOptions, changes: InvoiceChanges) {
    this.#options = options;
    this.#changes = changes;
    this.#hints = new HintChooser(options.randomBytes);
  }

  /** Resolves when the invoice is durable. Throws RpcError, and then there is no new invoice. */
  async create(request: CreateRequest): Promise<CreatedInvoice> {
    const { clock, store, signer } = this.#options;
    checkTexts(request);
    const created_at = clock.nowSeconds();
    const expires_at = expiryTime(created_at, request.expiry, this.#options.default_expiry_seconds);
    const fallbacks = readFallbacks(request.fallbacks ?? [], this.#options.network);
    const preimage = request.preimage ?? new Secret(toHex(this.#options.randomBytes(32)));
    const payment_hash = toHex(sha256(fromHex(preimage.reveal()))) as PaymentHash;
    const payment_secret = derivePaymentSecret(this.#options.payment_secret_key, payment_hash);
    const amount_msat = request.amount_msat === 'any' ? undefined : request.amount_msat;
    const min_final_cltv_expiry = finalCltv(request.cltv, this.#options.cltv_final_blocks);
    const fields: InvoiceFields = {
      currency: this.#options.network.bolt11_prefix,
      amount_msat,
      created_at,
      payment_hash,
      payment_secret,
      ...purposeOf(request),
      expiry_seconds: expires_at - created_at,
      min_final_cltv_expiry_delta: min_final_cltv_expiry,
      fallbacks,
      features: this.#options.features,
    };
    if (request.idempotent === true) {
      // Most repeats find their invoice here, whatever became of the channels; one that races its twin finds it below.
      const earlier = await findInvoice(store, clock, { label: request.label });
      if (earlier !== undefined) return await this.#again(request, fields, { by: 'label', existing: earlier });
    }
    const { routes, warnings } = this.#hints.choose(this.#options.hints.candidates(), {
      amount_msat,
      expose: request.exposeprivatechannels,
    });
    const own_script = request.fallbacks === undefined ? await this.#options.fallback?.newScript() : undefined;
    const shown = { ...fields, routes, fallbacks: own_script === undefined ? fallbacks : [own_script] };
    const outcome = await insertInvoice(
      { store, clock, changes: this.#changes },
      {
        label: request.label,
        payment_hash,
        amount_msat,
        created_at,
        expires_at,
        min_final_cltv_expiry,
        bolt11: written(() => encodeInvoice(shown, signer.sign)),
        description: request.description,
        metadata: request.metadata,
        payment_preimage: preimage as Secret<PaymentPreimage>,
      },
      [...this.#addressWrites(own_script, payment_hash), ...(request.beside?.(payment_hash) ?? [])],
    );
    if (isCreated(outcome)) return { invoice: outcome, payment_secret, warnings };
    return await this.#again(request, fields, outcome);
  }

  #addressWrites(own_script: string | undefined, payment_hash: PaymentHash): readonly Write[] {
    const { fallback } = this.#options;
    if (own_script === undefined || fallback === undefined) return [];
    return [fallback.addressWrite(own_script, fromHex(payment_hash))];
  }

  /** The earlier invoice for a repeated request; for anything else the error of the clash. */
  async #again(request: CreateRequest, fields: InvoiceFields, clash: Clash): Promise<CreatedInvoice> {
    const { existing } = clash;
    const isOurs = async (script: string) => (await this.#options.fallback?.isInvoiceAddress(script)) === true;
    if (request.idempotent !== true) throw clashError(clash, request.label);
    const terms = checkTerms(parseRaw(existing.bolt11));
    if (await asksTheSame(existing, terms, request, fields, isOurs)) {
      return { invoice: existing, payment_secret: terms.payment_secret, warnings: {} };
    }
    throw clashError(clash, request.label);
  }
}

/** The error of a clash, in Core Lightning's words. */
export function clashError({ by }: Clash, label: string): RpcError {
  if (by === 'payment_hash') return new RpcError('INVOICE_PREIMAGE_ALREADY_EXISTS', 'preimage already used');
  return new RpcError('INVOICE_LABEL_ALREADY_EXISTS', `Duplicate label '${label}'`);
}

/** What `write` makes; a value that BOLT 11 has no room for is the caller's error. */
export function written<T>(write: () => T): T {
  try {
    return write();
  } catch (error) {
    if (error instanceof Bolt11Error)
      throw new RpcError('INVALID_PARAMS', `The invoice cannot be written: ${error.message}`);
    throw error;
  }
}

/** Checks the length of a label, and that it is text. Throws RpcError INVALID_PARAMS. */
export function checkLabel(label: string): void {
  if (Buffer.byteLength(label) > MAX_LABEL_BYTES) {
    throw new RpcError('INVALID_PARAMS', `Label '${label.slice(0, MAX_LABEL_BYTES)}' over ${MAX_LABEL_BYTES} bytes`);
  }
  if (!isText(label)) throw new RpcError('INVALID_PARAMS', 'label: should be valid UTF-8 without a zero character');
}

/** A lone surrogate has no UTF-8, and a zero character ends a text in some databases. */
function isText(text: string): boolean {
  return text.isWellFormed() && !text.includes('\0');
}

function checkLength(what: 'Description' | 'Metadata', text: string, most_bytes: number): void {
  const length = Buffer.byteLength(text);
  if (length <= most_bytes) return;
  const told = `${what.toLowerCase()} length ${length}`;
  throw new RpcError('INVALID_PARAMS', `${what} greater than ${most_bytes} bytes invalid (${told})`);
}

function checkTexts(request: CreateRequest): void {
  checkLabel(request.label);
  const { description } = request;
  const hashed = request.deschashonly === true || request.description_hash !== undefined;
  checkLength('Description', description, hashed ? MAX_KEPT_TEXT_BYTES : MAX_DESCRIPTION_BYTES);
  checkLength('Metadata', request.metadata ?? '', MAX_KEPT_TEXT_BYTES);
  if (!isText(description)) {
    throw new RpcError('INVALID_PARAMS', 'description: should be valid UTF-8 without a zero character');
  }
  if (request.deschashonly === true && request.description_hash !== undefined) {
    throw new RpcError('INVALID_PARAMS', 'Can only specify one of {deschashonly} or {description_hash}');
  }
}

/** The blocks that the invoice asks for. Throws RpcError when that is so few that nobody could pay it. */
function finalCltv(cltv: number | undefined, default_blocks = DEFAULT_FINAL_CLTV_BLOCKS): number {
  if (cltv === undefined) return default_blocks;
  if (cltv >= LEAST_FINAL_CLTV_BLOCKS) return cltv;
  throw new RpcError(
    'INVALID_PARAMS',
    `cltv: should be at least ${LEAST_FINAL_CLTV_BLOCKS}, because the node claims a payment on the chain ` +
      `${FULFILL_DEADLINE_BLOCKS} blocks before it expires and refuses one that leaves less: invalid token '${cltv}'`,
  );
}

function expiryTime(created_at: number, expiry: bigint | undefined, default_seconds = DEFAULT_EXPIRY_SECONDS): number {
  const most = BigInt(LAST_SECOND - created_at);
  if (expiry !== undefined && expiry > most) {
    throw new RpcError('INVALID_PARAMS', `expiry: should be at most ${most} seconds: invalid token '${expiry}'`);
  }
  return created_at + Number(expiry ?? default_seconds);
}

function readFallbacks(fallbacks: readonly string[], network: InvoicesOptions['network']): string[] {
  return fallbacks.map((text) => {
    const address = parseAddress(text);
    if (address === undefined) throw new RpcError('LIGHTNINGD', 'Fallback address not valid');
    if (!address.networks.includes(network.name)) {
      throw new RpcError('LIGHTNINGD', `Fallback address does not match our network ${network.name}`);
    }
    return address.script_pubkey;
  });
}

function purposeOf(request: CreateRequest): { description: string } | { description_hash: string } {
  if (request.description_hash !== undefined) return { description_hash: request.description_hash };
  if (request.deschashonly === true) return { description_hash: toHex(sha256(Buffer.from(request.description))) };
  return { description: request.description };
}
