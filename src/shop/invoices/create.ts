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
import { encodeInvoice } from '../../codec/bolt11/native.ts';
import { parseRaw } from '../../codec/bolt11/raw.ts';
import type { Write } from '../../infra/store/store.ts';
import {
  DEFAULT_FINAL_CLTV_BLOCKS,
  FULFILL_DEADLINE_BLOCKS,
  LEAST_FINAL_CLTV_BLOCKS,
} from '../../protocol/channel/final-cltv.ts';
import type { InvoiceChanges } from './changes.ts';
import type { CreateRequest, OwnFields } from './create-request.ts';
import { findInvoice } from './find.ts';
import { type Clash, insertInvoice, isCreated } from './insert.ts';
import { type Invoice, MAX_DESCRIPTION_BYTES, MAX_KEPT_TEXT_BYTES, MAX_LABEL_BYTES } from './invoice.ts';
import { buyJit, type JitOutcome, jitFields } from './jit.ts';
import { derivePaymentSecret } from './payment-secret.ts';
import type { InvoicesContext, JitTerms } from './ports.ts';
import { type ChosenHints, HintChooser, type HintRequest, type InvoiceWarnings } from './route-hints.ts';
import { asksTheSame } from './same-request.ts';

/** What `invoice` answers. */
export interface CreatedInvoice {
  readonly invoice: Invoice;
  readonly payment_secret: PaymentSecret;
  readonly warnings: InvoiceWarnings & { readonly warning_jit?: string };
  /** The channel that its payment opens. */
  readonly jit?: JitTerms | undefined;
}

/** Seconds, when nobody says (the founding document). */
export const DEFAULT_EXPIRY_SECONDS = 3600;
/** The last second that can be told from the next one in JSON's numbers. */
const LAST_SECOND = Number.MAX_SAFE_INTEGER;

export class InvoiceCreator {
  readonly #options: InvoicesContext;
  readonly #changes: InvoiceChanges;
  readonly #hints: HintChooser;

  constructor(options: InvoicesContext, changes: InvoiceChanges) {
    this.#options = options;
    this.#changes = changes;
    this.#hints = new HintChooser(options.randomBytes);
  }

  /** Resolves when the invoice is durable. Throws RpcError, and then there is no new invoice. */
  async create(request: CreateRequest): Promise<CreatedInvoice> {
    const { clock, store, signer, price_rows } = this.#options;
    checkTexts(request);
    const created_at = clock.nowSeconds();
    const expires_at = expiryTime(created_at, request.expiry, this.#options.default_expiry_seconds?.());
    const fallbacks = readFallbacks(request.fallbacks ?? [], this.#options.network);
    const preimage = request.preimage ?? new Secret(toHex(this.#options.randomBytes(32)));
    const payment_hash = toHex(sha256(fromHex(preimage.reveal()))) as PaymentHash;
    const payment_secret = derivePaymentSecret(this.#options.payment_secret_key, payment_hash);
    const min_final_cltv_expiry = finalCltv(request.cltv, this.#options.cltv_final_blocks);
    const fields: OwnFields = {
      currency: this.#options.network.bolt11_prefix,
      amount_msat: typeof request.amount_msat === 'bigint' ? request.amount_msat : undefined,
      created_at,
      payment_hash,
      payment_secret,
      ...purposeOf(request),
      expiry_seconds: expires_at - created_at,
      min_final_cltv_expiry_delta: min_final_cltv_expiry,
      fallbacks,
      features: this.#options.features,
    };
    if (request.idempotent === true || wantsJit(request)) {
      // Most repeats find their invoice here, whatever became of rates and channels; one that races its twin finds it below.
      // And nothing is bought for an invoice that cannot be made.
      const earlier = await findInvoice(this.#options, { label: request.label });
      if (earlier !== undefined) return await this.#again(request, fields, { by: 'label', existing: earlier });
    }
    const { amount_msat, price } = await this.#amountOf(request.amount_msat);
    const priced = { ...fields, amount_msat };
    const jit = await this.#wishedChannel(request, priced);
    const { routes, warnings } =
      jit.channel === undefined
        ? this.#hints.choose(this.#options.hints.candidates(), hintsFor(request, priced))
        : NO_HINTS;
    const own_script = request.fallbacks === undefined ? await this.#options.fallback?.newScript() : undefined;
    const plain = { ...priced, routes, fallbacks: own_script === undefined ? fallbacks : [own_script] };
    const shown = jit.channel === undefined ? plain : jitFields(plain, jit.channel, created_at);
    const outcome = await insertInvoice(
      { store, clock, price_rows, changes: this.#changes },
      {
        label: request.label,
        payment_hash,
        amount_msat,
        created_at,
        expires_at: created_at + shown.expiry_seconds,
        // What is demanded when the payment comes: a bought channel has the invoice ask for more.
        min_final_cltv_expiry,
        bolt11: written(() => encodeInvoice(shown, signer.sign)),
        description: request.description,
        metadata: request.metadata,
        price,
        payment_preimage: preimage as Secret<PaymentPreimage>,
        is_transient: request.is_transient === true,
      },
      [
        ...this.#addressWrites(own_script, payment_hash),
        ...(jit.channel === undefined ? [] : [jit.channel.write]),
        ...(request.beside?.(payment_hash) ?? []),
      ],
    );
    if (!isCreated(outcome)) return await this.#again(request, fields, outcome);
    jit.channel?.committed();
    const { channel, warning_jit } = jit;
    return {
      invoice: outcome,
      payment_secret,
      warnings: warning_jit === undefined ? warnings : { ...warnings, warning_jit },
      ...(channel === undefined ? {} : { jit: channel }),
    };
  }

  /** A channel that the payment is to open, when one is wanted. */
  async #wishedChannel(request: CreateRequest, fields: OwnFields): Promise<JitOutcome> {
    const { jit: wish } = request;
    if (wish === undefined || wish === false) return NO_CHANNEL;
    const isNeeded = !this.#hints.suffice(this.#options.hints.candidates(), hintsFor(request, fields));
    if (wish === 'auto' && !isNeeded) return NO_CHANNEL;
    const { payment_hash, amount_msat, expiry_seconds } = fields;
    return await buyJit(this.#options.jit, wish, { payment_hash, amount_msat, expiry_seconds });
  }

  /** What is asked for in bitcoin: as it was said, or at the rate of now. Rejects with RpcError. */
  async #amountOf(asked: CreateRequest['amount_msat']): Promise<Pick<Invoice, 'amount_msat' | 'price'>> {
    if (typeof asked !== 'object') return { amount_msat: asked === 'any' ? undefined : asked };
    const { rates } = this.#options;
    if (rates === undefined)
      throw new RpcError('RATE_UNAVAILABLE', 'There is no source of rates: give the amount in msat');
    return await rates.price(asked);
  }

  #addressWrites(own_script: string | undefined, payment_hash: PaymentHash): readonly Write[] {
    const { fallback } = this.#options;
    if (own_script === undefined || fallback === undefined) return [];
    return [fallback.addressWrite(own_script, fromHex(payment_hash))];
  }

  /** The earlier invoice for a repeated request; for anything else the error of the clash. */
  async #again(request: CreateRequest, fields: OwnFields, clash: Clash): Promise<CreatedInvoice> {
    const { existing } = clash;
    const isOurs = async (script: string) => (await this.#options.fallback?.isInvoiceAddress(script)) === true;
    if (request.idempotent !== true) throw clashError(clash, request.label);
    const terms = checkTerms(parseRaw(existing.bolt11));
    const jit = wantsJit(request) ? await this.#options.jit?.termsOf(existing.payment_hash) : undefined;
    if (await asksTheSame(existing, terms, request, fields, { isOurs, isBought: jit !== undefined })) {
      return { invoice: existing, payment_secret: terms.payment_secret, warnings: {}, ...(jit && { jit }) };
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

function readFallbacks(fallbacks: readonly string[], network: InvoicesContext['network']): string[] {
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

/** No channel is wanted, or none is needed. */
const NO_CHANNEL: JitOutcome = {};

function wantsJit({ jit }: CreateRequest): boolean {
  return jit === true || jit === 'auto';
}

/** The one hint is that of the channel that was bought. */
const NO_HINTS: ChosenHints = { routes: [], warnings: {} };

function hintsFor({ exposeprivatechannels: expose }: CreateRequest, { amount_msat }: OwnFields): HintRequest {
  return { amount_msat, expose };
}
