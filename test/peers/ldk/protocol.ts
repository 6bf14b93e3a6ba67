/** What the test and the process that hosts an LDK node say to each other, over the fork's own channel. */

/** A block as LDK wants it: header, height, and the transactions with their places. */
export interface FedBlock {
  readonly header: Uint8Array;
  readonly height: number;
  readonly transactions: readonly { readonly index: number; readonly bytes: Uint8Array }[];
}

/** An LDK channel, as far as the tests look at it. */
export interface LdkChannel {
  readonly channel_id: string;
  readonly node_id: string;
  readonly is_usable: boolean;
  readonly is_outbound: boolean;
  readonly is_announced: boolean;
  /** What the node itself calls the channel in routes out. */
  readonly scid_out: bigint | null;
  /** What others call the channel when they want something forwarded over it. */
  readonly scid_alias: bigint | null;
  readonly outbound_capacity_msat: bigint;
  readonly inbound_capacity_msat: bigint;
  readonly channel_value_sat: bigint;
  readonly pending_inbound_htlcs: number;
  /** Those of them that are in both commitments for good. */
  readonly committed_inbound_htlcs: number;
  readonly pending_outbound_htlcs: number;
}

/** A step of a route; of the last one, the fee is the amount and the delta is the final one. */
export interface LdkHop {
  readonly node_id: string;
  readonly scid: bigint;
  readonly fee_msat: bigint;
  readonly cltv_expiry_delta: number;
}

/** What the LDK process can be asked to do. Each answers once. */
export interface LdkCommands {
  start(options: {
    dir: string;
    seed: Uint8Array;
    tip: { height: number; hash: Uint8Array };
    time_seconds: number;
    /** As if it were told to hold its HTLCs before it does anything. */
    is_holding: boolean;
  }): {
    node_id: string;
    port: number;
    /** Where its coins are paid to, hex. */
    script_pubkey: string;
    /** The last block that it knows of. */
    height: number;
  };
  connect(node_id: string, port: number): null;
  disconnect(node_id: string): null;
  feed(block: FedBlock): null;
  unconfirm(txid: string): null;
  openChannel(node_id: string, amount_sat: bigint, push_msat: bigint, announced: boolean): string;
  fundingTransaction(temporary_channel_id: string, node_id: string, transaction: Uint8Array): null;
  createInvoice(amount_msat: bigint | null, description: string): string;
  /** LDK splits the amount by itself when no single channel is large enough. Answers the payment_hash. */
  pay(bolt11: string, amount_msat: bigint | null): string;
  sendParts(payment_hash: string, payment_secret: string, paths: readonly (readonly LdkHop[])[]): null;
  hold(is_holding: boolean): null;
  trust(node_id: string): null;
  channels(): LdkChannel[];
  close(channel_id: string, node_id: string): null;
  forceClose(channel_id: string, node_id: string): null;
  /** What LDK decodes of an invoice. */
  decode(bolt11: string): {
    payment_hash: string;
    payment_secret: string;
    payee: string;
    amount_msat: bigint | null;
    expiry_seconds: bigint;
    min_final_cltv_expiry: bigint;
  };
  /** What of its closed channels is not yet back in its hands and deep in the chain: LDK's names for it. */
  unresolved(): string[];
  tick(): null;
}

/** What the LDK process tells by itself. */
export type LdkEvent =
  | { kind: 'broadcast'; transaction: Uint8Array }
  | { kind: 'funding_needed'; temporary_channel_id: string; node_id: string; amount_sat: bigint; script_pubkey: string }
  | { kind: 'channel_pending'; channel_id: string; funding_txid: string; funding_vout: number }
  | { kind: 'channel_ready'; channel_id: string }
  | { kind: 'channel_closed'; channel_id: string; reason: string }
  | { kind: 'payment_sent'; payment_hash: string; payment_preimage: string }
  | { kind: 'payment_failed'; payment_hash: string }
  | { kind: 'payment_path_failed'; payment_hash: string }
  /** LDK's own words on why an HTLC of its own came back. */
  | { kind: 'onion_error'; text: string }
  | { kind: 'payment_claimed'; payment_hash: string; amount_msat: bigint; parts: number }
  | { kind: 'held' }
  | { kind: 'log'; level: number; text: string };

export type ToLdk = { id: number; command: keyof LdkCommands; args: unknown[] };
export type FromLdk = { id: number; result: unknown } | { id: number; error: string } | { event: LdkEvent };
