import assert from 'node:assert/strict';
import { test } from 'node:test';
import { judgeRune } from '../../../src/shop/access/judge.ts';
import { type Role, restrictionsOf } from '../../../src/shop/access/roles.ts';
import { makeRune } from '../../../src/shop/access/rune.ts';

/** Whether somebody of the role may call the method with these parameters. */
function may(role: Role, method: string, params: Readonly<Record<string, string>> = {}): boolean {
  const rune = makeRune(Buffer.alloc(16), '1', restrictionsOf(role, 'Anna'));
  const refusal = judgeRune(rune, {
    method,
    node_id: undefined,
    param_count: Object.keys(params).length,
    param: (name) => params[name],
    invoice: (name) => params[name],
    element: () => undefined,
    now_seconds: 1_700_000_000,
    since_last_use_ns: undefined,
  });
  return refusal === undefined;
}

test('a cashier sells, and looks at what was sold', () => {
  for (const method of ['invoice', 'waitinvoice', 'createsale', 'listsales', 'listitems', 'listrefunds']) {
    assert.ok(may('cashier', method), method);
  }
  for (const method of [
    'pay',
    'xpay',
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

test('a cashier gives money back for sales of the counter, and for no other invoice', () => {
  assert.ok(may('cashier', 'refund', { label: 'pos/0123456789abcdef', destination: 'a@b.example' }));
  for (const label of ['order-17', 'lnurlp/tips/1', 'xpos/1', '']) {
    assert.ok(!may('cashier', 'refund', { label, destination: 'a@b.example' }), label);
  }
  assert.ok(!may('cashier', 'refund'), 'nor without saying for which');
  assert.ok(!may('accountant', 'refund', { label: 'pos/1' }));
  assert.ok(may('owner', 'refund', { label: 'order-17' }));
});
