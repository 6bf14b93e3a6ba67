/** An opening turn by turn: what each message says of the channel, and what ends an opening or does not (BOLT 2). */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { msat, sat } from '../../../src/base/types/amount.ts';
import type { ChannelId, Txid } from '../../../src/base/types/brand.ts';
import type { AcceptChannel, FundingCreated, FundingSigned, OpenChannel } from '../../../src/codec/wire/index.ts';
import { type AcceptRequest, acceptOpening, stepAccepter } from '../../../src/protocol/channel/accept.ts';
import { decodeChannelType } from '../../../src/protocol/channel/channel-type.ts';
import type { ChannelMessage } from '../../../src/protocol/channel/message.ts';
import { startOpening, stepOpener } from '../../../src/protocol/channel/open.ts';
import { channelId, type Opening, type OpeningOutcome } from '../../../src/protocol/channel/opening.ts';
import type { Environment } from '../../../src/protocol/channel/policy.ts';
import { fakeSigner } from './fake-signer.ts';
import {
  acceptRequest,
  environment,
  FUNDING_TXID,
  fundedPair,
  messagesOf,
  onlyMessage,
  openRequest,
  policy,
} from './pair.ts';

const ALICE = environment(fakeSigner('alice'));
const BOB = environment(fakeSigner('bob'));
const FUND = { kind: 'fund', funding_txid: FUNDING_TXID, funding_output_index: 1 } as const;
const TEMPORARY = openRequest().temporary_channel_id;
const CHANNEL = channelId(FUNDING_TXID, 1);

type Step = { readonly opening: Opening; readonly say: (message: ChannelMessage) => OpeningOutcome };

/** The openings of both sides at each of their turns, and what the next message would be. */
function turns() {
  const opener = (opening: Opening): Step => ({
    opening,
    say: (message) => stepOpener(opening, { kind: 'message', message }, ALICE),
  });
  const begun = startOpening(openRequest(), ALICE);
  const open = onlyMessage(begun.effects) as OpenChannel;
  const taken = acceptOpening(open, acceptRequest(), BOB);
  const accept = onlyMessage(taken.effects) as AcceptChannel;
  const waits = opener(begun.opening as Opening);
  const accepted = opener(waits.say(accept).opening as Opening);
  const funded = stepOpener(accepted.opening, FUND, ALICE);
  const created = onlyMessage(funded.effects) as FundingCreated;
  const accepter: Step = {
    opening: taken.opening as Opening,
    say: (message) => stepAccepter(taken.opening as Opening, { kind: 'message', message }, BOB),
  };
  const signed = messagesOf(accepter.say(created).effects)[0] as FundingSigned;
  return { open, accept, created, signed, waits, accepted, funded: opener(funded.opening as Opening), accepter };
}

function errorOf(outcome: OpeningOutcome): { channel_id: ChannelId; text: string } {
  const message = onlyMessage(outcome.effects);
  assert.ok(message.type === 'error');
  assert.deepEqual([outcome.opening, outcome.channel], [undefined, undefined]);
  assert.deepEqual(
    outcome.effects.map(({ kind }) => kind),
    ['send', 'opening_failed'],
  );
  return { channel_id: message.channel_id, text: Buffer.from(message.data).toString() };
}

test('open_channel says whether the channel is public, its type, and our terms', () => {
  for (const [announce_channel, channel_flags] of [
    [true, 1],
    [false, 0],
  ] as const) {
    const channel_type = { option_scid_alias: !announce_channel, option_zeroconf: false };
    const open = onlyMessage(startOpening(openRequest({ announce_channel, channel_type }), ALICE).effects);
    assert.ok(open.type === 'open_channel');
    assert.equal(open.channel_flags, channel_flags);
    assert.deepEqual(decodeChannelType(open.channel_type as Uint8Array), channel_type);
    assert.deepEqual([open.feerate_per_kw, open.push_msat, open.max_accepted_htlcs], [1_000, 200_000_000n, 60]);
    assert.deepEqual([open.to_self_delay, open.dust_limit_satoshis, open.htlc_minimum_msat], [144, 354n, 1n]);
    assert.equal(open.first_per_commitment_point, fakeSigner('alice').perCommitmentPoint(0));
  }
});

test('we ask for no public channel that hides behind an alias', () => {
  const outcome = startOpening(openRequest({ announce_channel: true }), ALICE);
  assert.deepEqual(messagesOf(outcome.effects), []);
  const [failed] = outcome.effects;
  assert.ok(failed?.kind === 'opening_failed');
  assert.match(failed.reason, /cannot hide behind an alias/);
});

test('the fundee keeps a hundredth in reserve, and never less than 1,000 sat', () => {
  for (const [funding_satoshis, reserve] of [
    [1_000_000, 10_000n],
    [100_100, 1_001n],
    [99_900, 1_000n],
    [20_000, 1_000n],
  ] as const) {
    const request = openRequest({ funding_satoshis: sat(funding_satoshis), push_msat: msat(0) });
    const open = onlyMessage(startOpening(request, ALICE).effects) as OpenChannel;
    assert.equal(open.channel_reserve_satoshis, reserve);
    assert.equal(open.max_htlc_value_in_flight_msat, BigInt(funding_satoshis) * 1_000n);
  }
});

test('a script to close to is promised only where both sides offered that', () => {
  for (const option_upfront_shutdown_script of [true, false]) {
    const env = environment(fakeSigner('alice'), { option_upfront_shutdown_script });
    const open = onlyMessage(startOpening(openRequest(), env).effects) as OpenChannel;
    assert.equal(open.upfront_shutdown_script, option_upfront_shutdown_script ? openRequest().shutdown_script : '');
  }
});

test('a warning of the peer is told and ends no opening, on either side', () => {
  const { waits, accepted, funded, accepter } = turns();
  for (const { opening, say } of [waits, accepted, funded, accepter]) {
    const outcome = say({ type: 'warning', channel_id: TEMPORARY, data: Buffer.from('hm') });
    assert.deepEqual(outcome, { opening, channel: undefined, effects: [{ kind: 'peer_warned', text: 'hm' }] });
  }
});

test('an error of the peer ends an opening without an answer, on either side', () => {
  const { waits, accepted, funded, accepter } = turns();
  for (const { say } of [waits, accepted, funded, accepter]) {
    const outcome = say({ type: 'error', channel_id: TEMPORARY, data: Buffer.from('no') });
    const effects = [{ kind: 'opening_failed', reason: 'the peer: no' }];
    assert.deepEqual(outcome, { opening: undefined, channel: undefined, effects });
  }
});

test('an opening that is cancelled is ended under the name by which the peer knows it', () => {
  const { waits, accepted, funded, accepter } = turns();
  const cancel = { kind: 'cancel', reason: 'no coins' } as const;
  for (const { opening } of [waits, accepted]) {
    assert.deepEqual(errorOf(stepOpener(opening, cancel, ALICE)), { channel_id: TEMPORARY, text: 'no coins' });
  }
  assert.deepEqual(errorOf(stepOpener(funded.opening, cancel, ALICE)), { channel_id: CHANNEL, text: 'no coins' });
  assert.deepEqual(errorOf(stepAccepter(accepter.opening, cancel, BOB)), { channel_id: TEMPORARY, text: 'no coins' });
});

test('a message at another turn than its own ends the opening', () => {
  const { accept, created, signed, waits, accepted, funded, accepter } = turns();
  for (const [{ say }, message, channel_id, text] of [
    [waits, signed, TEMPORARY, 'funding_signed where accept_channel was due'],
    [accepted, accept, TEMPORARY, 'accept_channel where fund was due'],
    [accepted, signed, TEMPORARY, 'funding_signed where fund was due'],
    [funded, accept, CHANNEL, 'accept_channel where funding_signed was due'],
    [accepter, signed, TEMPORARY, 'funding_signed where funding_created was due'],
    [waits, created, TEMPORARY, 'funding_created where accept_channel was due'],
  ] as const) {
    assert.deepEqual(errorOf(say(message)), { channel_id, text });
  }
});

test('the funding is taken once, by the side that opens, and only when the peer has accepted', () => {
  const { waits, funded, accepter } = turns();
  const other = { ...FUND, funding_txid: 'cd'.repeat(32) as Txid };
  for (const opening of [waits.opening, funded.opening]) {
    assert.deepEqual(stepOpener(opening, other, ALICE), { opening, channel: undefined, effects: [] });
  }
  const { opening } = accepter;
  assert.deepEqual(stepAccepter(opening, FUND, BOB), { opening, channel: undefined, effects: [] });
});

test('funding_signed for another channel ends the opening, although its signature is right', () => {
  const { funded, signed } = turns();
  const { channel_id, text } = errorOf(funded.say({ ...signed, channel_id: channelId(FUNDING_TXID, 2) }));
  assert.deepEqual([channel_id, text], [CHANNEL, 'funding_signed: channel_id is not that of the funding']);
  assert.ok(funded.say(signed).channel !== undefined);
});

test('accept_channel with another type, in either of its bits, or without one, is refused', () => {
  const { accept, waits } = turns();
  for (const [bits, isTaken] of [
    [[12, 22, 46], true],
    [[12, 22], false],
    [[12, 22, 46, 50], false],
    [[12, 22, 50], false],
    [[12, 46], false],
  ] as const) {
    const channel_type = new Uint8Array(Math.floor(Math.max(...bits) / 8) + 1);
    for (const bit of bits) {
      const at = channel_type.length - 1 - Math.floor(bit / 8);
      channel_type[at] = (channel_type[at] ?? 0) | (1 << (bit % 8));
    }
    const outcome = waits.say({ ...accept, channel_type });
    if (isTaken) assert.equal(outcome.opening?.waits_for, 'fund');
    else assert.match(errorOf(outcome).text, /channel_type is not the one/, bits.join());
  }
  const { channel_type: _, ...untyped } = accept;
  assert.match(errorOf(waits.say(untyped)).text, /channel_type is not the one/);
});

test('the channel of both sides is the same, seen from either end', () => {
  const { alice, bob } = fundedPair();
  const [ours, theirs] = [alice.state, bob.state];
  assert.deepEqual([ours.terms.local, ours.terms.remote], [theirs.terms.remote, theirs.terms.local]);
  assert.deepEqual([ours.local_msat, ours.remote_msat], [800_000_000n, 200_000_000n]);
  assert.deepEqual([theirs.local_msat, theirs.remote_msat], [200_000_000n, 800_000_000n]);
  assert.deepEqual([ours.terms.minimum_depth, theirs.terms.minimum_depth], [3, 3]);
  assert.deepEqual([ours.terms.opener, theirs.terms.opener], ['local', 'remote']);
  assert.deepEqual([ours.phase, ours.ready_sent, ours.ready_received], ['opening', false, false]);
});

/** What bob answers, and the opening that he has then. */
function answer(request: Partial<AcceptRequest>, env: Environment = BOB) {
  const outcome = acceptOpening(turns().open, acceptRequest(request), env);
  const opening = outcome.opening as Opening;
  return { minimum_depth: (onlyMessage(outcome.effects) as AcceptChannel).minimum_depth, opening };
}

test("a stranger's channel waits for a block at least, whatever depth the operator asks for", () => {
  const eager = environment(fakeSigner('bob'), { policy: policy({ minimum_depth: 0 }) });
  assert.equal(answer({}, eager).minimum_depth, 1);
  const one = environment(fakeSigner('bob'), { policy: policy({ minimum_depth: 1 }) });
  assert.equal(answer({}, one).minimum_depth, 1);
  assert.equal(answer({}).minimum_depth, 3);
  assert.equal(answer({ zeroconf_allowed: true }).minimum_depth, 0);
});

test('a channel that was bought waits for its funding to be seen, or for one payment, unless the peer is trusted', () => {
  const bought = (pays_unseen: boolean) => ({ max_to_self_delay: 2_016, pays_unseen });
  for (const [request, minimum_depth, sight] of [
    [{}, 3, undefined],
    [{ bought: bought(false) }, 0, 'waits'],
    [{ bought: bought(true) }, 0, 'one_payment'],
    [{ bought: bought(true), zeroconf_allowed: true }, 0, undefined],
    [{ zeroconf_allowed: true }, 0, undefined],
  ] as const) {
    const { opening, ...said } = answer(request);
    assert.deepEqual(
      [said.minimum_depth, opening.minimum_depth, opening.funding_sight],
      [minimum_depth, minimum_depth, sight],
    );
  }
});
