/** Each way to take an output: when it becomes valid, when somebody else may be first, and what its input weighs (BOLT 3, BOLT 5). */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { curve } from '../../../src/base/crypto/secp256k1.ts';
import { sat } from '../../../src/base/types/amount.ts';
import type { Txid } from '../../../src/base/types/brand.ts';
import { fromHex } from '../../../src/base/types/hex.ts';
import { SIGHASH_ALL, Sighash } from '../../../src/codec/tx/sighash.ts';
import { parseTransaction, txInput } from '../../../src/codec/tx/transaction.ts';
import {
  anchorClaim,
  type Claim,
  type ClaimBase,
  delayedClaim,
  delayedPenaltyClaim,
  htlcClaim,
  htlcPenaltyClaim,
  htlcTransactionClaim,
  oldAnchorClaim,
  type RemoteHtlcSignature,
  toRemoteClaim,
} from '../../../src/protocol/onchain/claim.ts';
import { buildSweep } from '../../../src/protocol/onchain/claim-transaction.ts';
import { KEYS } from './channel.ts';

const keys = KEYS.alice;
const HEIGHT = 700;
const DELAY = 144;
const EXPIRY = 800;
const SECRET = new Uint8Array(32).fill(7);
const POINT = curve.publicKey(SECRET);
const PREIMAGE = new Uint8Array(32).fill(9);
const base: ClaimBase = {
  outpoint: { txid: 'cd'.repeat(32) as Txid, vout: 3 },
  spends: { amount_sat: sat(100_000), script_pubkey: new Uint8Array(34) },
  witness_script: new Uint8Array(110).fill(0x51),
  height: HEIGHT,
};
const THEIRS: RemoteHtlcSignature = { signature: curve.sign(SECRET, SECRET), sighash_type: SIGHASH_ALL };
const OUTPUT = { amount_sat: sat(99_000), script_pubkey: new Uint8Array(34) };
/** No relative lock, and it can be replaced (BIP 125). */
const REPLACEABLE = 0xfffffffd;

type Facts = Pick<Claim, 'sequence' | 'locktime' | 'valid_height' | 'deadline_height' | 'is_exclusive' | 'is_extra'>;
const PLAIN = { locktime: 0, deadline_height: undefined, is_exclusive: false, is_extra: false };

const CLAIMS: readonly [name: string, make: () => Claim, facts: Facts][] = [
  [
    'our delayed output, when its delay is over',
    () => delayedClaim(keys, base, POINT, DELAY),
    { ...PLAIN, sequence: DELAY, valid_height: HEIGHT + DELAY },
  ],
  [
    'our output of a commitment of the peer, with the next block',
    () => toRemoteClaim(keys, base),
    { ...PLAIN, sequence: 1, valid_height: HEIGHT + 1 },
  ],
  [
    'our anchor, at once, and only with something else',
    () => anchorClaim(keys, base),
    { ...PLAIN, sequence: REPLACEABLE, valid_height: HEIGHT + 1, is_extra: true },
  ],
  [
    "the peer's anchor, 16 blocks later",
    () => oldAnchorClaim(base),
    { ...PLAIN, sequence: 16, valid_height: HEIGHT + 16, is_extra: true },
  ],
  [
    'an HTLC to us, with its preimage, before the peer has it at its expiry',
    () => htlcClaim(keys, base, POINT, EXPIRY, PREIMAGE),
    { ...PLAIN, sequence: 1, valid_height: HEIGHT + 1, deadline_height: EXPIRY, is_exclusive: true },
  ],
  [
    'an HTLC of ours, in the block after its expiry',
    () => htlcClaim(keys, base, POINT, EXPIRY, undefined),
    { ...PLAIN, sequence: 1, locktime: EXPIRY, valid_height: EXPIRY + 1 },
  ],
  [
    'an HTLC of ours that had expired before',
    () => htlcClaim(keys, base, POINT, HEIGHT - 5, undefined),
    { ...PLAIN, sequence: 1, locktime: HEIGHT - 5, valid_height: HEIGHT + 1 },
  ],
  [
    'an HTLC to us in our own commitment',
    () => htlcTransactionClaim(keys, base, POINT, EXPIRY, PREIMAGE, OUTPUT, THEIRS),
    { ...PLAIN, sequence: 1, valid_height: HEIGHT + 1, deadline_height: EXPIRY, is_exclusive: true },
  ],
  [
    'an HTLC of ours in our own commitment, in the block after its expiry',
    () => htlcTransactionClaim(keys, base, POINT, EXPIRY, undefined, OUTPUT, THEIRS),
    { ...PLAIN, sequence: 1, locktime: EXPIRY, valid_height: EXPIRY + 1 },
  ],
  [
    'an HTLC of ours in our own commitment that had expired before',
    () => htlcTransactionClaim(keys, base, POINT, HEIGHT - 5, undefined, OUTPUT, THEIRS),
    { ...PLAIN, sequence: 1, locktime: HEIGHT - 5, valid_height: HEIGHT + 1 },
  ],
  [
    'a delayed output of a revoked commitment, until its delay is over',
    () => delayedPenaltyClaim(keys, base, SECRET, DELAY),
    { ...PLAIN, sequence: REPLACEABLE, valid_height: HEIGHT + 1, deadline_height: HEIGHT + DELAY },
  ],
  [
    'an HTLC of a revoked commitment',
    () => htlcPenaltyClaim(keys, base, SECRET, POINT, 750),
    { ...PLAIN, sequence: REPLACEABLE, valid_height: HEIGHT + 1, deadline_height: 750 },
  ],
];

/** Our signatures may be a byte or two shorter than the longest. */
const LONGEST_SIGNATURE = 72;

for (const [name, make, facts] of CLAIMS) {
  test(`${name}: its locks and its deadline, and an input as heavy as is reckoned`, () => {
    const claim = make();
    const { sequence, locktime, valid_height, deadline_height, is_exclusive, is_extra } = claim;
    assert.deepEqual({ sequence, locktime, valid_height, deadline_height, is_exclusive, is_extra }, facts);
    const input = txInput(claim.outpoint, claim.sequence);
    const witness = claim.sign(new Sighash({ version: 2, inputs: [input], outputs: [OUTPUT], locktime }), 0);
    const isStaged = claim.paired_output !== undefined;
    const ours = witness.findIndex(
      (item, at) => item[0] === 0x30 && item.at(-1) === SIGHASH_ALL && (!isStaged || at === 2),
    );
    // An outpoint, an empty script and a sequence, four units a byte; then one for each byte of the witness.
    const weight = witness.reduce(
      (total, item, at) => total + 1 + (at === ours ? LONGEST_SIGNATURE : item.length),
      4 * 41 + 1,
    );
    assert.equal(claim.weight, weight);
  });
}

test('a sweep has version 2, without which its relative locks bind nobody (BIP 68), and the latest of its locktimes', () => {
  const expired = (expiry: number, vout: number) =>
    htlcClaim(keys, { ...base, outpoint: { ...base.outpoint, vout } }, POINT, expiry, undefined);
  const claims = [expired(790, 1), expired(795, 2), toRemoteClaim(keys, base)];
  const tx = parseTransaction(fromHex(buildSweep(claims, new Uint8Array(22), sat(1_000))));
  assert.deepEqual([tx.version, tx.locktime], [2, 795]);
  assert.deepEqual(
    tx.outputs.map(({ amount_sat }) => amount_sat),
    [299_000n],
  );
});
