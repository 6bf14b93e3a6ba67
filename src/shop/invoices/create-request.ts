/** What `invoice` asks for, as the shop layer takes it. */
import type { Msat } from '../../base/types/amount.ts';
import type { PaymentHash } from '../../base/types/brand.ts';
import type { Features } from '../../base/types/features.ts';
import type { PriceRequest } from '../../base/types/price.ts';
import type { Secret } from '../../base/types/secret.ts';
import type { InvoiceFields } from '../../codec/bolt11/invoice.ts';
import type { Write } from '../../infra/store/store.ts';
import type { ExposePrivateChannels } from './route-hints.ts';

/** The fields of an invoice that `invoice` makes: what BOLT 11 lets others leave out is always there. */
export type OwnFields = InvoiceFields &
  Readonly<{ expiry_seconds: number; min_final_cltv_expiry_delta: number; features: Features }>;

/** What `invoice` asks for. */
export interface CreateRequest {
  /** A price becomes an amount of bitcoin at the rate of now, and the rate is kept with the invoice. */
  readonly amount_msat: Msat | 'any' | PriceRequest;
  readonly label: string;
  readonly description: string;
  /** Seconds. */
  readonly expiry?: bigint | undefined;
  readonly fallbacks?: readonly string[] | undefined;
  readonly preimage?: Secret<string> | undefined;
  readonly exposeprivatechannels?: ExposePrivateChannels;
  /** Blocks. */
  readonly cltv?: number | undefined;
  readonly deschashonly?: boolean | undefined;
  /** The hash of a text that we do not have: 32 bytes, hex. */
  readonly description_hash?: string | undefined;
  /** The text of a JSON object. */
  readonly metadata?: string | undefined;
  /** What is written in the unit that makes the invoice, behind it: it must not stop the unit. */
  readonly beside?: ((payment_hash: PaymentHash) => readonly Write[]) | undefined;
  /** Answer the invoice again that an earlier, equal request made. */
  readonly idempotent?: boolean | undefined;
  /** Buy a channel that this payment opens; `auto`: when nothing else can receive the amount. */
  readonly jit?: boolean | 'auto' | undefined;
  /** Somebody outside asked for it: it leaves no trace unless it is paid (see forget.ts). */
  readonly is_transient?: boolean | undefined;
}
