/** The scripts of a channel's outputs (BOLT 3, Funding Transaction Output and Commitment Transaction Outputs). */
import { hash160, ripemd160 } from '../../base/crypto/hash.ts';
import { fromHex } from '../../base/types/hex.ts';
import { OP, p2wsh, type ScriptPart, script, scriptNumber } from './script.ts';

/** What OP_SIZE says of a preimage: 32, as a push of one byte. */
const HTLC_PREIMAGE_LENGTH = Uint8Array.of(32);
/** With anchors every script of an HTLC ends so: nothing but an anchor can be spent in the commitment's own block. */
const ONE_BLOCK_DELAY: readonly ScriptPart[] = [OP[1], OP.CHECKSEQUENCEVERIFY, OP.DROP];

/** Both funding keys in the order that the funding script and its witness have. */
export function orderFundingKeys(a: Uint8Array, b: Uint8Array): readonly [Uint8Array, Uint8Array] {
  return Buffer.compare(a, b) < 0 ? [a, b] : [b, a];
}

/** The witness script of the funding output; the keys may come in either order. */
export function fundingScript(funding_pubkey_a: Uint8Array, funding_pubkey_b: Uint8Array): Uint8Array {
  const [first, second] = orderFundingKeys(funding_pubkey_a, funding_pubkey_b);
  return script(OP[2], first, second, OP[2], OP.CHECKMULTISIG);
}

/** The output script that a funding transaction pays to; the keys are hex, in either order. */
export function fundingScriptPubkey(funding_pubkey_a: string, funding_pubkey_b: string): Uint8Array {
  return p2wsh(fundingScript(fromHex(funding_pubkey_a), fromHex(funding_pubkey_b)));
}

/** `to_local`, and the output of an HTLC transaction: its owner's after `to_self_delay` blocks, or the other's at once. */
export function toLocalScript(
  revocation_pubkey: Uint8Array,
  to_self_delay: number,
  delayed_pubkey: Uint8Array,
): Uint8Array {
  return script(
    ...[OP.IF, revocation_pubkey, OP.ELSE, scriptNumber(to_self_delay), OP.CHECKSEQUENCEVERIFY],
    ...[OP.DROP, delayed_pubkey, OP.ENDIF, OP.CHECKSIG],
  );
}

/** `to_remote` with anchors: the other side's, one block after the commitment. */
export function toRemoteAnchorsScript(remote_payment_pubkey: Uint8Array): Uint8Array {
  return script(remote_payment_pubkey, OP.CHECKSIGVERIFY, OP[1], OP.CHECKSEQUENCEVERIFY);
}

/** An anchor: its owner's at once, anybody's after 16 blocks. */
export function anchorScript(funding_pubkey: Uint8Array): Uint8Array {
  return script(...[funding_pubkey, OP.CHECKSIG, OP.IFDUP], ...[OP.NOTIF, OP[16], OP.CHECKSEQUENCEVERIFY, OP.ENDIF]);
}

/** What an HTLC's script is made of. `local` is the owner of the commitment transaction. */
export interface HtlcScriptKeys {
  readonly revocation_pubkey: Uint8Array;
  readonly local_htlc_pubkey: Uint8Array;
  readonly remote_htlc_pubkey: Uint8Array;
  readonly is_anchors: boolean;
}

/** An HTLC that the owner of the commitment offered. `payment_hash` is 32 bytes. */
export function offeredHtlcScript(keys: HtlcScriptKeys, payment_hash: Uint8Array): Uint8Array {
  return script(
    ...[OP.DUP, OP.HASH160, hash160(keys.revocation_pubkey), OP.EQUAL],
    ...[OP.IF, OP.CHECKSIG, OP.ELSE],
    ...[keys.remote_htlc_pubkey, OP.SWAP, OP.SIZE, HTLC_PREIMAGE_LENGTH, OP.EQUAL],
    ...[OP.NOTIF, OP.DROP, OP[2], OP.SWAP, keys.local_htlc_pubkey, OP[2], OP.CHECKMULTISIG],
    ...[OP.ELSE, OP.HASH160, ripemd160(payment_hash), OP.EQUALVERIFY, OP.CHECKSIG, OP.ENDIF],
    ...(keys.is_anchors ? ONE_BLOCK_DELAY : []),
    OP.ENDIF,
  );
}

/** An HTLC that the owner of the commitment was offered. `payment_hash` is 32 bytes. */
export function receivedHtlcScript(keys: HtlcScriptKeys, payment_hash: Uint8Array, cltv_expiry: number): Uint8Array {
  return script(
    ...[OP.DUP, OP.HASH160, hash160(keys.revocation_pubkey), OP.EQUAL],
    ...[OP.IF, OP.CHECKSIG, OP.ELSE],
    ...[keys.remote_htlc_pubkey, OP.SWAP, OP.SIZE, HTLC_PREIMAGE_LENGTH, OP.EQUAL],
    ...[OP.IF, OP.HASH160, ripemd160(payment_hash), OP.EQUALVERIFY],
    ...[OP[2], OP.SWAP, keys.local_htlc_pubkey, OP[2], OP.CHECKMULTISIG],
    ...[OP.ELSE, OP.DROP, scriptNumber(cltv_expiry), OP.CHECKLOCKTIMEVERIFY, OP.DROP, OP.CHECKSIG, OP.ENDIF],
    ...(keys.is_anchors ? ONE_BLOCK_DELAY : []),
    OP.ENDIF,
  );
}
