import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import {
  decodeAnswer,
  decodeRequest,
  encodeError,
  encodeRequest,
  encodeResult,
  type JsonObject,
  LspsFormatError,
} from '../../../src/codec/lsps/envelope.ts';

const text = (said: string): Uint8Array => Buffer.from(said);
const id = 'f'.repeat(32);

test('a request is read as it was written, and so are its result and its error', () => {
  const request = { id, method: 'lsps2.get_info', params: { token: 'ä"\n' } };
  assert.deepEqual(decodeRequest(encodeRequest(request)), request);
  const result: JsonObject = { menu: [{ a: '1', b: 2 }], rest: null };
  assert.deepEqual(decodeAnswer(encodeResult(id, result)), { kind: 'result', id, result });
  const error = { code: 201, message: 'too late', data: { a: true } };
  assert.deepEqual(decodeAnswer(encodeError(id, error)), { kind: 'error', id, ...error });
  assert.deepEqual(decodeAnswer(encodeError(null, { code: -32700, message: 'parse error' })), {
    kind: 'error',
    id: null,
    code: -32700,
    message: 'parse error',
    data: undefined,
  });
});

test('a notification is one, and white space around an object is no fault', () => {
  const said = ' \t\r\n{"jsonrpc":"2.0","method":"lsps9.that_happened","params":{}}\n ';
  assert.deepEqual(decodeAnswer(text(said)), { kind: 'notification', method: 'lsps9.that_happened', params: {} });
});

test('what bLIP 50 does not allow is refused, without a word of it in the error', () => {
  const secret = 'their-own-words';
  const bad = [
    '',
    '{',
    '[]',
    '[{}]',
    'null',
    `"${secret}"`,
    '{} {}',
    '{} {',
    `{"jsonrpc":"1.0","id":"${id}","result":{}}`,
    `{"jsonrpc":"2.0","id":"${id}"}`,
    `{"jsonrpc":"2.0","id":"${id}","result":{},"error":{"code":1,"message":"${secret}"}}`,
    `{"jsonrpc":"2.0","id":"${id}","result":[]}`,
    `{"jsonrpc":"2.0","id":"${id}","result":"${secret}"}`,
    `{"jsonrpc":"2.0","id":{"${secret}":1},"result":{}}`,
    `{"jsonrpc":"2.0","id":"${id}","error":{"code":"1","message":"${secret}"}}`,
    `{"jsonrpc":"2.0","id":"${id}","error":{"code":1.5,"message":"${secret}"}}`,
    `{"jsonrpc":"2.0","id":"${id}","error":{"code":1}}`,
    `{"jsonrpc":"2.0","id":"${id}","error":"${secret}"}`,
    '{"jsonrpc":"2.0","method":"a","params":[]}',
    '{"jsonrpc":"2.0","params":{}}',
    '\ufeff{"jsonrpc":"2.0","method":"a","params":{}}',
    '{"jsonrpc":"2.0","method":"a","params":{}}\0',
  ];
  for (const said of bad) {
    assert.throws(
      () => decodeAnswer(text(said)),
      (error: Error) => error instanceof LspsFormatError && !error.message.includes(secret),
      said,
    );
  }
  assert.throws(() => decodeAnswer(Uint8Array.of(0x7b, 0xff, 0x7d)), LspsFormatError);
});

test('any bytes are an answer or a format error, and nothing else', () => {
  const deep = `${'['.repeat(60_000)}`;
  assert.throws(() => decodeAnswer(text(deep)), LspsFormatError);
  fc.assert(
    fc.property(fc.oneof(fc.uint8Array(), fc.json().map(text)), (payload) => {
      try {
        decodeAnswer(payload);
      } catch (error) {
        assert.ok(error instanceof LspsFormatError);
      }
    }),
  );
});
