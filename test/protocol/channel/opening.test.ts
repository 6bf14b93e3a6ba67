import assert from 'node:assert/strict';
import { test } from 'node:test';
import { msat, sat } from '../../../src/base/types/amount.ts';
import type { Txid } from '../../../src/base/types/brand.ts';
import type { AcceptChannel, FundingCreated, OpenChannel } from '../../../src/codec/wire/index.ts';
import { type AcceptRequest, acceptOpening, stepAccepter } from '../../../src/protocol/channel/accept.ts';
import { encodeChannelType } from '../../../src/protocol/channel/channel-type.ts';
import { type OpenRequest, startOpening, stepOpener } from '../../../src/protocol/channel/open.ts';
import { channelId, type Opening, type OpeningOutcome } from '../../../src/protocol/channel/opening.ts';
import { fakeSigner } from './fake-signer.ts';
import {
  acceptRequest,
  confirmation,
  environment,
  FUNDING_TXID,
  fundedPair,
  messagesOf,
  onlyMessage,
  openRequest,
  policy,
  usablePair,
} from './pair.ts';

const alice = environment(fakeSigner('alice'));
const bob = environment(fakeSigner('bob'));
const FUND = { kind: 'fund', funding_txid: FUNDING_TXID, funding_output_index: 1 } as const;

function openMessage(changes: Partial<OpenRequest> = {}): OpenChannel {
  return onlyMessage(startOpening(openRequest(changes), alice).effects) as OpenChannel;
}

function errorText(outcome: OpeningOutcome): string {
  const message = onlyMessage(outcome.effects);
  assert.equal(message.type, 'error');
  assert.equal(outcome.opening, undefined, 'the opening is forgotten');
  return Buffer.from((message as { data: Uint8Array }).data).toString();
}

/** Why an opening came to nothing. */
function reasonOf({ opening, effects }: OpeningOutcome): string {
  assert.equal(opening, undefined, 'the opening is forgotten');
  const failed = effects.find((effect) => effect.kind === 'opening_failed');
  assert.ok(failed !== undefined);
  return failed.reason;
}

const NO_POINT = `02${'ff'.repeat(32)}`;
const LEGACY_TYPE = Uint8Array.of(0x10, 0x00);

const BAD_OPENS: [string, Partial<OpenChannel>, RegExp][] = [
  ['an unknown chain', { chain_hash: '00'.repeat(32) }, /chain_hash/],
  ['more pushed than funded', { push_msat: msat(1_000_000_001) }, /push_msat/],
  ['a to_self_delay of a month', { to_self_delay: 4_320 }, /to_self_delay/],
  ['484 HTLCs', { max_accepted_htlcs: 484 }, /max_accepted_htlcs 484 is above 483/],
  ['too few HTLCs', { max_accepted_htlcs: 1 }, /max_accepted_htlcs/],
  ['a feerate that does not relay', { feerate_per_kw: 100 }, /too low/],
  ['a feerate that the opener cannot pay', { feerate_per_kw: 1_000_000 }, /cannot pay/],
  [
    'a dust limit over the reserve',
    { dust_limit_satoshis: sat(2_000), channel_reserve_satoshis: sat(1_999) },
    /reserve/,
  ],
  ['a reserve below our dust limit', { channel_reserve_satoshis: sat(353) }, /channel_reserve_satoshis/],
  ['a dust limit of 353', { dust_limit_satoshis: sat(353) }, /below 354/],
  ['a huge dust limit', { dust_limit_satoshis: sat(9_999) }, /dust_limit_satoshis/],
  ['a huge reserve', { channel_reserve_satoshis: sat(500_000) }, /too large a share/],
  ['nothing in flight', { max_htlc_value_in_flight_msat: msat(999) }, /too small/],
  [
    'an HTLC minimum above what may be in flight',
    { htlc_minimum_msat: msat(2_000_000), max_htlc_value_in_flight_msat: msat(1_999_999) },
    /no HTLC would fit/,
  ],
  ['a huge HTLC minimum', { htlc_minimum_msat: msat(900_000_000) }, /htlc_minimum_msat/],
  ['a tiny channel', { funding_satoshis: sat(1_000), push_msat: msat(0) }, /below our minimum/],
  ['a large channel unasked', { funding_satoshis: sat(1n << 24n) }, /option_support_large_channel/],
  ['more money than there is', { funding_satoshis: sat(0xffff_ffff_ffff_ffffn) }, /more than there is/],
  ['an opener who cannot pay the fee', { push_msat: msat(999_000_000) }, /cannot pay the fee/],
  ['no channel_type', { channel_type: new Uint8Array() }, /channel types/],
  ['a channel type without anchors', { channel_type: LEGACY_TYPE }, /channel types/],
  ['a padded channel type', { channel_type: Uint8Array.of(0, ...encodeChannelType(TYPE(false))) }, /channel types/],
  ['zero-conf from a stranger', { channel_type: encodeChannelType(TYPE(true)) }, /before they confirm/],
  ['an alias type for a public channel', { channel_flags: 1 }, /public channel/],
  ['a funding_pubkey off the curve', { funding_pubkey: NO_POINT }, /funding_pubkey/],
  ['a revocation_basepoint off the curve', { revocation_basepoint: NO_POINT }, /revocation_basepoint/],
  ['a payment_basepoint off the curve', { payment_basepoint: NO_POINT }, /payment_basepoint/],
  ['a delayed_payment_basepoint off the curve', { delayed_payment_basepoint: NO_POINT }, /delayed_payment_basepoint/],
  ['an htlc_basepoint off the curve', { htlc_basepoint: NO_POINT }, /htlc_basepoint/],
  [
    'a first_per_commitment_point off the curve',
    { first_per_commitment_point: NO_POINT },
    /first_per_commitment_point/,
  ],
  ['a script that cannot be closed to', { upfront_shutdown_script: '76a914' }, /upfront_shutdown_script/],
];

function TYPE(option_zeroconf: boolean) {
  return { option_scid_alias: false, option_zeroconf };
}

for (const [what, changes, expected] of BAD_OPENS) {
  test(`open_channel with ${what} is answered with an error`, () => {
    const outcome = acceptOpening({ ...openMessage(), ...changes }, acceptRequest(), bob);
    assert.match(errorText(outcome), expected);
  });
}

test('what is asked of a channel is judged before its type: too little money is what is told', () => {
  const open = { ...openMessage(), channel_type: LEGACY_TYPE, funding_satoshis: sat(10_000), push_msat: msat(0) };
  assert.match(errorText(acceptOpening(open, acceptRequest(), bob)), /below our minimum of 20000/);
  const small = startOpening(
    openRequest({ funding_satoshis: sat(10_000), push_msat: msat(0), has_anchors: false }),
    alice,
  );
  assert.match(reasonOf(small), /below our minimum of 20000/);
});

test('a peer that offers no anchors is told apart before anything is sent to it', () => {
  const outcome = startOpening(openRequest({ has_anchors: false }), alice);
  assert.match(reasonOf(outcome), /does not offer anchor channels/);
  assert.ok(outcome.effects.every(({ kind }) => kind !== 'send'));
});

test("an opening that the peer refuses is over, and its words are told as the peer's", () => {
  const opening = startOpening(openRequest(), alice).opening as Opening;
  const { temporary_channel_id: channel_id } = opening;
  const message = { type: 'error', channel_id, data: Buffer.from('no more channels') } as const;
  assert.equal(reasonOf(stepOpener(opening, { kind: 'message', message }, alice)), 'the peer: no more channels');
});

test('open_channel without a channel_type is answered with an error', () => {
  const { channel_type: _, ...message } = openMessage();
  assert.match(errorText(acceptOpening(message, acceptRequest(), bob)), /channel_type is missing/);
});

function accepted(request: Partial<OpenRequest> = {}, answer: Partial<AcceptRequest> = {}) {
  const opener = startOpening(openRequest(request), alice).opening as Opening;
  const outcome = acceptOpening(openMessage(request), acceptRequest(answer), bob);
  return { opener, accepter: outcome.opening as Opening, message: onlyMessage(outcome.effects) as AcceptChannel };
}

const BAD_ACCEPTS: [string, Partial<AcceptChannel>, RegExp][] = [
  ['another channel_type', { channel_type: encodeChannelType(TYPE(false)) }, /channel_type/],
  ['an absurd minimum_depth', { minimum_depth: 1_000 }, /minimum_depth/],
  ['a reserve below our dust limit', { channel_reserve_satoshis: sat(100) }, /channel_reserve_satoshis/],
  ['a dust limit above our reserve', { dust_limit_satoshis: sat(20_000) }, /dust_limit_satoshis/],
  ['a to_self_delay of a month', { to_self_delay: 4_320 }, /to_self_delay/],
  ['484 HTLCs', { max_accepted_htlcs: 484 }, /max_accepted_htlcs/],
  ['a key off the curve', { htlc_basepoint: NO_POINT }, /htlc_basepoint/],
  ['our own key', { payment_basepoint: openMessage().payment_basepoint }, /payment_basepoint is one of our keys/],
  ['our key for something else', { htlc_basepoint: openMessage().payment_basepoint }, /one of our keys/],
];

for (const [what, changes, expected] of BAD_ACCEPTS) {
  test(`accept_channel with ${what} is answered with an error`, () => {
    const { opener, message } = accepted();
    const outcome = stepOpener(opener, { kind: 'message', message: { ...message, ...changes } }, alice);
    assert.match(errorText(outcome), expected);
  });
}

test('a signature that is not valid ends the opening on either side, and nothing is broadcast', () => {
  const { opener, accepter, message } = accepted();
  const ready = stepOpener(opener, { kind: 'message', message }, alice).opening as Opening;
  const created = stepOpener(ready, FUND, alice);
  const funding_created = onlyMessage(created.effects) as FundingCreated;
  const forged = { ...funding_created, signature: '11'.repeat(64) };
  const refused = stepAccepter(accepter, { kind: 'message', message: forged }, bob);
  assert.match(errorText(refused), /funding_created: the signature/);
  assert.equal(refused.channel, undefined);

  const signed = stepAccepter(accepter, { kind: 'message', message: funding_created }, bob);
  const funding_signed = onlyMessage(signed.effects);
  assert.equal(funding_signed.type, 'funding_signed');
  const bad = { ...funding_signed, signature: '11'.repeat(64) } as typeof funding_signed;
  const outcome = stepOpener(created.opening as Opening, { kind: 'message', message: bad }, alice);
  assert.match(errorText(outcome), /funding_signed: the signature/);
  assert.ok(outcome.effects.every(({ kind }) => kind !== 'broadcast_funding'));
});

test('the funding transaction is broadcast only after funding_signed, and the channel is stored before it', () => {
  const { opener, accepter, message } = accepted();
  const ready = stepOpener(opener, { kind: 'message', message }, alice);
  assert.deepEqual(
    ready.effects.map(({ kind }) => kind),
    ['funding_needed'],
  );
  const created = stepOpener(ready.opening as Opening, FUND, alice);
  assert.deepEqual(
    created.effects.map(({ kind }) => kind),
    ['send'],
  );
  const signed = stepAccepter(accepter, { kind: 'message', message: onlyMessage(created.effects) }, bob);
  assert.deepEqual(
    signed.effects.map(({ kind }) => kind),
    ['channel_created', 'send'],
  );
  const reply = { kind: 'message', message: onlyMessage(signed.effects) } as const;
  const done = stepOpener(created.opening as Opening, reply, alice);
  assert.deepEqual(
    done.effects.map(({ kind }) => kind),
    ['channel_created', 'broadcast_funding'],
  );
  assert.equal(done.channel?.terms.channel_id, `${'ab'.repeat(31)}aa`, 'the outpoint folded together');
});

test('a lost connection, an error or a message out of turn ends an opening', () => {
  const { opener, accepter, message } = accepted();
  for (const outcome of [
    stepOpener(opener, { kind: 'disconnected' }, alice),
    stepAccepter(accepter, { kind: 'disconnected' }, bob),
    stepOpener(
      opener,
      { kind: 'message', message: { type: 'error', channel_id: opener.temporary_channel_id, data: Buffer.from('no') } },
      alice,
    ),
  ]) {
    assert.equal(outcome.opening, undefined);
    assert.deepEqual(
      outcome.effects.map(({ kind }) => kind),
      ['opening_failed'],
    );
  }
  const early = { type: 'shutdown', channel_id: opener.temporary_channel_id, scriptpubkey: '' } as const;
  assert.match(
    errorText(stepOpener(opener, { kind: 'message', message: early }, alice)),
    /shutdown where accept_channel/,
  );
  assert.match(
    errorText(stepAccepter(accepter, { kind: 'message', message }, bob)),
    /accept_channel where funding_created/,
  );
});

test('our own request is held to the rules before anything is said', () => {
  const outcome = startOpening(openRequest({ push_msat: msat(1_000_000_001) }), alice);
  assert.equal(messagesOf(outcome.effects).length, 0);
  assert.equal(outcome.opening, undefined);
});

test('channel_ready waits for the depth that the accepter asked for, and carries the alias', () => {
  const pair = fundedPair();
  pair.alice.do(confirmation(2));
  pair.bob.do(confirmation(2));
  assert.equal(pair.alice.outbox.length + pair.bob.outbox.length, 0);
  pair.alice.do(confirmation(3));
  pair.bob.do(confirmation(3));
  assert.deepEqual(
    pair.alice.outbox.map(({ type }) => type),
    ['channel_ready'],
  );
  pair.exchange();
  assert.equal(pair.alice.take('channel_usable').length, 1);
  assert.equal(pair.bob.state.remote_alias, '1x2x3');
  assert.equal(pair.alice.state.remote_alias, '4x5x6');
});

test('a zero-conf channel of a peer that the operator named is ready at once', () => {
  const pair = fundedPair({
    open: { channel_type: { option_scid_alias: true, option_zeroconf: true } },
    accept: { zeroconf_allowed: true },
  });
  pair.exchange();
  assert.equal(pair.alice.state.phase, 'normal');
  assert.equal(pair.bob.state.phase, 'normal');
  assert.equal(pair.bob.state.funding_confirmation, undefined);
});

test('a peer that the operator named need not ask for zero-conf in the channel type', () => {
  const pair = fundedPair({ open: { channel_type: TYPE(false) }, accept: { zeroconf_allowed: true } });
  pair.exchange();
  assert.equal(pair.bob.state.terms.minimum_depth, 0);
  assert.equal(pair.alice.state.phase, 'normal');
  assert.equal(pair.bob.state.phase, 'normal');
});

test('a public channel asks for its announcement when it is six deep, and answers the other signatures once', () => {
  const pair = usablePair({ open: { announce_channel: true, channel_type: TYPE(false) } });
  const { alice, bob } = pair;
  assert.equal(alice.take('announcement_due').length, 0);
  alice.do(confirmation(6));
  const [due] = alice.take('announcement_due');
  assert.equal(due?.short_channel_id, '90x2x1');
  bob.do(confirmation(6));
  const sign = (fill: string) => ({
    short_channel_id: '90x2x1' as never,
    node_signature: fill.repeat(64),
    bitcoin_signature: fill.repeat(64),
  });
  alice.do({ kind: 'announce', signatures: sign('aa') });
  bob.do({ kind: 'announce', signatures: sign('bb') });
  pair.exchange();
  assert.equal(alice.take('announcement_complete')[0]?.remote.node_signature, 'bb'.repeat(64));
  assert.equal(bob.take('announcement_complete').length, 1);
});

test('a fundee forgets a channel whose funding never came, after 2,016 blocks', () => {
  const { bob } = fundedPair();
  bob.env = { ...bob.env, height: 100 + 2_015 };
  bob.do({ kind: 'block' });
  assert.equal(bob.take('channel_forgotten').length, 0);
  bob.env = { ...bob.env, height: 100 + 2_016 };
  bob.do({ kind: 'block' });
  assert.equal(bob.take('channel_forgotten').length, 1);
});

test("the accepter's limits are its policy's", () => {
  const outcome = acceptOpening(
    openMessage(),
    acceptRequest(),
    environment(fakeSigner('bob'), { policy: policy({ max_accepted_htlcs: 7, minimum_depth: 1, to_self_delay: 99 }) }),
  );
  const accept = onlyMessage(outcome.effects) as AcceptChannel;
  assert.deepEqual(
    [accept.max_accepted_htlcs, accept.minimum_depth, accept.to_self_delay, accept.channel_reserve_satoshis],
    [7, 1, 99, 10_000n],
  );
});

test('of a channel that was bought we ask no more delay than was agreed on, and the least reserve', () => {
  const asked = (max_to_self_delay: number, dust_limit_satoshis: bigint): AcceptChannel => {
    const open = { ...openMessage(), dust_limit_satoshis: sat(dust_limit_satoshis) };
    const bought = { max_to_self_delay, pays_unseen: false };
    return onlyMessage(acceptOpening(open, acceptRequest({ bought }), bob).effects) as AcceptChannel;
  };
  const { to_self_delay, dust_limit_satoshis } = bob.policy;
  assert.equal(asked(to_self_delay - 1, 354n).to_self_delay, to_self_delay - 1);
  assert.equal(asked(to_self_delay + 1, 354n).to_self_delay, to_self_delay);
  assert.equal(asked(to_self_delay, 354n).channel_reserve_satoshis, dust_limit_satoshis);
  const more = dust_limit_satoshis + 1n;
  assert.equal(asked(to_self_delay, more).channel_reserve_satoshis, more);
});

test('the channel_id is the txid with the output index in its last two bytes (BOLT 2, Definition of channel_id)', () => {
  const funding_txid = `1234${'00'.repeat(28)}5678` as Txid;
  assert.equal(channelId(funding_txid, 0), `7856${'00'.repeat(28)}3412`);
  assert.equal(channelId(funding_txid, 0x0201), `7856${'00'.repeat(28)}3613`);
  assert.equal(channelId(funding_txid, 0xffff), `7856${'00'.repeat(28)}cbed`);
});
