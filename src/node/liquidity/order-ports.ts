/** What channels that are bought ahead ask of other modules. The daemon joins them. */
import type { Msat, Sat } from '../../base/types/amount.ts';
import type { ChannelId, NodeId, Txid } from '../../base/types/brand.ts';
import type { JsonObject } from '../../codec/lsps/envelope.ts';

/** The providers (providers.ts). */
export interface OrderProviders {
  list(): readonly { readonly node_id: NodeId; readonly is_connected: boolean }[];
  askFor<T>(
    node_id: NodeId,
    method: string,
    params: JsonObject,
    how: { readonly again: boolean },
    read: (result: JsonObject) => T,
  ): Promise<T>;
}

/** How a payment over Lightning ended without success. `is_returned`: it had arrived, and came back. */
export interface FailedPayment {
  readonly reason: string;
  readonly is_returned: boolean;
  readonly is_expired: boolean;
}

/** Payments of ours over Lightning. */
export interface OrderPayer {
  /** What all channels can send now together. */
  spendableMsat(): Msat;
  /**
   * Pays the invoice. Asked again for the same one it pays nothing twice: it answers what became of the first time.
   * Resolves with undefined when it is paid; with the failure when nothing of it is under way any more.
   */
  pay(bolt11: string, amount_msat: Msat): Promise<FailedPayment | undefined>;
}

/** The wallet. */
export interface OrderWallet {
  /** A new address. */
  newAddress(): Promise<string>;
  /** Whether the address is one of our network. */
  isAddress(address: string): boolean;
  /** What can be spent now, beyond what is kept for closing channels and without a fee. */
  spendableSat(): Promise<Sat>;
  /** The transaction of ours that pays this address, and is not given up. */
  paymentTo(address: string): Txid | undefined;
  /** Pays the address, and sends that until it is mined. Rejects with a sentence, and then nothing was paid. */
  pay(address: string, amount_sat: Sat): Promise<Txid>;
  /** What came to an address of ours, in blocks. */
  receivedSat(address: string): Promise<Sat>;
}

/** A channel of ours. */
export interface OrderedChannel {
  readonly channel_id: ChannelId;
  readonly peer_id: NodeId;
  readonly funding_satoshis: Sat;
  /** Both sides have said that it can be used. */
  readonly is_ready: boolean;
  /** The peer opened it. */
  readonly is_theirs: boolean;
  /** The height of the chain when it was opened. */
  readonly opened_height: number;
}

/** The channels. */
export interface OrderChannels {
  /** The channel with this funding output, whatever its state. */
  findByFunding(funding_txid: Txid, funding_outnum: number): OrderedChannel | undefined;
  /** Whether the payment of an invoice paid for this channel. */
  isPaidByInvoice(channel_id: ChannelId): Promise<boolean>;
  /** The height of the best block that is known. */
  height(): number;
}
