/** Clients that are broken or mean, against a whole node: each gets the documented error, and a good client is served. */
import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import { after, afterEach, before, describe, it } from 'node:test';
import fc from 'fast-check';
import type { Client } from '../../src/api/client/index.ts';
import { RawClient } from './raw-client.ts';
import { newDirectory, TillNode } from './till.ts';

const IDLE_CLIENTS = 1000;
const GARBLED_REQUESTS = 60;

const dir = newDirectory();
let node: TillNode;
let good: Client;
/** Invoices that were answered. */
let answered = 0;
/** Labels that must not exist, for their request was refused. */
const refused = new Set<string>();

/** The good client makes an invoice and finds it again. */
async function serveGoodClient(): Promise<void> {
  const label = `good ${answered}`;
  const { payment_hash } = await good.call('invoice', { amount_msat: 1000, label, description: 'fine' });
  answered++;
  const { invoices } = await good.call('listinvoices', { label });
  assert.equal(invoices[0]?.payment_hash, payment_hash);
}

async function refusal(bytes: readonly (string | Uint8Array)[], isCutOff = false): Promise<string> {
  const client = await RawClient.connect(node.rpc_file);
  client.send(...bytes);
  if (isCutOff) client.socket.end();
  const reply = await client.next();
  assert.equal(reply?.id, null);
  assert.equal(reply?.error?.code, -32700);
  assert.equal(await client.next(), undefined);
  await client.hung_up;
  client.close();
  return reply.error.message;
}

const REQUEST = '{"jsonrpc":"2.0","id":1,"method":"invoice","params":[1000,"LABEL","x"]}';

function residentKilobytes(pid: number): number | undefined {
  const file = `/proc/${pid}/status`;
  if (!existsSync(file)) return undefined;
  return Number(/VmRSS:\s+(\d+) kB/.exec(readFileSync(file, 'utf8'))?.[1]);
}

describe('a node among hostile clients', () => {
  before(async () => {
    node = await TillNode.start(dir);
    good = await node.connect();
  });
  after(async () => {
    good.close();
    const { code, stderr } = await node.stop();
    assert.deepEqual([code, stderr], [0, ''], 'the node met nothing that it did not expect');
    assert.doesNotMatch(readFileSync(`${node.dir}/log`, 'utf8'), /BROKEN/);
  });

  afterEach(async () => {
    await serveGoodClient();
    const { invoices } = await good.call('listinvoices', {});
    assert.equal(invoices.length, answered, 'there is no invoice that was not answered');
    for (const { label } of invoices) assert.equal(refused.has(label), false);
  });

  describe('bytes that are no request', () => {
    it('are answered with a parse error, and their client is hung up on', async () => {
      assert.match(await refusal(['GET / HTTP/1.1\r\n\r\n']), /^Invalid JSON: /);
      await refusal(['\u0000\u0000']);
      await refusal([Buffer.from([0x16, 0x03, 0x01, 0x02])]);
      await refusal(['[]']);
      await refusal([REQUEST.slice(0, -10)], true);
      await refusal([`{"a":${'['.repeat(100_000)}`]);
      await refusal(['{"a":'.repeat(100_000)]);
      await refusal([REQUEST.replace('LABEL', '\\ud800')]);
      await refusal([Buffer.from(REQUEST.replace('LABEL', '\u00ff'), 'latin1')]);
      await refusal([Buffer.from(REQUEST.replace('LABEL', '\u00ed\u00a0\u0080'), 'latin1')]);
      await refusal([REQUEST.replace('1000', '01')]);
      await refusal([REQUEST.replace('1000', '1'.repeat(1000))]);
    });

    it('are refused when they are over 16 MB, however little of it made sense', async () => {
      const megabyte = Buffer.alloc(1024 * 1024, 'x');
      const endless = [`{"a":"`, ...Array.from({ length: 17 }, () => megabyte)];
      assert.match(await refusal(endless), /16/);
    });

    it('never end the node, whatever a good request is turned into', async () => {
      const request = Buffer.from(REQUEST.replace('LABEL', 'garbled'));
      const changes = fc.array(fc.tuple(fc.nat(request.length - 1), fc.nat(255)), { minLength: 1, maxLength: 6 });
      await fc.assert(
        fc.asyncProperty(changes, async (bytes) => {
          const garbled = Buffer.from(request);
          for (const [at, byte] of bytes) garbled[at] = byte;
          const client = await RawClient.connect(node.rpc_file);
          client.send(garbled);
          client.socket.end();
          for (let reply = await client.next(); reply !== undefined; reply = await client.next()) {
            if (reply.result !== undefined) answered++;
            else
              assert.ok(
                [-32700, -32600, -32601, -32602, 900].includes(reply.error?.code as number),
                JSON.stringify(reply),
              );
          }
          client.close();
        }),
        { numRuns: GARBLED_REQUESTS },
      );
    });
  });

  describe('requests that make no sense', () => {
    it('are refused in words that name the parameter, and make nothing', async () => {
      const client = await RawClient.connect(node.rpc_file);
      const u64 = (name: string, token: string): string =>
        `${name}: should be an unsigned 64 bit integer: invalid token '${token}'`;
      const msat = (token: string): string => `amount_msat: should be positive msat or 'any': invalid token '${token}'`;
      const cases: [string, number, string | RegExp][] = [
        ['"amount_msat":0', -32602, msat('0')],
        ['"amount_msat":-1', -32602, msat('-1')],
        ['"amount_msat":18446744073709551616', -32602, msat('18446744073709551616')],
        ['"amount_msat":1e3', -32602, msat('1e3')],
        ['"amount_msat":"0.000000000001btc"', -32602, msat('"0.000000000001btc"')],
        ['"amount_msat":"any "', -32602, msat('"any "')],
        ['"amount_msat":[1]', -32602, msat('[1]')],
        ['"expiry":18446744073709551616', -32602, u64('expiry', '18446744073709551616')],
        ['"expiry":-1', -32602, u64('expiry', '-1')],
        ['"expiry":18446744073709551615', -32602, /^expiry: should be at most \d+ seconds: invalid token/],
        ['"cltv":65536', -32602, "cltv: should be an unsigned 16 bit integer: invalid token '65536'"],
        [
          '"fallbacks":["bc1qw508d6qejxtdg4y5r3zarvary0c5xw7kv8f3t4"]',
          -1,
          'Fallback address does not match our network regtest',
        ],
        ['"fallbacks":["bcrt1qnonsense"]', -1, 'Fallback address not valid'],
        ['"preimage":"00"', -32602, 'preimage: should be 64 hex digits: invalid token'],
        ['"description":"\\u0041"', -32602, /^description: should be a string \(without \\u\): invalid token/],
        [`"description":"${'x'.repeat(640)}"`, -32602, /^Description greater than 639 bytes invalid/],
        ['"frob":1', -32602, 'unknown parameter: frob'],
      ];
      for (const [index, [members, code, message]] of cases.entries()) {
        const label = `refused ${index}`;
        const given = { amount_msat: '1', label: JSON.stringify(label), description: '"x"' };
        const name = /^"(\w+)"/.exec(members)?.[1] as string;
        const rest = Object.entries(given).filter(([each]) => each !== name);
        const reply = await client.call(
          'invoice',
          `{${[...rest.map(([each, json]) => `"${each}":${json}`), members].join(',')}}`,
        );
        refused.add(label);
        assert.equal(reply?.error?.code, code, members);
        if (typeof message === 'string') assert.equal(reply?.error?.message, message);
        else assert.match(reply?.error?.message as string, message);
      }
      client.close();
    });

    it('are answered in few words, however long they are', async () => {
      const client = await RawClient.connect(node.rpc_file);
      const long = `"${'x'.repeat(8_000_000)}"`;
      for (const [method, params] of [
        ['invoice', `[1,${long},"x"]`],
        ['invoice', `[1,"x",${long}]`],
        ['invoice', `[${long},"x","x"]`],
        ['invoice', `{${long}:1}`],
        ['decode', `[${long}]`],
        ['listinvoices', `[${long}]`],
        ['delinvoice', `[${long},"unpaid"]`],
        ['waitinvoice', `[${long}]`],
        ['x'.repeat(8_000_000), '[]'],
      ] as const) {
        const reply = await client.call(method, params);
        const text = JSON.stringify(reply);
        assert.ok(text.length < 1000, `${method.slice(0, 20)} ${params.slice(0, 20)}: ${text.length} characters`);
      }
      client.close();
    });

    it('of other networks are decoded, and never taken for ours', async () => {
      const mainnet =
        'lnbc2500u1pvjluezpp5qqqsyqcyq5rqwzqfqqqsyqcyq5rqwzqfqqqsyqcyq5rqwzqfqypqdq5xysxxatsyp3k7enxv4jsxqzpuaztrnwngzn3kdzw5hydlzf03qdgm2hdq27cqv3agm2awhz5se903vruatfhq77w3ls4evs3ch9zw97j25emudupq63nyw24cg27h2rspfj9srp';
      const client = await RawClient.connect(node.rpc_file);
      const found = await client.call('listinvoices', `{"invstring":"${mainnet}"}`);
      assert.equal(found?.error?.message, 'Invalid invstring');
      const created = await client.call('createinvoice', `["${mainnet}","foreign","${'00'.repeat(32)}"]`);
      assert.equal(created?.error?.code, -32602);
      refused.add('foreign');
      client.close();
    });
  });

  describe('clients that take their time', () => {
    it('may drip their request in byte by byte', async () => {
      const slow = await RawClient.connect(node.rpc_file);
      for (const byte of REQUEST.replace('LABEL', 'dripped')) {
        slow.send(byte);
        await good.call('getinfo', {});
      }
      assert.notEqual((await slow.next())?.result, undefined);
      answered++;
      slow.close();
    });

    it('are no burden when they are a thousand', async () => {
      const idle = await Promise.all(Array.from({ length: IDLE_CLIENTS }, () => RawClient.connect(node.rpc_file)));
      for (let round = 0; round < 3; round++) await serveGoodClient();
      const replies = await Promise.all(idle.map((client) => client.call('getinfo', '{}')));
      assert.ok(replies.every((reply) => reply?.result !== undefined));
      for (const client of idle) client.close();
    });

    it('cost no memory when they ask for everything and never read', async (t) => {
      const makers = await Promise.all(Array.from({ length: 4 }, () => node.connect()));
      const description = 'x'.repeat(600);
      await Promise.all(
        Array.from({ length: 2000 }, (_, index) =>
          (makers[index % 4] as Client).call('invoice', { amount_msat: 'any', label: `many ${index}`, description }),
        ),
      );
      answered += 2000;
      for (const maker of makers) maker.close();
      const before_kb = residentKilobytes(node.pid);
      const deaf = await Promise.all(Array.from({ length: 8 }, () => RawClient.connect(node.rpc_file)));
      for (const client of deaf) {
        client.socket.pause();
        for (let id = 0; id < 50; id++) client.ask('listinvoices', '{}', id);
      }
      for (let round = 0; round < 20; round++) await serveGoodClient();
      const after_kb = residentKilobytes(node.pid);
      for (const client of deaf) client.close();
      if (before_kb === undefined || after_kb === undefined)
        t.diagnostic('this system does not tell how much memory a process has');
      // All replies together are over a gigabyte.
      else assert.ok(after_kb - before_kb < 150_000, `${after_kb - before_kb} kB more`);
    });
  });
});
