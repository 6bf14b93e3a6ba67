/** option_simple_close: each side pays for its own closing transaction, and signs the other's. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { msat, sat } from '../../../src/base/types/amount.ts';
import { fromHex } from '../../../src/base/types/hex.ts';
import { fundingScriptPubkey } from '../../../src/codec/tx/channel-scripts.ts';
import { parseTransaction, txidOf } from '../../../src/codec/tx/transaction.ts';
import type { ClosingComplete, ClosingSig } from '../../../src/codec/wire/index.ts';
import { scriptFault } from '../../../src/infra/chain/embedded/script-check.ts';
import { readTransaction } from '../../../src/infra/chain/embedded/transaction.ts';
import { decodeState, encodeState } from '../../../src/protocol/channel/codec.ts';
import type { ChannelMessage } from '../../../src/protocol/channel/message.ts';
import type { ChannelSigner } from '../../../src/protocol/channel/signer.ts';
import { fakeSigner } from './fake-signer.ts';
import { type End, environment, offer, type Pair, preimage, realSigner, usablePair } from './pair.ts';

const FUNDING_SAT = 1_000_000n;

function simplePair(signer: (name: string) => ChannelSigner = fakeSigner, push_msat = 200_000_000n): Pair {
  return usablePair({
    alice: environment(signer('alice'), { option_simple_close: true }),
    bob: environment(signer('bob'), { option_simple_close: true }),
    open: { push_msat: msat(push_msat) },
  });
}

const types = (messages: readonly ChannelMessage[]) => messages.map(({ type }) => type);

/** Delivers all that one end has said. */
function deliver(from: End, to: End): ChannelMessage[] {
  const said = from.outbox.splice(0);
  for (const message of said) to.do({ kind: 'message', message });
  return said;
}

/** Both have said `shutdown`, and alice her offer; bob has not heard it yet. */
function offered(pair: Pair): ClosingComplete {
  pair.bob.do({ kind: 'shutdown' });
  deliver(pair.bob, pair.alice);
  const [shutdown, complete] = pair.alice.outbox.splice(0) as [ChannelMessage, ClosingComplete];
  assert.equal(complete.type, 'closing_complete');
  pair.bob.do({ kind: 'message', message: shutdown });
  return complete;
}

/** What a closing transaction pays to the script of an end. */
function paid(transaction: string, end: End): bigint {
  return parseTransaction(fromHex(transaction))
    .outputs.filter(
      ({ script_pubkey }) => Buffer.from(script_pubkey).toString('hex') === end.state.local_shutdown_script,
    )
    .reduce((sum, { amount_sat }) => sum + amount_sat, 0n);
}

test('shutdown, closing_complete and closing_sig of each side: both know both transactions', () => {
  const pair = simplePair();
  pair.bob.do({ kind: 'shutdown' });
  assert.deepEqual(types(deliver(pair.bob, pair.alice)), ['shutdown']);
  assert.deepEqual(types(deliver(pair.alice, pair.bob)), ['shutdown', 'closing_complete']);
  assert.deepEqual(types(deliver(pair.bob, pair.alice)), ['closing_complete', 'closing_sig']);
  assert.deepEqual(types(deliver(pair.alice, pair.bob)), ['closing_sig']);
  assert.deepEqual([...pair.alice.outbox, ...pair.bob.outbox], []);
  const [a, b] = [pair.alice.state, pair.bob.state];
  assert.equal(a.closing_transactions.length, 2);
  assert.deepEqual([...a.closing_transactions].sort(), [...b.closing_transactions].sort());
  assert.notEqual(a.own_closing_transaction, b.own_closing_transaction);
  for (const end of [pair.alice, pair.bob]) {
    assert.equal(end.state.phase, 'closed');
    assert.equal(end.take('broadcast').length, 2);
    end.do({ kind: 'commit' });
    assert.deepEqual(end.outbox, [], 'an offer is made once on each connection');
  }
});

test('HTLCs are resolved first', () => {
  const pair = simplePair();
  pair.alice.do(offer(1, 10_000_000));
  pair.exchange();
  pair.alice.do({ kind: 'shutdown' });
  pair.exchange();
  assert.equal(pair.alice.state.phase, 'closing');
  const removal = { kind: 'fulfill', payment_preimage: preimage(1).payment_preimage } as const;
  pair.bob.do({ kind: 'remove_htlc', id: 0n, removal });
  pair.exchange();
  for (const end of [pair.alice, pair.bob]) assert.equal(end.state.phase, 'closed');
});

test('whatever the balances: both sides hold the same transactions, valid on the chain, right to the satoshi', () => {
  const amount = fc.oneof(
    fc.bigInt({ min: 0n, max: 3_000_000n }),
    fc.bigInt({ min: 0n, max: 980_000_000n }),
    fc.bigInt({ min: 499_000_000n, max: 501_000_000n }),
  );
  const feerate = fc.integer({ min: 253, max: 20_000 });
  fc.assert(
    fc.property(amount, feerate, feerate, (push_msat, alices, bobs) => {
      const pair = simplePair(realSigner, push_msat);
      for (const [end, closing_per_kw] of [
        [pair.alice, alices],
        [pair.bob, bobs],
      ] as const) {
        end.env = { ...end.env, feerates: { ...end.env.feerates, closing_per_kw, max_closing_per_kw: 25_000 } };
      }
      pair.bob.do({ kind: 'shutdown' });
      pair.exchange();
      const [a, b] = [pair.alice.state, pair.bob.state];
      const ids = (list: readonly string[]) => list.map((text) => txidOf(parseTransaction(fromHex(text)))).sort();
      assert.deepEqual(ids(a.closing_transactions), ids(b.closing_transactions));
      assert.ok(a.own_closing_transaction !== undefined, 'the side with the larger balance always has one');
      for (const [own, other] of [
        [pair.alice, pair.bob],
        [pair.bob, pair.alice],
      ] as const) {
        const { own_closing_transaction: transaction, terms } = own.state;
        if (transaction === undefined) continue;
        const theirs_sat = own.state.remote_msat / 1000n;
        assert.equal(paid(transaction, other), theirs_sat < 294n ? 0n : theirs_sat, 'who does not pay loses nothing');
        const fee = own.take('closing_agreed').at(-1);
        assert.ok(fee !== undefined);
        const mine_sat = own.state.local_msat / 1000n;
        const total = parseTransaction(fromHex(transaction)).outputs.reduce(
          (sum, { amount_sat }) => sum + amount_sat,
          0n,
        );
        assert.ok(total <= FUNDING_SAT);
        if (paid(transaction, own) > 0n) assert.ok(mine_sat - paid(transaction, own) > 0n);
        const coin = {
          amount_sat: terms.funding_satoshis,
          script_pubkey: Buffer.from(fundingScriptPubkey(terms.local.funding_pubkey, terms.remote.funding_pubkey)),
          height: 1,
          is_coinbase: false,
        };
        const read = readTransaction(Buffer.from(transaction, 'hex'));
        assert.equal(scriptFault(read, [coin]), undefined);
        assert.ok(Number(FUNDING_SAT - total) * 1000 >= read.weight * 250, 'it relays');
      }
    }),
    { numRuns: 40 },
  );
});

test('after a reconnection everything is said again, and the same transactions come of it', () => {
  const pair = simplePair();
  offered(pair);
  pair.disconnect();
  pair.reconnect();
  pair.exchange();
  const before = [...pair.alice.state.closing_transactions].sort();
  assert.equal(before.length, 2);
  pair.disconnect();
  pair.reconnect();
  pair.exchange();
  assert.deepEqual([...pair.alice.state.closing_transactions].sort(), before);
});

test('the offer waits for the script that the peer says on this connection', () => {
  const pair = simplePair();
  offered(pair);
  pair.disconnect();
  pair.reconnect();
  const [reestablish] = pair.bob.outbox.splice(0) as [ChannelMessage];
  pair.alice.do({ kind: 'message', message: reestablish });
  assert.deepEqual(types(pair.alice.outbox), ['channel_reestablish', 'channel_ready', 'shutdown']);
});

test('the operator pays more: closing_complete again, and the new transaction takes the place of the old one', () => {
  const pair = simplePair();
  pair.alice.do({ kind: 'shutdown' });
  pair.exchange();
  const first = pair.alice.state.own_closing_transaction;
  pair.alice.do({ kind: 'shutdown', feerange: { min_per_kw: 4_000, max_per_kw: 4_000 } });
  assert.deepEqual(types(pair.alice.outbox), ['closing_complete']);
  pair.exchange();
  const second = pair.alice.state.own_closing_transaction;
  assert.notEqual(second, first);
  assert.equal(pair.alice.state.closing_transactions.length, 3);
  assert.equal(pair.alice.take('broadcast').at(-1)?.transaction, second);
  const kept = decodeState(encodeState(pair.alice.state));
  assert.equal(kept.own_closing_transaction, second);
  assert.deepEqual(kept.closing_feerange, { min_per_kw: 4_000, max_per_kw: 4_000 });
});

test('the opener pays the fair fee for its transaction, the other side the least, and more only when asked for more', () => {
  const feerate = (end: End): number => {
    const transaction = end.state.own_closing_transaction ?? '';
    const { weight, outputs } = readTransaction(Buffer.from(transaction, 'hex'));
    const fee_sat = FUNDING_SAT - outputs.reduce((sum, { amount_sat }) => sum + amount_sat, 0n);
    return (Number(fee_sat) * 1_000) / weight;
  };
  const pair = simplePair(realSigner);
  pair.bob.do({ kind: 'shutdown' });
  pair.exchange();
  const [fair_per_kw, least_per_kw] = [feerate(pair.alice), feerate(pair.bob)];
  assert.ok(fair_per_kw >= 1_000 && fair_per_kw < 1_020, `${fair_per_kw} per kw`);
  assert.ok(least_per_kw >= 253 && least_per_kw < 260, `${least_per_kw} per kw`);
  pair.bob.do({ kind: 'shutdown', feerange: { min_per_kw: 253, max_per_kw: 5_000 } });
  pair.exchange();
  const asked_per_kw = feerate(pair.bob);
  assert.ok(asked_per_kw >= 1_000 && asked_per_kw < 1_020, `${asked_per_kw} per kw`);
});

test('a close that no block takes is offered with more, once the offer before has been answered', () => {
  const pair = simplePair();
  pair.alice.do({ kind: 'raise_close', feerate_per_kw: 2_000 });
  assert.deepEqual(pair.alice.outbox, [], 'nothing is closed yet');
  pair.alice.do({ kind: 'shutdown' });
  pair.exchange();
  const first = pair.alice.state.own_closing_transaction;
  pair.alice.do({ kind: 'raise_close', feerate_per_kw: 2_000 });
  const [raised] = pair.alice.outbox as ClosingComplete[];
  assert.equal(raised?.type, 'closing_complete');
  pair.alice.do({ kind: 'raise_close', feerate_per_kw: 3_000 });
  assert.equal(pair.alice.outbox.length, 1, 'the peer has not answered');
  pair.exchange();
  assert.notEqual(pair.alice.state.own_closing_transaction, first);
  pair.alice.do({ kind: 'raise_close', feerate_per_kw: 3_000 });
  const [again] = pair.alice.outbox as ClosingComplete[];
  assert.ok((again?.fee_satoshis ?? 0n) > (raised?.fee_satoshis ?? 0n));
  pair.disconnect();
  pair.alice.do({ kind: 'raise_close', feerate_per_kw: 4_000 });
  assert.deepEqual(pair.alice.outbox, [], 'the peer is away');
});

test('a peer that replaces its transaction without end does not make us forget our own', () => {
  const pair = simplePair();
  pair.alice.do({ kind: 'shutdown' });
  pair.exchange();
  const { own_closing_transaction = '' } = pair.alice.state;
  for (let count = 0; count < 40; count++) {
    const per_kw = 2_000 + 50 * count;
    pair.bob.do({ kind: 'shutdown', feerange: { min_per_kw: per_kw, max_per_kw: per_kw } });
    pair.exchange();
  }
  assert.ok(pair.alice.state.closing_transactions.length <= 10);
  assert.ok(pair.alice.state.closing_transactions.includes(own_closing_transaction));
  const latest = pair.bob.state.own_closing_transaction ?? '';
  assert.ok(pair.alice.state.closing_transactions.includes(latest));
});

test('the peer that has nothing signs, and offers nothing', () => {
  const pair = simplePair(fakeSigner, 0n);
  pair.bob.do({ kind: 'shutdown' });
  pair.exchange();
  assert.equal(pair.bob.state.own_closing_transaction, undefined);
  for (const end of [pair.alice, pair.bob]) {
    assert.equal(end.state.phase, 'closed');
    assert.equal(end.state.closing_transactions.length, 1);
  }
});

test('an OP_RETURN of the peer gets an output without amount', () => {
  const pair = simplePair(realSigner);
  const { alice, bob } = pair;
  const script = `6a10${'ee'.repeat(16)}`;
  for (const [end, side] of [
    [alice, 'remote'],
    [bob, 'local'],
  ] as const) {
    const { terms } = end.state;
    end.state = { ...end.state, terms: { ...terms, [side]: { ...terms[side], upfront_shutdown_script: '' } } };
  }
  bob.do({ kind: 'shutdown', scriptpubkey: script });
  pair.exchange();
  const { outputs } = parseTransaction(fromHex(alice.state.own_closing_transaction ?? ''));
  assert.deepEqual(outputs.map(({ amount_sat }) => amount_sat > 0n).sort(), [false, true]);
});

test('a peer may change its script with closing_complete, and we use it from then on', () => {
  const pair = simplePair();
  const { alice, bob } = pair;
  const { terms } = alice.state;
  alice.state = { ...alice.state, terms: { ...terms, remote: { ...terms.remote, upfront_shutdown_script: '' } } };
  alice.do({ kind: 'shutdown' });
  pair.exchange();
  const other = `0014${'77'.repeat(20)}`;
  bob.state = { ...bob.state, local_shutdown_script: other };
  bob.do({ kind: 'shutdown', feerange: { min_per_kw: 3_000, max_per_kw: 3_000 } });
  pair.exchange();
  assert.equal(alice.state.remote_shutdown_script, other);
  alice.do({ kind: 'shutdown', feerange: { min_per_kw: 3_500, max_per_kw: 3_500 } });
  assert.equal((alice.outbox[0] as ClosingComplete).closee_scriptpubkey, other);
  pair.exchange();
});

/** What alice, who heard this instead of bob's honest words, finds wrong. */
function judged(end: End, message: ChannelMessage): string | undefined {
  const { violation, state } = end.attempt({ kind: 'message', message });
  if (violation !== undefined) assert.notEqual(state.phase, 'failed', 'no force close for it');
  return violation?.message;
}

const LIES: [string, (complete: ClosingComplete) => ClosingComplete, RegExp][] = [
  ['a fee beyond its balance', (said) => ({ ...said, fee_satoshis: sat(800_001) }), /cannot pay/],
  [
    'the highest fee that can be written',
    (said) => ({ ...said, fee_satoshis: sat(0xffff_ffff_ffff_ffffn) }),
    /cannot pay/,
  ],
  ['another fee than was signed', (said) => ({ ...said, fee_satoshis: sat(said.fee_satoshis + 1n) }), /not valid/],
  ['another locktime than was signed', (said) => ({ ...said, locktime: 1 }), /not valid/],
  [
    'a script that is not ours',
    (said) => ({ ...said, closee_scriptpubkey: `0014${'99'.repeat(20)}` }),
    /not the script/,
  ],
  [
    'a script that it did not promise',
    (said) => ({ ...said, closer_scriptpubkey: `0014${'99'.repeat(20)}` }),
    /promised/,
  ],
  [
    'no signature that pays us',
    ({ closer_and_closee_outputs: _, ...said }) => said as ClosingComplete,
    /closee_output_only is missing/,
  ],
  [
    'signatures in the wrong places',
    (said) => ({
      ...said,
      closer_output_only: said.closer_and_closee_outputs ?? '',
      closer_and_closee_outputs: said.closer_output_only ?? '',
    }),
    /not valid/,
  ],
];
for (const [what, lie, message] of LIES) {
  test(`closing_complete with ${what} is not signed`, () => {
    const pair = simplePair();
    const complete = offered(pair);
    pair.bob.outbox.length = 0;
    assert.match(judged(pair.bob, lie(complete)) ?? '', message);
    assert.equal(pair.bob.state.closing_transactions.length, 0);
    assert.deepEqual(types(pair.bob.outbox), ['warning']);
  });
}

test('a signature of the higher of two values is refused, as nobody relays it', () => {
  const pair = simplePair(realSigner);
  const complete = offered(pair);
  const order = 0xfffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141n;
  const flip = (signature: string): string =>
    signature.slice(0, 64) + (order - BigInt(`0x${signature.slice(64)}`)).toString(16).padStart(64, '0');
  const high = { ...complete, closer_and_closee_outputs: flip(complete.closer_and_closee_outputs ?? '') };
  assert.match(judged(pair.bob, high) ?? '', /not valid/);
});

test('closing_complete before shutdown, or with an HTLC in flight, is refused', () => {
  const pair = simplePair();
  const complete = offered(simplePair());
  assert.match(judged(pair.bob, complete) ?? '', /before the channel is empty/);
});

test('closing_complete is refused where it was not agreed on, and closing_signed where it was', () => {
  const pair = simplePair();
  const complete = offered(pair);
  pair.bob.env = { ...pair.bob.env, option_simple_close: false };
  assert.match(judged(pair.bob, complete) ?? '', /option_simple_close/);
  const other = simplePair();
  offered(other);
  const { channel_id } = other.bob.state.terms;
  const signed = { type: 'closing_signed', channel_id, fee_satoshis: sat(200), signature: '00'.repeat(64) } as const;
  assert.match(judged(other.bob, signed) ?? '', /closing_complete/);
});

test('closing_sig to a side that has offered nothing is refused', () => {
  const pair = simplePair(fakeSigner, 0n);
  const complete = offered(pair);
  pair.bob.outbox.length = 0;
  pair.bob.do({ kind: 'message', message: complete });
  const [sig] = pair.bob.outbox.splice(0) as [ClosingSig];
  assert.match(judged(pair.bob, sig) ?? '', /without a closing_complete/);
});

test('closing_sig must answer exactly one signature of our offer, with the same words', () => {
  const wrong: ((sig: ClosingSig) => ClosingSig)[] = [
    (sig) => ({ ...sig, fee_satoshis: sat(sig.fee_satoshis + 1n) }),
    (sig) => ({ ...sig, locktime: 9 }),
    (sig) => ({ ...sig, closer_scriptpubkey: sig.closee_scriptpubkey }),
    ({ closer_and_closee_outputs: _, ...sig }) => sig as ClosingSig,
    (sig) => ({ ...sig, closer_output_only: sig.closer_and_closee_outputs ?? '' }),
    ({ closer_and_closee_outputs = '', ...sig }) =>
      ({ ...sig, closee_output_only: closer_and_closee_outputs }) as ClosingSig,
    (sig) => ({ ...sig, closer_and_closee_outputs: '11'.repeat(64) }),
  ];
  for (const [index, lie] of wrong.entries()) {
    const pair = simplePair();
    const complete = offered(pair);
    pair.bob.outbox.length = 0;
    pair.bob.do({ kind: 'message', message: complete });
    const [sig] = pair.bob.outbox.splice(0) as [ClosingSig];
    assert.notEqual(judged(pair.alice, lie(sig)), undefined, `lie ${index}`);
    assert.equal(pair.alice.state.own_closing_transaction, undefined);
  }
  const pair = simplePair();
  const complete = offered(pair);
  deliver(pair.bob, pair.alice);
  pair.bob.do({ kind: 'message', message: complete });
  const [sig] = pair.bob.outbox.splice(0) as [ClosingSig];
  assert.equal(judged(pair.alice, sig), undefined);
  assert.match(judged(pair.alice, sig) ?? '', /without a closing_complete/, 'said twice');
});

test('whatever closing_complete a hostile peer signs: nothing throws, and our output is whole', () => {
  const script = fc.constantFrom(
    '',
    '6a',
    `6a06${'ab'.repeat(6)}`,
    `0014${'77'.repeat(20)}`,
    `76a914${'77'.repeat(20)}88ac`,
  );
  const signer = fc.boolean();
  fc.assert(
    fc.property(
      fc.bigInt({ min: 0n, max: 980_000_000n }),
      fc.oneof(fc.bigInt({ min: 0n, max: 1_000_000n }), fc.constant(0xffff_ffff_ffff_ffffn)),
      fc.integer({ min: 0, max: 0xffff_ffff }),
      fc.option(script, { nil: undefined }),
      fc.tuple(signer, signer, signer),
      (push_msat, fee_satoshis, locktime, closer, [one, two, three]) => {
        const pair = simplePair(fakeSigner, push_msat);
        const complete = offered(pair);
        const { alice: evil, bob: honest } = pair;
        const { terms } = honest.state;
        const remote = { ...terms.remote, upfront_shutdown_script: '' };
        honest.state = { ...honest.state, terms: { ...terms, remote } };
        const closer_scriptpubkey = closer ?? complete.closer_scriptpubkey;
        const own_sat = evil.state.local_msat / 1000n - fee_satoshis;
        const evil_sat = closer_scriptpubkey.startsWith('6a') ? 0n : own_sat < 0n ? 0n : own_sat;
        const honest_sat = evil.state.remote_msat / 1000n;
        const sign = (local: boolean, far: boolean) =>
          evil.env.signer.signClosing(evil.state.terms, {
            local_sat: local ? sat(evil_sat) : undefined,
            remote_sat: far ? sat(honest_sat) : undefined,
            local_script: closer_scriptpubkey,
            remote_script: complete.closee_scriptpubkey,
            locktime,
          });
        const message: ClosingComplete = {
          type: 'closing_complete',
          channel_id: terms.channel_id,
          closer_scriptpubkey,
          closee_scriptpubkey: complete.closee_scriptpubkey,
          fee_satoshis: sat(fee_satoshis),
          locktime,
          ...(one ? { closer_output_only: sign(true, false) } : {}),
          ...(two ? { closee_output_only: sign(false, true) } : {}),
          ...(three ? { closer_and_closee_outputs: sign(true, true) } : {}),
        };
        honest.outbox.length = 0;
        const { violation } = honest.attempt({ kind: 'message', message });
        const transaction = honest.state.closing_transactions.at(-1);
        assert.equal(violation === undefined, transaction !== undefined);
        if (transaction === undefined) return;
        assert.ok(fee_satoshis <= evil.state.local_msat / 1000n);
        const text = Buffer.from(transaction, 'hex').toString();
        if (honest_sat >= 294n) assert.ok(text.includes(`${honest_sat}:${complete.closee_scriptpubkey}`), text);
      },
    ),
    { numRuns: 300 },
  );
});
