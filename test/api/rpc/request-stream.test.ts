import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { type Json, Literal, spell, toPlain } from '../../../src/api/rpc/json.ts';
import { DEEPEST_NESTING, MalformedJson, type Parsed, parseJson } from '../../../src/api/rpc/json-parser.ts';
import { LONGEST_REQUEST_BYTES, ObjectReader, RequestReader } from '../../../src/api/rpc/request-stream.ts';

function readAll(...chunks: (Buffer | string)[]): Parsed[] {
  const reader = new RequestReader();
  const requests: Parsed[] = [];
  for (const chunk of chunks) reader.push(Buffer.from(chunk as string), (request) => requests.push(request));
  return requests;
}

function readOne(text: string): Json {
  const [request] = readAll(text);
  assert.ok(request !== undefined, `no request in ${text}`);
  return request.value;
}

const space = fc.constantFrom('', ' ', '\n', '\r\n\t ', '\n\n');

test('any objects, cut anywhere, come out as JSON.parse reads them', () => {
  const object = fc.dictionary(fc.string({ unit: 'grapheme' }), fc.jsonValue());
  fc.assert(
    fc.property(fc.array(fc.tuple(space, object)), fc.array(fc.nat(40)), (parts, cuts) => {
      const bytes = Buffer.from(parts.map(([gap, value]) => gap + JSON.stringify(value)).join(''));
      const chunks: Buffer[] = [];
      let at = 0;
      for (const cut of cuts) {
        chunks.push(bytes.subarray(at, at + cut));
        at += cut;
      }
      chunks.push(bytes.subarray(at));
      const read = readAll(...chunks).map(({ value }) => toPlain(value));
      const wanted = parts.map(([, value]) => toPlain(parseJson(JSON.stringify(value), { keep_escapes: false }).value));
      assert.deepEqual(read, wanted);
    }),
  );
});

test('the strict parser agrees with JSON.parse on every text, right or wrong', () => {
  const text = fc.oneof(
    fc.json(),
    fc.string({ unit: fc.constantFrom(...'{}[]":,0123456789.eE+-truefalsn \\u/\n') }),
    fc.tuple(fc.json(), fc.nat(), fc.constantFrom(...'{}[]":,0e.\\ ')).map(([json, at, extra]) => {
      const place = at % (json.length + 1);
      return json.slice(0, place) + extra + json.slice(place);
    }),
  );
  const loosely = (value: Json): unknown =>
    JSON.parse(
      JSON.stringify(value, (_name, member) => {
        if (member instanceof Literal) return member.value;
        return typeof member === 'bigint' ? Number(member) : member;
      }) ?? 'null',
    );
  fc.assert(
    fc.property(text, (json) => {
      let wanted: unknown;
      let valid = true;
      try {
        wanted = JSON.parse(json);
      } catch {
        valid = false;
      }
      // JSON.parse lets lone surrogates pass; we do not.
      if (valid && /\\u[dD]/.test(json)) return;
      if (!valid) assert.throws(() => parseJson(json, { keep_escapes: true }), MalformedJson);
      else {
        const read = loosely(parseJson(json, { keep_escapes: true }).value);
        assert.deepEqual(read, JSON.parse(JSON.stringify(wanted)));
      }
    }),
    { numRuns: 500 },
  );
});

test('integers beyond 2^53 stay exact, and other numbers keep their spelling', () => {
  const value = readOne('{"a":9007199254740993,"b":18446744073709551615,"c":1.50,"d":1e3,"e":-0,"f":9007199254740991}');
  assert.equal(
    spell(value),
    '{"a":9007199254740993,"b":18446744073709551615,"c":1.50,"d":1e3,"e":-0,"f":9007199254740991}',
  );
  assert.equal((value as { a: unknown }).a, 9007199254740993n);
  assert.equal((value as { f: unknown }).f, 9007199254740991);
});

test('a string spelled with a \\u escape is told apart from one that is not', () => {
  const { plain, coded } = readOne('{"plain":"\\n","coded":"\\u0041"}') as { plain: Json; coded: Json };
  assert.equal(plain, '\n');
  assert.ok(coded instanceof Literal);
  assert.equal(coded.value, 'A');
  assert.equal(coded.source, '"\\u0041"');
  const { backslash, slash } = readOne('{"backslash":"\\\\u0041","slash":"a\\/b"}') as { backslash: Json; slash: Json };
  assert.equal(backslash, '\\u0041');
  assert.equal(spell(slash), '"a\\/b"');
});

test('a name given twice is found, at any depth and in any spelling', () => {
  for (const [text, name, within] of [
    ['{"a":1,"a":2}', 'a', undefined],
    ['{"params":{"x":1,"x":1}}', 'x', 'params'],
    ['{"params":[{"y":{"z":1,"\\u007a":1}}]}', 'z', 'params'],
    ['{"a":{},"__proto__":1,"__proto__":2}', '__proto__', undefined],
  ] as const) {
    assert.deepEqual(readAll(text)[0]?.duplicate, { name, within }, text);
  }
  assert.equal(readAll('{"a":{"b":1},"c":{"b":1},"d":"a:b"}')[0]?.duplicate, undefined);
});

test('what is no JSON object is refused', () => {
  for (const text of [
    'x',
    '[]',
    '"text"',
    '{"a":]',
    '{"a"}',
    '{,}',
    '{"a":1,}',
    '{"a":01}',
    '{"a":1.}',
    '{"a":+1}',
    '{"a":nul}',
    "{'a':1}",
    '{"a":"\\x"}',
    '{"a":"\\u12g4"}',
    '{"a":"\n"}',
    '{"a":"\u0000"}',
    '{"a":"\\ud800"}',
    '{"a":"\\udc00\\ud800"}',
    `{"a":${'9'.repeat(200)}}`,
  ]) {
    assert.throws(() => readAll(text), MalformedJson, text);
  }
  assert.equal((readOne('{"a":"\\ud83d\\ude00"}') as { a: Literal }).a.value, '😀');
});

test('bytes that are no UTF-8 are refused', () => {
  for (const bytes of [[0xff], [0xc0, 0x80], [0xed, 0xa0, 0x80], [0xf4, 0x90, 0x80, 0x80], [0xe2, 0x82]]) {
    const request = Buffer.concat([Buffer.from('{"a":"'), Buffer.from(bytes), Buffer.from('"}')]);
    assert.throws(() => readAll(request), /not valid UTF-8/);
  }
});

test('nesting is limited, whether the scan or the parser meets it', () => {
  const nested = (depth: number): string => `{"a":${'['.repeat(depth - 1)}${']'.repeat(depth - 1)}}`;
  assert.ok(readOne(nested(DEEPEST_NESTING)));
  assert.throws(() => readAll(nested(DEEPEST_NESTING + 1)), /nested more than/);
  assert.throws(() => readAll(`{"a":${'['.repeat(1_000_000)}`), /nested more than/);
  assert.throws(() => parseJson('['.repeat(1_000_000), { keep_escapes: true }), /nested more than/);
});

test('a request over 16 MB is refused before it is complete', () => {
  const reader = new RequestReader();
  const chunk = Buffer.alloc(1024 * 1024, 'a');
  reader.push(Buffer.from('{"a":"'), () => assert.fail());
  assert.throws(() => {
    for (let bytes = 0; bytes <= LONGEST_REQUEST_BYTES; bytes += chunk.length) reader.push(chunk, () => assert.fail());
  }, /longer than 16777216 bytes/);
});

test('a request of more values than any command takes is refused before it is complete', () => {
  const most = `{"id":1,"params":[${'1,'.repeat(99_998)}1,1]}`;
  assert.equal((readOne(most) as { params: Json[] }).params.length, 100_000);
  assert.throws(() => readAll(most.replace('1,1]', '1,1,1').slice(0, -1)), /more than 100000 values/);
});

test('a long request that drips in byte by byte is read', () => {
  const text = `{"a":"${'é'.repeat(100_000)}"}`;
  const reader = new RequestReader();
  const bytes = Buffer.from(text);
  const read: Parsed[] = [];
  for (let at = 0; at < bytes.length; at++) reader.push(bytes.subarray(at, at + 1), (request) => read.push(request));
  assert.deepEqual(read[0]?.value, JSON.parse(text));
  assert.ok(reader.at_boundary);
});

test('a text of one object is read whole, and what comes before was wrong leaves nothing behind', () => {
  const reader = new ObjectReader({ keep_escapes: false, most_commas: 2 });
  const wrong = [
    ['', /the object has no end/],
    ['{"a":1', /the object has no end/],
    ['{"a":1}{"b":2}', /something follows the object/],
    ['{"a":1} {', /something follows the object/],
    ['[1]', /Expected \{\}/],
    ['{"a":1,"b":2,"c":3,"d":4}', /more than 2 values/],
    ['{"a":x}', /expected a value/],
  ] as const;
  for (const [text, message] of wrong) {
    assert.throws(() => reader.read(Buffer.from(text)), { name: 'MalformedJson', message });
    assert.deepEqual(reader.read(Buffer.from(' {"a":"\\u00e9\\/"}\n')).value, { a: 'é/' }, text);
  }
  assert.deepEqual(reader.read(Buffer.from('{"a":1,"a":2}')).duplicate, { name: 'a', within: undefined });
});
