/** What invoices ask of other modules. The daemon connects them. */

import type { RandomBytes } from '../../base/crypto/random.ts';
import type { Msat } from '../../base/types/amount.ts';
import type { NodeId, PaymentHash } from '../../base/types/brand.ts';
import type { Clock } from '../../base/types/clock.ts';
import type { Features } from '../../base/types/features.ts';
import type { Network } from '../../base/types/network.ts';
import type { Price, PriceRequest } from '../../base/types/price.ts';
import type { Secret } from '../../base/types/secret.ts';
import type { ShortChannelId } from '../../base/types/short-channel-id.ts';
import type { RouteHop } from '../../codec/bolt11/invoice.ts';
import type { Sign } from '../../codec/bolt11/signature.ts';
import type { Store, Write } from '../../infra/store/store.ts';
import type { PriceRows } from './price-rows.ts';

/** An open channel whose peer has sent us a channel_update: a way in. */
export interface HintCandidate {
  /** The peer. */
  readonly pubkey: NodeId;
  /** The real one; absent for a channel that has none yet. */
  readonly short_channel_id?: ShortChannelId | undefined;
  /** The peer's alias for the channel. */
  readonly remote_alias?: ShortChannelId | undefined;
  /** The channel's type has option_scid_alias: the real id must not be shown. */
  readonly scid_alias: boolean;
  readonly announced: boolean;
  readonly online: boolean;
  /** What we can receive through it now. */
  readonly receivable_msat: Msat;
  /** From the peer's channel_update, as the rest. */
  readonly htlc_maximum_msat: Msat;
  /** Absent: none. */
  readonly htlc_minimum_msat?: Msat;
  readonly fee_base_msat: number;
  readonly fee_proportional_millionths: number;
  readonly cltv_expiry_delta: number;
  /** What the peer can receive from others over public channels; 0: a dead end. */
  readonly peer_incoming_msat: Msat;
}

/** The channels, as far as an invoice names them. */
export interface RouteHintSource {
  candidates(): readonly HintCandidate[];
}

/** Addresses of the wallet, as far as an invoice names them. */
export interface FallbackSource {
  /** The script of an address that was never used; undefined when invoices are not to show one. */
  newScript(): Promise<string | undefined>;
  /** Ties the script to the invoice with the hash; runs after the write that makes the invoice. */
  addressWrite(script_pubkey: string, payment_hash: Uint8Array): Write;
  /** Whether the script was made for an invoice. */
  isInvoiceAddress(script_pubkey: string): Promise<boolean>;
}

/** What is asked of a liquidity provider with an invoice. */
export interface JitPurchase {
  readonly payment_hash: PaymentHash;
  /** Absent: the payer chooses. */
  readonly amount_msat: Msat | undefined;
  readonly expiry_seconds: number;
}

/** What a channel costs that the payment of an invoice opens (bLIP 52). */
export interface JitTerms {
  /** The provider. */
  readonly node_id: NodeId;
  /** What it takes off the payment. When the payer chooses the amount: at least that. */
  readonly opening_fee_msat: Msat;
  /** The share that it takes when the payer chooses the amount: millionths. */
  readonly proportional: number;
  /** The provider may send the channel's funding only when it has been paid. */
  readonly client_trusts_lsp: boolean;
}

/** A channel that was bought, for the payment of one invoice. */
export interface JitChannel extends JitTerms {
  /** The way to us, and the only one that the invoice shows. */
  readonly hop: RouteHop;
  /** Unix time, seconds: the invoice must not be valid longer. */
  readonly valid_until: number;
  /** Blocks that the invoice asks the payer for, beside the usual. */
  readonly extra_cltv_blocks: number;
  /** Part of the unit that makes the invoice. */
  readonly write: Write;
  /** That unit is durable. */
  committed(): void;
}

/** Where channels are bought. */
export interface JitSource {
  /** Rejects with RpcError, and then nothing was bought that anybody could pay. */
  buy(purchase: JitPurchase): Promise<JitChannel>;
  /** What was bought with an invoice; undefined when nothing was. */
  termsOf(payment_hash: PaymentHash): Promise<JitTerms | undefined>;
  /** Part of the unit that deletes an invoice: what was bought with it is not kept for its sake any more. */
  deletionWrites(payment_hash: PaymentHash): readonly Write[];
  /** That unit is durable. */
  deleted(payment_hash: PaymentHash): void;
}

/** What bitcoin costs. */
export interface PriceSource {
  /** What a price is in bitcoin now, with the rate to pin. Rejects with RpcError when nobody knows. */
  price(request: PriceRequest): Promise<{ readonly amount_msat: Msat; readonly price: Price }>;
}

/** Signs with the node's key, without showing it. */
export interface InvoiceSigner {
  readonly node_id: NodeId;
  readonly sign: Sign;
}

/** What the module is built from. */
export interface InvoicesOptions {
  readonly store: Store;
  readonly clock: Clock;
  readonly randomBytes: RandomBytes;
  readonly network: Network;
  readonly signer: InvoiceSigner;
  /** The key of which payment secrets are made (HMAC-SHA256 of the payment hash): 32 bytes, of the node's seed. */
  readonly payment_secret_key: Secret<Uint8Array>;
  readonly hints: RouteHintSource;
  /** Absent: invoices show only the addresses that they are asked to. */
  readonly fallback?: FallbackSource;
  /** Absent: no channel is bought. */
  readonly jit?: JitSource | undefined;
  /** Absent: invoices are made in bitcoin alone. */
  readonly rates?: PriceSource;
  /** The features that invoices show (BOLT 9, context 9). */
  readonly features: Features;
  /** When an invoice does not say. Default: 3600. */
  readonly default_expiry_seconds?: () => number;
  /** `cltv-final`. Default: 24. */
  readonly cltv_final_blocks?: number;
  /** Rows that a listing reads at a time. Default: 500. */
  readonly page_rows?: number;
  /** Told when work in the background fails. */
  readonly onBackgroundError: (error: unknown) => void;
}

/** What the files of the module share: what it is built from, and the table of prices. */
export interface InvoicesContext extends InvoicesOptions {
  readonly price_rows: PriceRows;
}

/** A hint as it is written. */
export type RouteHint = readonly [RouteHop];
