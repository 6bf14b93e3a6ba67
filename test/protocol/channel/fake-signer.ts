/**
 * A signer whose signatures are hashes of what is signed: as strict as a real one about both sides seeing the same
 * commitment, and cheap enough for hundreds of thousands of steps.
 */
import { createHash } from 'node:crypto';
import { curve } from '../../../src/base/crypto/secp256k1.ts';
import { toHex } from '../../../src/base/types/hex.ts';
import type { CommitmentView } from '../../../src/codec/tx/commitment.ts';
import type { TransactionTerms } from '../../../src/codec/tx/terms.ts';
import type { ChannelSigner, ClosingView, CommitmentSignatures } from '../../../src/protocol/channel/signer.ts';

function digest(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}

/** Points are real ones, as the channel checks that they are on the curve. */
function pointOf(secret: string): string {
  return toHex(curve.publicKey(Buffer.from(secret, 'hex')));
}

/** Who signs is part of what is signed, told by the role and so the same from both ends. */
function describe(terms: TransactionTerms, view: CommitmentView): string {
  const we_opened = terms.opener === 'local';
  const owner_opened = (view.owner === 'local') === we_opened;
  const [opener_msat, other_msat] = we_opened
    ? [view.local_msat, view.remote_msat]
    : [view.remote_msat, view.local_msat];
  const htlcs = view.htlcs
    .map((htlc) => {
      const by_opener = (htlc.offered_by === 'local') === we_opened;
      return `${by_opener}/${htlc.amount_msat}/${htlc.payment_hash}/${htlc.cltv_expiry}`;
    })
    .sort();
  const { funding_txid, funding_output_index, funding_satoshis } = terms;
  const outpoint = `${funding_txid}:${funding_output_index}:${funding_satoshis}`;
  return [
    outpoint,
    owner_opened,
    view.number,
    view.per_commitment_point,
    view.feerate_per_kw,
    opener_msat,
    other_msat,
    ...htlcs,
  ].join('|');
}

function describeClosing(terms: TransactionTerms, view: ClosingView): string {
  const outputs = [`${view.local_sat}:${view.local_script}`, `${view.remote_sat}:${view.remote_script}`].sort();
  return `${terms.funding_txid}|${view.locktime}|${outputs.join('|')}`;
}

/** The signer of one side. Both sides' signers understand each other. */
export function fakeSigner(seed: string): ChannelSigner {
  const secret = (number: number): string => digest(`${seed}/${number}`);
  const sign = (terms: TransactionTerms, view: CommitmentView): CommitmentSignatures => {
    const text = describe(terms, view);
    const hash = digest(text);
    const outputs = view.htlcs.filter((htlc) => htlc.amount_msat >= terms[view.owner].dust_limit_satoshis * 1000n);
    return { signature: hash + hash, htlc_signatures: outputs.map(() => hash + hash) };
  };
  return {
    public_keys: {
      funding_pubkey: pointOf(digest(`${seed}/funding`)),
      revocation_basepoint: pointOf(digest(`${seed}/revocation`)),
      payment_basepoint: pointOf(digest(`${seed}/payment`)),
      delayed_payment_basepoint: pointOf(digest(`${seed}/delayed`)),
      htlc_basepoint: pointOf(digest(`${seed}/htlc`)),
    },
    perCommitmentPoint: (number) => pointOf(secret(number)),
    perCommitmentSecret: secret,
    pointOfSecret: (value) => (/^0+$/.test(value) ? undefined : pointOf(value)),
    // The last two: an earlier one is never asked for.
    insertSecret: (secrets, number, value) => [`${number} ${value}`, ...secrets.slice(0, 1)],
    findSecret(secrets, number) {
      const [, found] = secrets.map((text) => text.split(' ')).find(([name]) => name === String(number)) ?? [];
      if (found === undefined) throw new RangeError(`secret ${number} is not one of the last two`);
      return found;
    },
    prepare() {},
    signCommitment: sign,
    verifyCommitment(terms, view, signatures) {
      const expected = sign(terms, view);
      if (signatures.signature !== expected.signature) return 'the signature is not valid';
      if (signatures.htlc_signatures.join() !== expected.htlc_signatures.join())
        return 'an HTLC signature is not valid';
      return undefined;
    },
    completeCommitment: (terms, view) => Buffer.from(describe(terms, view)).toString('hex'),
    signClosing(terms, view) {
      const hash = digest(describeClosing(terms, view));
      return hash + hash;
    },
    verifyClosing(terms, view, signature) {
      const hash = digest(describeClosing(terms, view));
      return signature === hash + hash;
    },
    closingText: (terms, view) => `: raw transaction ${Buffer.from(describeClosing(terms, view)).toString('hex')}`,
    completeClosing: (terms, view) => Buffer.from(describeClosing(terms, view)).toString('hex'),
  };
}
