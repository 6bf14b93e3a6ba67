/**
 * A provider that answers wrongly, in every way there is, beside an honest one that asks for more: the honest one sells. With
 * nobody else there is no purchase, and none of the wrong text is shown. In the end, of what it may rightly say, all is taken.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { RpcError } from '../../../src/base/errors.ts';
import { msat } from '../../../src/base/types/amount.ts';
import { encodeError, encodeResult, type JsonObject, type LspsRequest } from '../../../src/codec/lsps/envelope.ts';
import { REQUEST_TIMEOUT_MS } from '../../../src/node/liquidity/lsps0-client.ts';
import { A, type Answer, B, Stall } from './stall.ts';

/** What must be shown nowhere. */
const MARK = 'call-0900-1';
const AMOUNT = 50_000_000;

/** How it answers one method; what it says to the others is right. */
interface Lie {
  readonly method: 'lsps2.get_info' | 'lsps2.buy';
  readonly answer: (request: LspsRequest, right: JsonObject, stall: Stall) => ReturnType<Answer>;
}

const text = (value: unknown): Uint8Array => Buffer.from(typeof value === 'string' ? value : JSON.stringify(value));

/** Wrong as a message, whatever is asked. */
const MESSAGES: Readonly<Record<string, Lie['answer']>> = {
  silence: () => 'silence',
  'no text at all': () => [new Uint8Array()],
  'no JSON': () => [text(MARK)],
  'bytes that are no UTF-8': () => [Buffer.of(0x7b, 0xff, 0x7d)],
  '65,533 bytes of nothing': () => [Buffer.alloc(65_533, MARK)],
  'a right answer with 65,000 spaces before it, and then another': ({ id }, right) => [
    text(`${' '.repeat(65_000)}${JSON.stringify({ jsonrpc: '2.0', id, result: right })}{}`),
  ],
  'an answer in two pieces': ({ id }, right) => {
    const whole = encodeResult(id, right);
    return [whole.subarray(0, 20), whole.subarray(20)];
  },
  'two answers in one message': ({ id }, right) => [Buffer.concat([encodeResult(id, right), encodeResult(id, right)])],
  'a list with the answer': ({ id }, right) => [text([{ jsonrpc: '2.0', id, result: right }])],
  'an answer to another request': (_request, right) => [encodeResult('ff'.repeat(16), right)],
  'an answer to no request': (_request, right) => [text({ jsonrpc: '2.0', id: null, result: right })],
  'an answer whose id is a number': (_request, right) => [text({ jsonrpc: '2.0', id: 1, result: right })],
  'an answer whose id is a list': ({ id }, right) => [text({ jsonrpc: '2.0', id: [id], result: right })],
  'an answer whose id is written in capitals': ({ id }, right) => [encodeResult(`${id}A`.toUpperCase(), right)],
  'an answer of another version': ({ id }, right) => [text({ jsonrpc: '1.0', id, result: right })],
  'a result and an error': ({ id }, right) => [
    text({ jsonrpc: '2.0', id, result: right, error: { code: 1, message: MARK } }),
  ],
  'neither result nor error': ({ id }) => [text({ jsonrpc: '2.0', id })],
  'a result that is a text': ({ id }) => [text({ jsonrpc: '2.0', id, result: MARK })],
  'a result that is a list': ({ id }, right) => [text({ jsonrpc: '2.0', id, result: [right] })],
  'an error without a code': ({ id }) => [text({ jsonrpc: '2.0', id, error: { message: MARK } })],
  'an error whose code is no whole number': ({ id }) => [
    text({ jsonrpc: '2.0', id, error: { code: 1.5, message: MARK } }),
  ],
  'an error whose message is no text': ({ id }) => [text({ jsonrpc: '2.0', id, error: { code: 1, message: [MARK] } })],
  'an error of a code that nobody knows': ({ id }) => [encodeError(id, { code: 31_337, message: `<b>${MARK}</b>` })],
  'an error whose data is large': ({ id }) => [
    encodeError(id, { code: -32_602, message: MARK, data: { unrecognized: new Array(5_000).fill(MARK) as string[] } }),
  ],
  'an empty result': () => ({}),
};

/** One offer, changed. */
const OFFERS: Readonly<Record<string, (offer: JsonObject, stall: Stall) => unknown>> = {
  'a member that nobody knows': (offer) => ({ ...offer, surcharge_msat: '1' }),
  'a member that nobody knows, and is null': (offer) => ({ ...offer, [MARK]: null }),
  'a member that every object has': (offer) => ({ ...offer, constructor: '1' }),
  'no promise': ({ promise: _promise, ...offer }) => offer,
  'a promise of 513 bytes': (offer) => ({ ...offer, promise: 'x'.repeat(513) }),
  'a promise of 513 bytes in 171 characters': (offer) => ({ ...offer, promise: '\u20ac'.repeat(171) }),
  'a promise that is null': (offer) => ({ ...offer, promise: null }),
  'a fee that is a number': (offer) => ({ ...offer, min_fee_msat: 1 }),
  'a fee below zero': (offer) => ({ ...offer, min_fee_msat: '-1' }),
  'a fee with a sign': (offer) => ({ ...offer, min_fee_msat: '+1' }),
  'a fee with a point': (offer) => ({ ...offer, min_fee_msat: '1.0' }),
  'a fee with an exponent': (offer) => ({ ...offer, min_fee_msat: '1e3' }),
  'a fee in hexadecimal': (offer) => ({ ...offer, min_fee_msat: '0x10' }),
  'a fee with a space': (offer) => ({ ...offer, min_fee_msat: ' 1' }),
  'a fee in digits of another script': (offer) => ({ ...offer, min_fee_msat: '\u0661' }),
  'a fee of 2^64': (offer) => ({ ...offer, min_fee_msat: String(2n ** 64n) }),
  'a fee of 2^64 - 1': (offer) => ({ ...offer, min_fee_msat: String(2n ** 64n - 1n) }),
  'a fee in a list': (offer) => ({ ...offer, min_fee_msat: ['1'] }),
  'a share that is a text': (offer) => ({ ...offer, proportional: '1' }),
  'a share below zero': (offer) => ({ ...offer, proportional: -1 }),
  'a share with a point': (offer) => ({ ...offer, proportional: 0.1 }),
  'a share of all': (offer) => ({ ...offer, proportional: 1_000_000 }),
  'a share of more than all': (offer) => ({ ...offer, proportional: 4_294_967_295 }),
  'a share of more than 32 bits': (offer) => ({ ...offer, proportional: 4_294_967_296 }),
  'a least payment above the most': (offer) => ({
    ...offer,
    min_payment_size_msat: '60000000',
    max_payment_size_msat: '40000000',
  }),
  'a least payment that is a number': (offer) => ({ ...offer, min_payment_size_msat: 1 }),
  'a most payment of nothing': (offer) => ({ ...offer, max_payment_size_msat: '0' }),
  'a most payment that is null': (offer) => ({ ...offer, max_payment_size_msat: null }),
  'an end in the past': (offer, { clock }) => ({
    ...offer,
    valid_until: new Date((clock.nowSeconds() - 1) * 1000).toISOString(),
  }),
  'an end in a minute': (offer, { clock }) => ({
    ...offer,
    valid_until: new Date((clock.nowSeconds() + 60) * 1000).toISOString(),
  }),
  'an end that is a number': (offer) => ({ ...offer, valid_until: 4_000_000_000 }),
  'an end in another zone': (offer) => ({ ...offer, valid_until: '2090-01-01T00:00:00.000+02:00' }),
  'an end in the thirteenth month': (offer) => ({ ...offer, valid_until: '2090-13-01T00:00:00.000Z' }),
  'an end without a time of day': (offer) => ({ ...offer, valid_until: '2090-01-01' }),
  'a delay that is shorter than ours': (offer) => ({ ...offer, max_client_to_self_delay: 143 }),
  'a delay below zero': (offer) => ({ ...offer, max_client_to_self_delay: -1 }),
  'a delay that is a text': (offer) => ({ ...offer, max_client_to_self_delay: '2016' }),
  'a lifetime that is no number': (offer) => ({ ...offer, min_lifetime: true }),
  'a text in the place of an offer': () => MARK,
  'null in the place of an offer': () => null,
  'a list in the place of an offer': (offer) => [offer],
};

/** What it answers to `lsps2.buy`, changed. */
const PURCHASES: Readonly<Record<string, JsonObject>> = {
  'no channel': { jit_channel_scid: null },
  'a channel that is a number': { jit_channel_scid: 1 },
  'a channel of two numbers': { jit_channel_scid: '1x2' },
  'a channel in words': { jit_channel_scid: MARK },
  'a channel with a point': { jit_channel_scid: '1x2x3.0' },
  'a block number of more than 24 bits': { jit_channel_scid: '16777216x0x0' },
  'blocks that are a text': { lsp_cltv_expiry_delta: '80' },
  'blocks below zero': { lsp_cltv_expiry_delta: -1 },
  'half a block': { lsp_cltv_expiry_delta: 80.5 },
  'more blocks than payers give': { lsp_cltv_expiry_delta: 901 },
  'more blocks than 16 bits hold': { lsp_cltv_expiry_delta: 65_536 },
  'trust that is a text': { client_trusts_lsp: 'false' },
  'trust that is null': { client_trusts_lsp: null },
  'trust that nobody accepted': { client_trusts_lsp: true },
};

const menu = (...offers: unknown[]): JsonObject => ({ opening_fee_params_menu: offers }) as JsonObject;

function lies(): readonly (readonly [string, Lie])[] {
  return [
    ...Object.entries(MESSAGES).flatMap(([what, answer]) =>
      (['lsps2.get_info', 'lsps2.buy'] as const).map(
        (method) => [`${what}, to ${method}`, { method, answer }] as const,
      ),
    ),
    ...Object.entries(OFFERS).flatMap(([what, change]) => {
      const method = 'lsps2.get_info' as const;
      const alone: Lie['answer'] = (_request, _right, stall) => menu(change(stall.offer(), stall));
      return [[`an offer with ${what}`, { method, answer: alone }] as const];
    }),
    ['a menu that is no list', { method: 'lsps2.get_info', answer: () => ({ opening_fee_params_menu: MARK }) }],
    ['an empty menu', { method: 'lsps2.get_info', answer: () => menu() }],
    [
      'a menu of 101 offers',
      { method: 'lsps2.get_info', answer: (_request, _right, stall) => menu(...new Array(101).fill(stall.offer())) },
    ],
    [
      'a menu with one offer that cannot be read behind a good one',
      {
        method: 'lsps2.get_info',
        answer: (_request, _right, stall) => menu(stall.offer(), { ...stall.offer(), x: 1 }),
      },
    ],
    ...Object.entries(PURCHASES).map(
      ([what, change]) =>
        [
          `a purchase with ${what}`,
          { method: 'lsps2.buy', answer: (_request: LspsRequest, right: JsonObject) => ({ ...right, ...change }) },
        ] as const,
    ),
  ];
}

/** A provider that lies in one answer. */
function tell(stall: Stall, { method, answer }: Lie): void {
  stall.sells(A);
  const honest = stall.answers.get(A) as Answer;
  stall.answers.set(A, (request) => {
    const right = honest(request);
    return request.method === method ? answer(request, right as JsonObject, stall) : right;
  });
}

/** Buys; whoever is silent has had its time. */
async function buyFrom(stall: Stall) {
  const buying = stall.buy(AMOUNT);
  let isOver = false;
  const over = (): void => {
    isOver = true;
  };
  buying.then(over, over);
  while (!isOver) {
    await new Promise((resolve) => setImmediate(resolve));
    stall.clock.advance(REQUEST_TIMEOUT_MS / 10);
  }
  return await buying;
}

for (const [what, lie] of lies()) {
  test(`${what}: another provider sells, or nobody`, async () => {
    const stall = new Stall(A, B);
    tell(stall, lie);
    stall.sells(B, { min_fee_msat: msat(2_000_000) });
    const { order, fee_msat } = await buyFrom(stall);
    assert.deepEqual([order.node_id, fee_msat], [B, 2_000_000n]);

    const alone = new Stall(A);
    tell(alone, lie);
    await assert.rejects(buyFrom(alone), (error) => {
      assert.ok(error instanceof RpcError && error.error.startsWith('LIQUIDITY_'), String(error));
      assert.ok(!error.message.includes(MARK) && error.message.length < 500, error.message);
      return true;
    });
    assert.ok(!alone.log.join().includes(MARK), 'nothing of it is in the log');
  });
}

test('of a member that is said twice the last counts, in what is reckoned and in what is bought', async () => {
  const stall = new Stall(A);
  tell(stall, {
    method: 'lsps2.get_info',
    answer: ({ id }) => {
      const offer = JSON.stringify(stall.offer({ min_fee_msat: msat(3_000_000) }));
      const twice = `{"min_fee_msat":"1","promise":"another",${offer.slice(1)}`;
      return [text(`{"jsonrpc":"2.0","id":"${id}","result":{"opening_fee_params_menu":[${twice}]}}`)];
    },
  });
  const { order, fee_msat } = await buyFrom(stall);
  assert.deepEqual([fee_msat, order.min_fee_msat], [3_000_000n, 3_000_000n]);
  const { opening_fee_params } = (stall.requests.at(-1) as LspsRequest).params;
  const { min_fee_msat, promise } = opening_fee_params as JsonObject;
  assert.deepEqual([min_fee_msat, promise], ['3000000', 'the promise']);
});

test("an offer whose fee was altered on the way is bought at what was shown, and the promise is the provider's to judge", async () => {
  const stall = new Stall(A);
  stall.sells(A);
  const honest = stall.answers.get(A) as Answer;
  stall.answers.set(A, (request) => {
    if (request.method === 'lsps2.get_info') return menu({ ...stall.offer(), min_fee_msat: '1' });
    const { opening_fee_params } = request.params;
    return (opening_fee_params as JsonObject).min_fee_msat === '1000000' ? honest(request) : { refuses: 201 };
  });
  await assert.rejects(buyFrom(stall), /its offer is not valid any more \(error 201\)/);
});

test('what a provider may say beside, or in another order, is no lie', async () => {
  const stall = new Stall(A);
  tell(stall, {
    method: 'lsps2.buy',
    answer: ({ id }, right) => [
      text({ jsonrpc: '2.0', method: 'lsps0.news', params: {} }),
      encodeResult('00'.repeat(16), {}),
      text({ result: { more: 1, ...right }, id, jsonrpc: '2.0', beside: MARK }),
    ],
  });
  assert.equal((await buyFrom(stall)).order.node_id, A);
});
