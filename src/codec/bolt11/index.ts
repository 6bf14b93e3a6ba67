/**
 * BOLT 11, both ways: the package's `lightning-till/bolt11`. Pure JavaScript, no Node import on any path. Three tiers:
 * raw (`parseRaw`, lossless), terms (`checkTerms`, every field judged), invoice (`decodeInvoice`, signature too).
 */

export { formatAddress, parseAddress } from '../../base/types/address.ts';
export { type Msat, msat } from '../../base/types/amount.ts';
export type { NodeId, PaymentHash, PaymentSecret } from '../../base/types/brand.ts';
export { MAX_INVOICE_CHARACTERS } from './bech32.ts';
export { decodeInvoice, encodeInvoice, signWith } from './browser.ts';
export { type CheckOptions, checkTerms } from './check.ts';
export { type DecodeOptions, decodeInvoiceWith } from './decode.ts';
export { encodeInvoiceWith, toRaw } from './encode.ts';
export { Bolt11Error, type Bolt11Fault } from './error.ts';
export { KNOWN_INVOICE_FEATURES } from './features.ts';
export type { Currency } from './human-readable.ts';
export {
  DEFAULT_EXPIRY_SECONDS,
  DEFAULT_MIN_FINAL_CLTV_EXPIRY_DELTA,
  type ExtraField,
  type Invoice,
  type InvoiceFields,
  type InvoiceTerms,
  type Purpose,
  type RouteHop,
} from './invoice.ts';
export { formatRaw, parseRaw, type RawField, type RawInvoice, type RawTerms } from './raw.ts';
export { checkSignature, type Sign, type Signer, signRaw, type Verifier } from './signature.ts';
