/** Building, signing and checking a commitment with HTLCs: what every payment costs twice on each side. */

import { sha256 } from '../src/base/crypto/hash.ts';
import { curve } from '../src/base/crypto/secp256k1.ts';
import { msat, sat } from '../src/base/types/amount.ts';
import type { PaymentHash, Txid } from '../src/base/types/brand.ts';
import { toHex } from '../src/base/types/hex.ts';
import { Secret } from '../src/base/types/secret.ts';
import { channelKeysFromSeed, channelPublicKeys } from '../src/codec/tx/channel-keys.ts';
import { buildCommitment, type CommitmentView } from '../src/codec/tx/commitment.ts';
import { htlcTransactions } from '../src/codec/tx/htlc-transaction.ts';
import { perCommitmentSecret } from '../src/codec/tx/secrets.ts';
import { signCommitment, verifyCommitment } from '../src/codec/tx/signer.ts';
import type { Side, TransactionTerms } from '../src/codec/tx/terms.ts';
import { type Figure, rate } from './figures.ts';

export const name = 'commitment transactions';

const keys = {
  local: channelKeysFromSeed(new Secret(new Uint8Array(32).fill(1))),
  remote: channelKeysFromSeed(new Secret(new Uint8Array(32).fill(2))),
};

function termsOf(us: Side): TransactionTerms {
  const side = (who: Side) => ({
    ...channelPublicKeys(keys[who]),
    dust_limit_satoshis: sat(354),
    to_self_delay: 144,
  });
  const them = us === 'local' ? 'remote' : 'local';
  return {
    opener: us,
    funding_txid: '11'.repeat(32) as Txid,
    funding_output_index: 0,
    funding_satoshis: sat(10_000_000),
    local: side(us),
    remote: side(them),
  };
}

function viewOf(owner: Side, htlc_count: number): CommitmentView {
  const secret = perCommitmentSecret(keys.local.per_commitment_seed.reveal(), 7);
  const offered_by = owner === 'local' ? 'remote' : 'local';
  return {
    owner,
    number: 7,
    per_commitment_point: toHex(curve.publicKey(secret)),
    feerate_per_kw: 1000,
    local_msat: msat(4_000_000_000),
    remote_msat: msat(4_000_000_000),
    htlcs: Array.from({ length: htlc_count }, (_, index) => ({
      offered_by,
      amount_msat: msat(10_000_000 + index * 1000),
      payment_hash: toHex(sha256(Uint8Array.of(index))) as PaymentHash,
      cltv_expiry: 800_000 + index,
    })),
  };
}

/** Milliseconds that one call takes. */
function time(what: string, call: () => void): Figure {
  return { what, value: 1000 / rate(call, { warm_up_ms: 100, run_ms: 200, runs: 3 }), unit: 'ms' };
}

/** Measures and returns the figures. */
export async function run(): Promise<readonly Figure[]> {
  const [ours, theirs] = [termsOf('local'), termsOf('remote')];
  const figures: Figure[] = [];
  for (const count of [0, 1, 30]) {
    const mine = viewOf('local', count);
    const seen = viewOf('remote', count);
    const built = buildCommitment(ours, mine);
    const signatures = signCommitment(keys.remote, buildCommitment(theirs, seen));
    figures.push(
      time(`build, ${count} HTLCs`, () => buildCommitment(ours, mine)),
      time(`what ${count} HTLC transactions sign`, () => htlcTransactions(built)),
      time(`build and sign, ${count} HTLCs`, () => signCommitment(keys.remote, buildCommitment(theirs, seen))),
      time(`build and verify, ${count} HTLCs`, () => {
        const fault = verifyCommitment(buildCommitment(ours, mine), signatures);
        if (fault !== undefined) throw new Error(fault);
      }),
    );
  }
  const [digest, key] = [new Uint8Array(32).fill(7), keys.local.funding.reveal()];
  const signature = curve.sign(digest, key);
  const public_key = curve.publicKey(key);
  figures.push(
    { ...time('libsecp256k1 alone: 31 signatures', () => repeat(() => curve.sign(digest, key))), beside: true },
    {
      ...time('libsecp256k1 alone: 31 verifications', () => repeat(() => curve.verify(signature, digest, public_key))),
      beside: true,
    },
  );
  return figures;
}

function repeat(call: () => void): void {
  for (let each = 0; each < 31; each++) call();
}
