/**
 * Texts that a database refuses: a zero character, half a surrogate pair. Whoever sends one, in whatever field of whatever
 * command, is refused or has it replaced, on both stores alike; the node goes on, and says nothing of a fault of its own.
 */
import assert from 'node:assert/strict';
import { connect } from 'node:net';
import { after, before, test } from 'node:test';
import { commands } from '../../../src/api/commands/index.ts';
import type { PlainJson, PlainJsonObject } from '../../../src/api/rpc/json.ts';
import type { JsonSchema } from '../../../src/api/rpc/schema.ts';
import type { Daemon } from '../../../src/app/daemon/daemon.ts';
import { Town } from '../../support/town.ts';

let town: Town;
let shop: Daemon;

before(async () => {
  town = await Town.found();
  shop = await town.start('shop', '--shop-bind=127.0.0.1:0', '--public-url=https://shop.example');
});
after(() => town.close());

/** Asks over a connection of its own, with the parameters in any spelling. */
async function ask(
  method: string,
  params: string,
): Promise<{ readonly error?: { readonly code: number; readonly message: string } }> {
  const socket = connect(shop.rpc_file);
  socket.setEncoding('utf8').write(`{"jsonrpc":"2.0","id":1,"method":"${method}","params":${params}}`);
  let text = '';
  for await (const piece of socket) {
    text += piece as string;
    if (text.endsWith('\n\n')) break;
  }
  socket.destroy();
  return JSON.parse(text) as ReturnType<typeof ask> extends Promise<infer Answer> ? Answer : never;
}

/** What ends the node, waits for a peer or another node, or changes what the other questions need. */
const NOT_ASKED = new Set([
  'stop',
  'switchover',
  'recover',
  'emergencyrecover',
  'setconfig',
  'waitinvoice',
  'waitanyinvoice',
  'wait',
  'waitblockheight',
  'waitsendpay',
  'waitevent',
]);

/** Commands that write what they are given, with all that they need. The names of texts are those that they are tried in. */
const WRITTEN: Readonly<Record<string, PlainJsonObject>> = {
  invoice: { amount_msat: 1000, label: 'l', description: 'd', metadata: { note: 'n' } },
  createuser: { name: 'n', role: 'cashier' },
  createrune: {},
  createitem: { name: 'n', amount: 100 },
  createsale: { amount: 100, counter: 'c', note: 'n' },
  createlightningaddress: { name: 'a', description: 'd', success_message: 'm' },
  createwebhook: { url: 'http://127.0.0.1:9/hook', label_prefix: 'p' },
};

const HOSTILE = ['"a\\u0000b"', '"\\ud800"', '"a\\udc00"'];

/** The parameters with one of them in this spelling. */
function spelled(params: PlainJsonObject, name: string, text: string): string {
  const members = Object.entries({ ...params, [name]: null as PlainJson }).map(
    ([member, value]) => `${JSON.stringify(member)}:${member === name ? text : JSON.stringify(value)}`,
  );
  return `{${members.join(',')}}`;
}

/** A value that the field may take, so that what is looked at is the text beside it. */
function sampleOf({ type, enum: choices }: JsonSchema): PlainJson {
  if (choices?.[0] !== undefined) return choices[0] as PlainJson;
  if (type === 'integer' || type === 'number') return 1;
  if (type === 'boolean') return true;
  if (type === 'array') return [];
  return type === 'object' ? {} : 'x';
}

test('every text of every command: refused or kept, and never a fault of the node', async () => {
  let tried = 0;
  for (const command of commands) {
    if (NOT_ASKED.has(command.name)) continue;
    const given = WRITTEN[command.name];
    const required = Object.entries(command.params).filter(([, { presence }]) => presence === 'required');
    const base = given ?? Object.fromEntries(required.map(([name, { field }]) => [name, sampleOf(field.schema)]));
    for (const name of Object.keys(command.params)) {
      for (const text of HOSTILE) {
        const { error } = await ask(command.name, spelled(base, name, text));
        assert.doesNotMatch(error?.message ?? '', /bug of the node/, `${command.name} ${name} ${text}`);
        tried++;
      }
    }
  }
  assert.ok(tried > 500, `${tried} texts`);
  const faults = town.log.filter((line) => /^shop (error|fatal)/.test(line));
  assert.deepEqual(faults, []);
});

test('what the commands write is refused with a name, and nothing of it is there', async () => {
  for (const [method, base] of Object.entries(WRITTEN)) {
    for (const [name, value] of Object.entries(base)) {
      if (typeof value !== 'string' || name === 'role' || name === 'url') continue;
      const { error } = await ask(method, spelled(base, name, '"a\\u0000b"'));
      assert.ok(error !== undefined, `${method} ${name}: was taken`);
      assert.ok(error.code === -32602 || error.code === -1, `${method} ${name}: ${error.code} ${error.message}`);
    }
  }
  // The node works: the same without the zero is taken.
  const { error } = await ask('invoice', JSON.stringify(WRITTEN.invoice));
  assert.equal(error, undefined);
});
