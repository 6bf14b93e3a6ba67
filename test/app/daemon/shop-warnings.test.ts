import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ShopWarnings } from '../../../src/app/daemon/shop-warnings.ts';

function watched() {
  const now = { inbound_msat: 0n, wanted_sat: 0n, held_sat: 0n };
  const told: [string, unknown][] = [];
  const warnings = new ShopWarnings({
    inboundMsat: () => now.inbound_msat,
    reserve: () => now,
    warn: (type, data) => told.push([type, data]),
  });
  const look = (changes: Partial<typeof now>): [string, unknown][] => {
    Object.assign(now, changes);
    warnings.look();
    return told.splice(0);
  };
  return look;
}

test('that nothing can be received is told when it begins, and again when it begins again', () => {
  const look = watched();
  assert.deepEqual(look({}), [], 'a node without channels is no news');
  assert.deepEqual(look({ inbound_msat: 50_000n }), []);
  assert.deepEqual(look({ inbound_msat: 999n }), [['warning.no_inbound', { receivable_msat: 999n }]]);
  assert.deepEqual(look({ inbound_msat: 0n }), [], 'it was told');
  assert.deepEqual(look({ inbound_msat: 1000n }), []);
  assert.deepEqual(look({ inbound_msat: 0n }), [['warning.no_inbound', { receivable_msat: 0n }]]);
});

test('that the wallet is too small for the channels is told when it begins', () => {
  const look = watched();
  assert.deepEqual(look({ wanted_sat: 25_000n, held_sat: 25_000n }), []);
  const expected = [['warning.reserve_short', { wanted_sat: 50_000n, held_sat: 25_000n }]];
  assert.deepEqual(look({ wanted_sat: 50_000n }), expected);
  assert.deepEqual(look({ held_sat: 49_999n }), []);
  assert.deepEqual(look({ held_sat: 50_000n }), []);
});
