import assert from 'node:assert/strict';
import { test } from 'node:test';
import { msat, sat } from '../../../src/base/types/amount.ts';
import { parseTransaction, type Transaction, txidOf } from '../../../src/codec/tx/transaction.ts';
import type { ChannelReestablish, CommitmentSigned, RevokeAndAck } from '../../../src/codec/wire/index.ts';
import { encodeState } from '../../../src/protocol/channel/codec.ts';
import { printable } from '../../../src/protocol/channel/failure.ts';
import type { ChannelMessage } from '../../../src/protocol/channel/message.ts';
import { fakeSigner } from './fake-signer.ts';
import {
  type End,
  environment,
  FUNDING_TXID,
  messagesOf,
  offer,
  policy,
  preimage,
  realSigner,
  usablePair,
} from './pair.ts';

const CHANNEL_ID = usablePair().alice.state.terms.channel_id;

function hear(end: End, message: ChannelMessage) {
  const { state } = end;
  const before = encodeState(state);
  const outcome = end.attempt({ kind: 'message', message });
  assert.ok(outcome.violation, `${message.type} is a violation`);
  if (outcome.violation.kind === 'warning') {
    assert.equal(encodeState(end.state), before, 'the state is as before');
    assert.deepEqual(
      messagesOf(outcome.effects).map(({ type }) => type),
      ['warning'],
    );
    const [aside] = outcome.effects.filter((effect) => effect.kind === 'set_aside');
    assert.equal(aside?.cause, message.type, 'so that the next message of its kind can end it');
    assert.equal(end.state.link, 'aside');
    // As it would be after the next connection.
    end.state = state;
  } else {
    assert.equal(end.state.phase, 'failed');
    assert.deepEqual(
      messagesOf(outcome.effects).map(({ type }) => type),
      ['error'],
    );
    assert.equal(end.take('broadcast')[0]?.purpose, 'commitment');
  }
  return outcome.violation;
}

function add(changes: Partial<Extract<ChannelMessage, { type: 'update_add_htlc' }>> = {}): ChannelMessage {
  return {
    type: 'update_add_htlc',
    channel_id: CHANNEL_ID,
    id: 0n,
    amount_msat: msat(10_000_000),
    payment_hash: preimage(1).payment_hash,
    cltv_expiry: 140,
    onion_routing_packet: '00'.repeat(1_366),
    ...changes,
  };
}

const WARNED: [string, () => { end: End; message: ChannelMessage }, RegExp][] = [
  ['an HTLC of nothing', () => fresh(add({ amount_msat: msat(0) })), /amount_msat is zero/],
  [
    'an HTLC below our minimum',
    () => fresh(add({ amount_msat: msat(5) }), { htlc_minimum_msat: msat(1_000) }),
    /below our/,
  ],
  ['an HTLC that expires by the clock', () => fresh(add({ cltv_expiry: 500_000_000 })), /cltv_expiry/],
  ['an id that was skipped', () => fresh(add({ id: 1n })), /id 1 where 0 was due/],
  ['more than the peer has', () => fresh(add({ amount_msat: msat(801_000_000) })), /cannot afford/],
  ['the reserve of the peer', () => fresh(add({ amount_msat: msat(790_000_000) })), /cannot afford/],
  [
    'more value than we allow in flight',
    () => fresh(add({ amount_msat: msat(200_000_000) }), { max_in_flight_per_mille: 100 }),
    /max_htlc_value_in_flight/,
  ],
  ['a commitment that is not signed', () => fresh(signed()), /the signature/],
  [
    'a fulfilment of an HTLC that never was',
    () =>
      fresh({
        type: 'update_fulfill_htlc',
        channel_id: CHANNEL_ID,
        id: 9n,
        payment_preimage: preimage(1).payment_preimage,
      }),
    /no HTLC 9/,
  ],
  [
    'a failure of an HTLC that never was',
    () => fresh({ type: 'update_fail_htlc', channel_id: CHANNEL_ID, id: 9n, reason: '' }),
    /no HTLC 9/,
  ],
  ['a revocation out of turn', () => fresh(revocation()), /without a commitment_signed/],
  [
    'a feerate that does not relay',
    () => fresh({ type: 'update_fee', channel_id: CHANNEL_ID, feerate_per_kw: 10 }),
    /too low/,
  ],
  [
    'a feerate that the sender cannot pay',
    () => fresh({ type: 'update_fee', channel_id: CHANNEL_ID, feerate_per_kw: 999_999 }),
    /cannot pay/,
  ],
  ['a closing signature out of turn', () => fresh(closing()), /before the channel is empty/],
  ['a second channel_reestablish', () => fresh(reestablish()), /established already/],
  [
    'an open_channel for a channel that is open',
    () => fresh({ type: 'funding_signed', channel_id: CHANNEL_ID, signature: '' }),
    /open already/,
  ],
  [
    'a shutdown to a script of no kind',
    () => fresh({ type: 'shutdown', channel_id: CHANNEL_ID, scriptpubkey: '51' }),
    /shutdown/,
  ],
  [
    'a shutdown to another script than promised',
    () => fresh({ type: 'shutdown', channel_id: CHANNEL_ID, scriptpubkey: `0014${'99'.repeat(20)}` }),
    /promised/,
  ],
];

/** Bob, who was opened to by alice, is about to hear something. */
function fresh(
  message: ChannelMessage,
  changes: Parameters<typeof policy>[0] = {},
): { end: End; message: ChannelMessage } {
  const { bob } = usablePair({ bob: environment(fakeSigner('bob'), { policy: policy(changes) }) });
  return { end: bob, message };
}

function signed(): CommitmentSigned {
  return { type: 'commitment_signed', channel_id: CHANNEL_ID, signature: '00'.repeat(64), htlc_signatures: [] };
}

function revocation(): RevokeAndAck {
  const point = `02${'11'.repeat(32)}`;
  return {
    type: 'revoke_and_ack',
    channel_id: CHANNEL_ID,
    per_commitment_secret: '11'.repeat(32),
    next_per_commitment_point: point,
  };
}

function closing(): ChannelMessage {
  return { type: 'closing_signed', channel_id: CHANNEL_ID, fee_satoshis: sat(1), signature: '00'.repeat(64) };
}

function reestablish(changes: Partial<ChannelReestablish> = {}): ChannelReestablish {
  return {
    type: 'channel_reestablish',
    channel_id: CHANNEL_ID,
    next_commitment_number: 1n,
    next_revocation_number: 0n,
    your_last_per_commitment_secret: '00'.repeat(32),
    my_current_per_commitment_point: `02${'11'.repeat(32)}`,
    ...changes,
  };
}

for (const [what, make, expected] of WARNED) {
  test(`${what}: a warning, and the state is as before`, () => {
    const { end, message } = make();
    const violation = hear(end, message);
    assert.equal(violation.kind, 'warning');
    assert.match(violation.message, expected);
  });
}

test('one HTLC more than max_accepted_htlcs is one too many', () => {
  const { bob } = usablePair({ bob: environment(fakeSigner('bob'), { policy: policy({ max_accepted_htlcs: 5 }) }) });
  for (let id = 0n; id < 5n; id++) bob.do({ kind: 'message', message: add({ id, amount_msat: msat(1_000_000) }) });
  assert.match(hear(bob, add({ id: 5n, amount_msat: msat(1_000_000) })).message, /max_accepted_htlcs of 5/);
});

test('an HTLC after the peer said shutdown is a violation', () => {
  const pair = usablePair();
  pair.alice.do(offer(1, 1_000_000));
  pair.exchange();
  pair.alice.do({ kind: 'shutdown' });
  pair.exchange();
  assert.match(hear(pair.bob, add({ id: 1n })).message, /after shutdown/);
});

test('update_fee of the side that does not pay is a violation', () => {
  const { alice } = usablePair();
  const violation = hear(alice, { type: 'update_fee', channel_id: CHANNEL_ID, feerate_per_kw: 1_000 });
  assert.match(violation.message, /does not pay/);
});

test('an update_fee that the opener cannot pay is a violation', () => {
  const { bob } = usablePair({ open: { push_msat: msat(980_000_000) } });
  const violation = hear(bob, { type: 'update_fee', channel_id: CHANNEL_ID, feerate_per_kw: 20_000 });
  assert.match(violation.message, /cannot pay/);
});

test('a preimage that is not the preimage is a violation; a malformed failure without BADONION, as LND says it, is a failure', () => {
  const pair = usablePair();
  pair.alice.do(offer(1, 10_000_000));
  pair.exchange();
  const { payment_preimage } = preimage(2);
  const wrong = { type: 'update_fulfill_htlc', channel_id: CHANNEL_ID, id: 0n, payment_preimage } as const;
  assert.match(hear(pair.alice, wrong).message, /not the preimage/);
  const mild = {
    type: 'update_fail_malformed_htlc',
    channel_id: CHANNEL_ID,
    id: 0n,
    sha256_of_onion: '00'.repeat(32),
    failure_code: 5,
  } as const;
  pair.alice.do({ kind: 'message', message: mild });
  assert.deepEqual(pair.alice.state.htlcs[0]?.removal?.kind, 'malformed');
});

test('removing an HTLC twice, or before it is committed on both sides, is a violation', () => {
  const pair = usablePair();
  pair.alice.do(offer(1, 10_000_000));
  const early = { type: 'update_fail_htlc', channel_id: CHANNEL_ID, id: 0n, reason: '' } as const;
  assert.match(hear(pair.alice, early).message, /no HTLC 0/);
  pair.exchange();
  pair.alice.do({ kind: 'message', message: early });
  assert.match(hear(pair.alice, early).message, /removed already/);
});

test('a commitment signed for another number, feerate or set of HTLCs is refused, with real signatures', () => {
  const pair = usablePair({ alice: environment(realSigner('alice')), bob: environment(realSigner('bob')) });
  const { alice, bob } = pair;
  alice.do(offer(1, 10_000_000));
  alice.do({ kind: 'commit' });
  const [adding, commitment] = alice.outbox as [ChannelMessage, CommitmentSigned];
  assert.match(hear(bob, commitment).message, /HTLC signatures|signature/, 'without the HTLC');
  bob.do({ kind: 'message', message: adding });
  assert.match(hear(bob, { ...commitment, htlc_signatures: [] }).message, /HTLC signatures/);
  const [htlc_signature] = commitment.htlc_signatures as [string];
  assert.match(
    hear(bob, { ...commitment, htlc_signatures: [htlc_signature, htlc_signature] }).message,
    /2 HTLC signatures where commitment 1 has 1 HTLC outputs/,
  );
  const swapped = { ...commitment, htlc_signatures: [commitment.signature] };
  assert.match(hear(bob, swapped).message, /HTLC signature 0/);
  assert.match(hear(bob, { ...commitment, signature: commitment.htlc_signatures[0] as string }).message, /signature/);
  const high = highS(commitment.signature);
  assert.match(hear(bob, { ...commitment, signature: high }).message, /signature/, 'high-S');
  const about = (message: CommitmentSigned): Transaction => {
    const raw = /: raw transaction ([0-9a-f]+)$/.exec(hear(bob, message).message)?.[1] ?? '';
    return parseTransaction(Buffer.from(raw, 'hex'));
  };
  const own = about({ ...commitment, signature: htlc_signature });
  assert.deepEqual(own.inputs[0]?.txid, FUNDING_TXID, 'the peer can compare the commitment that it should have signed');
  const second = about({ ...commitment, htlc_signatures: [commitment.signature] });
  assert.deepEqual(second.inputs[0]?.txid, txidOf(own), 'or the HTLC transaction');
  bob.do({ kind: 'message', message: commitment });
});

/** The same signature with its other s, which BOLT 2 forbids. */
function highS(signature: string): string {
  const order = 0xfffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141n;
  const s = order - BigInt(`0x${signature.slice(64)}`);
  return signature.slice(0, 64) + s.toString(16).padStart(64, '0');
}

test('a revocation with a wrong secret, or the secret of another commitment, fails the channel', () => {
  const next_per_commitment_point = fakeSigner('bob').perCommitmentPoint(2);
  for (const secret of ['11'.repeat(32), '00'.repeat(32), fakeSigner('bob').perCommitmentSecret(7)]) {
    const { alice } = usablePair();
    alice.do(offer(1, 10_000_000));
    alice.do({ kind: 'commit' });
    const violation = hear(alice, { ...revocation(), per_commitment_secret: secret, next_per_commitment_point });
    assert.deepEqual([violation.kind, violation.force_close], ['error', true]);
    assert.match(violation.message, /the secret is not that of commitment 0/);
  }
});

test('a revocation whose next point is no point fails the channel', () => {
  const { alice } = usablePair();
  alice.do(offer(1, 10_000_000));
  alice.do({ kind: 'commit' });
  const per_commitment_secret = fakeSigner('bob').perCommitmentSecret(0);
  const message = { ...revocation(), per_commitment_secret, next_per_commitment_point: `02${'ff'.repeat(32)}` };
  assert.equal(hear(alice, message).kind, 'error');
});

test('secrets that do not come from one seed fail the channel', () => {
  const pair = usablePair({ alice: environment(realSigner('alice')), bob: environment(realSigner('bob')) });
  const { alice, bob } = pair;
  alice.do(offer(1, 10_000_000));
  pair.exchange();
  alice.state = { ...alice.state, remote_secrets: [`${'22'.repeat(32)}ffffffffffff`] };
  bob.do({ kind: 'remove_htlc', id: 0n, removal: { kind: 'fail', reason: '' } });
  bob.do({ kind: 'commit' });
  for (const message of bob.outbox.splice(0)) alice.do({ kind: 'message', message });
  alice.do({ kind: 'commit' });
  for (const message of alice.outbox.splice(0)) bob.do({ kind: 'message', message });
  const [revoke] = bob.outbox as [ChannelMessage];
  assert.match(hear(alice, revoke).message, /same seed/);
});

test("the peer's error fails the channel; what it says is shown only when it is printable", () => {
  for (const [data, shown] of [
    [Buffer.from('invalid commitment'), 'invalid commitment'],
    // What LND asks for when its own state is lost must not be taken for a passing fault.
    [Buffer.from('unable to resume channel, recovery required'), 'unable to resume channel, recovery required'],
    [Buffer.from('not an internal error of mine'), 'not an internal error of mine'],
    [Uint8Array.of(27, 91, 50), '3 bytes that are not printable'],
  ] as const) {
    const { bob } = usablePair();
    bob.do({ kind: 'message', message: { type: 'error', channel_id: CHANNEL_ID, data } });
    assert.equal(bob.take('channel_failed')[0]?.reason, shown);
    assert.equal(bob.take('broadcast').length, 1);
    assert.equal(bob.outbox.length, 0, 'an error is not answered');
  }
});

test('an error for a channel that is spent or closed in agreement changes nothing', () => {
  for (const phase of ['closed', 'spent'] as const) {
    const { bob } = usablePair();
    bob.state = { ...bob.state, phase };
    bob.events.length = 0;
    const before = bob.state;
    bob.do({
      kind: 'message',
      message: { type: 'error', channel_id: CHANNEL_ID, data: Buffer.from('internal error') },
    });
    assert.deepEqual([bob.state, bob.outbox, bob.events], [before, [], []], phase);
  }
});

test('a failed channel hears nothing and offers nothing', () => {
  const { bob } = usablePair();
  bob.do({ kind: 'force_close', reason: 'the operator said so' });
  bob.do({ kind: 'message', message: add() });
  assert.equal(bob.state.htlcs.length, 0);
  assert.equal(bob.attempt(offer(1, 1_000_000)).refusal?.code, 'channel_unusable');
});

test('a closed channel is silent at each connection, and a peer that asks for it hears the error', () => {
  const error = { type: 'error', channel_id: CHANNEL_ID, data: Buffer.from('unknown channel') } as const;
  const spent = { kind: 'funding_spent', transaction: '' } as const;
  const fail = { kind: 'force_close', reason: 'the operator said so' } as const;
  const heard = { kind: 'message', message: error } as const;
  for (const [inputs, text] of [
    [[fail], 'the operator said so'],
    [[fail, heard], 'the operator said so'],
    [[heard], 'unknown channel'],
    [[fail, spent], 'the channel is over: its funding output is spent'],
    [[spent], 'the channel is over: its funding output is spent'],
  ] as const) {
    const { alice, bob } = usablePair();
    for (const input of inputs) bob.do(input);
    for (let connection = 0; connection < 2; connection++) {
      for (const side of [alice, bob]) {
        side.do({ kind: 'disconnected' });
        side.outbox.length = 0;
        side.do({ kind: 'connected' });
      }
      assert.deepEqual(bob.outbox, [], 'a peer that hangs up for it would take its other channels along');
      const [reestablish] = alice.outbox as [ChannelMessage];
      assert.equal(reestablish.type, 'channel_reestablish');
      bob.do({ kind: 'message', message: reestablish });
      const said = bob.outbox as readonly ChannelMessage[];
      assert.deepEqual(
        said.map((message) => message.type === 'error' && printable(message.data)),
        [text],
      );
    }
  }
});

test('HTLCs that are dust above our exposure are marked to be failed', () => {
  const { bob } = usablePair({
    bob: environment(fakeSigner('bob'), { policy: policy({ max_dust_htlc_exposure_msat: msat(500_000) }) }),
  });
  bob.do({ kind: 'message', message: add({ id: 0n, amount_msat: msat(300_000) }) });
  bob.do({ kind: 'message', message: add({ id: 1n, amount_msat: msat(300_000) }) });
  bob.do({ kind: 'message', message: add({ id: 2n, amount_msat: msat(400_000) }) });
  assert.deepEqual(
    bob.state.htlcs.map(({ over_exposed }) => over_exposed),
    [false, true, false],
  );
});

for (const text of ['internal error', 'link failed to shutdown', 'cannot co-op close channel w/ active htlcs']) {
  test(`an error "${text}" is one that LND takes back: the channel is set aside until the next connection`, () => {
    const { alice } = usablePair();
    const { channel_id } = alice.state.terms;
    const said = { type: 'error', channel_id, data: Buffer.from(text) } as const;
    const outcome = alice.do({ kind: 'message', message: said });
    assert.deepEqual([alice.state.phase, alice.state.link], ['normal', 'aside']);
    assert.deepEqual(alice.take('broadcast'), []);
    assert.deepEqual(outcome.effects, [{ kind: 'set_aside', cause: 'error', reason: `the peer says: ${text}` }]);
    const again = alice.do({ kind: 'message', message: said });
    assert.deepEqual(again.effects, [], 'it counts once on a connection');
    alice.do({ kind: 'message', message: { ...said, data: Buffer.from('I mean it') } });
    assert.equal(alice.take('broadcast')[0]?.purpose, 'commitment', 'one that is meant closes the channel');
  });
}

test('what follows a message that was refused is not read', () => {
  const { alice, bob } = usablePair();
  const { channel_id } = alice.state.terms;
  const outcome = bob.attempt({ kind: 'message', message: { type: 'update_fee', channel_id, feerate_per_kw: 1 } });
  assert.equal(outcome.violation?.kind, 'warning');
  const { state } = bob;
  for (const message of [
    { type: 'commitment_signed', channel_id, signature: '11'.repeat(64), htlc_signatures: [] },
    { type: 'revoke_and_ack', channel_id, per_commitment_secret: '22'.repeat(32), next_per_commitment_point: '' },
    { type: 'channel_reestablish' },
  ] as ChannelMessage[]) {
    const { violation, effects } = bob.attempt({ kind: 'message', message });
    assert.deepEqual([violation, effects], [undefined, []]);
  }
  assert.equal(bob.state, state);
});
