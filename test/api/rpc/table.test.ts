import assert from 'node:assert/strict';
import { test } from 'node:test';
import { byName, commandsOn, optional, type Params, required, withDefault } from '../../../src/api/rpc/command.ts';
import { type Field, readField } from '../../../src/api/rpc/field.ts';
import { field } from '../../../src/api/rpc/fields.ts';
import type { Json } from '../../../src/api/rpc/json.ts';
import { parseJson } from '../../../src/api/rpc/json-parser.ts';
import { readParams } from '../../../src/api/rpc/table.ts';
import { RpcError } from '../../../src/base/errors.ts';

const define = commandsOn<null>();
const COMMON = {
  category: 'node',
  title: 't',
  description: 'd',
  returns: {},
  errors: [],
  access: 'read',
  run: () => ({}),
} as const;

const invoice = define({
  ...COMMON,
  name: 'invoice',
  params: {
    amount_msat: required(field.msatOrAny, 'd', { aliases: ['msatoshi'] }),
    label: required(field.label, 'd'),
    expiry: optional(field.u64, 'd'),
    deschashonly: withDefault(field.boolean, false, 'd'),
    metadata: byName(optional(field.object, 'd')),
  },
});

function json(text: string): Json {
  return parseJson(text, { keep_escapes: true }).value;
}

function messageOf(text: string): string {
  try {
    readParams(invoice, json(text));
  } catch (error) {
    assert.ok(error instanceof RpcError);
    assert.equal(error.code, -32602);
    return error.message;
  }
  return assert.fail(`no error for ${text}`);
}

test('parameters are read by position and by name alike', () => {
  const wanted = { amount_msat: 5n, label: '1', expiry: 60n, deschashonly: false, metadata: undefined };
  assert.deepEqual(readParams(invoice, json('[5, 1, "60"]')), wanted);
  assert.deepEqual(readParams(invoice, json('["5msat", "1", 60, null]')), wanted);
  assert.deepEqual(readParams(invoice, json('{"label":"1","msatoshi":"5","expiry":60,"deschashonly":null}')), wanted);
});

test('what has a name only takes no place', () => {
  assert.deepEqual(
    readParams(invoice, json('{"amount_msat":1,"label":"x","metadata":{"n":18446744073709551615,"f":1.5}}')).metadata,
    {
      n: 18446744073709551615n,
      f: 1.5,
    },
  );
  assert.equal(messageOf('[1,"x",2,true,{}]'), 'too many parameters: got 5, expected 4');
});

test('faults of the list of parameters are told in the words that clients know', () => {
  assert.equal(messageOf('[]'), 'missing required parameter: amount_msat');
  assert.equal(messageOf('[1]'), 'missing required parameter: label');
  assert.equal(messageOf('[null, "x"]'), 'missing required parameter: amount_msat');
  assert.equal(messageOf('{"amount_msat":1,"label":"x","nope":1}'), 'unknown parameter: nope');
  assert.equal(messageOf('{"amount_msat":1,"msatoshi":1,"label":"x"}'), 'duplicate json names: amount_msat');
  assert.equal(messageOf('7'), 'Expected array or object for params');
});

const HASH = 'ab'.repeat(32);
const NODE = `02${'cd'.repeat(32)}`;
const FAULTS: [string, Field<unknown>, string, string[]][] = [
  [
    'msatOrAny',
    field.msatOrAny,
    "should be positive msat or 'any'",
    [
      '0',
      '"0msat"',
      '"ANY"',
      '-1',
      '1.5',
      '18446744073709551616',
      'true',
      '"1sat "',
      '"1.0sat"',
      '"0.000000000001btc"',
    ],
  ],
  ['msat', field.msat, 'should be a millisatoshi amount', ['"any"', '1e3', '[]']],
  ['sat', field.sat, 'should be a satoshi amount', ['"1msat"', '"all"', '18446744073709551616']],
  ['label', field.label, 'should be a string or number', ['true', '[]', '{}', '1.5', '-1']],
  ['escapedString', field.escapedString, 'should be a string (without \\u)', ['1', 'true']],
  ['boolean', field.boolean, "should be 'true' or 'false'", ['1', '"true"', '"yes"']],
  [
    'u64',
    field.u64,
    'should be an unsigned 64 bit integer',
    ['-1', '18446744073709551616', '"x"', '""', '1.0', '1e3', 'true', '" 1"'],
  ],
  ['u32', field.u32, 'should be an unsigned 32 bit integer', ['4294967296', '-1']],
  ['u16', field.u16, 'should be an unsigned 16 bit integer', ['65536', '"0x10"']],
  ['integer', field.integer, 'should be an integer', ['4294967296', '"one"']],
  [
    'float',
    field.float,
    'should be a non-negative floating-point number',
    ['-0.5', '"1e"', '"0x1"', '1e400', '"NaN"', '".5"'],
  ],
  ['hash', field.hash, 'should be a 32 byte hex value', ['"ab"', `"${'zz'.repeat(32)}"`]],
  ['nodeId', field.nodeId, 'should be a node id', [`"04${'cd'.repeat(32)}"`, '"02"']],
  ['channelId', field.channelId, 'should be a channel id', ['"x"']],
  ['txid', field.txid, 'should be a txid', ['"x"']],
  ['outpoint', field.outpoint, 'should be a txid:outnum', [`"${HASH}"`, `"${HASH}:4294967296"`]],
  [
    'shortChannelId',
    field.shortChannelId,
    'should be a short_channel_id of form NxNxN',
    ['"1x2"', '"16777216x1x1"', '1'],
  ],
  ['exposePrivateChannels', field.exposePrivateChannels, 'should be a short_channel_id of form NxNxN', ['"no"', '7']],
  ['array', field.array, 'should be an array', ['"x"', '{}']],
  ['object', field.object, 'should be an object', ['[]', '"x"', 'null', '1.5']],
  ['oneOf', field.oneOf('paid', 'expired', 'unpaid'), "should be 'paid', 'expired' or 'unpaid'", ['"PAID"', '1']],
];

for (const [name, type, should_be, tokens] of FAULTS) {
  test(`${name} refuses what it is not, and quotes it`, () => {
    for (const token of tokens) {
      assert.throws(() => readField(type, 'x', json(token)), { message: `x: ${should_be}: invalid token '${token}'` });
    }
  });
}

test('a \\u escape is refused with what to write instead', () => {
  assert.throws(() => readField(field.escapedString, 'x', json('"\\u0041"')), {
    message:
      /^x: should be a string \(without \\u\): invalid token '"\\u0041"'; write the characters themselves, in UTF-8/,
  });
});

test('an element that does not fit is quoted, not its array', () => {
  assert.throws(() => readField(field.exposePrivateChannels, 'e', json('["1x2x3","y"]')), {
    message: 'e: should be a short channel id: invalid token \'"y"\'',
  });
  assert.throws(() => readField(field.arrayOf(field.u16), 'n', json('[1,70000]')), {
    message: "n: should be an unsigned 16 bit integer: invalid token '70000'",
  });
});

test('a long token is cut at 80 bytes, between characters', () => {
  assert.throws(() => readField(field.u64, 'x', 'é'.repeat(100)), {
    message: `x: should be an unsigned 64 bit integer: invalid token '"${'é'.repeat(39)}'`,
  });
});

test('a secret is never echoed', () => {
  assert.throws(() => readField(field.preimage, 'preimage', 'deadbeef'), {
    message: 'preimage: should be 64 hex digits: invalid token',
  });
});

test('zeros in front change no number, however many they are', () => {
  for (const zeros of ['0', '0'.repeat(19), '0'.repeat(21), '0'.repeat(64), '0'.repeat(100_000)]) {
    const read = <T>(type: Field<T>, rest: string) => readField(type, 'x', `${zeros}${rest}`);
    assert.equal(read(field.sat, '10000'), 10_000n);
    assert.equal(read(field.satOrAll, '560000000000'), 560_000_000_000n);
    assert.equal(read(field.sat, '10000sat'), 10_000n);
    assert.equal(read(field.sat, '10000msat'), 10n);
    assert.equal(read(field.sat, '.5btc'), 50_000_000n);
    assert.equal(read(field.msat, '10000'), 10_000n);
    assert.equal(read(field.msatOrAny, '1.001sat'), 1001n);
    assert.equal(read(field.u64, '18446744073709551615'), 2n ** 64n - 1n);
    assert.equal(read(field.u16, '65535'), 65_535);
    assert.equal(read(field.integer, '7'), 7);
    assert.equal(read(field.float, '7.25'), 7.25);
    assert.equal(read(field.percent, '7.25'), 7_250_000n);
    assert.deepEqual(read(field.feerate, '1000perkw'), { kind: 'exact', feerate_per_kw: 1000 });
    assert.deepEqual(read(field.feerate, '6blocks'), { kind: 'blocks', blocks: 6 });
    assert.equal(read(field.shortChannelId, `16777215x${zeros}2x${zeros}65535`), '16777215x2x65535');
    assert.equal(readField(field.outpoint, 'x', `${HASH}:${zeros}4294967295`).output, 0xffff_ffff);
    for (const [type, rest] of [
      [field.sat, '18446744073709551616'],
      [field.sat, '18446744073709552'],
      [field.sat, '1'.repeat(500)],
      [field.u64, '18446744073709551616'],
      [field.u32, '4294967296'],
      [field.percent, '18446744073710'],
      [field.shortChannelId, '16777216x1x1'],
    ] as const) {
      assert.throws(() => read<unknown>(type, rest), /should be/);
    }
  }
});

test('a share in percent is exact to the millionth', () => {
  for (const [text, millionths] of [
    ['0', 0n],
    ['0.5', 500_000n],
    ['0.0000019', 1n],
    ['1e2', 100_000_000n],
    ['12.5e-3', 12_500n],
    ['1E-7', 0n],
    ['0.000e999999', 0n],
  ] as const) {
    assert.equal(readField(field.percent, 'x', text), millionths, text);
  }
  for (const text of ['1e20', '1e999999', '', '.', '1.', '-1', '+1', '1e', ' 1']) {
    assert.throws(() => readField(field.percent, 'x', text), /should be a non-negative/, text);
  }
});

test('values are read as what they mean', () => {
  assert.equal(readField(field.msatOrAny, 'x', json('"any"')), 'any');
  assert.equal(readField(field.msatOrAny, 'x', json('"1.001sat"')), 1001n);
  assert.equal(readField(field.msatOrAny, 'x', json('18446744073709551615')), 18446744073709551615n);
  assert.equal(readField(field.sat, 'x', json('5')), 5n);
  assert.equal(readField(field.float, 'x', json('2.5e1')), 25);
  assert.equal(readField(field.sat, 'x', json('"5000msat"')), 5n);
  assert.equal(readField(field.satOrAll, 'x', 'all'), 'all');
  assert.equal(readField(field.label, 'x', json('18446744073709551616')), '18446744073709551616');
  assert.equal(readField(field.label, 'x', json('"\\u0041"')), 'A');
  // Not every database can hold one.
  for (const text of [field.label, field.string]) {
    assert.throws(
      () => readField(text, 'x', json('"a\\u0000b"')),
      /^RpcError: x: should be a string without a zero character/,
    );
  }
  assert.equal(readField(field.u16, 'x', json('"65535"')), 65535);
  assert.equal(readField(field.hash, 'x', HASH.toUpperCase()), HASH);
  assert.equal(readField(field.nodeId, 'x', NODE), NODE);
  assert.equal(readField(field.preimage, 'x', HASH).reveal(), HASH);
  assert.deepEqual(readField(field.exposePrivateChannels, 'x', '1x2x3'), ['1x2x3']);
  assert.deepEqual(readField(field.shortChannelIdDir, 'x', '1x2x3/1'), { short_channel_id: '1x2x3', direction: 1 });
  assert.deepEqual(readField(field.outpoint, 'x', `${HASH}:7`), { txid: HASH, output: 7 });
});

test('an escaped slash, which PHP writes, is no \\u escape', () => {
  assert.equal(readField(field.escapedString, 'x', json('"1\\/2 coffee"')), '1/2 coffee');
  assert.equal(readField(field.escapedString, 'x', json('"\\\\u0041\\/"')), '\\u0041/');
  assert.throws(() => readField(field.escapedString, 'x', json('"\\/\\u0041"')), /should be a string/);
  assert.throws(() => readField(field.escapedString, 'x', json('"\\\\\\u0041"')), /should be a string/);
});

test('feerates are read by name, by blocks and in either unit, and refused in a sentence', () => {
  assert.deepEqual(readField(field.feerate, 'f', 'urgent'), { kind: 'named', name: 'urgent' });
  assert.deepEqual(readField(field.feerate, 'f', '6blocks'), { kind: 'blocks', blocks: 6 });
  assert.deepEqual(readField(field.feerate, 'f', '253perkw'), { kind: 'exact', feerate_per_kw: 253 });
  assert.deepEqual(readField(field.feerate, 'f', '1000perkb'), { kind: 'exact', feerate_per_kw: 250 });
  assert.deepEqual(readField(field.feerate, 'f', '1013perkb'), { kind: 'exact', feerate_per_kw: 254 }, 'rounded up');
  assert.deepEqual(readField(field.feerate, 'f', 1000), { kind: 'exact', feerate_per_kw: 250 });
  assert.throws(() => readField(field.feerate, 'f', 'fastperkw'), {
    message: "'f' should be an integer with optional perkw/perkb, not 'fast'",
  });
  assert.throws(() => readField(field.feerate, 'f', 'xblocks'), { message: "'f' should be an integer not 'x'" });
});

test('a definition that contradicts itself does not load', () => {
  const bad: Params = { a: optional(field.u64, 'd'), b: required(field.u64, 'd') };
  assert.throws(() => define({ ...COMMON, name: 'bad', params: bad }), /stands behind an optional one/);
  const twice: Params = { a: required(field.u64, 'd'), b: optional(field.u64, 'd', { aliases: ['a'] }) };
  assert.throws(() => define({ ...COMMON, name: 'bad', params: twice }), /is taken/);
});
