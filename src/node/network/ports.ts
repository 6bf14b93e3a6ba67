/** What the map asks of the rest of the node. The daemon joins them; the thread of the map sees them as messages. */
import type { ShortChannelId } from '../../base/types/short-channel-id.ts';

/** A channel whose funding output is to be looked at. */
export interface OutputClaim {
  readonly short_channel_id: ShortChannelId;
  /** The script that it must pay to, hex. */
  readonly script_pubkey: string;
}

/** What was found of a funding output. */
export type OutputFinding =
  | { readonly kind: 'unspent'; readonly amount_sat: bigint; readonly txid: string; readonly vout: number }
  /** There is no such output, or it was spent. */
  | { readonly kind: 'gone' }
  /** The output is there, and pays to something else. */
  | { readonly kind: 'other_script' }
  /** Nobody could look now. */
  | { readonly kind: 'unknown' };

/** What looks at funding outputs. */
export interface OutputSource {
  /** Whether all channels of the network can be looked at; else only those that are about to be used. */
  readonly can_check_all: boolean;
  /** So many are best looked at together. */
  readonly claims_at_once: number;
  /** One finding for each claim. Never rejects. */
  check(claims: readonly OutputClaim[]): Promise<readonly OutputFinding[]>;
}

/** What the map's keeper says to the peers and the operator. */
export interface KeeperPorts {
  send(peer: number, messages: readonly Uint8Array[]): void;
  /** The peer tells lies: its gossip is not read for so long. Its channels go on. */
  holdOff(peer: number, reason: string, seconds: number): void;
  /** Looks at funding outputs. */
  readonly outputs: OutputSource;
  log(level: 'info' | 'debug' | 'warn', text: string): void;
}
