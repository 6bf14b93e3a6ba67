import assert from 'node:assert/strict';
import { test } from 'node:test';
import { RpcError } from '../../../src/base/errors.ts';
import { msat } from '../../../src/base/types/amount.ts';
import { REQUEST_TIMEOUT_MS } from '../../../src/node/liquidity/lsps0-client.ts';
import { A, B, HASH, Stall } from './stall.ts';

const fails = (name: string, words: RegExp, data?: unknown) => (error: unknown) => {
  assert.ok(error instanceof RpcError);
  assert.equal(error.error, name);
  assert.match(error.message, words);
  if (data !== undefined) assert.deepEqual(error.data, data);
  return true;
};

test('the cheapest offer is bought to the letter, and what was promised is the order', async () => {
  const stall = new Stall(A, B);
  stall.sells(A, { min_fee_msat: msat(2_000_000) });
  stall.sells(B);
  const bargain = await stall.buy(50_000_000);
  const buy = stall.requests.at(-1);
  assert.deepEqual([buy?.by, buy?.method], [B, 'lsps2.buy']);
  assert.deepEqual(buy?.params, { opening_fee_params: stall.offer(), payment_size_msat: '50000000' });
  assert.deepEqual(bargain, {
    order: {
      payment_hash: HASH,
      node_id: B,
      jit_channel_scid: '1x2x3',
      payment_size_msat: 50_000_000n,
      min_fee_msat: 1_000_000n,
      proportional: 0,
      valid_until: stall.clock.nowSeconds() + 3600,
      min_lifetime: 1008,
      max_client_to_self_delay: 2016,
      client_trusts_lsp: false,
      created_at: stall.clock.nowSeconds(),
      channel_id: undefined,
    },
    lsp_cltv_expiry_delta: 80,
    fee_msat: 1_000_000n,
    extra_cltv_blocks: 2,
  });
});

test('for a payment of any amount no size is named', async () => {
  const stall = new Stall(A);
  stall.sells(A);
  const { order } = await stall.buy(undefined);
  assert.deepEqual(stall.requests.at(-1)?.params, { opening_fee_params: stall.offer() });
  assert.equal(order.payment_size_msat, undefined);
});

test('nothing is bought without a provider, nor before the operator says what it may cost', async () => {
  await assert.rejects(new Stall().buy(50_000_000), fails('LIQUIDITY_UNAVAILABLE', /lsp=NODE_ID@HOST:PORT/));
  const stall = new Stall(A);
  stall.sells(A, { min_fee_msat: msat(0) });
  stall.limits = { ...stall.limits, max_fee_msat: msat(0), max_fee_ppm: 0 };
  await assert.rejects(stall.buy(50_000_000), fails('LIQUIDITY_TOO_EXPENSIVE', /lsp-max-fee/));
  assert.equal(stall.requests.length, 0);
});

test('what cannot be bought is refused with what could', async () => {
  const stall = new Stall(A);
  stall.sells(A, { min_fee_msat: msat(6_000_000) });
  await assert.rejects(
    stall.buy(50_000_000),
    fails('LIQUIDITY_TOO_EXPENSIVE', /costs 6,000 sat/, { opening_fee_msat: 6_000_000n }),
  );
  stall.sells(A);
  await assert.rejects(
    stall.buy(1_000_000),
    fails('LIQUIDITY_AMOUNT_REFUSED', /the least is 21,000 sat/, { least_msat: 21_000_000n }),
  );
  await assert.rejects(
    stall.buy(1_000_000_001),
    fails('LIQUIDITY_AMOUNT_REFUSED', /the most is 1,000,000 sat/, { most_msat: 1_000_000_000n }),
  );
  assert.ok(stall.requests.every(({ method }) => method === 'lsps2.get_info'));
});

test('a menu with a member that nobody knows is not bought from', async () => {
  const stall = new Stall(A);
  stall.answers.set(A, () => ({ opening_fee_params_menu: [{ ...stall.offer(), discount: '1' }] }));
  await assert.rejects(stall.buy(50_000_000), fails('LIQUIDITY_UNAVAILABLE', /1 members that are not known/));
  assert.equal(stall.requests.length, 1);
});

test('when a purchase fails the next offer is tried, and when none is left the reasons are told', async () => {
  const stall = new Stall(A, B);
  stall.sells(A);
  stall.sells(B, { min_fee_msat: msat(2_000_000) });
  const sellsAtA = stall.answers.get(A);
  stall.answers.set(A, (request) => (request.method === 'lsps2.buy' ? { refuses: 201 } : (sellsAtA?.(request) ?? {})));
  const { order } = await stall.buy(50_000_000);
  assert.equal(order.node_id, B);
  stall.answers.set(B, () => ({ refuses: 1 }));
  await assert.rejects(
    stall.buy(50_000_000),
    fails('LIQUIDITY_UNAVAILABLE', /it does not serve this node \(error 1\).*its offer is not valid any more/),
  );
});

test('a provider that is silent keeps nobody from buying of another, for long', async () => {
  const stall = new Stall(A, B);
  stall.answers.set(A, () => 'silence');
  stall.sells(B);
  const buying = stall.buy(50_000_000);
  await new Promise((resolve) => setImmediate(resolve));
  stall.clock.advance(REQUEST_TIMEOUT_MS);
  assert.equal((await buying).order.node_id, B);
});

test('who wants to be trusted with the payment is not bought from, unless the operator says so', async () => {
  const stall = new Stall(A);
  stall.sells(A, {}, { client_trusts_lsp: true });
  await assert.rejects(stall.buy(50_000_000), fails('LIQUIDITY_UNAVAILABLE', /client-trusts-lsp/));
  stall.options = { accepts_client_trust: true };
  assert.equal((await stall.buy(50_000_000)).order.client_trusts_lsp, true);
  // More than the allowance could not wait for a block: the provider waits for the preimage.
  await assert.rejects(stall.buy(101_000_001), fails('LIQUIDITY_UNAVAILABLE', /undefended-msat/));
});

test('a payment beyond the allowance waits for a block, for which the invoice asks for time', async () => {
  const stall = new Stall(A);
  stall.sells(A);
  assert.equal((await stall.buy(101_000_000)).extra_cltv_blocks, 2);
  assert.equal((await stall.buy(101_000_001)).extra_cltv_blocks, 5);
  stall.options = { undefended: () => 'the wallet is empty' };
  await assert.rejects(stall.buy(101_000_001), fails('LIQUIDITY_AMOUNT_REFUSED', /the wallet is empty/));
  assert.equal((await stall.buy(101_000_000)).extra_cltv_blocks, 2);
});

test('an order lasts no longer than its invoice can be paid', async () => {
  const stall = new Stall(A);
  stall.sells(A, { valid_until_ms: (stall.clock.nowSeconds() + 365 * 86_400) * 1000 });
  assert.equal((await stall.buy(50_000_000, 600)).order.valid_until, stall.clock.nowSeconds() + 600);
});

test('an offer that is over when the provider answers is not used, nor one that asks for more blocks than payers give', async () => {
  const stall = new Stall(A, B);
  stall.sells(A, { valid_until_ms: (stall.clock.nowSeconds() + 300) * 1000 });
  stall.sells(B, { min_fee_msat: msat(2_000_000) });
  const sells = stall.answers.get(A);
  stall.answers.set(A, (request) => {
    if (request.method === 'lsps2.buy') stall.clock.advance(300_000);
    return sells?.(request) ?? 'silence';
  });
  assert.equal((await stall.buy(50_000_000)).order.node_id, B);
  stall.sells(B, {}, { lsp_cltv_expiry_delta: 901 });
  await assert.rejects(
    stall.buy(50_000_000),
    fails('LIQUIDITY_UNAVAILABLE', /asks for 901 blocks, and payers give 900/),
  );
  stall.sells(B, {}, { lsp_cltv_expiry_delta: 900 });
  assert.equal((await stall.buy(50_000_000)).lsp_cltv_expiry_delta, 900);
});
