import assert from 'node:assert/strict';
import { test } from 'node:test';
import { msat } from '../../../src/base/types/amount.ts';
import {
  isDustOutput,
  isShutdownScript,
  isTakenShutdownScript,
} from '../../../src/protocol/channel/shutdown-script.ts';
import { type End, type Pair, usablePair } from './pair.ts';

const P2PKH = `76a914${'ab'.repeat(20)}88ac`;
const P2SH = `a914${'ab'.repeat(20)}87`;
const SIMPLE = { option_shutdown_anysegwit: true, option_simple_close: true };
const LEGACY = { option_shutdown_anysegwit: true, option_simple_close: false };

function opReturn(bytes: number): string {
  const length = bytes.toString(16).padStart(2, '0');
  return `6a${bytes > 75 ? '4c' : ''}${length}${'cd'.repeat(bytes)}`;
}

test('OP_RETURN with one push of 6 to 80 bytes is a script of the simple close alone', () => {
  for (const bytes of [6, 75, 76, 80]) {
    assert.equal(isShutdownScript(opReturn(bytes), SIMPLE), true, `${bytes} bytes`);
    assert.equal(isShutdownScript(opReturn(bytes), LEGACY), false);
    assert.equal(isDustOutput(0n, opReturn(bytes)), false);
  }
  const wrong = [
    '6a',
    '6a00',
    opReturn(5),
    opReturn(81),
    `${opReturn(10)}00`,
    opReturn(10).slice(0, -2),
    '6a4c06abababababab',
  ];
  for (const script of wrong) assert.equal(isShutdownScript(script, SIMPLE), false, script);
});

test('P2PKH and P2SH are taken from the peer, and never sent', () => {
  for (const script of [P2PKH, P2SH]) {
    assert.equal(isShutdownScript(script, SIMPLE), false);
    assert.equal(isTakenShutdownScript(script, LEGACY), true);
    assert.equal(isTakenShutdownScript(`${script}00`, LEGACY), false);
    const { alice } = usablePair();
    assert.equal(alice.attempt({ kind: 'shutdown', scriptpubkey: script }).refusal?.code, 'invalid');
  }
});

/** Alice opened, and bob, the peer here, says `shutdown` to a script of his choice. */
function peerCloses(pair: Pair, script: string): End {
  const { alice, bob } = pair;
  // A peer without an upfront script.
  for (const [end, side] of [
    [alice, 'remote'],
    [bob, 'local'],
  ] as const) {
    const { terms } = end.state;
    end.state = {
      ...end.state,
      terms: { ...terms, [side]: { ...terms[side], upfront_shutdown_script: '' } },
    };
  }
  bob.state = { ...bob.state, phase: 'closing', local_shutdown_script: script, shutdown_sent: true };
  const { channel_id } = bob.state.terms;
  alice.attempt({ kind: 'message', message: { type: 'shutdown', channel_id, scriptpubkey: script } });
  return alice;
}

for (const script of [P2PKH, P2SH]) {
  test(`a channel closes to ${script.slice(0, 4)} in agreement`, () => {
    const pair = usablePair();
    peerCloses(pair, script);
    pair.exchange();
    for (const end of [pair.alice, pair.bob]) assert.equal(end.state.phase, 'closed');
  });

  test(`where the output to ${script.slice(0, 4)} would not be relayed, the channel is closed alone`, () => {
    const pair = usablePair({ open: { push_msat: msat(500_000) } });
    const alice = peerCloses(pair, script);
    const [answer] = alice.outbox.splice(0);
    assert.equal(alice.state.phase, 'failed', answer?.type ?? 'it said nothing');
    assert.match(alice.state.failure?.reason ?? '', /would not be relayed/);
    assert.equal(alice.take('broadcast')[0]?.purpose, 'commitment');
  });
}

test('an output below our own dust limit is left out, whatever its script', () => {
  const pair = usablePair({ open: { push_msat: msat(300_000) } });
  peerCloses(pair, P2PKH);
  pair.exchange();
  for (const end of [pair.alice, pair.bob]) assert.equal(end.state.phase, 'closed');
});
