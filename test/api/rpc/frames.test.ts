import assert from 'node:assert/strict';
import { Duplex } from 'node:stream';
import { test } from 'node:test';
import fc from 'fast-check';
import {
  decodeCall,
  encodeCall,
  encodeFrame,
  FRAME,
  type Frame,
  FrameReader,
  FrameWriter,
  type WebCall,
} from '../../../src/api/rpc/frames.ts';

test('frames come out as they went in, cut anywhere', () => {
  const frame = fc.record({ kind: fc.constantFrom(...Object.values(FRAME)), call: fc.nat(), text: fc.string() });
  fc.assert(
    fc.property(fc.array(frame), fc.array(fc.nat(20)), (frames, cuts) => {
      const bytes = Buffer.concat(frames.map(({ kind, call, text }) => encodeFrame(kind, call, text)));
      const reader = new FrameReader();
      const read: unknown[] = [];
      const take = ({ kind, call, text }: Frame): void => void read.push({ kind, call, text });
      let at = 0;
      for (const cut of cuts) {
        reader.push(bytes.subarray(at, at + cut), take);
        at += cut;
      }
      reader.push(bytes.subarray(at), take);
      assert.deepEqual(
        read,
        frames.map((each) => ({ ...each })),
      );
    }),
  );
});

test('what is written in one turn of the event loop goes out in one piece', async () => {
  const written: Buffer[] = [];
  const socket = new Duplex({
    write(chunk: Buffer, _encoding, done) {
      written.push(chunk);
      done();
    },
  });
  const frames = new FrameWriter(socket);
  frames.write(FRAME.more, 1);
  frames.write(FRAME.result, 2, 'é');
  await new Promise((resolve) => setImmediate(resolve));
  frames.write(FRAME.stop, 0);
  await new Promise((resolve) => setImmediate(resolve));
  const both = Buffer.concat([encodeFrame(FRAME.more, 1), encodeFrame(FRAME.result, 2, 'é')]);
  assert.deepEqual(written, [both, encodeFrame(FRAME.stop, 0)]);
});

test('a call keeps its words and its parameters, to the last digit', () => {
  const calls: readonly WebCall[] = [
    {
      method: 'getinfo',
      params: {},
      rune: undefined,
      request_id: undefined,
      idempotency_key: undefined,
      continues: false,
    },
    {
      method: 'in\nvoice"\\',
      params: { amount_msat: 2n ** 64n, label: 'a\nb', list: [1, { x: null }] },
      rune: 'abc==',
      request_id: '17',
      idempotency_key: 'é',
      continues: true,
    },
  ];
  for (const call of calls) assert.deepEqual(decodeCall(Buffer.from(encodeCall(call))), call);
});

test('a call that the node cannot take fails alone, in words that say why', () => {
  const call = { method: 'x', rune: undefined, params: { list: Array.from({ length: 100_002 }, () => 1) } };
  assert.throws(() => decodeCall(Buffer.from(encodeCall(call))), {
    error: 'INVALID_PARAMS',
    message: 'the parameters cannot be taken: more than 100000 values',
  });
  for (const text of ['', '["x"]', '{}\n{}', '[1]\n{}']) {
    assert.throws(() => decodeCall(Buffer.from(text)), { error: 'INVALID_REQUEST' }, text);
  }
});
