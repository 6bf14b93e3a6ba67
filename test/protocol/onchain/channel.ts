/** A channel between two sides that both run the code under test, at a state of the test's choosing. */
import { sha256 } from '../../../src/base/crypto/hash.ts';
import { curve } from '../../../src/base/crypto/secp256k1.ts';
import { msat, type Sat, sat } from '../../../src/base/types/amount.ts';
import type { PaymentHash, PaymentPreimage, Txid } from '../../../src/base/types/brand.ts';
import { toHex } from '../../../src/base/types/hex.ts';
import { Secret } from '../../../src/base/types/secret.ts';
import { type ChannelKeys, channelKeysFromSeed, channelPublicKeys } from '../../../src/codec/tx/channel-keys.ts';
import { buildCommitment, type CommitmentView } from '../../../src/codec/tx/commitment.ts';
import { insertSecret, perCommitmentSecret, type SecretStore } from '../../../src/codec/tx/secrets.ts';
import { createSigner, signCommitment } from '../../../src/codec/tx/signer.ts';
import type { Side, TransactionTerms } from '../../../src/codec/tx/terms.ts';
import type { ClosingChannel, ClosingHtlc } from '../../../src/protocol/onchain/closing-channel.ts';
import type { OnchainInput } from '../../../src/protocol/onchain/state.ts';

export const FUNDING_SAT = sat(10_000_000);
export const TO_SELF_DELAY = { alice: 30, bob: 24 } as const;

export const KEYS: { readonly alice: ChannelKeys; readonly bob: ChannelKeys } = {
  alice: channelKeysFromSeed(new Secret(new Uint8Array(32).fill(0xa1))),
  bob: channelKeysFromSeed(new Secret(new Uint8Array(32).fill(0xb0))),
};

export type Name = 'alice' | 'bob';

export function peerOf(name: Name): Name {
  return name === 'alice' ? 'bob' : 'alice';
}

/** An HTLC between the two. */
export interface TestHtlc {
  readonly id: bigint;
  readonly from: Name;
  readonly amount_sat: number;
  readonly cltv_expiry: number;
  /** One byte, of which the preimage is made. */
  readonly secret: number;
}

export function preimageOf({ secret }: TestHtlc): PaymentPreimage {
  return toHex(new Uint8Array(32).fill(secret)) as PaymentPreimage;
}

/** Its receiver has accepted it. */
export function claimOf(htlc: TestHtlc): Extract<OnchainInput, { kind: 'preimage' }> {
  return { kind: 'preimage', htlc_id: htlc.id, payment_preimage: preimageOf(htlc) };
}

export function hashOf(htlc: TestHtlc): PaymentHash {
  return toHex(sha256(Buffer.from(preimageOf(htlc), 'hex'))) as PaymentHash;
}

/** A state of the channel; Alice opened it and pays its fees. */
export interface ChannelMoment {
  readonly number: number;
  readonly alice_sat: number;
  readonly htlcs: readonly TestHtlc[];
  readonly feerate_per_kw: number;
}

export function termsOf(name: Name, funding_txid: Txid): TransactionTerms {
  const side = (who: Name) => ({
    ...channelPublicKeys(KEYS[who]),
    dust_limit_satoshis: sat(354),
    to_self_delay: TO_SELF_DELAY[who],
  });
  return {
    opener: name === 'alice' ? 'local' : 'remote',
    funding_txid,
    funding_output_index: 0,
    funding_satoshis: FUNDING_SAT,
    local: side(name),
    remote: side(peerOf(name)),
  };
}

function secretOf(name: Name, number: number): Uint8Array {
  return perCommitmentSecret(KEYS[name].per_commitment_seed.reveal(), number);
}

/** The commitment of `owner` at a moment, as `name` sees it. */
export function viewOf(name: Name, owner: Name, moment: ChannelMoment): CommitmentView<ClosingHtlc> {
  const side = (who: Name): Side => (who === name ? 'local' : 'remote');
  const in_htlcs_sat = moment.htlcs.reduce((total, htlc) => total + htlc.amount_sat, 0);
  const alice_msat = msat(BigInt(moment.alice_sat) * 1000n);
  const bob_msat = msat((FUNDING_SAT - BigInt(moment.alice_sat + in_htlcs_sat)) * 1000n);
  return {
    owner: side(owner),
    number: moment.number,
    per_commitment_point: toHex(curve.publicKey(secretOf(owner, moment.number))),
    feerate_per_kw: moment.feerate_per_kw,
    local_msat: name === 'alice' ? alice_msat : bob_msat,
    remote_msat: name === 'alice' ? bob_msat : alice_msat,
    htlcs: moment.htlcs.map((htlc) => ({
      id: htlc.id,
      offered_by: side(htlc.from),
      amount_msat: msat(BigInt(htlc.amount_sat) * 1000n),
      payment_hash: hashOf(htlc),
      cltv_expiry: htlc.cltv_expiry,
    })),
  };
}

function secretsBefore(name: Name, number: number): SecretStore {
  let store: SecretStore = [];
  for (let each = 0; each < number; each++)
    store = insertSecret(store, each, toHex(secretOf(name, each))) as SecretStore;
  return store;
}

/** The channel as `name` has it when it ends at `moment`. `next` is one that it has signed for the peer already. */
export function channelOf(name: Name, funding_txid: Txid, moment: ChannelMoment, next?: ChannelMoment): ClosingChannel {
  const peer = peerOf(name);
  const terms = termsOf(name, funding_txid);
  const theirs = buildCommitment(termsOf(peer, funding_txid), viewOf(peer, name, moment));
  return {
    terms,
    keys: KEYS[name],
    local: { view: viewOf(name, name, moment), signatures: signCommitment(KEYS[peer], theirs) },
    remote: [moment, ...(next === undefined ? [] : [next])].map((each) => viewOf(name, peer, each)),
    remote_secrets: secretsBefore(peer, moment.number),
  };
}

/** The signed commitment of a channel's own side, hex. */
export function signedCommitment(channel: ClosingChannel): string {
  if (channel.local === undefined) throw new Error('no commitment of our own');
  return createSigner(channel.keys).completeCommitment(channel.terms, channel.local.view, channel.local.signatures);
}

/** What a mutual close gives to each. */
export function closingOf(name: Name, funding_txid: Txid, scripts: Record<Name, string>, alice_sat: Sat): string {
  const terms = termsOf(name, funding_txid);
  const bob_sat = sat(FUNDING_SAT - alice_sat - 1000n);
  const view = (who: Name) => ({
    local_sat: who === 'alice' ? alice_sat : bob_sat,
    remote_sat: who === 'alice' ? bob_sat : alice_sat,
    local_script: scripts[who],
    remote_script: scripts[peerOf(who)],
  });
  const peer = peerOf(name);
  const theirs = createSigner(KEYS[peer]).signClosing(termsOf(peer, funding_txid), view(peer));
  return createSigner(KEYS[name]).completeClosing(terms, view(name), theirs);
}
