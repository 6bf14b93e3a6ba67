/**
 * What the provider has promised and done, in one small file that is written anew with each change: the sandbox sells a
 * handful of channels. A change is on the disk before it is told to anybody.
 */
import { closeSync, existsSync, fsyncSync, openSync, readFileSync, renameSync, writeSync } from 'node:fs';
import type { ChannelId, NodeId, PaymentHash, PaymentPreimage, PaymentSecret } from '../../../base/types/brand.ts';
import type { ShortChannelId } from '../../../base/types/short-channel-id.ts';
import type { OpeningFeeParams } from '../../../codec/lsps/lsps2.ts';

/** A channel that was sold, to be opened when the payment for it comes. */
export interface JitOrder {
  readonly jit_channel_scid: ShortChannelId;
  readonly client_id: NodeId;
  readonly terms: OpeningFeeParams;
  /** Undefined: any amount, in one part. */
  readonly payment_size_msat: bigint | undefined;
  readonly client_trusts_lsp: boolean;
  /** The channel, once it was opened. */
  channel_id: ChannelId | undefined;
  /** The payment whose preimage paid for it. */
  paid_by: PaymentHash | undefined;
}

/** A channel that is bought ahead (bLIP 51). */
export interface ChannelOrder {
  readonly order_id: string;
  readonly client_id: NodeId;
  /** What was asked for, to be said again. */
  readonly mirrored: Readonly<Record<string, unknown>>;
  readonly lsp_balance_sat: bigint;
  readonly client_balance_sat: bigint;
  readonly announce_channel: boolean;
  readonly fee_total_sat: bigint;
  readonly created_at_seconds: number;
  readonly expires_at_seconds: number;
  readonly payment_hash: PaymentHash;
  readonly payment_preimage: PaymentPreimage;
  readonly payment_secret: PaymentSecret;
  readonly invoice: string;
  /** Where it can be paid on the chain: script and address; undefined without an address for a refund. */
  readonly onchain:
    | { readonly script_pubkey: string; readonly address: string; readonly refund_onchain_address: string }
    | undefined;
  order_state: 'CREATED' | 'COMPLETED' | 'FAILED';
  bolt11_state: 'EXPECT_PAYMENT' | 'HOLD' | 'PAID' | 'REFUNDED';
  onchain_state: 'EXPECT_PAYMENT' | 'PAID' | 'REFUNDED';
  channel: { readonly funded_at: string; readonly funding_outpoint: string; readonly expires_at: string } | undefined;
}

/** An HTLC that was passed on: where it came from. */
export interface Forward {
  readonly channel_id: ChannelId;
  readonly htlc_id: bigint;
  readonly payment_hash: PaymentHash;
}

interface Content {
  jit_orders: JitOrder[];
  channel_orders: ChannelOrder[];
  /** By `CHANNEL_ID:HTLC_ID` of the HTLC that went out. */
  forwards: Record<string, Forward>;
  /** Of payments that were passed on. */
  preimages: Record<PaymentHash, PaymentPreimage>;
}

/** Where the records lie. */
export interface RecordsPlace {
  /** What was written last; undefined: nothing yet. */
  read(): string | undefined;
  /** Writes all of it, durably. */
  write(text: string): void;
}

/** A file. */
export function recordsFile(path: string): RecordsPlace {
  return {
    read: () => (existsSync(path) ? readFileSync(path, 'utf8') : undefined),
    write(text) {
      const part = `${path}.part`;
      const descriptor = openSync(part, 'w', 0o600);
      try {
        writeSync(descriptor, text);
        fsyncSync(descriptor);
      } finally {
        closeSync(descriptor);
      }
      renameSync(part, path);
    },
  };
}

export class Records {
  readonly #place: RecordsPlace;
  readonly #content: Content;

  /** Reads what was written before. */
  constructor(place: RecordsPlace) {
    this.#place = place;
    const text = place.read();
    this.#content =
      text === undefined
        ? { jit_orders: [], channel_orders: [], forwards: {}, preimages: {} }
        : (JSON.parse(text, revive) as Content);
  }

  get jit_orders(): JitOrder[] {
    return this.#content.jit_orders;
  }

  get channel_orders(): ChannelOrder[] {
    return this.#content.channel_orders;
  }

  get forwards(): Record<string, Forward> {
    return this.#content.forwards;
  }

  get preimages(): Record<PaymentHash, PaymentPreimage> {
    return this.#content.preimages;
  }

  /** Writes everything down, durably. */
  save(): void {
    this.#place.write(JSON.stringify(this.#content, replace));
  }
}

/** JSON has no bigint: it is written as digits with an `n`. */
function replace(_name: string, value: unknown): unknown {
  return typeof value === 'bigint' ? `${value}n` : value;
}

function revive(_name: string, value: unknown): unknown {
  return typeof value === 'string' && /^\d+n$/.test(value) ? BigInt(value.slice(0, -1)) : value;
}
