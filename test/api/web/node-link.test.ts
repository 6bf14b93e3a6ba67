/** The web process's end of the pair of sockets: what stays of calls that have ended. */
import assert from 'node:assert/strict';
import { Duplex } from 'node:stream';
import { test } from 'node:test';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { encodeFrame, FRAME } from '../../../src/api/rpc/frames.ts';
import { NodeLink } from '../../../src/api/web/node-link.ts';
import { systemClock } from '../../../src/base/types/clock.ts';

const UNDER_WAY = 16;
const CALLS = 4_000;
/** What the answer of each call holds, as it holds a request and a response: 8 kB. */
const HELD_NUMBERS = 1_000;
const HELD_BYTES = HELD_NUMBERS * 8;

test('what a call held is free when it has ended, without a collection of the whole heap', async () => {
  setFlagsFromString('--expose-gc');
  const collect = runInNewContext('gc') as (options?: { type: 'minor' }) => void;
  const collectYoung = () => collect({ type: 'minor' });
  const socket = new Duplex({ read() {}, write: (_chunk, _encoding, done) => done() });
  const link = new NodeLink(socket, {
    clock: systemClock,
    onSettings() {},
    onNotification() {},
    onStop() {},
    onGone() {},
  });
  let opened = 0;
  let answered = 0;
  const open = (): void => {
    const held = new Array<number>(HELD_NUMBERS).fill(++opened + 0.5);
    const onResult = (): void => {
      answered += held.length;
    };
    link.call({ method: 'x', params: {}, rune: undefined }, { onPiece() {}, onResult, onError() {}, onBusy() {} });
  };
  for (let call = 0; call < UNDER_WAY; call++) open();
  // What has outlived two of them is old: so are the tables of a process that has been at work for a while.
  for (let time = 0; time < 3; time++) collectYoung();
  collect();
  const before = process.memoryUsage().heapUsed;
  for (let call = 1; call <= CALLS; call++) {
    open();
    socket.push(encodeFrame(FRAME.result, call, '{}'));
    await new Promise((resolve) => setImmediate(resolve));
    if (call % 400 === 0) collectYoung();
  }
  collectYoung();
  collectYoung();
  const kept = process.memoryUsage().heapUsed - before;
  socket.destroy();
  assert.equal(answered, CALLS * HELD_NUMBERS);
  assert.ok(kept < (CALLS * HELD_BYTES) / 5, `${kept} bytes are held by calls that have ended`);
});
