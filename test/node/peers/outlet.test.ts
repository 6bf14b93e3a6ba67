/** What a peer is told leaves while the node may speak, and not otherwise. */
import assert from 'node:assert/strict';
import { PassThrough } from 'node:stream';
import { test } from 'node:test';
import { Outlet } from '../../../src/node/peers/outlet.ts';
import { Gate } from '../../support/fenced-store.ts';

async function turn(): Promise<void> {
  await new Promise((resolve) => setImmediate(resolve));
}

function made() {
  const stream = new PassThrough();
  const gate = new Gate();
  let said = '';
  stream.on('data', (bytes) => {
    said += String(bytes);
  });
  const text = (): string => said;
  return { stream, gate, text, outlet: new Outlet(stream, gate.fence) };
}

test('bytes leave at once while nobody else speaks for the node', async () => {
  const { outlet, text } = made();
  outlet.write(Buffer.from('one'));
  assert.equal(outlet.waiting_bytes, 0);
  await turn();
  assert.equal(text(), 'one');
});

test('bytes wait for the fence, leave in order, and count as waiting until then', async () => {
  const { outlet, text, gate } = made();
  gate.shut();
  outlet.write(Buffer.from('one '));
  outlet.write(Buffer.from('two '));
  await turn();
  assert.equal(text(), '');
  assert.equal(outlet.waiting_bytes, 8);
  gate.open();
  outlet.write(Buffer.from('three'));
  await turn();
  assert.equal(text(), 'one two three');
});

test('a node that is paused again before its bytes leave asks again', async () => {
  const { outlet, text, gate } = made();
  gate.shut();
  outlet.write(Buffer.from('old'));
  gate.open();
  gate.shut();
  await turn();
  assert.equal(text(), '');
  gate.open();
  await turn();
  assert.equal(text(), 'old');
});

test('the end of the stream waits behind the bytes', async () => {
  const { outlet, stream, gate, text } = made();
  gate.shut();
  outlet.end(Buffer.from('farewell'));
  await turn();
  assert.equal(stream.writableEnded, false);
  gate.open();
  await turn();
  assert.equal(text(), 'farewell');
  assert.equal(stream.writableEnded, true);
});

test('nothing is said when the fence fails', async () => {
  const stream = new PassThrough();
  const outlet = new Outlet(stream, () => Promise.reject(new Error('another node has taken over')));
  outlet.write(Buffer.from('old'));
  await turn();
  assert.equal(stream.read(), null);
});
