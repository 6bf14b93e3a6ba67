import assert from 'node:assert/strict';
import { test } from 'node:test';
import { readMembers } from '../../../src/infra/http/json-members.ts';

test('a star is the only member of an object, and nothing where there are none or several', () => {
  const answers = ['{"a":{"x":[1.50]}}', '{"a":{"*":[2],"y":[3]}}', '{"a":{}}', '{"a":[4]}', '{"a":"text"}'];
  assert.deepEqual(
    answers.map((json) => readMembers(json, [['a', '*', '0']])[0]),
    ['1.50', undefined, undefined, undefined, undefined],
  );
});
