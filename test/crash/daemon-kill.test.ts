import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { Client } from '../../src/api/client/index.ts';
import { ConnectionError } from '../../src/api/client/index.ts';
import { decodeInvoice } from '../../src/codec/bolt11/native.ts';
import { newDirectory, TillNode } from '../e2e/till.ts';
import { TIMEOUT } from '../support/time-limit.ts';

/** More rounds find more: `TILL_CRASH_ROUNDS=200 npm test crash`. */
const ROUNDS = Number(process.env.TILL_CRASH_ROUNDS ?? 4);
const CLIENTS = 8;
/** Calls that each client has under way at any time. */
const IN_FLIGHT = 4;

/** What is known of every label: what was answered last, and whether a later call was cut off. */
interface Known {
  readonly created: Map<string, readonly [payment_hash: string, bolt11: string, created_index: number]>;
  readonly deleted: Set<string>;
  /** Deleting was asked for and not answered: either is right. */
  readonly uncertain: Set<string>;
}

/** Makes invoices, and deletes every third again, until the node is gone. */
async function work(client: Client, lane: string, known: Known, onAnswer: () => void): Promise<void> {
  try {
    for (let index = 0; ; index++) {
      const label = `${lane} ${index}`;
      const invoice = await client.call('invoice', { amount_msat: 1000 + index, label, description: `for ${label}` });
      known.created.set(label, [invoice.payment_hash, invoice.bolt11, Number(invoice.created_index)]);
      onAnswer();
      if (index % 3 > 0) continue;
      known.uncertain.add(label);
      await client.call('delinvoice', { label, status: 'unpaid' });
      known.uncertain.delete(label);
      known.deleted.add(label);
      onAnswer();
    }
  } catch (error) {
    assert.ok(error instanceof ConnectionError, String(error));
  }
}

/** Runs a node until it has answered so often, and kills it. */
async function runAndKill(dir: string, round: number, answers: number, known: Known): Promise<void> {
  const node = await TillNode.start(dir);
  const clients = await Promise.all(Array.from({ length: CLIENTS }, () => node.connect()));
  let left = answers;
  const onAnswer = (): void => {
    if (--left === 0) void node.kill('SIGKILL');
  };
  await Promise.all(
    clients.flatMap((client, index) =>
      Array.from({ length: IN_FLIGHT }, (_, way) => work(client, `${round} ${index} ${way}`, known, onAnswer)),
    ),
  );
  const { signal, stderr } = await node.ended;
  assert.deepEqual([signal, stderr], ['SIGKILL', '']);
}

describe('a whole node that is killed while clients create invoices', TIMEOUT, () => {
  const dir = newDirectory();

  it('has every invoice that it answered, whole, and no other effect', async (t) => {
    const known: Known = { created: new Map(), deleted: new Set(), uncertain: new Set() };
    for (let round = 0; round < ROUNDS; round++) await runAndKill(dir, round, 1 + ((round * 197) % 601), known);
    t.diagnostic(`${ROUNDS} rounds, ${known.created.size} invoices answered, ${known.deleted.size} deletions`);

    const node = await TillNode.start(dir);
    const client = await node.connect();
    const { invoices } = await client.call('listinvoices', {});
    const found = new Map(invoices.map((invoice) => [invoice.label, invoice]));
    assert.equal(found.size, invoices.length, 'a label is there once');
    for (const [label, [payment_hash, bolt11, created_index]] of known.created) {
      const invoice = found.get(label);
      if (known.deleted.has(label)) assert.equal(invoice, undefined);
      else if (invoice === undefined) assert.ok(known.uncertain.has(label), `${label} was answered and is gone`);
      else
        assert.deepEqual(
          [invoice.payment_hash, invoice.bolt11, invoice.created_index],
          [payment_hash, bolt11, created_index],
        );
    }
    const unanswered = invoices.filter(({ label }) => !known.created.has(label));
    assert.ok(unanswered.length <= ROUNDS * CLIENTS * IN_FLIGHT, `${unanswered.length} were not answered`);
    for (const { label, bolt11, payment_hash, amount_msat, description, status } of invoices) {
      const decoded = decodeInvoice(bolt11 as string);
      assert.deepEqual([decoded.payment_hash, Number(decoded.amount_msat)], [payment_hash, amount_msat]);
      assert.deepEqual([decoded.description, description, status], [`for ${label}`, `for ${label}`, 'unpaid']);
    }
    const indexes = invoices.map(({ created_index }) => Number(created_index));
    assert.deepEqual(
      indexes,
      [...new Set(indexes)].sort((a, b) => a - b),
      'no created_index is given twice',
    );
    const next = await client.call('invoice', { amount_msat: 1, label: 'after all', description: 'x' });
    assert.ok(next.created_index > Math.max(0, ...[...known.created.values()].map(([, , index]) => index)));
    client.close();
    assert.equal((await node.stop()).code, 0);
  });
});
