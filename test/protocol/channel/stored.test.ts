/** A state is the same after it was stored, at every moment of a channel's life, and so goes on with its peer. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { msat } from '../../../src/base/types/amount.ts';
import { decodeState, encodeState } from '../../../src/protocol/channel/codec.ts';
import { forgetUnsigned } from '../../../src/protocol/channel/reestablish.ts';
import { PROPOSED } from '../../../src/protocol/channel/stage.ts';
import type { ChannelState } from '../../../src/protocol/channel/state.ts';
import { Random } from '../../sim/random.ts';
import { confirmation, type End, offer, preimage, usablePair } from './pair.ts';

/** What belongs to one connection. */
const NEW_CONNECTION = {
  link: 'down',
  negotiation: undefined,
  shutdown_heard: false,
  offered_close: undefined,
  announcement_sent: false,
  reminders_left: 0,
  revocation_repeated: false,
} as const;

function restart(end: End): void {
  const read = decodeState(encodeState(end.state));
  const expected: ChannelState = { ...forgetUnsigned(end.state), ...NEW_CONNECTION };
  assert.deepEqual(read, expected);
  assert.equal(encodeState(read), encodeState(end.state), 'to the letter');
  end.state = read;
}

/** A command that an end may be given at any time. */
function command(end: End, random: Random, number: number): void {
  const { htlcs } = end.state;
  const incoming = htlcs.filter(({ offered_by, removal }) => offered_by === 'remote' && removal === undefined);
  switch (random.below(6)) {
    case 0:
    case 1: {
      const input = offer(number, 1_000 + random.below(20_000_000), 140 + random.below(50));
      if (input.kind !== 'add_htlc') return;
      const extra = random.chance(0.3) ? { extra_fee: msat(random.below(1_000)) } : {};
      const path_key = random.chance(0.3) ? { path_key: `02${'11'.repeat(32)}` } : {};
      end.attempt({ ...input, htlc: { ...input.htlc, ...extra, ...path_key } });
      break;
    }
    case 2:
      end.attempt({ kind: 'update_fee', feerate_per_kw: 253 + random.below(3_000) });
      break;
    case 3:
    case 4: {
      const [htlc] = incoming;
      if (htlc === undefined) return;
      const { id } = htlc;
      const removal = random.pick([
        { kind: 'fail', reason: 'abcd' },
        { kind: 'malformed', sha256_of_onion: '22'.repeat(32), failure_code: 0x8005 },
        { kind: 'fulfill', payment_preimage: preimage(numberOf(htlc.payment_hash)).payment_preimage },
      ] as const);
      end.attempt({ kind: 'remove_htlc', id, removal });
      break;
    }
    default:
      end.attempt({
        kind: 'take',
        incoming: incoming.map(({ id }) => id),
        outgoing: end.state.removed_htlcs.slice(0, 1).map(({ id }) => id),
      });
  }
}

const numbers = new Map<string, number>();

function numberOf(payment_hash: string): number {
  return numbers.get(payment_hash) as number;
}

test('a state reads back as it was stored, whatever is under way, and both ends go on with it', () => {
  for (let number = 0; number < 40; number++) numbers.set(preimage(number).payment_hash, number);
  const met = new Set<string>();
  for (let seed = 1; seed <= 40; seed++) {
    const random = new Random(seed);
    const pair = usablePair();
    for (let round = 0; round < 40; round++) {
      const [from, to] = random.chance(0.5) ? [pair.alice, pair.bob] : [pair.bob, pair.alice];
      command(from, random, round);
      if (random.chance(0.4)) from.do({ kind: 'commit' });
      for (const message of from.outbox.splice(0, random.below(4))) to.do({ kind: 'message', message });
      for (const { state } of [pair.alice, pair.bob]) {
        for (const { offered_by, added, removal, removed } of state.htlcs) {
          met.add(`${offered_by} ${added} ${removal?.kind} ${removed}`);
          if (removal === undefined) assert.equal(removed, PROPOSED, 'no stage of a removal without one');
        }
      }
      if (!random.chance(0.1)) continue;
      pair.disconnect();
      restart(pair.alice);
      restart(pair.bob);
      pair.reconnect();
      pair.exchange();
    }
    pair.exchange();
    const { alice, bob } = pair;
    assert.deepEqual([alice.state.local_msat, alice.state.remote_msat], [bob.state.remote_msat, bob.state.local_msat]);
    assert.equal(alice.state.htlcs.length, bob.state.htlcs.length);
  }
  assert.ok(met.size >= 20, `the runs meet most moments of an HTLC: ${met.size}`);
});

test('what is known of the funding, of the announcement and of the close is stored', () => {
  const pair = usablePair({
    open: { announce_channel: true, channel_type: { option_scid_alias: false, option_zeroconf: false } },
  });
  const { alice } = pair;
  alice.do(confirmation(6));
  restart(alice);
  pair.disconnect();
  pair.reconnect();
  pair.exchange();
  alice.do({
    kind: 'announce',
    signatures: { short_channel_id: '90x2x1' as never, node_signature: 'aa', bitcoin_signature: 'bb' },
  });
  alice.do({ kind: 'shutdown', feerange: { min_per_kw: 500, max_per_kw: 900 } });
  pair.exchange();
  assert.equal(alice.state.phase, 'closed');
  restart(alice);
  assert.equal(alice.state.closing_transactions.length, 1);
  assert.deepEqual(alice.state.closing_feerange, { min_per_kw: 500, max_per_kw: 900 });
  alice.do({ kind: 'force_close', reason: 'a test' });
  restart(alice);
  assert.equal(alice.state.failure?.reason, 'a test');
});
