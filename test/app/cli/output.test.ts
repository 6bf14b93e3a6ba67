import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import type { OutputStyle } from '../../../src/app/cli/arguments.ts';
import { render } from '../../../src/app/cli/output.ts';
import { printable } from '../../../src/app/cli/printable.ts';
import { parseExact } from '../../../src/app/cli/shown.ts';

/** What a payer may write to take over a terminal: an escape sequence, a bell, a C1 control and a turn of direction. */
const EVIL = 'ab\u001b[2Jc\u0007\u009b31m\u202e\u2028z';
const OBEYED = /[^\P{Cc}\t\n]|[\u2028\u2029\u202a-\u202e\u2066-\u2069]/u;

function shown(json: string, style: OutputStyle, columns?: number): string {
  return render(parseExact(json), style, columns);
}

test('JSON is indented by three, and raw JSON is one line', () => {
  const json = '{"a":[1,{"b":"c"}],"d":[],"e":{}}';
  assert.equal(
    shown(json, 'json'),
    '{\n   "a": [\n      1,\n      {\n         "b": "c"\n      }\n   ],\n   "d": [],\n   "e": {}\n}\n',
  );
  assert.equal(shown(json, 'default'), shown(json, 'json'));
  assert.equal(shown(json, 'raw'), `${json}\n`);
});

test('numbers keep their digits in every style', () => {
  const json = '{"big":18446744073709551615,"exact":0.10,"small":1}';
  assert.equal(shown(json, 'raw'), `${json}\n`);
  assert.match(shown(json, 'json'), /"big": 18446744073709551615,\n {3}"exact": 0.10,/);
  assert.equal(shown(json, 'flat'), 'big=18446744073709551615\nexact=0.10\nsmall=1\n');
  assert.equal(shown(json, 'human'), 'big=18446744073709551615\nexact=0.10\nsmall=1\n');
  const list = '{"invoices":[{"label":"a","amount_msat":18446744073709551615}]}';
  assert.match(shown(list, 'default', 80), /18446744073709551615/);
});

test('flat names the place of each value', () => {
  assert.equal(
    shown('{"a":[{"b":"x y"},{"b":null}],"c":true,"d":"two\\nlines"}', 'flat'),
    'a[0].b=x y\na[1].b=null\nc=true\nd=two\\nlines\n',
  );
});

test('for people single members lose their name, and lines stay lines', () => {
  assert.equal(shown('{"help":[{"command":"one"},{"command":"two"}],"format-hint":"simple"}', 'human'), 'one\ntwo\n');
  assert.equal(shown('{"a":"x","b":"first\\nsecond"}', 'human'), 'a=x\nb=first\nsecond\n');
});

test('the hint of the node decides how a result is shown, unless a style was asked for', () => {
  const json = '{"help":[{"command":"one"}],"format-hint":"simple"}';
  assert.equal(shown(json, 'default'), 'one\n');
  assert.match(shown(json, 'json'), /"format-hint": "simple"/);
});

test('an object that looks like a number of ours is only an object', () => {
  assert.equal(shown('{"rawJSON":"1"}', 'raw'), '{"rawJSON":"1"}\n');
  assert.equal(shown('{"__proto__":{"a":1},"constructor":[{}]}', 'flat'), '__proto__.a=1\n');
});

test('nothing that a payer wrote is obeyed by a terminal, in any style', () => {
  const json = JSON.stringify({ invoices: [{ label: EVIL, [EVIL]: EVIL, status: 'unpaid' }] });
  for (const style of ['default', 'json', 'raw', 'human', 'flat'] as const) {
    for (const columns of [undefined, 10, 200]) assert.doesNotMatch(shown(json, style, columns), OBEYED);
  }
  assert.equal(printable('a\u001b[2J\tb\nc\u202e'), 'a\\x1b[2J\tb\nc\\u{202e}');
});

test('JSON with what is escaped in it reads back the same', () => {
  fc.assert(
    fc.property(fc.jsonValue({ stringUnit: 'binary' }), (value) => {
      const json = JSON.stringify(value);
      for (const style of ['json', 'raw'] as const) {
        const text = shown(json, style);
        assert.doesNotMatch(text, OBEYED);
        assert.deepEqual(JSON.parse(text), JSON.parse(json));
      }
    }),
    { numRuns: 100 },
  );
});
