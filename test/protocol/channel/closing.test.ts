import assert from 'node:assert/strict';
import { test } from 'node:test';
import { msat, sat } from '../../../src/base/types/amount.ts';
import { closingWeight } from '../../../src/codec/tx/closing.ts';
import type { ClosingSigned } from '../../../src/codec/wire/index.ts';
import { isShutdownScript } from '../../../src/protocol/channel/shutdown-script.ts';
import { fakeSigner } from './fake-signer.ts';
import { type End, environment, offer, type Pair, preimage, realSigner, usablePair } from './pair.ts';

function agreed(pair: Pair): bigint {
  const [fee] = [pair.alice, pair.bob].map((end) => {
    assert.equal(end.state.phase, 'closed');
    assert.equal(end.state.closing_transactions.length, 1);
    return end.take('closing_agreed')[0]?.fee_satoshis;
  });
  assert.equal(pair.alice.state.closing_transactions[0], pair.bob.state.closing_transactions[0]);
  return fee as bigint;
}

/** Feerates for the mutual close. */
function feerates(closing_per_kw: number, max_closing_per_kw = 5_000, floor_per_kw = 253) {
  return { floor_per_kw, mempool_per_kw: floor_per_kw, commitment_per_kw: 1_000, closing_per_kw, max_closing_per_kw };
}

for (const who of ['alice', 'bob'] as const) {
  test(`${who} closes: both sign the same transaction (real signatures)`, () => {
    const pair = usablePair({ alice: environment(realSigner('alice')), bob: environment(realSigner('bob')) });
    pair[who].do({ kind: 'shutdown' });
    pair.exchange();
    assert.ok(agreed(pair) > 0n);
    assert.equal(pair.alice.take('broadcast')[0]?.purpose, 'mutual_close');
  });
}

test('the accepter chooses within the range of the opener, who then agrees', () => {
  for (const [alices, bobs] of [
    [1_000, 1_000],
    [300, 4_000],
    [4_000, 300],
    [1_000, 90_000],
  ] as const) {
    const pair = usablePair({
      alice: environment(fakeSigner('alice'), { feerates: feerates(alices) }),
      bob: environment(fakeSigner('bob'), { feerates: feerates(bobs, 100_000) }),
    });
    pair.bob.do({ kind: 'shutdown' });
    pair.exchange();
    agreed(pair);
  }
});

test('ranges that do not meet end in a warning, not in a close', () => {
  const pair = usablePair();
  pair.alice.env = { ...pair.alice.env, feerates: feerates(300, 300) };
  pair.bob.env = { ...pair.bob.env, feerates: feerates(9_000, 9_000, 5_000) };
  pair.bob.do({ kind: 'shutdown' });
  const [shutdown] = pair.bob.outbox.splice(0);
  assert.ok(shutdown);
  pair.alice.do({ kind: 'message', message: shutdown });
  const [answer, offered] = pair.alice.outbox.splice(0);
  assert.ok(answer && offered);
  pair.bob.do({ kind: 'message', message: answer });
  const outcome = pair.bob.attempt({ kind: 'message', message: offered });
  assert.match(
    outcome.violation?.message ?? '',
    /your fee_range of \d+ to \d+ sat and our fee_range of \d+ to \d+ sat do not overlap/,
  );
});

test("the opener's first range reaches from what the mempool takes to what closing alone would cost", () => {
  // Lowest fees that other implementations ask for, at the least feerate that is relayed.
  for (const lowest of [361n, 674n]) {
    const pair = usablePair();
    pair.alice.env = { ...pair.alice.env, feerates: feerates(253, 253) };
    pair.bob.do({ kind: 'shutdown' });
    for (const message of pair.bob.outbox.splice(0)) pair.alice.do({ kind: 'message', message });
    const offer = pair.alice.outbox.find(({ type }) => type === 'closing_signed') as ClosingSigned;
    const { min_fee_satoshis = 0n, max_fee_satoshis = 0n } = offer.fee_range ?? {};
    assert.ok(offer.fee_satoshis === min_fee_satoshis && min_fee_satoshis < lowest);
    assert.ok(max_fee_satoshis >= lowest && max_fee_satoshis < 1_800n, `${max_fee_satoshis}`);
  }
  const { alice } = usablePair();
  const rates = { ...feerates(253, 253), mempool_per_kw: 4_000 };
  alice.env = { ...alice.env, feerates: rates };
  alice.state = { ...alice.state, remote_shutdown_script: `0014${'22'.repeat(20)}` };
  alice.do({ kind: 'shutdown' });
  const { fee_range } = alice.outbox.at(-1) as ClosingSigned;
  assert.ok((fee_range?.min_fee_satoshis ?? 0n) > 2_600n, 'not below what enters the mempool');
});

test('the operator says what to pay: as a range at once, and again while the peer has not answered', () => {
  const pair = usablePair();
  const range = { min_per_kw: 2_000, max_per_kw: 3_000 };
  pair.bob.do({ kind: 'shutdown' });
  for (const message of pair.bob.outbox.splice(0)) pair.alice.do({ kind: 'message', message });
  const [, first] = pair.alice.outbox.splice(0) as [unknown, ClosingSigned];
  pair.alice.do({ kind: 'shutdown', feerange: range });
  const [second] = pair.alice.outbox.splice(0) as [ClosingSigned];
  assert.ok(second.fee_satoshis > first.fee_satoshis);
  assert.deepEqual(second.fee_range?.min_fee_satoshis, second.fee_satoshis, '1,000 per kw is below the range');
  pair.disconnect();
  pair.reconnect();
  pair.exchange();
  assert.ok(agreed(pair) >= second.fee_satoshis);
});

test('without fee_range the fees approach each other until one suits', () => {
  const pair = usablePair({
    alice: environment(fakeSigner('alice'), { feerates: feerates(1_000) }),
    bob: environment(fakeSigner('bob'), { feerates: feerates(3_000) }),
  });
  pair.bob.do({ kind: 'shutdown' });
  const strip = (end: End) => {
    for (const [index, message] of end.outbox.entries()) {
      if (message.type !== 'closing_signed') continue;
      const { fee_range: _, ...old } = message;
      end.outbox[index] = old;
    }
  };
  for (let round = 0; round < 10; round++) {
    for (const [from, to] of [
      [pair.bob, pair.alice],
      [pair.alice, pair.bob],
    ] as const) {
      strip(from);
      for (const message of from.outbox.splice(0)) to.do({ kind: 'message', message });
    }
  }
  agreed(pair);
});

/**
 * A peer that knows no fee_range and goes the older way in small steps, as LND does: first what it finds right itself,
 * then a tenth nearer each time, until what is offered is within three tenths of its own last word.
 */
function closeWithStepper(side: 'alice' | 'bob', rates: ReturnType<typeof feerates>, ideal_satoshis: bigint) {
  const pair = usablePair();
  const { alice, bob } = pair;
  const [till, peer] = side === 'alice' ? [alice, bob] : [bob, alice];
  till.env = { ...till.env, feerates: rates };
  const balance = (end: End) => end.state.local_msat / 1000n;
  peer.do({ kind: 'shutdown' });
  const [asked] = peer.outbox.splice(0).filter(({ type }) => type === 'shutdown');
  assert.ok(asked);
  till.do({ kind: 'message', message: asked });
  const signed = (fee_satoshis: bigint): ClosingSigned => ({
    type: 'closing_signed',
    channel_id: till.state.terms.channel_id,
    fee_satoshis: sat(fee_satoshis),
    signature: peer.env.signer.signClosing(peer.state.terms, {
      local_sat: sat(balance(peer) - (peer === alice ? fee_satoshis : 0n)),
      remote_sat: sat(balance(till) - (till === alice ? fee_satoshis : 0n)),
      local_script: till.state.remote_shutdown_script as string,
      remote_script: till.state.local_shutdown_script as string,
    }),
  });
  let last = ideal_satoshis;
  if (peer === alice) till.do({ kind: 'message', message: signed(last) });
  for (let round = 0, spoken = peer === alice; round < 100 && till.state.phase !== 'closed'; round++) {
    const offer = till.outbox.splice(0).find(({ type }) => type === 'closing_signed') as ClosingSigned | undefined;
    assert.ok(offer, `no answer to ${last} sat`);
    const { fee_satoshis: offered } = offer;
    if (!spoken && offered !== last) spoken = true;
    else if (offered < last) last = offered >= last - (last * 3n) / 10n ? offered : last - last / 10n;
    else if (offered > last) last = offered <= last + (last * 3n) / 10n ? offered : last + last / 10n;
    till.do({ kind: 'message', message: signed(last) });
  }
  const [agreed] = till.take('closing_agreed');
  assert.ok(agreed, 'no agreement');
  return agreed.fee_satoshis as bigint;
}

test('a peer without fee_range that finds a higher fee right than the opener would pay is met on its way down', () => {
  for (const ideal of [183n, 200n, 414n, 4_575n, 100_000n]) {
    const fee = closeWithStepper('alice', feerates(253, 253), ideal);
    const own = BigInt(Math.ceil(0.253 * closingWeight('0014'.padEnd(44, '1'), '0014'.padEnd(44, '2'))));
    assert.ok(fee >= own && fee < own + 60n, `${ideal}: ${fee} sat, where ${own} would do`);
  }
  for (const rates of [feerates(1_000, 2_000), feerates(5_000, 9_000)]) closeWithStepper('alice', rates, 50_000n);
});

test('an opener without fee_range pays what it likes', () => {
  for (const ideal of [183n, 4_575n, 100_000n]) {
    assert.equal(closeWithStepper('bob', feerates(253, 253), ideal), ideal);
  }
});

test('HTLCs in flight are resolved first, new ones are refused', () => {
  const pair = usablePair();
  pair.alice.do(offer(1, 10_000_000));
  pair.exchange();
  pair.alice.do({ kind: 'shutdown' });
  pair.exchange();
  assert.equal(pair.alice.state.phase, 'closing');
  for (const end of [pair.alice, pair.bob]) {
    assert.equal(end.attempt(offer(2, 1_000_000)).refusal?.code, 'channel_unusable');
  }
  const removal = { kind: 'fulfill', payment_preimage: preimage(1).payment_preimage } as const;
  pair.bob.do({ kind: 'remove_htlc', id: 0n, removal });
  pair.exchange();
  agreed(pair);
});

test('shutdown waits until our own proposals are signed', () => {
  const pair = usablePair();
  pair.alice.do(offer(1, 10_000_000));
  pair.alice.do({ kind: 'shutdown' });
  assert.deepEqual(
    pair.alice.outbox.map(({ type }) => type),
    ['update_add_htlc'],
  );
  pair.alice.do({ kind: 'commit' });
  assert.deepEqual(
    pair.alice.outbox.map(({ type }) => type),
    ['update_add_htlc', 'commitment_signed', 'shutdown'],
  );
});

test('shutdown is said again after a reconnect, and the negotiation starts again', () => {
  const pair = usablePair();
  pair.alice.do({ kind: 'shutdown' });
  pair.disconnect();
  pair.reconnect();
  pair.exchange();
  agreed(pair);
  pair.disconnect();
  pair.reconnect();
  pair.exchange();
  assert.equal(pair.alice.state.closing_transactions.length, 1, 'the same fee, so the same transaction');
});

test('a closing signature for another fee than it says is refused', () => {
  const pair = usablePair();
  pair.bob.do({ kind: 'shutdown' });
  const [shutdown] = pair.bob.outbox.splice(0);
  assert.ok(shutdown);
  pair.alice.do({ kind: 'message', message: shutdown });
  const [answer, offered] = pair.alice.outbox.splice(0) as [never, ClosingSigned];
  pair.bob.do({ kind: 'message', message: answer });
  const { state } = pair.bob;
  const lie = { ...offered, fee_satoshis: sat(offered.fee_satoshis + 1n) };
  assert.match(pair.bob.attempt({ kind: 'message', message: lie }).violation?.message ?? '', /not valid/);
  pair.bob.state = state;
  const greedy = { ...offered, fee_satoshis: sat(900_000) };
  assert.match(pair.bob.attempt({ kind: 'message', message: greedy }).violation?.message ?? '', /not valid/);
});

test('a fee_range that the opener itself cannot pay is a violation, with a signature that is valid', () => {
  const pair = usablePair();
  pair.bob.do({ kind: 'shutdown' });
  const [shutdown] = pair.bob.outbox.splice(0);
  assert.ok(shutdown);
  pair.alice.do({ kind: 'message', message: shutdown });
  const [answer, offered] = pair.alice.outbox.splice(0) as [never, ClosingSigned];
  pair.bob.do({ kind: 'message', message: answer });
  const most = sat(0xffff_ffff_ffff_ffffn);
  const absurd = { ...offered, fee_range: { min_fee_satoshis: most, max_fee_satoshis: most } };
  assert.match(pair.bob.attempt({ kind: 'message', message: absurd }).violation?.message ?? '', /cannot pay/);
});

test('a balance below the dust limit gets no output', () => {
  const pair = usablePair({ open: { push_msat: msat(100_000) } });
  pair.alice.do({ kind: 'shutdown' });
  pair.exchange();
  agreed(pair);
  const text = Buffer.from(pair.alice.state.closing_transactions[0] as string, 'hex').toString();
  assert.match(text, /undefined/, 'the fake signer writes down a missing output');
});

test('the fee is for the outputs that exist: a side without balance has none to pay for', () => {
  const pair = usablePair({ open: { push_msat: msat(0) } });
  for (const end of [pair.alice, pair.bob]) end.env = { ...end.env, feerates: feerates(253, 253) };
  pair.bob.do({ kind: 'shutdown' });
  pair.exchange();
  const { local_shutdown_script = '' } = pair.alice.state;
  assert.equal(agreed(pair), BigInt(Math.ceil((253 * closingWeight(local_shutdown_script)) / 1000)));
});

test('each side counts an output from its dust limit on, in the fees that it offers (BOLT 3, Closing Transaction)', () => {
  for (const [short_msat, outputs] of [
    [0n, 2],
    [1n, 1],
  ] as const) {
    const push_msat = msat(1_000n * usablePair().bob.state.terms.local.dust_limit_satoshis - short_msat);
    const pair = usablePair({ open: { push_msat } });
    for (const end of [pair.alice, pair.bob]) end.env = { ...end.env, feerates: feerates(253, 253) };
    pair.bob.do({ kind: 'shutdown' });
    const offers: bigint[] = [];
    for (const [from, to] of [
      [pair.bob, pair.alice],
      [pair.alice, pair.bob],
      [pair.bob, pair.alice],
    ] as const) {
      for (const message of from.outbox.splice(0)) {
        if (message.type === 'closing_signed') offers.push(message.fee_range?.min_fee_satoshis ?? 0n);
        to.do({ kind: 'message', message });
      }
    }
    const { local_shutdown_script = '', remote_shutdown_script = '' } = pair.alice.state;
    const scripts = [local_shutdown_script, remote_shutdown_script].slice(0, outputs);
    const least = BigInt(Math.ceil((253 * closingWeight(...scripts)) / 1000));
    assert.deepEqual(offers, [least, least], `${outputs} outputs`);
  }
});

test('the script that was promised at the opening is the only one', () => {
  const { alice } = usablePair();
  const other = `0014${'99'.repeat(20)}`;
  assert.equal(alice.attempt({ kind: 'shutdown', scriptpubkey: other }).refusal?.code, 'invalid');
});

test('scripts to close to are witness programs', () => {
  const program = (version: string, bytes: number) =>
    `${version}${bytes.toString(16).padStart(2, '0')}${'ab'.repeat(bytes)}`;
  for (const [script, old, any] of [
    [program('00', 20), true, true],
    [program('00', 32), true, true],
    [program('00', 21), false, false],
    [program('51', 32), false, true],
    [program('60', 2), false, true],
    [program('60', 40), false, true],
    [program('60', 41), false, false],
    [program('51', 1), false, false],
    [`${program('51', 32)}00`, false, false],
    ['', false, false],
    [`76a914${'ab'.repeat(20)}88ac`, false, false],
    [`6a04${'ab'.repeat(4)}`, false, false],
  ] as const) {
    const options = (option_shutdown_anysegwit: boolean) => ({ option_shutdown_anysegwit, option_simple_close: false });
    assert.equal(isShutdownScript(script, options(false)), old, script);
    assert.equal(isShutdownScript(script, options(true)), any, script);
  }
});

test('once a mutual close is signed, errors bring no other transaction to the chain', () => {
  const pair = usablePair();
  pair.alice.do({ kind: 'shutdown' });
  pair.exchange();
  agreed(pair);
  const { channel_id } = pair.alice.state.terms;
  for (const end of [pair.alice, pair.bob]) end.take('broadcast');
  pair.alice.do({ kind: 'message', message: { type: 'error', channel_id, data: Buffer.from('bye') } });
  pair.disconnect();
  pair.reconnect();
  const [reestablish] = pair.bob.outbox.splice(0);
  assert.equal(reestablish?.type, 'channel_reestablish');
  const wrong = { ...reestablish, next_commitment_number: 0n } as NonNullable<typeof reestablish>;
  const { effects } = pair.alice.attempt({ kind: 'message', message: wrong });
  assert.equal(pair.alice.state.link, 'aside');
  assert.equal(pair.alice.state.phase, 'closed');
  assert.ok(effects.every(({ kind }) => kind !== 'broadcast'));
  pair.alice.do({ kind: 'force_close', reason: 'the mutual close is never mined' });
  assert.equal(pair.alice.take('broadcast')[0]?.purpose, 'commitment', 'but the operator may insist');
});

test('a spent funding output ends the channel, and is told with its transaction', () => {
  const { alice } = usablePair();
  alice.do({ kind: 'funding_spent', transaction: 'abcd' });
  assert.equal(alice.take('funding_spent')[0]?.transaction, 'abcd');
  alice.do({ kind: 'disconnected' });
  alice.do({ kind: 'connected' });
  assert.equal(alice.outbox.length, 0);
  alice.do({ kind: 'block' });
  assert.equal(alice.take('broadcast').length, 0);
});
