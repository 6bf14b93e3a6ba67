/**
 * kill -9 of the shop, of its process that sends, of the one that serves HTTP and of the receivers, alone or two at a time,
 * while invoices are paid; one of the receivers also refuses and hangs up. Every event must arrive, numbered without gaps,
 * and each time with the same id and body; a reader of the stream that connects again has each once.
 *
 * Rounds by TILL_CRASH_ROUNDS, moments from a seed that is printed and can be given as TILL_SEED. The long run is
 * `TILL_CRASH_ROUNDS=200 npm test -- test/crash/webhooks`.
 */
import assert from 'node:assert/strict';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { Webhook as Verifier } from 'standardwebhooks';
import { HttpClient } from '../../src/api/client/http.ts';
import type { PlainJsonObject } from '../../src/api/rpc/json.ts';
import { Random } from '../sim/random.ts';
import { freePort } from '../support/bitcoind.ts';
import { Market, until } from '../support/market.ts';
import { type KeptMessage, KillableReceiver } from './killable-receiver.ts';

const ROUNDS = Number(process.env.TILL_CRASH_ROUNDS ?? 3);
const SEED = Number(process.env.TILL_SEED ?? Date.now() % 1_000_000);
const AMOUNT_MSAT = 50_000;
const IN_FLIGHT = 4;
/** A hundred rounds are minutes. It only ends what hangs. */
const LIMIT_MS = 300_000 + ROUNDS * 20_000;

const VICTIMS = ['shop', 'shop', 'web', 'sending', 'receiver'] as const;

/** The id of a node's process of that name; undefined where it does not run, or cannot be found. */
function processOf(node_pid: number, name: string): number | undefined {
  const children = `/proc/${node_pid}/task/${node_pid}/children`;
  if (!existsSync(children)) return undefined;
  const pids = readFileSync(children, 'utf8').trim().split(' ').filter(Boolean);
  const found = pids.find((pid) => readFileSync(`/proc/${pid}/cmdline`, 'utf8').includes(name));
  return found === undefined ? undefined : Number(found);
}

interface SentEvent {
  readonly id: number;
  readonly type: string;
  readonly label?: string;
}

function eventOf({ body }: KeptMessage): SentEvent {
  return JSON.parse(body) as SentEvent;
}

/** Each event must have come, each time with the same id, body and a good signature. */
function checkReceived(received: readonly KeptMessage[], secret: string, last_id: number): void {
  const first = new Map<number, KeptMessage>();
  for (const each of received) {
    // Not `verify`: after many rounds the first are older than it tolerates.
    const { 'webhook-id': id_sent, 'webhook-timestamp': timestamp, 'webhook-signature': signature } = each.headers;
    const expected = new Verifier(secret).sign(id_sent as string, new Date(Number(timestamp) * 1000), each.body);
    assert.equal(signature, expected);
    const { id } = eventOf(each);
    const before = first.get(id);
    if (before === undefined) first.set(id, each);
    else assert.deepEqual([each.body, each.headers['webhook-id']], [before.body, before.headers['webhook-id']]);
  }
  assert.deepEqual(
    [...first.keys()].sort((a, b) => a - b),
    numbersTo(last_id),
    'no number is missing',
  );
  assert.equal(new Set([...first.values()].map(({ headers }) => headers['webhook-id'])).size, first.size);
}

function numbersTo(last: number): readonly number[] {
  return Array.from({ length: last }, (_, index) => index + 1);
}

test(`no event is lost, whoever dies (${ROUNDS} rounds, seed ${SEED})`, { timeout: LIMIT_MS }, async (t) => {
  const random = new Random(SEED);
  const dir = mkdtempSync(join(tmpdir(), 'till-receivers-'));
  const api_port = await freePort();
  const market = await Market.openWith({
    both: [],
    shop: ['--webhook-allow-private=127.0.0.1', `--api-bind=127.0.0.1:${api_port}`],
  });
  const over = new AbortController();
  const ordered = await KillableReceiver.open(join(dir, 'ordered'));
  const moody = await KillableReceiver.open(join(dir, 'moody'), SEED);
  const killed = { shop: 0, web: 0, sending: 0, receiver: 0 };
  const { shop, customer } = market;

  /** kill -9, and a start where nobody else does that. */
  const kill = async (victim: (typeof VICTIMS)[number]): Promise<void> => {
    if (victim === 'receiver') {
      const receiver = random.pick([ordered, moody]);
      await receiver.kill();
      await receiver.start();
    } else if (victim === 'shop') {
      await shop.kill();
      await shop.start();
      // The customer would wait before it calls again, longer each time.
      await market.connect();
    } else {
      const pid = processOf(shop.node.pid, victim === 'web' ? 'web/main' : 'sending-main');
      if (pid === undefined) return;
      process.kill(pid, 'SIGKILL');
    }
    killed[victim]++;
  };
  const webhooks = async () => (await shop.ask('listwebhooks')).webhooks as unknown as PlainJsonObject[];
  /** What has failed twice would wait for minutes: a webhook that is switched on again begins at once. */
  const retryNow = async (): Promise<void> => {
    for (const { webhook_id, retries } of await webhooks()) {
      if (retries === 0) continue;
      for (const enabled of [false, true])
        await shop.ask('updatewebhook', { webhook_id: webhook_id as number, enabled });
    }
  };

  try {
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
    const stream = new HttpClient({ url: `http://127.0.0.1:${api_port}`, rune: rune as string });
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
      const victims = new Set([random.pick(VICTIMS), ...(random.chance(0.3) ? [random.pick(VICTIMS)] : [])]);
      await Promise.all([...victims].map(kill));
      await until(async () => (await customer.usable()).length === 1 && (await shop.usable()).length === 1);
      await Promise.all(paying);
      for (const bolt11 of bolt11s) await customer.ask('pay', { bolt11 });
      await retryNow();
    }
    const { last_id } = await shop.ask('listevents', { limit: 1 });
    await until(async () => {
      await retryNow();
      return (await webhooks()).every((each) => each.position === last_id && each.retries === 0);
    });
    await until(async () => streamed.at(-1) === last_id);
    over.abort();
    await reading_all;
    assert.deepEqual(streamed, numbersTo(last_id as number), 'the stream has each event once and in order');
    checkReceived(ordered.kept, secrets[0] as string, last_id as number);
    checkReceived(moody.kept, secrets[1] as string, last_id as number);
    ordered.kept.map(eventOf).reduce((most, { id }) => {
      assert.ok(id <= most + 1, `${id} came before ${most + 1}`);
      return Math.max(most, id);
    }, 0);
    for (const { kept } of [ordered, moody]) {
      const paid = kept.map(eventOf).filter(({ type }) => type === 'invoice.paid');
      assert.equal(new Set(paid.map(({ label }) => label)).size, ROUNDS * IN_FLIGHT, 'every paid invoice arrived');
    }
    t.diagnostic(
      `seed ${SEED}: ${last_id} events, ${ordered.kept.length} and ${moody.kept.length} messages; killed: ${JSON.stringify(killed)}`,
    );
  } finally {
    over.abort();
    await market.close();
    await ordered.kill();
    await moody.kill();
    rmSync(dir, { recursive: true });
  }
});
