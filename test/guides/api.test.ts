import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { test } from 'node:test';
import { freePort } from '../support/bitcoind.ts';
import { Reader } from './reader.ts';

const missing = spawnSync('curl', ['--version']).error === undefined ? {} : { skip: 'there is no curl' };

test('docs/guide/api.md', missing, async (t) => {
  const reader = new Reader('api', [['3012', String(await freePort())]]);
  t.after(() => reader.close());
  const node = reader.begin('till start --api-bind=127.0.0.1:3012');
  await node.says('is up on regtest');
  const { rune } = JSON.parse(
    (
      await reader.run(
        `till createrune restrictions='[["method=invoice","method=listinvoices","method=waitinvoice","method^listevents","method=waitevent"]]'`,
      )
    ).stdout,
  );
  reader.env.RUNE = rune;
  const made = await reader.run(
    `curl -H "authorization: Bearer $RUNE" -H 'content-type: application/json' -H 'idempotency-key: order-17' -d '{"amount_msat": 1000, "description": "Coffee"}' http://127.0.0.1:3012/api/v1/invoices`,
  );
  assert.match(JSON.parse(made.stdout).bolt11 ?? made.stdout, /^lnbcrt10n1/);
  assert.equal(JSON.parse(await reader.outside('till listinvoices order-17')).invoices.length, 1);
  const stream = reader.begin(
    `curl -N -H "authorization: Bearer $RUNE" -H 'accept: text/event-stream' 'http://127.0.0.1:3012/api/v1/events?types=invoice.paid&label_prefix=shop-'`,
  );
  // It stays open until its reader leaves. It must be open first: a shell that is about to become curl can miss the signal.
  await stream.says('retry:');
  await stream.end();
  reader.assertAllFollowed();
  await node.end();
});
