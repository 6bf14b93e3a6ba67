import assert from 'node:assert/strict';
import { test } from 'node:test';
import { sat } from '../../../src/base/types/amount.ts';
import { type JsonObject, LspsFormatError } from '../../../src/codec/lsps/envelope.ts';
import { readChannelOffer, readOrder, writeOrderRequest } from '../../../src/codec/lsps/lsps1.ts';

/** The answer that bLIP 51 shows, with totals that add up. */
const ORDER = {
  order_id: 'bb4b5d0a-8334-49d8-9463-90a6d413af7c',
  lsp_balance_sat: '5000000',
  client_balance_sat: '2000000',
  required_channel_confirmations: 0,
  funding_confirms_within_blocks: 1,
  channel_expiry_blocks: 12,
  token: '',
  created_at: '2012-04-23T18:25:43.511Z',
  announce_channel: true,
  order_state: 'CREATED',
  payment: {
    bolt11: {
      state: 'EXPECT_PAYMENT',
      expires_at: '2025-01-01T00:00:00Z',
      fee_total_sat: '8888',
      order_total_sat: '2008888',
      invoice: 'lnbc1',
    },
    bolt12: { state: 'EXPECT_PAYMENT', offer: 'lno1' },
    onchain: {
      state: 'CANCELLED',
      expires_at: '2015-01-25T19:29:44.612Z',
      fee_total_sat: '9999',
      order_total_sat: '2009999',
      address: 'bc1p',
      min_fee_for_0conf: 253,
    },
  },
  channel: null,
} as const;

test('the order that bLIP 51 shows is read, whatever else a provider adds', () => {
  const order = readOrder({ ...ORDER, something: 'new' });
  assert.equal(order.order_id, ORDER.order_id);
  assert.equal(order.bolt11?.order_total_sat, 2_008_888n);
  assert.equal(order.bolt11?.expires_at_ms, Date.parse('2025-01-01T00:00:00Z'));
  assert.equal(order.onchain?.state, 'REFUNDED');
  assert.equal(order.channel, undefined);
});

test('a channel is read with its output', () => {
  const channel = {
    funded_at: '2012-04-23T18:25:43.511Z',
    funding_outpoint: `${'03'.repeat(32)}:1`,
    expires_at: '2012-04-23T18:25:43.511Z',
  };
  assert.deepEqual(readOrder({ ...ORDER, channel }).channel, {
    funding_txid: '03'.repeat(32),
    funding_outnum: 1,
    expires_at_ms: Date.parse('2012-04-23T18:25:43.511Z'),
  });
});

const WRONG: readonly [string, JsonObject][] = [
  ['a total that does not add up', { ...ORDER, client_balance_sat: '1999999' }],
  ['a state that nobody knows', { ...ORDER, order_state: 'SOON' }],
  ['an amount that is a number', { ...ORDER, lsp_balance_sat: 5_000_000 }],
  ['an order id with a zero character', { ...ORDER, order_id: 'a\0b' }],
  ['an order id with half a surrogate pair', { ...ORDER, order_id: '\ud800' }],
  ['an order id that is too long', { ...ORDER, order_id: 'x'.repeat(65) }],
  [
    'an output that is none',
    { ...ORDER, channel: { funding_outpoint: 'abc:0', expires_at: '2012-04-23T18:25:43.511Z' } },
  ],
  ['no ways to pay', { ...ORDER, payment: null }],
];

for (const [what, answer] of WRONG) {
  test(`an order with ${what} is refused`, () => {
    assert.throws(() => readOrder(answer), LspsFormatError);
  });
}

test('an order is asked for in the words of bLIP 51', () => {
  const request = {
    lsp_balance_sat: sat(5_000_000),
    client_balance_sat: sat(0),
    required_channel_confirmations: 1,
    funding_confirms_within_blocks: 6,
    channel_expiry_blocks: 144,
    refund_onchain_address: 'bc1q',
    announce_channel: false,
  };
  assert.deepEqual(writeOrderRequest(request), {
    ...request,
    lsp_balance_sat: '5000000',
    client_balance_sat: '0',
    token: '',
  });
});

test('an offer without one of its members is refused', () => {
  assert.throws(() => readChannelOffer({ min_required_channel_confirmations: 0 }), LspsFormatError);
});
