/** A copy of the database, as `till backup` makes it, has the events, the webhooks, their secrets and how far they are. */
import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { Webhook as Verifier } from 'standardwebhooks';
import { copyDatabase } from '../../../src/infra/store/copy.ts';
import { DATABASE_FILE } from '../../../src/infra/store/file-name.ts';
import { openSqliteStore } from '../../../src/infra/store/sqlite-store.ts';
import { HookShop } from './fixture.ts';
import { status } from './receiver.ts';

test('what was not delivered when the copy was made is delivered from the copy', async () => {
  const dir = mkdtempSync(join(tmpdir(), 'till-hooks-'));
  const open = async (name: string): Promise<HookShop> => {
    mkdirSync(join(dir, name), { recursive: true });
    const onFailure = (error: Error): never => assert.fail(error);
    return await HookShop.open(await openSqliteStore({ directory: join(dir, name), onFailure }));
  };
  const shop = await open('original');
  const { receiver, id, secret } = await shop.hook();
  await shop.create('a', 'b');
  await shop.until(id, ({ progress }) => progress.position === 2);
  receiver.answer = status(500);
  await shop.create('c');
  await shop.until(id, ({ progress }) => progress.retries.length === 1);
  await shop.webhooks.attempts(id, { event_id: undefined, limit: 1 });
  const kept = { webhooks: shop.webhooks.list(), events: (await shop.log.read({ after: 0 })).events };
  mkdirSync(join(dir, 'copy'));
  await copyDatabase(join(dir, 'original', DATABASE_FILE), join(dir, 'copy', DATABASE_FILE));
  await shop.webhooks.stop();

  const copy = await open('copy');
  copy.receivers.push(receiver);
  copy.fixture.clock.advance(Date.now() - copy.fixture.clock.monotonicMs());
  assert.deepEqual((await copy.log.read({ after: 0 })).events, kept.events);
  await receiver.count(4);
  const again = receiver.received[3];
  assert.ok(again);
  assert.deepEqual([again.event.id, again.body], [3, receiver.received[2]?.body]);
  new Verifier(secret).verify(again.body, again.headers);
  const [view] = copy.webhooks.list();
  assert.deepEqual({ ...view?.webhook }, { ...kept.webhooks[0]?.webhook });
  await copy.close();
  await shop.fixture.close();
  rmSync(dir, { recursive: true });
});
