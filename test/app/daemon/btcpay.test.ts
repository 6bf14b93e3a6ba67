/**
 * What BTCPay Server asks of a node, in its spelling: each request over a connection of its own, parameters by position,
 * and of each answer the members that it reads. Facts of BTCPayServer.Lightning 748f00f (July 2026).
 */
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { connect } from 'node:net';
import { after, before, test } from 'node:test';
import type { Daemon } from '../../../src/app/daemon/daemon.ts';
import { assertReads, type Reads } from '../../support/reads.ts';
import { TIMEOUT } from '../../support/time-limit.ts';
import { Town, until } from '../../support/town.ts';

/** Its listener begins with this index, and wants the next payment. */
const FIRST_INDEX = 99_999_999_999;
/** Error codes of payments that it has words for; any other ends in an error of the server. */
const KNOWN_OF_PAY = new Set([...Array.from({ length: 11 }, (_none, index) => 200 + index), -32602, -1]);

type Row = Record<string, unknown>;
interface Answer {
  readonly result?: Row;
  readonly error?: { readonly code: number; readonly message: string };
}

let town: Town;
let shop: Daemon;
let customer: Daemon;

before(async () => {
  town = await Town.found();
  [shop, customer] = await Promise.all([town.start('shop'), town.start('customer')]);
  await town.fund(customer);
  await town.connect(customer, shop);
  await town.open(customer, shop, 1_000_000, 300_000_000);
});
after(() => town.close());

/** The connection ends with the answer, or when `signal` says that nobody waits any more. */
function exchange(daemon: Daemon, method: string, params: readonly unknown[], signal?: AbortSignal): Promise<Answer> {
  const { promise, resolve, reject } = Promise.withResolvers<Answer>();
  const socket = connect(daemon.rpc_file);
  let text = '';
  socket.setEncoding('utf8').on('data', (piece: string) => {
    text += piece;
    // It reads one JSON value, and waits for nothing behind it.
    const answer = parsed(text);
    if (answer === undefined) return;
    socket.destroy();
    resolve(answer);
  });
  socket.on('error', reject);
  signal?.addEventListener('abort', () => {
    socket.destroy();
    reject(signal.reason);
  });
  socket.write(JSON.stringify({ id: 0, jsonrpc: '2.0', method, params }));
  return promise;
}

function parsed(text: string): Answer | undefined {
  try {
    return JSON.parse(text) as Answer;
  } catch {
    return undefined;
  }
}

/** The result; it takes the mere presence of `error` for a failure. */
async function call(daemon: Daemon, method: string, ...params: readonly unknown[]): Promise<Row> {
  const answer = await exchange(daemon, method, params);
  assert.ok(!('error' in answer), `${method}: ${answer.error?.message}`);
  return answer.result as Row;
}

/** The list that it takes from the first member of the result, whatever its name. */
async function list(daemon: Daemon, method: string, ...params: readonly unknown[]): Promise<readonly Row[]> {
  const [first] = Object.values(await call(daemon, method, ...params));
  assert.ok(Array.isArray(first), `${method}: the first member is the list`);
  return first as Row[];
}

async function failure(daemon: Daemon, method: string, ...params: readonly unknown[]) {
  const { error } = await exchange(daemon, method, params);
  assert.ok(error !== undefined, `${method} ${JSON.stringify(params)} was not refused`);
  return error;
}

const CREATED: Reads = { payment_hash: 'hash', payment_secret: 'hash', expires_at: 'time', bolt11: /^lnbcrt/ };
const INVOICE: Reads = {
  ...{ payment_hash: 'hash', payment_preimage: 'hash?', bolt11: /^lnbcrt/, label: 'text', expires_at: 'time' },
  ...{ amount_msat: 'msat?', amount_received_msat: 'msat?', pay_index: 'integer?', paid_at: 'time?' },
  status: /^(paid|unpaid|expired)$/,
};
const PAID: Reads = {
  ...(INVOICE as Record<string, Reads>),
  ...{
    payment_preimage: 'hash',
    amount_received_msat: 'msat',
    pay_index: 'integer',
    paid_at: 'time',
    status: /^paid$/,
  },
};
const PAYMENT: Reads = {
  ...{ payment_hash: 'hash', preimage: 'hash?', amount_msat: 'msat?', amount_sent_msat: 'msat?', bolt11: 'text?' },
  ...{ label: 'text?', status: /^(pending|failed|complete)$/, created_at: 'time' },
};

let made = 0;
/** As it makes one: the amount as text, a label of its own, and whether private channels are told. */
function invoiceParams(amount: string, expiry: number, with_hints: boolean): readonly unknown[] {
  return [amount, `btcpay-${made++}`, 'Paid to Shop (Order ID: 1)', expiry, null, null, with_hints];
}

test('GetInfo, GetBalance, ListChannels, GetDepositAddress: every member that it reads is there', TIMEOUT, async () => {
  const address: Reads = [{ address: 'text', port: 'integer', type: 'text' }];
  const info: Reads = { id: 'node_id', address, version: 'text', color: 'text', alias: 'text', network: 'text' };
  assertReads(await call(shop, 'getinfo'), { ...(info as Record<string, Reads>), blockheight: 'integer' }, 'getinfo');

  const output: Reads = {
    ...{ txid: 'hash', output: 'integer', address: 'text', amount_msat: 'msat', blockheight: 'integer?' },
    ...{ status: /^(confirmed|unconfirmed|spent|immature)$/, reserved: 'boolean' },
  };
  const channel: Reads = {
    ...{ peer_id: 'node_id', funding_txid: 'hash', funding_output: 'integer', state: 'text', connected: 'boolean' },
    ...{ our_amount_msat: 'msat', amount_msat: 'msat', short_channel_id: 'text?' },
  };
  const funds = await call(customer, 'listfunds');
  assertReads(funds, { outputs: [output], channels: [channel] }, 'listfunds');
  assert.ok((funds.outputs as Row[]).length > 0 && (funds.channels as Row[]).length === 1);

  const channels = await list(shop, 'listpeerchannels');
  const peerChannel: Reads = {
    ...{ peer_id: 'node_id', private: 'boolean', to_us_msat: 'msat', total_msat: 'msat', state: 'text' },
    ...{ funding_txid: 'hash', funding_outnum: 'integer', short_channel_id: 'text?' },
  };
  assertReads(channels, [peerChannel], 'listpeerchannels');
  assert.deepEqual(
    channels.map(({ state, private: is_private }) => [state, is_private]),
    [['CHANNELD_NORMAL', true]],
  );
  assert.deepEqual(await list(shop, 'listchannels'), []);
  assert.deepEqual(await list(shop, 'listchannels', '1x1x1'), []);
  const [given] = Object.values(await call(shop, 'newaddr'));
  assert.match(String(given), /^bcrt1/, 'the first member is an address');
});

test('CreateInvoice: any amount or one, hints or none, a description or its hash', TIMEOUT, async () => {
  for (const [what, params, told] of [
    ['one amount, no hints', invoiceParams('5000', 900, false), { amount_msat: 5000, hints: 0 }],
    ['with hints', invoiceParams('5000', 900, true), { amount_msat: 5000, hints: 1 }],
    ['any amount', invoiceParams('any', 86_400, false), { amount_msat: undefined, hints: 0 }],
    ['a time that is over', invoiceParams('5000', 0, false), { amount_msat: 5000, hints: 0 }],
    ['a hash', [...invoiceParams('5000', 900, false), null, true], { amount_msat: 5000, hints: 0 }],
  ] as const) {
    const created = await call(shop, 'invoice', ...params);
    assertReads(created, CREATED, what);
    const decoded = await call(customer, 'decode', created.bolt11);
    assert.equal(decoded.amount_msat, told.amount_msat, what);
    assert.equal(((decoded.routes as unknown[] | undefined) ?? []).length, told.hints, what);
    assert.equal(decoded.expiry, params[3], what);
    if (params.length === 9) {
      const hash = createHash('sha256').update(String(params[2])).digest('hex');
      assert.deepEqual([decoded.description, decoded.description_hash], [undefined, hash]);
    } else assert.equal(decoded.description, params[2], what);
    // It looks by label first, then by hash.
    for (const wanted of [[params[1]], [null, null, created.payment_hash]]) {
      const found = await list(shop, 'listinvoices', ...wanted);
      assertReads(found, [INVOICE], what);
      assert.deepEqual([found.length, found[0]?.payment_hash], [1, created.payment_hash], what);
    }
    assert.deepEqual(await list(shop, 'listinvoices', created.payment_hash), [], 'no label');
  }
  assertReads(await list(shop, 'listinvoices'), [INVOICE], 'listinvoices');
});

test('CancelInvoice: what is unpaid goes, and what cannot go is told by 905 or 906', TIMEOUT, async () => {
  const params = invoiceParams('5000', 900, false);
  await call(shop, 'invoice', ...params);
  assertReads(await call(shop, 'delinvoice', params[1], 'unpaid'), INVOICE, 'delinvoice');
  assert.equal((await failure(shop, 'delinvoice', params[1], 'unpaid')).code, 905);
  assert.equal((await failure(shop, 'invoice', ...invoiceParams('many', 900, false))).code, -32602);
});

test(
  'Listen: the first payment from now on, then each by the index before it; a wait may be broken off',
  TIMEOUT,
  async () => {
    const gone = new AbortController();
    const broken = exchange(shop, 'waitanyinvoice', [FIRST_INDEX], gone.signal);
    gone.abort(new Error('nobody listens any more'));
    await assert.rejects(broken, /nobody listens/);
    let index: unknown = FIRST_INDEX;
    for (const amount of ['7000', 'any']) {
      const params = invoiceParams(amount, 900, true);
      const { bolt11, payment_hash } = await call(shop, 'invoice', ...params);
      const waiting = call(shop, 'waitanyinvoice', index);
      const paying = await call(customer, 'xpay', bolt11, amount === 'any' ? 8000 : null, null);
      assertReads(paying, { payment_preimage: 'hash', amount_msat: 'msat', amount_sent_msat: 'msat' }, 'xpay');
      const preimage = Buffer.from(String(paying.payment_preimage), 'hex');
      assert.equal(createHash('sha256').update(preimage).digest('hex'), payment_hash, 'it reckons the hash itself');
      const paid = await waiting;
      assertReads(paid, PAID, 'waitanyinvoice');
      assert.deepEqual([paid.label, paid.payment_preimage], [params[1], paying.payment_preimage]);
      assert.equal(paid.amount_received_msat, amount === 'any' ? 8000 : 7000);
      index = paid.pay_index;
      assertReads(await list(shop, 'listinvoices', params[1]), [PAID], 'listinvoices');
      assert.equal((await failure(shop, 'delinvoice', params[1], 'unpaid')).code, 906);
      const payments = await list(customer, 'listpays', null, payment_hash);
      assertReads(payments, [PAYMENT], 'listpays');
      assert.deepEqual(
        [payments.length, payments[0]?.status, payments[0]?.preimage],
        [1, 'complete', paying.payment_preimage],
      );
      // Paid again, it is told what it was told before.
      const again = await call(customer, 'xpay', bolt11, amount === 'any' ? 8000 : null, 0);
      assert.equal(again.payment_preimage, paying.payment_preimage);
    }
    assertReads(await list(customer, 'listpays'), [PAYMENT], 'listpays');
  },
);

test('Pay: whatever fails has a code that it knows, and a sentence to show', TIMEOUT, async () => {
  const bolt11Of = async (...params: readonly unknown[]) => (await call(shop, 'invoice', ...params)).bolt11;
  const deleted = invoiceParams('5000', 900, true);
  const of_deleted = await bolt11Of(...deleted);
  await call(shop, 'delinvoice', deleted[1], 'unpaid');
  const large = await bolt11Of(...invoiceParams('900000000', 900, true));
  const expired = await bolt11Of(...invoiceParams('5000', 0, true));
  const own = (await call(customer, 'invoice', ...invoiceParams('5000', 900, false))).bolt11;
  const any = await bolt11Of(...invoiceParams('any', 900, true));
  for (const [what, code, message, ...params] of [
    ['an invoice that the payee does not know', 203, /./, of_deleted, null, null],
    ['more than we have', 205, /./, large, null, 0],
    ['an expired invoice', 207, /xpired/, expired, null, null],
    ['our own invoice', -32602, /Self-payment/, own, null, 0],
    ['no invoice', -32602, /^invstring/, 'lnbcrt1nonsense', null, 0],
    ['no amount', -32602, /amount/, any, null, null],
  ] as const) {
    const error = await failure(customer, 'xpay', ...params);
    assert.ok(KNOWN_OF_PAY.has(error.code), `${what}: ${error.code} ${error.message}`);
    assert.equal(error.code, code, `${what}: ${error.message}`);
    assert.match(error.message, message, what);
  }
  const failed = await list(customer, 'listpays', null, (await call(customer, 'decode', of_deleted)).payment_hash);
  assertReads(failed, [PAYMENT], 'listpays');
  assert.equal(failed.at(-1)?.status, 'failed');
  assert.equal((await failure(customer, 'xkeysend', shop.keys.node_id, 5000, null, 0)).code, 203, 'none come in');
  assert.ok(KNOWN_OF_PAY.has((await failure(customer, 'xkeysend', customer.keys.node_id, 5000, null, 0)).code));
});

test('ConnectTo and OpenChannel: who cannot be reached is 400 or 401, too little money 301', TIMEOUT, async () => {
  const [at] = shop.bindings as unknown as { host: string; port: number }[];
  assert.ok(at !== undefined);
  const stranger = `02${'79be667ef9dcbbac55a06295ce870b07029bfcdb2dce28d959f2815b16f81798'}`;
  assert.ok(await call(customer, 'connect', `${shop.keys.node_id}@${at.host}:${at.port}`));
  // Nobody listens there, and somebody else does.
  for (const node of [`${stranger}@127.0.0.1:1`, `${stranger}@${at.host}:${at.port}`]) {
    assert.equal((await failure(customer, 'connect', node)).code, 401, node);
  }
  assert.equal((await failure(customer, 'fundchannel', stranger, 100_000)).code, 400);
  assert.equal((await failure(customer, 'fundchannel', shop.keys.node_id, 20_000_000_000, '1000perkb')).code, 301);
  const funded = await call(customer, 'fundchannel', shop.keys.node_id, 200_000, '1012perkb');
  assert.match(String(funded.txid), /^[0-9a-f]{64}$/);
  await until(() => town.chain.pending.length > 0);
  const opening = (await call(customer, 'listfunds')).channels as Row[];
  assert.ok(
    opening.some(
      ({ state, our_amount_msat }) => state === 'CHANNELD_AWAITING_LOCKIN' && our_amount_msat === 200_000_000,
    ),
  );
  const away = shop.keys.node_id;
  await town.stop(shop);
  await until(() => customer.peers.list().length === 0);
  assert.equal((await failure(customer, 'fundchannel', away, 100_000)).code, 401);
});
