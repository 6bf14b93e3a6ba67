/** The runes of a node: durable, limited in time, revoked for good, judged by what a request means. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { commands } from '../../../src/api/commands/index.ts';
import type { Json } from '../../../src/api/rpc/json.ts';
import { runeView } from '../../../src/api/rpc/rune-view.ts';
import { tableOf } from '../../../src/api/rpc/table.ts';
import { RpcError } from '../../../src/base/errors.ts';
import { ManualClock } from '../../../src/base/types/clock.ts';
import { Secret } from '../../../src/base/types/secret.ts';
import { judgeDatabase } from '../../../src/node/backup/database-file.ts';
import { parseAlternative, type Restriction } from '../../../src/shop/access/rune.ts';
import { FORGET_RUNES, Runes } from '../../../src/shop/access/runes.ts';
import { testStore } from '../../support/test-store.ts';

const table = tableOf(commands);
const fail = (error: unknown): never => assert.fail(error as Error);

function scene() {
  const clock = new ManualClock();
  const store = testStore({ onFailure: fail });
  let drawn = 0;
  const open = () =>
    Runes.open({
      store,
      clock,
      randomBytes: (length) => new Uint8Array(length).fill(++drawn),
      key: new Secret(new Uint8Array(32).fill(9)),
      onBackgroundError: fail,
    });
  return { clock, store, open };
}

function restrictions(...texts: readonly string[]): readonly Restriction[] {
  return texts.map((text) => text.split('|').map((alternative) => parseAlternative(alternative)));
}

/** Judges a request as the dispatcher does: undefined when the rune permits it, otherwise the error's words. */
async function judge(runes: Runes, rune: string, method: string, params: Json = {}): Promise<string | undefined> {
  try {
    await runes.check(rune, runeView(method, undefined, params, { command: table.find(method), by_meaning: true }));
    return undefined;
  } catch (error) {
    assert.ok(error instanceof RpcError);
    return error.message;
  }
}

test('a rune, its last use and its end outlast a restart', async () => {
  const { clock, store, open } = scene();
  const runes = await open();
  const { rune, unique_id } = await runes.create(restrictions('per=1hour'));
  const { rune: other } = await runes.create(restrictions('method=getinfo'));
  assert.equal(unique_id, '0');
  assert.equal(await judge(runes, rune, 'getinfo'), undefined);
  assert.equal(await judge(runes, rune, 'getinfo'), 'Not permitted: too soon');
  await runes.changeBlacklist({ start: 1, end: 1 }, false);

  const again = await open();
  clock.advance(3_599_000);
  assert.equal(await judge(again, rune, 'getinfo'), 'Not permitted: too soon', 'it was written down at once');
  clock.advance(1000);
  assert.equal(await judge(again, rune, 'getinfo'), undefined);
  assert.equal(await judge(again, other, 'getinfo'), 'Not authorized: Blacklisted rune');
  assert.equal((await again.create([])).unique_id, '2');
  await store.close();
});

test('two requests at the same time use a limited rune once', async () => {
  const { store, open } = scene();
  const runes = await open();
  const { rune } = await runes.create(restrictions('rate=1'));
  const words = await Promise.all([judge(runes, rune, 'getinfo'), judge(runes, rune, 'getinfo')]);
  assert.deepEqual(words.sort(), ['Not permitted: too soon', undefined]);
  await store.close();
});

test('a database that is older than the node, or made anew from the words, knows no earlier rune', async () => {
  const { store, open } = scene();
  const before = await open();
  const { rune } = await before.create([]);
  const place = { identity: '1:1', marks: [] };
  await judgeDatabase(store, place, undefined, FORGET_RUNES);
  assert.equal(await judge(await open(), rune, 'getinfo'), undefined, 'the same file');

  await judgeDatabase(store, { identity: '2:2', marks: [] }, 'latest', FORGET_RUNES);
  assert.equal(await judge(await open(), rune, 'getinfo'), undefined, 'the operator says that nothing is newer');

  await judgeDatabase(store, { identity: '3:3', marks: [] }, undefined, FORGET_RUNES);
  const after = await open();
  assert.equal(await judge(after, rune, 'getinfo'), 'Not authorized: Not derived from master');
  assert.equal(after.show(undefined).length, 0);
  await store.close();
});

test('no other name, place or spelling of a parameter passes a restriction', async () => {
  const { store, open } = scene();
  const runes = await open();
  const { rune } = await runes.create(restrictions('method=invoice', 'pnameamount_msat<10000', 'pnamelabel^shop-'));
  const refused = 'Not permitted: parameter amount_msat is greater or equal to 10000';
  const asks: readonly (readonly [Json, string | undefined])[] = [
    [{ amount_msat: 9999, label: 'shop-1' }, undefined],
    [{ amount_msat: '9999', label: 'shop-1' }, undefined],
    [{ amount_msat: 10_000, label: 'shop-1' }, refused],
    [{ amount_msat: '10sat', label: 'shop-1' }, refused],
    [{ amount_msat: '0.0001btc', label: 'shop-1' }, refused],
    [[10_000, 'shop-1', 'x'], refused],
    [[9999, 'shop-1', 'x'], undefined],
    [[9999, 'other', 'x'], 'Not permitted: parameter label does not start with shop-'],
    [{ amount_msat: 'any', label: 'shop-1' }, 'Not permitted: parameter amount_msat is not an integer field'],
    [{ label: 'shop-1' }, 'Not permitted: parameter amount_msat not present'],
  ];
  for (const [params, words] of asks) {
    assert.equal(await judge(runes, rune, 'invoice', params), words, JSON.stringify(params));
  }
  await store.close();
});

test("an older name of a command or of a parameter counts as the thing's own", async () => {
  const { store, open } = scene();
  const runes = await open();
  const aliases = commands.flatMap(({ name, aliases: others }) => others.map((other) => [name, other] as const));
  assert.ok(aliases.length > 0);
  for (const [name, alias] of aliases) {
    const { rune } = await runes.create(restrictions(`method/${name}`));
    assert.equal(await judge(runes, rune, alias), `Not permitted: method is equal to ${name}`);
  }
  let renamed = 0;
  for (const { name, params } of commands) {
    for (const [own, { aliases: others }] of Object.entries(params)) {
      for (const other of others) {
        const { rune } = await runes.create(restrictions(`pname${own}!`));
        assert.equal(
          await judge(runes, rune, name, { [other]: 'x' }),
          `Not permitted: parameter ${own} is present`,
          `${name} ${other}`,
        );
        renamed++;
      }
    }
  }
  assert.ok(renamed > 0, 'some parameter has an older name');
  await store.close();
});

test('the last use of a rune without limits is written down within a minute, and at the stop', async () => {
  const { clock, store, open } = scene();
  const runes = await open();
  const { rune } = await runes.create([]);
  const readUse = async () => (await store.read('SELECT last_used_at FROM runes'))[0]?.last_used_at;
  assert.equal(await judge(runes, rune, 'getinfo'), undefined);
  assert.equal(await readUse(), null);
  await runes.stop();
  assert.equal(await readUse(), BigInt(clock.nowSeconds()));
  await store.close();
});
