/** 213 answers of a Core Lightning to createrune and checkrune, and those of the other commands of runes. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { commands } from '../../../src/api/commands/index.ts';
import type { Modules } from '../../../src/api/commands/modules.ts';
import { type Caller, Dispatcher } from '../../../src/api/rpc/dispatch.ts';
import { type Json, spell, toPlain } from '../../../src/api/rpc/json.ts';
import { parseJson } from '../../../src/api/rpc/json-parser.ts';
import { tableOf } from '../../../src/api/rpc/table.ts';
import { hkdfSha256 } from '../../../src/base/crypto/hash.ts';
import { ManualClock } from '../../../src/base/types/clock.ts';
import { Secret } from '../../../src/base/types/secret.ts';
import { Runes } from '../../../src/shop/access/runes.ts';
import { testStore } from '../../support/test-store.ts';

interface Recorded {
  /** With numbers as they were spelled. */
  readonly params: Json;
  readonly answer: Json;
}
const file = readFileSync(join(import.meta.dirname, '../../data/runes/cln-answers.json'), 'utf8');
const recorded = parseJson(file, { keep_escapes: false }).value as unknown as {
  readonly create: readonly Recorded[];
  readonly check: readonly Recorded[];
  readonly other: readonly Readonly<Record<string, Json>>[];
};

/** Core Lightning's secret of the node whose hsm_secret is 32 times 0x11. */
function recordedSecret(): Secret<Uint8Array> {
  const none = new Uint8Array(0);
  const derived = hkdfSha256(new Uint8Array(32).fill(0x11), none, Buffer.from('derived secrets'), 32);
  return new Secret(hkdfSha256(derived, none, Buffer.from('commando'), 32));
}

function scene() {
  const clock = new ManualClock(1_795_893_752);
  const fail = (error: unknown): never => assert.fail(error as Error);
  const store = testStore({ onFailure: fail });
  const runes = new Runes(
    {
      store,
      clock,
      randomBytes: (length) => new Uint8Array(length),
      key: new Secret(new Uint8Array(32)),
      onBackgroundError: fail,
    },
    recordedSecret(),
  );
  const modules = { runes, commands: tableOf(commands) } as unknown as Modules;
  const dispatcher = new Dispatcher(commands, modules, { onUnexpected: fail, strict: true });
  const caller: Caller = {
    transport: 'unix',
    connection: { notifications: false, deprecations: true, batching: false },
    signalFor: () => new AbortController().signal,
    send() {},
    afterReply() {},
  };
  /** As a client whose JSON has every character outside ASCII escaped, which the recording had. */
  const ask = async (method: string, params: Json): Promise<Record<string, unknown>> => {
    const text = spell({ jsonrpc: '2.0', id: 1, method, params }).replace(
      /[^ -~]/g,
      (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`,
    );
    const reply = await dispatcher.dispatch(parseJson(text, { keep_escapes: true }), caller);
    const answer = JSON.parse(reply as string) as { result?: Record<string, unknown>; error?: Record<string, unknown> };
    return answer.result ?? (answer.error as Record<string, unknown>);
  };
  return { clock, runes, ask, close: () => store.close() };
}

/**
 * What is quoted is cut at 80 bytes here, why an invoice is refused is said in other words, and a quotation mark is not
 * escaped twice.
 */
function sameWords(given: unknown): unknown {
  const answer = toPlain(given as Json) as Record<string, unknown>;
  const message = answer.message as string | undefined;
  if (message === undefined) return answer;
  return {
    ...answer,
    message: message
      .replaceAll('\\"', '"')
      .replace(/invalid token '(.{0,60}).*$/s, "invalid token '$1")
      .replace(/(Invalid invoice: ).*/, '$1'),
  };
}

test('createrune and checkrune answer as Core Lightning did', async () => {
  const { clock, ask, runes, close } = scene();
  for (const { params, answer } of recorded.create) {
    assert.deepEqual(sameWords(await ask('createrune', params)), sameWords(answer), spell(params));
  }
  let asked = 0;
  for (const { params, answer } of recorded.check) {
    const { code, message } = answer as { readonly code?: number; readonly message?: string };
    // How long the recording waited between two uses is not written down, but where it was too short.
    if (message?.endsWith('too soon') !== true) clock.advance(61_000);
    if (code === 1503) await runes.changeBlacklist({ start: 0, end: 0 }, false);
    else if (runes.blacklist.length > 0) await runes.changeBlacklist({ start: 0, end: 0 }, true);
    assert.deepEqual(sameWords(await ask('checkrune', params)), sameWords(answer), `${asked}: ${spell(params)}`);
    asked++;
  }
  await close();
});

test('blacklistrune and showrunes answer as Core Lightning did', async () => {
  const { ask, close } = scene();
  for (const { params } of recorded.create) await ask('createrune', params);
  for (const { answer, note, ...asked } of recorded.other) {
    const [[method, params]] = Object.entries(asked) as [[string, Json]];
    if (note === 'blacklisted') await ask('blacklistrune', { start: 0 });
    const given = await ask(method, params);
    if (note === 'blacklisted') await ask('blacklistrune', { start: 0, relist: true });
    assert.deepEqual(withoutUse(given), withoutUse(toPlain(answer as Json) as Record<string, unknown>), spell(asked));
  }
  await close();
});

/** When each rune was used lies in what was recorded before. */
function withoutUse(answer: Record<string, unknown>): unknown {
  const { runes, ...rest } = answer as { runes?: Record<string, unknown>[] };
  return { ...rest, runes: runes?.map(({ last_used: _unused, ...rune }) => rune) };
}
