import assert from 'node:assert/strict';
import { test } from 'node:test';
import { msat, sat } from '../../../src/base/types/amount.ts';
import type { PaymentHash, PaymentPreimage } from '../../../src/base/types/brand.ts';
import { toHex } from '../../../src/base/types/hex.ts';
import type { ShortChannelId } from '../../../src/base/types/short-channel-id.ts';
import { decodeState, encodeState } from '../../../src/protocol/channel/codec.ts';
import type { ChannelMessage } from '../../../src/protocol/channel/message.ts';
import type { ChannelSigner } from '../../../src/protocol/channel/signer.ts';
import type { ChannelState } from '../../../src/protocol/channel/state.ts';
import { Random } from '../../sim/random.ts';
import { fakeSigner } from './fake-signer.ts';
import { type End, environment, offer, preimage, realSigner, usablePair } from './pair.ts';

const U64 = 0xffff_ffff_ffff_ffffn;
const FUNDING_MSAT = 1_000_000_000n;

/** A message of the right form and of no sense, as a hostile peer may send it. */
function nonsense(random: Random, { terms, local_number, remote_number, htlcs }: ChannelState): ChannelMessage {
  const { channel_id } = terms;
  const u64 = () => random.pick([0n, 1n, 2n, BigInt(random.below(1_000_000_000)), U64, 1n << 48n]);
  const hex = (bytes: number) => toHex(random.bytes(bytes));
  const point = () => random.pick([terms.local.funding_pubkey, terms.remote.htlc_basepoint, `02${hex(32)}`, hex(33)]);
  const id = () => random.pick([...htlcs.map((htlc) => htlc.id), u64()]);
  const signature = random.pick([hex(64), '00'.repeat(64)]);
  const near = (number: number) => random.pick([BigInt(Math.max(0, number + random.below(5) - 2)), u64()]);
  switch (random.below(14)) {
    case 0:
      return {
        type: 'update_add_htlc',
        channel_id,
        id: id(),
        amount_msat: msat(u64()),
        payment_hash: hex(32) as PaymentHash,
        cltv_expiry: random.pick([0, 140, 499_999_999, 500_000_000, 0xffff_ffff]),
        onion_routing_packet: '00'.repeat(1_366),
      };
    case 1: {
      const payment_preimage = random.pick([preimage(1).payment_preimage, hex(32) as PaymentPreimage]);
      return { type: 'update_fulfill_htlc', channel_id, id: id(), payment_preimage };
    }
    case 2:
      return { type: 'update_fail_htlc', channel_id, id: id(), reason: hex(random.below(40)) };
    case 3: {
      const failure_code = random.below(0x10000);
      return { type: 'update_fail_malformed_htlc', channel_id, id: id(), sha256_of_onion: hex(32), failure_code };
    }
    case 4:
      return { type: 'update_fee', channel_id, feerate_per_kw: random.pick([0, 253, 5_000, 25_000, 0xffff_ffff]) };
    case 5: {
      const htlc_signatures = Array.from({ length: random.below(4) }, () => hex(64));
      return { type: 'commitment_signed', channel_id, signature, htlc_signatures };
    }
    case 6:
      return { type: 'revoke_and_ack', channel_id, per_commitment_secret: hex(32), next_per_commitment_point: point() };
    case 7:
      return {
        type: 'channel_reestablish',
        channel_id,
        next_commitment_number: near(remote_number + 1),
        next_revocation_number: near(local_number),
        your_last_per_commitment_secret: random.pick(['00'.repeat(32), hex(32)]),
        my_current_per_commitment_point: point(),
      };
    case 8:
      return {
        type: 'channel_ready',
        channel_id,
        second_per_commitment_point: point(),
        short_channel_id: '7x8x9' as ShortChannelId,
      };
    case 9:
      return {
        type: 'shutdown',
        channel_id,
        scriptpubkey: random.pick([terms.remote.upfront_shutdown_script, hex(22), '']),
      };
    case 10: {
      const fee_range = { min_fee_satoshis: sat(u64()), max_fee_satoshis: sat(u64()) };
      return { type: 'closing_signed', channel_id, fee_satoshis: sat(u64()), signature, fee_range };
    }
    case 11:
      return { type: 'warning', channel_id, data: random.bytes(random.below(20)) };
    case 12:
      return {
        type: 'announcement_signatures',
        channel_id,
        short_channel_id: '7x8x9' as ShortChannelId,
        node_signature: hex(64),
        bitcoin_signature: hex(64),
      };
    default:
      return random.pick([
        { type: 'funding_signed', channel_id, signature } as const,
        { type: 'error', channel_id, data: random.bytes(4) } as const,
      ]);
  }
}

function start(signer: (name: string) => ChannelSigner): End[] {
  const pair = usablePair({ alice: environment(signer('alice')), bob: environment(signer('bob')) });
  pair.alice.do(offer(1, 40_000_000));
  pair.bob.do(offer(2, 30_000_000));
  pair.exchange();
  pair.alice.do(offer(3, 20_000_000));
  pair.bob.do(offer(4, 10_000_000));
  pair.alice.do({ kind: 'commit' });
  return [pair.alice, pair.bob];
}

for (const [kind, signer, rounds] of [
  ['hashes', fakeSigner, 400],
  ['real signatures', realSigner, 25],
] as const) {
  test(`no message of a hostile peer makes the channel throw, or moves a balance (${kind})`, () => {
    for (let seed = 1; seed <= rounds; seed++) {
      const random = new Random(seed);
      for (const end of start(signer)) {
        const own_msat = end.state.local_msat;
        for (let count = 0; count < 30; count++) {
          const { state } = end;
          if (random.chance(0.1)) end.do({ kind: 'disconnected' });
          if (end.state.link === 'down') end.attempt({ kind: 'connected' });
          const message = nonsense(random, end.state);
          try {
            end.attempt({ kind: 'message', message });
          } catch (error) {
            assert.fail(`seed ${seed}: ${message.type} on ${state.phase}/${state.link}: ${(error as Error).stack}`);
          }
          end.do({ kind: 'commit' });
          assert.equal(end.state.local_msat + end.state.remote_msat, FUNDING_MSAT, `seed ${seed}`);
          assert.ok(end.state.local_msat >= own_msat, `seed ${seed}: ${message.type} took money`);
          assert.ok(end.state.htlcs.length < 200);
          encodeState(decodeState(encodeState(end.state)));
        }
      }
    }
  });
}

test('no closing fee or range of a hostile peer makes the channel throw, even well signed', () => {
  const outcomes = new Set<string>();
  for (let seed = 1; seed <= 300; seed++) {
    const random = new Random(seed);
    const pair = usablePair({ open: { push_msat: msat(random.pick([0n, 300_000_000n, 980_000_000n])) } });
    const [evil, honest] = random.chance(0.5) ? [pair.alice, pair.bob] : [pair.bob, pair.alice];
    evil.do({ kind: 'shutdown' });
    for (const message of evil.outbox.splice(0)) honest.do({ kind: 'message', message });
    for (const message of honest.outbox.splice(0)) evil.attempt({ kind: 'message', message });
    const { terms, local_msat, remote_msat, local_shutdown_script, remote_shutdown_script } = evil.state;
    const amount = () => sat(random.pick([0, 200, 300, 700, 5_000, 20_000, 900_000, U64]));
    for (let count = 0; count < 6; count++) {
      const fee_satoshis = sat(random.pick([0, 150, 300, 700, 5_000, 15_000]));
      const opened = terms.opener === 'local';
      const view = {
        local_sat: sat(local_msat / 1_000n - (opened && fee_satoshis < local_msat / 1_000n ? fee_satoshis : 0n)),
        remote_sat: sat(remote_msat / 1_000n - (!opened && fee_satoshis < remote_msat / 1_000n ? fee_satoshis : 0n)),
        local_script: local_shutdown_script ?? '',
        remote_script: remote_shutdown_script ?? '',
      };
      const signature = evil.env.signer.signClosing(terms, {
        ...view,
        local_sat: view.local_sat < terms.local.dust_limit_satoshis ? undefined : view.local_sat,
        remote_sat: view.remote_sat < terms.local.dust_limit_satoshis ? undefined : view.remote_sat,
      });
      const fee_range = { min_fee_satoshis: amount(), max_fee_satoshis: amount() };
      const message = {
        type: 'closing_signed',
        channel_id: terms.channel_id,
        fee_satoshis,
        signature,
        ...(random.chance(0.7) ? { fee_range } : {}),
      } as const;
      honest.attempt({ kind: 'message', message });
      if (honest.state.phase === 'failed') break;
    }
    outcomes.add(honest.state.phase);
  }
  assert.deepEqual([...outcomes].sort(), ['closed', 'closing', 'failed'], 'the run meets every outcome');
});
