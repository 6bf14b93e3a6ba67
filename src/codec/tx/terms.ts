/**
 * What the transactions of a channel depend on for as long as it lives, and the same as bytes, prepared once. The names
 * are those of BOLT 2; keys are hex.
 */
import { sha256 } from '../../base/crypto/hash.ts';
import type { Sat } from '../../base/types/amount.ts';
import type { Txid } from '../../base/types/brand.ts';
import { fromHex } from '../../base/types/hex.ts';
import { anchorScript, fundingScript, toRemoteAnchorsScript } from './channel-scripts.ts';
import type { CommitmentFormat } from './fees.ts';
import { p2wpkh, p2wsh } from './script.ts';

/** We, or the peer. */
export type Side = 'local' | 'remote';

/** What one side announced. */
export interface SideTerms {
  readonly dust_limit_satoshis: Sat;
  /** The delay that this side imposes on the *other* side's outputs to itself. */
  readonly to_self_delay: number;
  readonly funding_pubkey: string;
  readonly revocation_basepoint: string;
  readonly payment_basepoint: string;
  readonly delayed_payment_basepoint: string;
  readonly htlc_basepoint: string;
}

/** What both agreed on. */
export interface TransactionTerms {
  readonly opener: Side;
  readonly funding_txid: Txid;
  readonly funding_output_index: number;
  readonly funding_satoshis: Sat;
  /** `anchors` when left out. */
  readonly commitment_format?: CommitmentFormat;
  readonly local: SideTerms;
  readonly remote: SideTerms;
}

/** One side's keys, and the scripts that are the same in all of its commitments or pay to it in all of the other's. */
export interface SideBytes {
  readonly funding_pubkey: Uint8Array;
  readonly revocation_basepoint: Uint8Array;
  readonly payment_basepoint: Uint8Array;
  readonly delayed_payment_basepoint: Uint8Array;
  readonly htlc_basepoint: Uint8Array;
  /** This side's anchor, in commitments of either side. */
  readonly anchor_witness_script: Uint8Array;
  readonly anchor_script_pubkey: Uint8Array;
  /** Undefined without anchors: then it is P2WPKH. */
  readonly to_remote_witness_script: Uint8Array | undefined;
  /** The `to_remote` of the other side's commitments. */
  readonly to_remote_script_pubkey: Uint8Array;
}

/** The terms as bytes. */
export interface PreparedTerms {
  readonly format: CommitmentFormat;
  readonly funding_witness_script: Uint8Array;
  readonly funding_script_pubkey: Uint8Array;
  /** What commitment numbers are hidden with: 48 bits. */
  readonly obscuring_factor: number;
  readonly local: SideBytes;
  readonly remote: SideBytes;
}

function prepareSide(terms: SideTerms, format: CommitmentFormat): SideBytes {
  const funding_pubkey = fromHex(terms.funding_pubkey);
  const payment_basepoint = fromHex(terms.payment_basepoint);
  const anchor_witness_script = anchorScript(funding_pubkey);
  const to_remote_witness_script = format === 'anchors' ? toRemoteAnchorsScript(payment_basepoint) : undefined;
  return {
    funding_pubkey,
    revocation_basepoint: fromHex(terms.revocation_basepoint),
    payment_basepoint,
    delayed_payment_basepoint: fromHex(terms.delayed_payment_basepoint),
    htlc_basepoint: fromHex(terms.htlc_basepoint),
    anchor_witness_script,
    anchor_script_pubkey: p2wsh(anchor_witness_script),
    to_remote_witness_script,
    to_remote_script_pubkey:
      to_remote_witness_script === undefined ? p2wpkh(payment_basepoint) : p2wsh(to_remote_witness_script),
  };
}

const prepared = new WeakMap<TransactionTerms, PreparedTerms>();

/** The terms as bytes. They are kept with the record of the terms, which must never change. */
export function prepareTerms(terms: TransactionTerms): PreparedTerms {
  const known = prepared.get(terms);
  if (known !== undefined) return known;
  const format = terms.commitment_format ?? 'anchors';
  const local = prepareSide(terms.local, format);
  const remote = prepareSide(terms.remote, format);
  const [opener, accepter] = terms.opener === 'local' ? [local, remote] : [remote, local];
  const funding_witness_script = fundingScript(local.funding_pubkey, remote.funding_pubkey);
  const made: PreparedTerms = {
    format,
    funding_witness_script,
    funding_script_pubkey: p2wsh(funding_witness_script),
    obscuring_factor: Buffer.from(
      sha256(Buffer.concat([opener.payment_basepoint, accepter.payment_basepoint])),
    ).readUIntBE(26, 6),
    local,
    remote,
  };
  prepared.set(terms, made);
  return made;
}

/** The other side. */
export function otherSide(side: Side): Side {
  return side === 'local' ? 'remote' : 'local';
}
