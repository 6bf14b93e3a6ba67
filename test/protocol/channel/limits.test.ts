/** The terms of a new channel, each with the last value that is taken and the first that is not (BOLT 2). */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { msat, type Sat, sat } from '../../../src/base/types/amount.ts';
import { closingFee, costAlone } from '../../../src/protocol/channel/closing-fee.ts';
import { isPoint, openFault, sideFault } from '../../../src/protocol/channel/limits.ts';
import type { SideTerms } from '../../../src/protocol/channel/state.ts';
import { fakeSigner } from './fake-signer.ts';
import { environment, policy, usablePair } from './pair.ts';

const POLICY = policy({});
const FEERATES = environment(fakeSigner('alice')).feerates;
const { terms } = usablePair().bob.state;
const FUNDING = sat(1_000_000);
const SCRIPT_OPTIONS = { option_shutdown_anysegwit: true, option_simple_close: false };

function side(changes: Partial<SideTerms>, ours: Partial<SideTerms> = {}, funding: Sat = FUNDING): string | undefined {
  return sideFault(
    { ...terms.remote, ...changes },
    terms.remote.funding_pubkey,
    { ...terms.local, ...ours },
    funding,
    POLICY,
    SCRIPT_OPTIONS,
  );
}

/** The last value that is taken, the first that is not, and what is said of that. */
const SIDES: readonly [
  taken: Partial<SideTerms>,
  refused: Partial<SideTerms>,
  said: RegExp,
  ours?: Partial<SideTerms>,
][] = [
  [{ dust_limit_satoshis: sat(354) }, { dust_limit_satoshis: sat(353) }, /is below 354/],
  [{ dust_limit_satoshis: sat(5_000) }, { dust_limit_satoshis: sat(5_001) }, /above our limit of 5000/],
  [
    { dust_limit_satoshis: sat(700), channel_reserve_satoshis: sat(700) },
    { dust_limit_satoshis: sat(701), channel_reserve_satoshis: sat(700) },
    /below a dust limit/,
  ],
  [
    { channel_reserve_satoshis: sat(800) },
    { channel_reserve_satoshis: sat(799) },
    /below a dust limit/,
    { dust_limit_satoshis: sat(800) },
  ],
  [
    { dust_limit_satoshis: sat(2_000) },
    { dust_limit_satoshis: sat(2_001) },
    /above our channel_reserve_satoshis/,
    { channel_reserve_satoshis: sat(2_000) },
  ],
  [{ channel_reserve_satoshis: sat(200_000) }, { channel_reserve_satoshis: sat(200_001) }, /too large a share/],
  [{ to_self_delay: 2_016 }, { to_self_delay: 2_017 }, /above our limit of 2016/],
  [{ max_accepted_htlcs: 483 }, { max_accepted_htlcs: 484 }, /above 483/],
  [{ max_accepted_htlcs: 5 }, { max_accepted_htlcs: 4 }, /below our minimum of 5/],
  [
    { max_htlc_value_in_flight_msat: msat(1_000_000) },
    { max_htlc_value_in_flight_msat: msat(999_999) },
    /too small to be of use/,
  ],
  [
    { htlc_minimum_msat: msat(2_000_000), max_htlc_value_in_flight_msat: msat(2_000_000) },
    { htlc_minimum_msat: msat(2_000_001), max_htlc_value_in_flight_msat: msat(2_000_000) },
    /no HTLC would fit/,
  ],
  [{ htlc_minimum_msat: msat(10_000_000) }, { htlc_minimum_msat: msat(10_000_001) }, /above our limit of 10000000/],
];
const LARGE_RESERVE = { channel_reserve_satoshis: sat(10_000) };

for (const [taken, refused, said, ours = {}] of SIDES) {
  const name = Object.entries(refused)
    .map(([key, value]) => `${key} ${value}`)
    .join(', ');
  test(`a side of a channel with ${name} is refused, and with one less or more it is not`, () => {
    assert.equal(side({ ...LARGE_RESERVE, ...taken }, { ...LARGE_RESERVE, ...ours }), undefined);
    assert.match(side({ ...LARGE_RESERVE, ...refused }, { ...LARGE_RESERVE, ...ours }) ?? '', said);
  });
}

test('keys must be points, and none of ours', () => {
  const keys = [
    'funding_pubkey',
    'revocation_basepoint',
    'payment_basepoint',
    'delayed_payment_basepoint',
    'htlc_basepoint',
  ] as const;
  assert.equal(side({}), undefined);
  for (const key of keys) {
    assert.match(side({ [key]: `02${'ff'.repeat(32)}` }) ?? '', new RegExp(`^${key} is no valid`));
    for (const own of keys)
      assert.match(side({ [key]: terms.local[own] }) ?? '', new RegExp(`^${key} is one of our keys`));
  }
  assert.equal(isPoint(terms.local.funding_pubkey), true);
  assert.match(
    sideFault(terms.remote, '00'.repeat(33), terms.local, FUNDING, POLICY, SCRIPT_OPTIONS) ?? '',
    /^first_per_commitment_point/,
  );
  assert.match(side({ upfront_shutdown_script: '51' }) ?? '', /^upfront_shutdown_script/);
  assert.equal(side({ upfront_shutdown_script: '' }), undefined);
});

type Open = Parameters<typeof openFault>[0];
const OPEN: Open = {
  funding_satoshis: 1_000_000n,
  push_msat: 0n,
  feerate_per_kw: 1_000,
  channel_reserve_satoshis: 10_000n,
};
/** BOLT 3: a commitment of 1,124 weight at 1,000 per kw, and both anchors. */
const COST_MSAT = (1_124n + 660n) * 1_000n;

function open(changes: Partial<Open>, large = false, feerates = FEERATES, rules = POLICY): string | undefined {
  return openFault({ ...OPEN, ...changes }, rules, feerates, large);
}

test('a channel holds our minimum at least, and 16,777,216 sat need option_support_large_channel', () => {
  assert.equal(open({ funding_satoshis: 20_000n, channel_reserve_satoshis: 1_000n }), undefined);
  assert.match(open({ funding_satoshis: 19_999n, channel_reserve_satoshis: 1_000n }) ?? '', /below our minimum/);
  assert.equal(open({ funding_satoshis: 16_777_215n }), undefined);
  assert.match(open({ funding_satoshis: 16_777_216n }) ?? '', /option_support_large_channel/);
  assert.equal(open({ funding_satoshis: 16_777_216n }, true), undefined);
  assert.equal(open({ funding_satoshis: 2_100_000_000_000_000n }, true), undefined);
  assert.match(open({ funding_satoshis: 2_100_000_000_000_001n }, true) ?? '', /more than there is/);
});

test('the opener can pay the fee of the first commitment and both anchors', () => {
  assert.equal(open({ push_msat: 1_000_000_000n - COST_MSAT }), undefined);
  assert.match(open({ push_msat: 1_000_000_001n - COST_MSAT }) ?? '', /cannot pay the fee/);
  assert.match(open({ push_msat: 1_000_000_001n }) ?? '', /more than the channel holds/);
  assert.match(open({ push_msat: 1_000_000_000n }) ?? '', /cannot pay the fee/);
});

test('one side at least has more than the reserve', () => {
  const funding_satoshis = 100_000n;
  const to_opener_msat = (push_msat: bigint): bigint => funding_satoshis * 1_000n - push_msat - COST_MSAT;
  for (const push_msat of [0n, 20_000_000n]) {
    const more_msat = to_opener_msat(push_msat);
    const reserve = (more_msat - (more_msat % 1_000n)) / 1_000n;
    const channel_reserve_satoshis = reserve;
    assert.match(open({ funding_satoshis, push_msat, channel_reserve_satoshis }) ?? '', /neither side/);
    assert.equal(open({ funding_satoshis, push_msat, channel_reserve_satoshis: reserve - 1n }), undefined);
  }
  // Here it is the other side.
  const push_msat = 90_000_000n;
  assert.equal(open({ funding_satoshis, push_msat, channel_reserve_satoshis: 89_999n }), undefined);
  assert.match(open({ funding_satoshis, push_msat, channel_reserve_satoshis: 90_000n }) ?? '', /neither side/);
});

test("the feerate of a peer's channel is what is relayed now at least, unless the operator ignores that", () => {
  assert.equal(open({ feerate_per_kw: 253 }), undefined);
  assert.match(open({ feerate_per_kw: 252 }) ?? '', /has to be 253 or more/);
  assert.equal(open({ feerate_per_kw: 252 }, false, FEERATES, policy({ ignore_fee_limits: true })), undefined);
  const asking = { ...FEERATES, peer_floor_per_kw: 700 };
  assert.equal(open({ feerate_per_kw: 700 }, false, asking), undefined);
  assert.match(open({ feerate_per_kw: 699 }, false, asking) ?? '', /has to be 700 or more/);
});

const SCRIPTS = [`0014${'11'.repeat(20)}`, `0014${'22'.repeat(20)}`];
/** Of a closing transaction with two outputs of P2WPKH. */
const CLOSING_WEIGHT = 4 * 51 + 222 + 2 * 4 * 31;

test('a close costs from what the mempool takes to what closing alone would cost, rounded up', () => {
  const { state, env } = usablePair().alice;
  const at = (feerate_per_kw: number) => BigInt(Math.ceil((feerate_per_kw * CLOSING_WEIGHT) / 1_000));
  const feerates = { ...env.feerates, mempool_per_kw: 300, closing_per_kw: 900, max_closing_per_kw: 3_000 };
  // The commitment has 1,124 weight, and with two anchors closing alone costs more than an agreed close.
  const alone = (1_124n * 3_000n) / 1_000n + 660n;
  assert.deepEqual(closingFee(state, { ...env, feerates }, SCRIPTS), {
    lowest: at(300),
    fair: at(900),
    urgent: at(3_000),
    highest: alone,
  });
  const still = { ...feerates, closing_per_kw: 200, max_closing_per_kw: 250 };
  assert.deepEqual(closingFee(state, { ...env, feerates: still }, SCRIPTS), {
    lowest: at(300),
    fair: at(300),
    urgent: at(300),
    highest: 1_124n + 660n,
  });
  assert.equal(costAlone(state, 250), 1_124n + 660n, 'at the feerate in force, when that is higher');
  assert.equal(costAlone(state, 2_000), 2_248n + 660n);
});

test('what the operator asks for bounds the fee of a close on both sides', () => {
  const { state, env } = usablePair().alice;
  const at = (feerate_per_kw: number) => BigInt(Math.ceil((feerate_per_kw * CLOSING_WEIGHT) / 1_000));
  for (const [closing_per_kw, fair] of [
    [900, 900],
    [100, 500],
    [5_000, 2_000],
  ] as const) {
    const feerates = { ...env.feerates, closing_per_kw };
    const asked = { ...state, closing_feerange: { min_per_kw: 500, max_per_kw: 2_000 } };
    assert.deepEqual(closingFee(asked, { ...env, feerates }, SCRIPTS), {
      lowest: at(500),
      fair: at(fair),
      urgent: at(2_000),
      highest: at(2_000),
    });
  }
});
