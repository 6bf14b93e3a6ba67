/** Who hears of a change, and who does not any more. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type ChangeTopic, InvoiceChanges } from '../../../src/shop/invoices/changes.ts';
import type { Invoice } from '../../../src/shop/invoices/invoice.ts';

/** A board on which every listener that hears writes its name. */
function board() {
  const changes = new InvoiceChanges();
  let heard: string[] = [];
  const listen = (name: string, topic: ChangeTopic): (() => void) => changes.listen(topic, () => heard.push(name));
  const tell = (what: 'created' | 'paid' | 'deleted', label = 'a'): string[] => {
    heard = [];
    const counter = what === 'paid' ? 'updated' : what;
    changes.announce({ what, counter, index: 1, invoice: { label } as Invoice });
    return heard;
  };
  return { listen, tell };
}

test('a change is told to those who listen to its counter, to payments, or to its label', () => {
  const { listen, tell } = board();
  for (const topic of ['created', 'updated', 'deleted', 'paid'] as const) listen(topic, topic);
  listen('label a', { label: 'a' });
  listen('label b', { label: 'b' });
  // A label is no counter.
  listen('label created', { label: 'created' });
  assert.deepEqual(tell('created'), ['created', 'label a']);
  assert.deepEqual(tell('paid', 'b'), ['updated', 'paid', 'label b']);
  assert.deepEqual(tell('deleted', 'created'), ['deleted', 'label created']);
});

test('who has stopped hears nothing more, and who listens to the same goes on', () => {
  const { listen, tell } = board();
  const stop = [1, 2].map((number) => listen(`${number}`, 'paid'));
  assert.deepEqual(tell('paid'), ['1', '2']);
  stop[0]?.();
  assert.deepEqual(tell('paid'), ['2']);
  stop[1]?.();
  assert.deepEqual(tell('paid'), []);
  listen('3', 'paid');
  // Whoever stops twice takes nobody else away.
  for (const each of stop) each();
  assert.deepEqual(tell('paid'), ['3']);
});
