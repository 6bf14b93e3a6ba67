import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, describe, it } from 'node:test';
import { decodeInvoice } from '../../src/codec/bolt11/native.ts';
import { openSqliteStore } from '../../src/infra/store/sqlite-store.ts';
import { openFixture } from '../shop/invoices/fixture.ts';
import { TIMEOUT } from '../support/time-limit.ts';

/** More rounds find more: `TILL_CRASH_ROUNDS=200 npm test crash`. */
const ROUNDS = Number(process.env.TILL_CRASH_ROUNDS ?? 8);
const directory = mkdtempSync(join(tmpdir(), 'till-kill-'));
after(() => rmSync(directory, { recursive: true }));

/** Runs the process until it has told so many lines, kills it, and answers all whole lines that it told. */
async function runAndKill(round: number, lines: number): Promise<string[]> {
  const program = join(import.meta.dirname, 'till-process.ts');
  const child = spawn(process.execPath, [program, directory, String(round)], { stdio: ['ignore', 'pipe', 'inherit'] });
  const told: string[] = [];
  const closed = once(child, 'close');
  let text = '';
  child.stdout.setEncoding('utf8').on('data', (chunk: string) => {
    text += chunk;
    const whole = text.split('\n');
    text = whole.pop() ?? '';
    told.push(...whole);
    if (told.length > lines) child.kill('SIGKILL');
  });
  await closed;
  assert.equal(child.signalCode, 'SIGKILL');
  return told;
}

describe('a node that is killed at any moment', TIMEOUT, () => {
  it('has every invoice and payment that it reported, whole, and no other effect', async () => {
    const created = new Map<string, readonly [string, string, number]>();
    const paid = new Map<string, string>();
    for (let round = 0; round < ROUNDS; round++) {
      for (const line of await runAndKill(round, 1 + ((round * 37) % 101))) {
        const [what, rest = ''] = [line.slice(0, line.indexOf(' ')), line.slice(line.indexOf(' ') + 1)];
        if (what === 'created') {
          const [label, hash, bolt11, created_index] = JSON.parse(rest) as [string, string, string, number];
          created.set(label, [hash, bolt11, created_index]);
        } else if (what === 'paid') {
          const [label, preimage] = JSON.parse(rest) as [string, string];
          paid.set(label, preimage);
        } else assert.equal(line, 'ready');
      }
    }

    const store = await openSqliteStore({
      directory,
      onFailure: (error) => assert.fail(error),
      onLacked: () => assert.fail('a kill looks like an old copy'),
    });
    const fixture = openFixture({ store, page_rows: 500 });
    const found = new Map<string, Awaited<ReturnType<typeof fixture.invoices.find>>>();
    let last = 0;
    let payments = 0;
    for await (const invoice of fixture.invoices.list({})) {
      found.set(invoice.label, invoice);
      assert.equal(invoice.created_index, ++last, 'created_index is dense');
      const decoded = decodeInvoice(invoice.bolt11);
      assert.equal(decoded.payment_hash, invoice.payment_hash);
      assert.equal(decoded.amount_msat, invoice.amount_msat);
      assert.equal(invoice.description, 'coffee');
      if (invoice.status === 'paid') payments++;
    }
    for (const [label, [hash, bolt11, created_index]] of created) {
      const invoice = found.get(label);
      assert.deepEqual([invoice?.payment_hash, invoice?.bolt11, invoice?.created_index], [hash, bolt11, created_index]);
    }
    for (const [label, preimage] of paid) {
      const invoice = found.get(label);
      assert.equal(invoice?.status === 'paid' && invoice.payment_preimage, preimage);
    }
    let pay_index = 0;
    for await (const invoice of fixture.invoices.list({ index: 'paid' })) {
      assert.equal(invoice.status === 'paid' && invoice.pay_index, ++pay_index, 'pay_index is dense');
    }
    assert.equal(pay_index, payments);
    // Four lanes were at work: each round may have made up to one more of each than it could tell.
    assert.ok(
      created.size > ROUNDS && found.size - created.size <= ROUNDS * 4 * 2,
      `${found.size} found, ${created.size} told`,
    );
    assert.ok(paid.size > 0 && payments - paid.size <= ROUNDS * 4 * 2, `${payments} paid, ${paid.size} told`);
    const [check] = await store.read('PRAGMA integrity_check');
    assert.equal(check?.integrity_check, 'ok');
    await fixture.close();
  });
});
