/** 175 answers of a real clnrest (26.06.6): the contract of `/v1`. What differs on purpose is in DIFFERENT, with its reason. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { gzipSync } from 'node:zlib';
import { connectToNode } from '../../../src/api/client/index.ts';
import type { Daemon } from '../../../src/app/daemon/daemon.ts';
import { fromByteText, parseRune } from '../../../src/shop/access/rune.ts';
import { Town } from '../../support/town.ts';
import { exchange, type RawAnswer, requestBytes } from './raw-http.ts';
import { socketIoFrames } from './raw-socket-io.ts';

interface Row {
  readonly name: string;
  readonly request: {
    readonly method?: string;
    readonly path?: string;
    readonly headers?: Readonly<Record<string, string>>;
    readonly body?: string;
    readonly raw?: string;
    readonly frames?: readonly string[];
  };
  readonly response: {
    readonly status: number | null;
    readonly headers: readonly (readonly [string, string])[];
    readonly body: string;
    readonly frames?: readonly string[];
  };
}

const rows = readFileSync(join(import.meta.dirname, '../../data/clnrest/answers.jsonl'), 'utf8')
  .trim()
  .split('\n')
  .map((line) => JSON.parse(line) as Row);

/** What a body that is no object gets: it can be read, and names no parameters. */
const NOT_BY_NAME = { status: 400, code: null } as const;
/** Where Till answers another status or error, on purpose. */
const DIFFERENT: Readonly<Record<string, { readonly status: number; readonly code?: number | null }>> = {
  'JSON body: array': NOT_BY_NAME,
  'JSON body: empty array': NOT_BY_NAME,
  'JSON body: text': NOT_BY_NAME,
  'JSON body: null': NOT_BY_NAME,
  'JSON body: blanks only': NOT_BY_NAME,
  'JSON body: byte order mark': NOT_BY_NAME,
  'YAML body: list': NOT_BY_NAME,
  // Which of the two is meant? The command might do the wrong thing.
  'JSON body: a member given twice': { status: 500, code: -32602 },
  // A proxy before Till may read such a request otherwise than Till does: it is refused.
  'content length and chunked': { status: 400 },
  // The invoice of before was not made, so its label is free.
  'a command that fails: label taken': { status: 201 },
  // Judged before the command runs.
  'Accept text/html on invoice: the invoice is made all the same': { status: 406, code: null },
};
/** Errors of commands whose words are Till's own: the number is the contract. */
const OWN_WORDS =
  /^(JSON body: unknown parameter|YAML body: yes as text|XML body: attributes|form body: an array|a command that fails: pay of text|body of 64 KiB \(a description\))$/;

let town: Town;
let shop: Daemon;
let port: number;
/** Our rune for each of the recording's. */
const runes = new Map<string, string>();

before(async () => {
  town = await Town.found();
  shop = await town.start('shop', '--clnrest-port=0', '--clnrest-protocol=http');
  const line = town.log.find((text) => text.includes('REST at http://')) as string;
  port = Number(/:(\d+)\/v1/.exec(line)?.[1]);
  const client = await connectToNode(shop.rpc_file);
  for (const text of new Set(rows.flatMap(runesOf))) {
    const { restrictions } = parseRune(text);
    const made = await client.call('createrune', {
      restrictions: restrictions.map((alternatives) =>
        alternatives.map(({ field, condition, value }) => fromByteText(field + condition + value)),
      ),
    });
    runes.set(text, made.rune);
    const isRevoked = rows.some(({ name, request }) => name === 'blacklisted rune' && request.headers?.Rune === text);
    if (isRevoked) await client.call('blacklistrune', { start: Number(made.unique_id) });
  }
  client.close();
});
after(() => town.close());

/** The runes of the recording's node that a request carries. */
function runesOf({ name, request }: Row): string[] {
  if (/another node|last character|without its padding/.test(name)) return [];
  const found = [request.raw ?? '', ...Object.values(request.headers ?? {}), request.path ?? ''].join('\n');
  return (found.match(/[A-Za-z0-9_-]{44,}={0,2}/g) ?? []).filter((text) => !/^A+$|^x+$/.test(text));
}

/** The text with our runes in the place of the recording's. */
function withOurRunes(text: string, name: string): string {
  let ours = text;
  for (const [theirs, own] of runes) {
    ours = ours.replaceAll(theirs, own);
    if (name.includes('without its padding')) ours = ours.replaceAll(theirs.replace(/=+$/, ''), own.replace(/=+$/, ''));
  }
  if (!name.includes('last character changed')) return ours;
  const [master] = runes.values();
  const changed = (master as string).replace(/^(.)/, (first) => (first === 'A' ? 'B' : 'A'));
  return ours.replace(/[A-Za-z0-9_-]{44,}={0,2}/, changed);
}

/** Bodies whose bytes the recording could not keep as text. */
function bodyOf({ name, request }: Row): Buffer {
  if (name === 'gzip body') return gzipSync('{}');
  if (name === 'JSON body: no UTF-8') {
    return Buffer.from('{"amount_msat":1,"label":"\xff","description":"d"}', 'latin1');
  }
  if (name.startsWith('body of 64 KiB')) {
    const description = 'x'.repeat(65_536);
    const deschashonly = name.includes('hashed') ? { deschashonly: true } : {};
    return Buffer.from(JSON.stringify({ amount_msat: 1000, label: name, description, ...deschashonly }));
  }
  return Buffer.from(request.body ?? '');
}

function ask(row: Row): Promise<RawAnswer> {
  const { name, request } = row;
  const has_body = request.method !== 'HEAD';
  if (request.raw !== undefined) {
    return exchange(port, Buffer.from(withOurRunes(request.raw, name), 'latin1'), { has_body });
  }
  const body = bodyOf(row);
  const headers = Object.entries(request.headers ?? {}).map(([header, value]): [string, string] =>
    header.toLowerCase() === 'content-length' ? [header, String(body.length)] : [header, withOurRunes(value, name)],
  );
  const path = withOurRunes(request.path as string, name);
  return exchange(port, requestBytes(request.method as string, path, headers, body), { has_body });
}

/** A conversation over WebSocket rather than one request. */
const isConversation = ({ request }: Row): boolean => request.frames !== undefined;
const COMPARED_HEADERS = [
  'vary',
  'access-control-allow-origin',
  'access-control-allow-methods',
  'access-control-allow-headers',
  'content-security-policy',
  'location',
];

for (const row of rows.filter((each) => !isConversation(each))) {
  test(`/v1, ${row.name}`, async () => {
    const answer = await ask(row);
    const expected = { status: row.response.status, ...DIFFERENT[row.name] };
    assert.equal(answer.status, expected.status, answer.body);
    if (row.name === 'HTTP/2 preface') {
      assert.equal(answer.bytes[3], 4, 'the first frame is SETTINGS');
      return;
    }
    const recorded = new Map(row.response.headers.map(([name, value]) => [name.toLowerCase(), value]));
    const isPage = /swagger|CONNECT|TLS|no HTTP|content length|GET \/swagger|socket\.io/.test(row.name);
    if (row.name.startsWith('socket.io')) {
      // Session ids are random; the number that an error carries is its contract, as text there.
      const told = (body: string): string => body.replace(/"sid":"[\w-]{16,20}"/, '"sid":""');
      if (row.response.status === 200) assert.equal(told(answer.body), told(row.response.body));
      if (row.response.status === 400)
        assert.equal(String(JSON.parse(answer.body).code), JSON.parse(row.response.body).code);
      return;
    }
    if (!isPage && DIFFERENT[row.name] === undefined) {
      for (const header of COMPARED_HEADERS) assert.equal(answer.headers.get(header), recorded.get(header), header);
      const type = recorded.get('content-type');
      if (type !== undefined) assert.equal(answer.headers.get('content-type'), type);
    }
    if (row.response.headers.length > 0 && recorded.get('content-type') !== 'application/json') return;
    if (row.name === 'GET /swagger.json') {
      assert.equal((JSON.parse(answer.body) as { openapi: string }).openapi, '3.1.0');
      return;
    }
    if (answer.body === '' || !answer.headers.get('content-type')?.startsWith('application/json')) return;
    compareBodies(row, answer, DIFFERENT[row.name]?.code);
  });
}

function compareBodies({ name, response }: Row, answer: RawAnswer, code: number | null | undefined): void {
  assert.ok(!answer.body.includes('\n'), 'one line');
  const given = JSON.parse(answer.body) as Record<string, unknown>;
  if (answer.status === 201) {
    assert.equal(given.code, undefined, answer.body);
    return;
  }
  // Behind the first answer of a connection the recording has the next one.
  const length = response.headers.find(([header]) => header === 'content-length')?.[1];
  const body = Buffer.from(response.body).toString('utf8', 0, length === undefined ? undefined : Number(length));
  const expected = (body === '' ? {} : JSON.parse(body)) as Record<string, unknown>;
  assert.deepEqual(Object.keys(given), ['code', 'data', 'message']);
  assert.equal(given.code, code === undefined ? expected.code : code);
  if (code !== undefined || OWN_WORDS.test(name)) return;
  const message = given.message as string;
  // The body is not echoed: it may hold a secret.
  const words = (expected.message as string).replace(/(Could not parse) `.*` /s, '$1 ');
  if (message.startsWith('Could not parse')) {
    assert.equal(message.split(' request')[0], words.split(' request')[0]);
    return;
  }
  // What is quoted there only with a developer's option is quoted here.
  const told = message.replace(/invalid token '.*'$/, 'invalid token').replace(/ \(see logs for details\)$/, '');
  assert.equal(told, words.replace(/ \(see logs for details\)$/, ''));
}

for (const row of rows.filter(isConversation)) {
  test(`/v1, ${row.name}`, async () => {
    const { request, response } = row;
    const headers = Object.entries(request.headers ?? {}).map(([header, value]): [string, string] => [
      header,
      withOurRunes(value, row.name),
    ]);
    const said = (request.frames ?? []).map((frame) => withOurRunes(frame, row.name));
    // Openings, pings and what is random differ from run to run; a preimage of an unpaid invoice is not told.
    const expected = (response.frames ?? [])
      .filter((frame) => !/^(0\{|2$)/.test(frame))
      .map((frame) => frame.replace(/"sid":"[^"]*"/, '"sid":""').replace(/,"preimage":"\w{64}"/, ''));
    const [, label] = /"label":"([^"]*)"/.exec(expected.join()) ?? [];
    const path = request.path as string;
    const given = await socketIoFrames({ port, path, headers, said, count: expected.length }, async () => {
      if (label === undefined) return;
      const client = await connectToNode(shop.rpc_file);
      await client.call('invoice', { amount_msat: 1000, label, description: 'd' });
      client.close();
    });
    assert.deepEqual(
      given.map((frame) => frame.replace(/"sid":"[^"]*"/, '"sid":""')),
      expected,
    );
  });
}

test('all of the recording is run', () => {
  assert.equal(rows.length, 175);
  assert.equal(rows.filter(isConversation).length, 8);
});
