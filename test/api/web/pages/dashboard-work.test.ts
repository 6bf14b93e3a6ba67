/**
 * What an owner does on the dashboard by its forms: peers and channels, payouts to an address, deposits that want a decision,
 * webhooks; and that nobody guesses a password there.
 */
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import type { Daemon } from '../../../../src/app/daemon/daemon.ts';
import { Receiver } from '../../../shop/webhooks/receiver.ts';
import { Storefront } from '../../../support/storefront.ts';
import { TIMEOUT } from '../../../support/time-limit.ts';
import { until, untilAsync } from '../../../support/town.ts';
import { hiddenFields, type Seen, Surfer } from './surfer.ts';

type Answer = Readonly<Record<string, unknown>>;

let store: Storefront;
let supplier: Daemon;
let receiver: Receiver;
let owner: Surfer;

before(async () => {
  receiver = await Receiver.open();
  store = await Storefront.open(
    '--web-process=inside',
    '--invoices-onchain-fallback',
    '--invoices-onchain-confirms=1',
    '--webhook-allow-private=127.0.0.1',
  );
  await store.town.fund(store.shop);
  supplier = await store.town.start('supplier');
  owner = new Surfer(store.dashboard_url);
  const { token } = await store.client.call('createlogin', {});
  await owner.submit(`/sign-in?token=${token}`, '/sign-in');
});
after(async () => {
  await store?.close();
  await receiver?.close();
});

async function rows(method: string, name: string, params: Answer = {}): Promise<readonly Answer[]> {
  return ((await store.client.callAny(method, params as never)) as unknown as Answer)[name] as readonly Answer[];
}

/** How often the owner did it on the dashboard, by the log of who did what. */
async function timesDone(method: string): Promise<number> {
  const actions = await rows('listactions', 'actions', { limit: 100 });
  return actions.filter((action) => action.method === method && action.outcome === 'done').length;
}

/** Confirms what a page asks, as often as somebody presses the button. */
async function confirm(asked: Seen, action: string, more: Readonly<Record<string, string>> = {}): Promise<Seen> {
  const fields = { ...hiddenFields(asked.text, action), ...more };
  const done = await owner.post(action, fields);
  assert.equal((await owner.post(action, fields)).location, done.location, 'twice is once');
  return done;
}

test('a peer is connected, and a channel opened and closed, each after a question', TIMEOUT, async () => {
  const { node_id } = supplier.keys;
  const [at] = supplier.bindings;
  const peer = `${node_id}@${at?.host}:${at?.port}`;
  const connected = await owner.submit('/receiving', '/peers/connect', { peer });
  assert.equal(connected.location, '/receiving?done=connected', connected.text);
  const wrong = await owner.submit('/receiving', '/channels/open', { peer: 'nobody', satoshi: '500000' });
  assert.equal(wrong.status, 400);
  const asked = await owner.submit('/receiving', '/channels/open', { peer, satoshi: '500,000', announce: 'no' });
  assert.match(asked.text, /500,000.sat/);
  assert.deepEqual(await rows('listpeerchannels', 'channels'), [], 'nothing is done before somebody says so');
  const opened = await confirm(asked, '/channels/open');
  assert.equal(opened.location, '/receiving?done=opened', opened.text);
  await until(() => store.town.chain.pending.length > 0);
  await store.mine(6);
  await until(() => store.shop.channels.list().some(({ state }) => state.phase === 'normal'));
  const channels = await rows('listpeerchannels', 'channels');
  assert.deepEqual(
    channels.map(({ total_msat }) => total_msat),
    [500_000_000],
  );
  const path = `/channels/${channels[0]?.channel_id}/close`;
  assert.ok((await owner.get('/receiving')).text.includes(path));
  const question = await owner.get(path);
  assert.match(question.text, /Close this channel\?/);
  const closing = await confirm(question, path, { unilateral: '172800' });
  assert.equal(closing.location, '/receiving?done=closing', closing.text);
  await until(() => store.shop.channels.list().every(({ state }) => state.phase !== 'normal'));
  assert.deepEqual(
    [(await timesDone('connect')) >= 1, await timesDone('fundchannel'), await timesDone('close')],
    [true, 1, 1],
  );
});

test('a payout to an address is asked for with the whole address, and is sent once', TIMEOUT, async () => {
  const { address } = await supplier.wallet.newAddress('p2tr');
  const fields = { address, feerate: 'normal' };
  assert.equal((await owner.submit('/payouts', '/payouts/address', { ...fields, satoshi: 'much' })).status, 400);
  const asked = await owner.submit('/payouts', '/payouts/address', { ...fields, satoshi: '21,000' });
  assert.match(asked.text, /21,000.sat/);
  assert.ok(asked.text.includes(address));
  const sent = await confirm(asked, '/payouts/address');
  assert.equal(sent.location, '/payouts?done=sent', sent.text);
  await store.mine(1);
  assert.equal(await timesDone('withdraw'), 1);
  const coins = await supplier.wallet.listCoins();
  assert.deepEqual(
    coins.map(({ coin }) => coin.amount_sat),
    [21_000n],
  );
});

test('a deposit that is too little is decided with a note, and asked about no more', TIMEOUT, async () => {
  const short = await store.invoice({ label: 'short-1' });
  await store.deposit(await store.addressOf(short), 30_000);
  await store.mine(1);
  assert.match((await owner.get('/deposits')).text, /30,000.sat[\s\S]*short-1/);
  const decided = await owner.submit('/deposits', '/deposits', { decision: 'kept', note: 'he comes back on Monday' });
  assert.equal(decided.location, '/deposits?done=decided', decided.text);
  const page = await owner.get('/deposits');
  assert.doesNotMatch(page.text, /name="decision"/);
  assert.match(page.text, /he comes back on Monday/);
  assert.equal(await timesDone('decidedeposit'), 1);
});

test(
  'a webhook is made on its page, an invoice shows what was sent for it, and a new secret is asked about',
  TIMEOUT,
  async () => {
    const made = await owner.submit('/webhooks', '/webhooks', { url: receiver.url, types: 'invoice.paid' });
    assert.match(made.text, /whsec_[\w+/=]+/, 'the secret is shown once');
    const [{ webhook_id } = {}] = await rows('listwebhooks', 'webhooks');
    const invoice = await store.invoice({ label: 'hooked' });
    await store.markPaid(invoice);
    await receiver.count(1);
    const attempts = (): Promise<readonly Answer[]> => rows('listdeliveries', 'deliveries', { webhook_id });
    await untilAsync(async () => (await attempts()).length > 0);
    const [{ created_index } = {}] = await rows('listinvoices', 'invoices', { label: 'hooked' });
    const detail = await owner.get(`/invoices/${created_index}`);
    assert.match(detail.text, /Created[\s\S]*Paid[\s\S]*127\.0\.0\.1:\d+\/hook[\s\S]*delivered[\s\S]*204/i);
    const path = `/webhooks/${webhook_id}`;
    const asked = await owner.submit(path, path, { what: 'rotate' });
    const rotated = await owner.post(path, hiddenFields(asked.text, path));
    assert.match(rotated.text, /whsec_/);
    const gone = await owner.submit(path, path, { what: 'delete' });
    assert.equal((await rows('listwebhooks', 'webhooks')).length, 1);
    assert.equal((await owner.post(path, hiddenFields(gone.text, path))).location, '/webhooks?done=gone');
    assert.deepEqual(await rows('listwebhooks', 'webhooks'), []);
  },
);

test('who guesses a password waits after five tries, and the page says so', TIMEOUT, async () => {
  await store.client.call('createuser', { user: 'Anna', role: 'cashier' });
  const guesser = new Surfer(store.dashboard_url);
  const statuses: number[] = [];
  let last: Seen | undefined;
  for (let guess = 0; guess < 7; guess++) {
    last = await guesser.submit('/sign-in', '/sign-in', { name: 'Anna', password: `guess number ${guess}` });
    statuses.push(last.status);
  }
  assert.deepEqual(statuses, [401, 401, 401, 401, 401, 429, 429]);
  assert.match(last?.text ?? '', /Too many tries: wait a minute/);
  // Whoever is signed in is not disturbed.
  assert.equal((await owner.get('/')).status, 200);
});
