/**
 * kill -9 of the shop, of its process that sends and of the one that serves HTTP, and receivers that die, refuse and hang
 * up, while invoices are paid. Rounds by TILL_CRASH_ROUNDS, moments from a seed that is printed and can be given as
 * TILL_SEED. Every event must arrive, numbered without gaps, and each time with the same id and body; a reader of the
 * stream that connects again has each once.
 */
import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import { test } from 'node:test';
import { Webhook as Verifier } from 'standardwebhooks';
import { HttpClient } from '../../src/api/client/http.ts';
import { type Answering, OK, type Received, Receiver, status } from '../shop/webhooks/receiver.ts';
import { Random } from '../sim/random.ts';
import { freePort } from '../support/bitcoind.ts';
import { Market, until } from '../support/market.ts';

const ROUNDS = Number(process.env.TILL_CRASH_ROUNDS ?? 3);
const SEED = Number(process.env.TILL_SEED ?? Date.now() % 1_000_000);
const AMOUNT_MSAT = 50_000;
const IN_FLIGHT = 6;

/** The id of a node's process of that name; undefined where it does not run, or cannot be found. */
function processOf(node_pid: number, name: string): number | undefined {
  const children = `/proc/${node_pid}/task/${node_pid}/children`;
  if (!existsSync(children)) return undefined;
  const pids = readFileSync(children, 'utf8').trim().split(' ').filter(Boolean);
  const found = pids.find((pid) => readFileSync(`/proc/${pid}/cmdline`, 'utf8').includes(name));
  return found === undefined ? undefined : Number(found);
}

/** Each event must have come, each time with the same id, body and a good signature. */
function checkReceived(received: readonly Received[], secret: string, last_id: number): void {
  const first = new Map<number, Received>();
  for (const each of received) {
    // Not `verify`: after many rounds the first are older than it tolerates.
    const { 'webhook-id': id_sent, 'webhook-timestamp': timestamp, 'webhook-signature': signature } = each.headers;
    const expected = new Verifier(secret).sign(id_sent as string, new Date(Number(timestamp) * 1000), each.body);
    assert.equal(signature, expected);
    const { id } = each.event;
    const before = first.get(id);
    if (before === undefined) first.set(id, each);
    else assert.deepEqual([each.body, each.headers['webhook-id']], [before.body, before.headers['webhook-id']]);
  }
  assert.deepEqual(
    [...first.keys()].sort((a, b) => a - b),
    Array.from({ length: last_id }, (_, index) => index + 1),
    'no number is missing',
  );
}

test(`no event is lost, whoever dies (${ROUNDS} rounds, seed ${SEED})`, async (t) => {
  const random = new Random(SEED);
  const port = await freePort();
  const market = await Market.openWith({
    both: [],
    shop: ['--webhook-allow-private=127.0.0.1', `--api-bind=127.0.0.1:${port}`],
  });
  const over = new AbortController();
  const ordered = await Receiver.open();
  const moody = await Receiver.open();
  // A receiver that has taken a message may die before it says so; that, and what it refuses, is sent again.
  const seen = new Set<number>();
  const moods: readonly Answering[] = [OK, OK, OK, status(500), (response) => response.socket?.destroy()];
  moody.answer = (response, received) => {
    const mood = seen.has(received.event.id) ? OK : (moods[random.below(moods.length)] as Answering);
    seen.add(received.event.id);
    mood(response, received);
  };
  try {
    const { shop, customer } = market;
    await market.openChannels(1, 10_000_000);
    const secrets: string[] = [];
    for (const [receiver, parallel] of [
      [ordered, false],
      [moody, true],
    ] as const) {
      const created = await shop.ask('createwebhook', { url: receiver.url, parallel, after: 0 });
      secrets.push(created.secret as string);
    }
    const { rune } = await shop.ask('createrune', { restrictions: [['method^list', 'method=waitevent']] });
    const stream = new HttpClient({ url: `http://127.0.0.1:${port}`, rune: rune as string });
    const streamed: number[] = [];
    const reading_all = (async () => {
      for await (const { id } of stream.events({ after: 0, signal: over.signal })) streamed.push(Number(id));
    })();
    for (let round = 0; round < ROUNDS; round++) {
      const bolt11s: string[] = [];
      for (let index = 0; index < IN_FLIGHT; index++) {
        const label = `${round}-${index}`;
        const { bolt11 } = await shop.ask('invoice', { amount_msat: AMOUNT_MSAT, label, description: label });
        bolt11s.push(bolt11 as string);
      }
      // Whoever asked and heard nothing asks again below.
      const paying = bolt11s.map((bolt11) => customer.ask('pay', { bolt11 }).catch(() => {}));
      await new Promise((resolve) => setTimeout(resolve, random.below(60)));
      const sending = processOf(shop.node.pid, 'sending-main');
      const web = processOf(shop.node.pid, 'web/main');
      if (sending !== undefined && random.chance(0.3)) process.kill(sending, 'SIGKILL');
      else if (web !== undefined && random.chance(0.4)) process.kill(web, 'SIGKILL');
      else {
        await shop.kill();
        await shop.start();
      }
      await until(async () => (await customer.usable()).length === 1 && (await shop.usable()).length === 1);
      await Promise.all(paying);
      for (const bolt11 of bolt11s) await customer.ask('pay', { bolt11 });
    }
    // What has failed twice would wait for minutes: one that is switched on again begins at once.
    for (const webhook_id of [1, 2]) {
      for (const enabled of [false, true]) await shop.ask('updatewebhook', { webhook_id, enabled });
    }
    const { last_id } = await shop.ask('listevents', { limit: 1 });
    await until(async () => {
      const { webhooks } = await shop.ask('listwebhooks');
      return (webhooks as Record<string, unknown>[]).every((each) => each.position === last_id && each.retries === 0);
    });
    await until(async () => streamed.at(-1) === last_id);
    over.abort();
    await reading_all;
    assert.deepEqual(
      streamed,
      Array.from({ length: last_id as number }, (_, index) => index + 1),
      'the stream has each event once and in order',
    );
    checkReceived(ordered.received, secrets[0] as string, last_id as number);
    checkReceived(moody.received, secrets[1] as string, last_id as number);
    ordered.ids.reduce((most, id) => {
      assert.ok(id <= most + 1, `${id} came before ${most + 1}`);
      return Math.max(most, id);
    }, 0);
    const paid = ordered.received.filter(({ event }) => event.type === 'invoice.paid').map(({ event }) => event.label);
    assert.equal(new Set(paid).size, ROUNDS * IN_FLIGHT);
    t.diagnostic(`${last_id} events, ${ordered.received.length} and ${moody.received.length} messages`);
  } finally {
    over.abort();
    await market.close();
    await ordered.close();
    await moody.close();
  }
});
