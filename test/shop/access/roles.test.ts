import assert from 'node:assert/strict';
import { test } from 'node:test';
import { judgeRune } from '../../../src/shop/access/judge.ts';
import { type Role, restrictionsOf } from '../../../src/shop/access/roles.ts';
import { encodeRune, makeRune, parseRune, toByteText } from '../../../src/shop/access/rune.ts';

/** With what runes write in a way of their own. */
const NAME = 'Zoë | & \\ #1';

/** Whether somebody of the role may call the method with these parameters. */
function may(role: Role, method: string, params: Readonly<Record<string, string>> = {}): boolean {
  // As it is kept, and read again.
  const rune = parseRune(encodeRune(makeRune(Buffer.alloc(16), '1', restrictionsOf(role, NAME))));
  const refusal = judgeRune(rune, {
    method,
    node_id: undefined,
    param_count: Object.keys(params).length,
    param: (name) => (params[name] === undefined ? undefined : toByteText(params[name])),
    invoice: (name) => params[name],
    element: () => undefined,
    now_seconds: 1_700_000_000,
    since_last_use_ns: undefined,
  });
  return refusal === undefined;
}

test('a cashier sells, and looks at what was sold', () => {
  for (const method of ['invoice', 'waitinvoice', 'listitems', 'listrefunds']) {
    assert.ok(may('cashier', method), method);
  }
  for (const method of [
    'pay',
    'xpay',
    'keysend',
    'xkeysend',
    'withdraw',
    'createitem',
    'deleteitem',
    'createrune',
    'createuser',
    'listfunds',
  ]) {
    assert.ok(!may('cashier', method), method);
  }
});

test('a cashier sells, looks back and gives back at the own counter, and at no other', () => {
  for (const method of ['createsale', 'listsales', 'refund']) {
    assert.ok(may('cashier', method, { counter: NAME, label: 'pos/0123456789abcdef' }), method);
    for (const counter of ['Anna', `${NAME}/`, NAME.toLowerCase(), '']) {
      assert.ok(!may('cashier', method, { counter }), `${method} ${counter}`);
    }
    assert.ok(!may('cashier', method), `${method} without saying for which`);
    assert.ok(may('owner', method, { counter: 'Anna' }), method);
  }
  assert.ok(!may('accountant', 'refund', { counter: NAME }));
  assert.ok(may('accountant', 'listsales'));
});
