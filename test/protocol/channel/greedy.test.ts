/** A peer that signs everything correctly, and keeps none of the limits that it agreed to. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { msat, sat } from '../../../src/base/types/amount.ts';
import { balancesAt } from '../../../src/protocol/channel/commitment.ts';
import { spendableMsat } from '../../../src/protocol/channel/facts.ts';
import { LOCAL_LATEST } from '../../../src/protocol/channel/stage.ts';
import { Random } from '../../sim/random.ts';
import { fakeSigner } from './fake-signer.ts';
import { type End, environment, offer, policy, usablePair } from './pair.ts';

/** Makes the end believe that the other side asked for nothing. */
function forgetLimits(end: End): void {
  const { terms } = end.state;
  const remote = {
    ...terms.remote,
    max_accepted_htlcs: 483,
    max_htlc_value_in_flight_msat: msat(0xffff_ffff_ffff_ffffn),
    channel_reserve_satoshis: sat(0),
    htlc_minimum_msat: msat(0),
  };
  end.state = { ...end.state, terms: { ...terms, remote } };
}

test('our commitment never holds more than we allow, whatever the peer signs', () => {
  const faults = new Set<string>();
  for (let seed = 1; seed <= 150; seed++) {
    const random = new Random(seed);
    const push_msat = msat(random.pick([0, 500_000_000, 900_000_000]));
    const greedy_opens = random.chance(0.5);
    const per_mille = random.pick([300, 1_000]);
    const limits = policy({
      max_accepted_htlcs: 6,
      max_in_flight_per_mille: per_mille,
      htlc_minimum_msat: msat(2_000),
    });
    const pair = usablePair({
      open: { push_msat },
      alice: environment(fakeSigner('alice'), { policy: limits }),
      bob: environment(fakeSigner('bob'), { policy: limits }),
    });
    const [greedy, strict] = greedy_opens ? [pair.alice, pair.bob] : [pair.bob, pair.alice];
    forgetLimits(greedy);
    for (let number = 0; number < 12; number++) {
      const amount_msat = random.chance(0.05)
        ? 1_000
        : random.pick([500_000, 20_000_000, 150_000_000, spendableMsat(greedy.state, 'local')]);
      greedy.attempt(offer(number, amount_msat));
      if (greedy_opens) greedy.attempt({ kind: 'update_fee', feerate_per_kw: 253 + random.below(24_000) });
      if (random.chance(0.4)) greedy.do({ kind: 'commit' });
    }
    greedy.do({ kind: 'commit' });
    for (const message of greedy.outbox.splice(0)) {
      const { violation } = strict.attempt({ kind: 'message', message });
      if (violation !== undefined) {
        assert.equal(violation.kind, 'warning');
        faults.add(violation.message.replace(/\d+/g, 'N'));
        break;
      }
    }
    const { htlcs, remote_msat } = balancesAt(strict.state, LOCAL_LATEST);
    const in_flight_msat = htlcs.reduce((sum, htlc) => sum + htlc.amount_msat, 0n);
    const reserve_msat = strict.state.terms.local.channel_reserve_satoshis * 1_000n;
    assert.ok(htlcs.length <= 6, `seed ${seed}: ${htlcs.length} HTLCs`);
    assert.ok(in_flight_msat <= BigInt(per_mille) * 1_000_000n, `seed ${seed}: ${in_flight_msat} msat in flight`);
    assert.ok(htlcs.every(({ amount_msat }) => amount_msat >= 2_000n));
    if (htlcs.length > 0) assert.ok(remote_msat >= reserve_msat, `seed ${seed}: the reserve is spent`);
  }
  assert.ok(faults.size >= 4, `the run meets several limits: ${[...faults].join('; ')}`);
});
