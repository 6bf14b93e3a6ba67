/**
 * Everything that is signed for a channel while it lives, with the keys kept inside. Signatures are compact (64 bytes),
 * hex. Every answer depends on the question alone, so a question may be asked again after a crash.
 */
import { curve } from '../../base/crypto/secp256k1.ts';
import { fromHex, isHex, toHex } from '../../base/types/hex.ts';
import { type ChannelKeys, type ChannelPublicKeys, channelPublicKeys } from './channel-keys.ts';
import { buildClosing, type ClosingView } from './closing.ts';
import { buildCommitment, type Commitment, type CommitmentView, commitmentKeys } from './commitment.ts';
import { completeFundingSpend, fundingSighash, verifyFundingSpend } from './funding.ts';
import { htlcTransactions } from './htlc-transaction.ts';
import { derivePrivateKey } from './keys.ts';
import { OwnSecrets } from './own-secrets.ts';
import { findSecret, insertSecret, type SecretStore } from './secrets.ts';
import type { TransactionTerms } from './terms.ts';
import { serializeTransaction, type Transaction } from './transaction.ts';

/** What `commitment_signed` carries: one HTLC signature for each HTLC output, in the order of outputs. */
export interface CommitmentSignatures {
  readonly signature: string;
  readonly htlc_signatures: readonly string[];
}

/** The signer of one channel. */
export interface TransactionSigner {
  readonly public_keys: ChannelPublicKeys;
  /** Our point for our commitment `number`, hex. */
  perCommitmentPoint(number: number): string;
  /** The secret of that point, hex: only for a commitment that is, or is about to be, revoked. */
  perCommitmentSecret(number: number): string;
  /** The point of a secret of the peer; undefined when it is no valid secret. */
  pointOfSecret(secret: string): string | undefined;
  /** Adds the peer's secret of commitment `number`; undefined when those before do not follow from it. */
  insertSecret(secrets: SecretStore, number: number, secret: string): SecretStore | undefined;
  /** The peer's secret of a commitment that it revoked. Throws RangeError when it has not. */
  findSecret(secrets: SecretStore, number: number): string;
  /**
   * Makes ahead, when there is time, what our commitment `number` and the peer's at `remote_point` (hex) will need:
   * without it they take longer, and nothing else.
   */
  prepare(terms: TransactionTerms, number: number, remote_point: string | undefined): void;
  /** Signs a commitment of the peer and its HTLC transactions. */
  signCommitment(terms: TransactionTerms, view: CommitmentView): CommitmentSignatures;
  /** Checks the peer's signatures on a commitment of ours: undefined when all are valid, else what is wrong. */
  verifyCommitment(terms: TransactionTerms, view: CommitmentView, signatures: CommitmentSignatures): string | undefined;
  /** Our commitment with both signatures, serialized, hex. */
  completeCommitment(terms: TransactionTerms, view: CommitmentView, signatures: CommitmentSignatures): string;
  signClosing(terms: TransactionTerms, view: ClosingView): string;
  verifyClosing(terms: TransactionTerms, view: ClosingView, signature: string): boolean;
  /** The end of a sentence about a wrong signature on a mutual close: the transaction that it should have signed. */
  closingText(terms: TransactionTerms, view: ClosingView): string;
  /** The mutual close with both signatures, serialized, hex. `signature` is the peer's. */
  completeClosing(terms: TransactionTerms, view: ClosingView, signature: string): string;
}

/** Hex digits of a transaction in an error: the message must fit 65,535 bytes, with room for its sentence. */
const LONGEST_RAW = 60_000;

/** What an error about a signature ends with, so that the other side can compare (BOLT 1). */
function rawText(tx: Transaction): string {
  const raw = toHex(serializeTransaction(tx));
  return raw.length > LONGEST_RAW ? '' : `: raw transaction ${raw}`;
}

/** Signs a commitment of the other side and its HTLC transactions, with our keys. */
export function signCommitment(keys: ChannelKeys, commitment: Commitment): CommitmentSignatures {
  const signature = curve.sign(fundingSighash(commitment.terms, commitment.tx), keys.funding.reveal());
  if (commitment.htlc_outputs.length === 0) return { signature: toHex(signature), htlc_signatures: [] };
  const htlc_key = derivePrivateKey(keys.htlc_basepoint.reveal(), commitment.per_commitment_point);
  return {
    signature: toHex(signature),
    htlc_signatures: htlcTransactions(commitment).map(({ sighash }) => toHex(curve.sign(sighash, htlc_key))),
  };
}

/** Checks the other side's signatures on a commitment of ours: undefined when all are valid, else what is wrong. */
export function verifyCommitment(commitment: Commitment, signatures: CommitmentSignatures): string | undefined {
  const { terms, tx, htlc_outputs, keys } = commitment;
  const { signature, htlc_signatures } = signatures;
  if (!isHex(signature, 64) || !verifyFundingSpend(terms, tx, 'remote', fromHex(signature))) {
    return `the signature of commitment ${commitment.number} (txid ${commitment.txid}) is not valid${rawText(tx)}`;
  }
  if (htlc_signatures.length !== htlc_outputs.length) {
    return `${htlc_signatures.length} HTLC signatures where commitment ${commitment.number} has ${htlc_outputs.length} HTLC outputs`;
  }
  for (const [index, { sighash, tx: htlc_tx }] of htlcTransactions(commitment).entries()) {
    const htlc_signature = htlc_signatures[index] as string;
    if (!isHex(htlc_signature, 64) || !curve.verify(fromHex(htlc_signature), sighash, keys.remote_htlc_pubkey)) {
      return `HTLC signature ${index} of commitment ${commitment.number} is not valid${rawText(htlc_tx)}`;
    }
  }
  return undefined;
}

/** The signer that holds these keys. */
export function createSigner(keys: ChannelKeys): TransactionSigner {
  const sign = (digest: Uint8Array): Uint8Array => curve.sign(digest, keys.funding.reveal());
  const own = new OwnSecrets(keys.per_commitment_seed);
  return {
    public_keys: channelPublicKeys(keys),
    perCommitmentPoint: (number) => toHex(own.point(number)),
    perCommitmentSecret: (number) => toHex(own.secret(number)),
    pointOfSecret(secret) {
      const bytes = isHex(secret, 32) ? fromHex(secret) : undefined;
      return bytes !== undefined && curve.isPrivateKey(bytes) ? toHex(curve.publicKey(bytes)) : undefined;
    },
    insertSecret,
    findSecret(secrets, number) {
      const secret = findSecret(secrets, number);
      if (secret === undefined) throw new RangeError(`the peer has not revoked its commitment ${number}`);
      return secret;
    },
    prepare(terms, number, remote_point) {
      own.point(number + 1);
      commitmentKeys(terms, 'local', own.point(number));
      if (remote_point !== undefined) commitmentKeys(terms, 'remote', fromHex(remote_point));
    },
    signCommitment: (terms, view) => signCommitment(keys, buildCommitment(terms, view)),
    verifyCommitment: (terms, view, signatures) => verifyCommitment(buildCommitment(terms, view), signatures),
    completeCommitment(terms, view, { signature }) {
      const { tx } = buildCommitment(terms, view);
      const complete = completeFundingSpend(terms, tx, sign(fundingSighash(terms, tx)), fromHex(signature));
      return toHex(serializeTransaction(complete));
    },
    signClosing: (terms, view) => toHex(sign(fundingSighash(terms, buildClosing(terms, view)))),
    verifyClosing: (terms, view, signature) =>
      isHex(signature, 64) && verifyFundingSpend(terms, buildClosing(terms, view), 'remote', fromHex(signature)),
    closingText: (terms, view) => rawText(buildClosing(terms, view)),
    completeClosing(terms, view, signature) {
      const tx = buildClosing(terms, view);
      const complete = completeFundingSpend(terms, tx, sign(fundingSighash(terms, tx)), fromHex(signature));
      return toHex(serializeTransaction(complete));
    },
  };
}
