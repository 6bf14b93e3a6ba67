/** Metadata is compared as JSON: members in any order, and all the rest to the digit. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { hasMembers, sameMetadata } from '../../../src/shop/invoices/metadata.ts';

test('two texts say the same whatever the order of their members, and not when a value differs', () => {
  const same = [
    ['{"a":1,"b":{"c":null,"d":[1,"x",true]}}', '{"b":{"d":[1,"x",true],"c":null},"a":1.0}'],
    ['{"a":12345678901234567890}', '{ "a": 12345678901234567890 }'],
    ['{"a":-12345678901234567890}', '{"a":-12345678901234567890 }'],
    ['{}', '{ }'],
  ] as const;
  for (const [one, other] of same) assert.equal(sameMetadata(one, other), true, `${one} ${other}`);
  const different = [
    ['{"a":1}', '{"a":2}'],
    ['{"a":1}', '{"a":"1"}'],
    ['{"a":1}', '{"b":1}'],
    ['{"a":1}', '{"a":1,"b":2}'],
    ['{"a":1,"b":2}', '{"a":1}'],
    ['{"a":{}}', '{"a":[]}'],
    ['{"a":[]}', '{"a":{}}'],
    ['{"a":null}', '{"a":{}}'],
    ['{"a":{}}', '{"a":null}'],
    ['{"a":null}', '{"a":false}'],
    ['{"a":{"b":1}}', '{"a":1}'],
    ['{"a":[1,2]}', '{"a":[2,1]}'],
    ['{"a":[1,2]}', '{"a":[1]}'],
    ['{"a":12345678901234567890}', '{"a":12345678901234567891}'],
    ['{"a":12345678901234567890}', '{"a":"12345678901234567890"}'],
    ['{"toString":1}', '{"a":1}'],
  ] as const;
  for (const [one, other] of different) assert.equal(sameMetadata(one, other), false, `${one} ${other}`);
});

test('none is the same as none, and as nothing else', () => {
  assert.equal(sameMetadata(undefined, undefined), true);
  assert.equal(sameMetadata(undefined, '{}'), false);
  assert.equal(sameMetadata('{}', undefined), false);
});

test('an invoice has the members that are asked for, and may have more; one without metadata has none', () => {
  const metadata = '{"order":7,"shop":{"till":1},"sum":12345678901234567890,"rate":1e400}';
  const has = (...members: (readonly [string, unknown])[]) => hasMembers(metadata, members);
  assert.equal(has(['order', 7]), true);
  assert.equal(has(['order', 7], ['shop', { till: 1 }]), true);
  assert.equal(has(['order', 7], ['shop', { till: 2 }]), false);
  assert.equal(has(['order', 8]), false);
  assert.equal(has(['toString', undefined]), false, 'of its own');
  assert.equal(has(['sum', 12345678901234567890n]), true);
  assert.equal(has(['sum', 12345678901234567891n]), false);
  assert.equal(has(['rate', Number.POSITIVE_INFINITY]), true, 'no integer');
  assert.equal(hasMembers(undefined, [['order', 7]]), false);
});
