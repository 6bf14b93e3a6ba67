/** People who sign in: how, for how long, what their role lets them do, and what is written down of it. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { commands } from '../../../src/api/commands/index.ts';
import type { Json } from '../../../src/api/rpc/json.ts';
import { runeView } from '../../../src/api/rpc/rune-view.ts';
import { tableOf } from '../../../src/api/rpc/table.ts';
import { sha256 } from '../../../src/base/crypto/hash.ts';
import { type ErrorName, RpcError } from '../../../src/base/errors.ts';
import { ManualClock } from '../../../src/base/types/clock.ts';
import { Secret } from '../../../src/base/types/secret.ts';
import { Actions } from '../../../src/shop/access/actions.ts';
import { Passkeys } from '../../../src/shop/access/passkeys.ts';
import { FORGET_RUNES, Runes } from '../../../src/shop/access/runes.ts';
import { Sessions } from '../../../src/shop/access/sessions.ts';
import { SignIn } from '../../../src/shop/access/sign-in.ts';
import { Users } from '../../../src/shop/access/users.ts';
import { testStore } from '../../support/test-store.ts';

const table = tableOf(commands);
const fail = (error: unknown): never => assert.fail(error as Error);
const PASSWORD = 'correct horse battery';
const HERE = '192.0.2.7';

function scene() {
  const clock = new ManualClock();
  const store = testStore({ onFailure: fail });
  let drawn = 0;
  const randomBytes = (length: number) => sha256(Buffer.from(`draw ${drawn++}`)).subarray(0, length);
  const said: string[] = [];
  const open = async () => {
    const runes = await Runes.open({
      ...{ store, clock, randomBytes, onBackgroundError: fail },
      key: new Secret(new Uint8Array(32).fill(9)),
    });
    const users = await Users.open({ store, clock, runes });
    const sessions = await Sessions.open({ store, clock, randomBytes, users, onBackgroundError: fail });
    const passkeys = new Passkeys({ store, clock, users, origins: () => ['http://localhost:3011'] });
    const log = { info: (text: string) => void said.push(text), warn: (text: string) => void said.push(text) };
    const sign_in = new SignIn({ clock, randomBytes, users, sessions, passkeys, log });
    return { runes, users, sessions, passkeys, sign_in };
  };
  return { clock, store, open, said };
}

async function errorOf(work: () => unknown): Promise<ErrorName | undefined> {
  try {
    await work();
    return undefined;
  } catch (error) {
    assert.ok(error instanceof RpcError, String(error));
    return error.error;
  }
}

const password = (name: string, text: string) => ({ way: 'password', name, password: text }) as const;

describe('sessions', () => {
  it('begin by a link once, and by no other link', async () => {
    const { clock, open } = scene();
    const { users, sessions, sign_in } = await open();
    const owner = await users.create('owner', 'owner');
    const { token } = await sessions.makeLink(owner);
    const both = await Promise.allSettled([1, 2].map(() => sign_in.signIn({ way: 'link', token }, HERE)));
    assert.deepEqual(both.map(({ status }) => status).sort(), ['fulfilled', 'rejected']);
    const late = await sessions.makeLink(owner);
    clock.advance(600_000);
    assert.equal(await errorOf(() => sign_in.signIn({ way: 'link', token: late.token }, HERE)), 'SIGN_IN_FAILED');
  });

  it('outlast a restart, and end when they are not used, when they are old, and when somebody ends them', async () => {
    const { clock, open } = scene();
    const { users, sessions } = await open();
    const anna = await users.create('Anna', 'cashier');
    const token = await sessions.begin(anna, 'link');
    const { sessions: again } = await open();
    assert.equal(again.resolve(token).user.name, 'Anna');
    clock.advance(12 * 3_600_000 + 2000);
    assert.equal(await errorOf(() => again.resolve(token)), 'SESSION_OVER');

    const used = await again.begin(anna, 'link');
    for (let day = 0; day < 60; day++) {
      assert.equal(again.resolve(used).user.name, 'Anna');
      clock.advance(12 * 3_600_000 - 1000);
    }
    clock.advance(120_000);
    assert.equal(await errorOf(() => again.resolve(used)), 'SESSION_OVER');

    const third = await again.begin(anna, 'link');
    assert.equal(await again.end(again.resolve(third).session.session_id), true);
    assert.equal(await errorOf(() => again.resolve(third)), 'SESSION_OVER');
    const { sessions: later } = await open();
    assert.deepEqual(later.list(), []);
  });

  it('are in the database as hashes only', async () => {
    const { store, open } = scene();
    const { users, sessions } = await open();
    const token = await sessions.begin(await users.create('Anna', 'cashier'), 'link');
    const [row] = await store.read('SELECT token_hash FROM sessions');
    assert.deepEqual(Buffer.from(row?.token_hash as Uint8Array), Buffer.from(sha256(Buffer.from(token))));
  });

  it('of somebody who is removed end at once, and the rune with them', async () => {
    const { open } = scene();
    const { runes, users, sessions } = await open();
    const anna = await users.create('Anna', 'owner');
    const token = await sessions.begin(anna, 'link');
    await users.remove(anna);
    assert.equal(await errorOf(() => sessions.resolve(token)), 'SESSION_OVER');
    const view = runeView('getinfo', undefined, {}, { command: table.find('getinfo'), by_meaning: true });
    assert.equal(await errorOf(() => runes.check(anna.rune, view)), 'RUNE_BLACKLISTED');
  });

  it('of somebody whose rune has the limits of an earlier version are judged by those of now', async () => {
    const { store, open } = scene();
    const before = await open();
    const { rune: old } = await before.users.create('bar', 'cashier');
    const { rune } = await before.runes.create([[{ field: 'method', condition: '=', value: 'refund' }]]);
    await store.commit([{ sql: 'UPDATE users SET rune = ?', params: [rune] }]);
    const { users, runes } = await open();
    assert.notEqual(users.get('bar').rune, rune);
    assert.deepEqual(runes.show(users.get('bar').rune)[0]?.rune.restrictions, runes.show(old)[0]?.rune.restrictions);
    assert.equal(runes.show(rune)[0]?.is_blacklisted, true);
    const { rune: kept } = users.get('bar');
    assert.equal((await open()).users.get('bar').rune, kept, 'once');
  });

  it('and people do not come back with an older copy of the database', async () => {
    const { store, open } = scene();
    const { users, sessions } = await open();
    const token = await sessions.begin(await users.create('Anna', 'owner'), 'link');
    await store.commit(FORGET_RUNES);
    const later = await open();
    assert.deepEqual(later.users.list(), []);
    assert.equal(await errorOf(() => later.sessions.resolve(token)), 'SESSION_OVER');
  });
});

describe('signing in', () => {
  it('answers the same for a wrong name and a wrong password', async () => {
    const { open } = scene();
    const { users, sign_in } = await open();
    await users.create('Anna', 'cashier', await sign_in.hash(PASSWORD));
    await users.create('Ben', 'cashier');
    const answers: string[] = [];
    for (const name of ['Anna', 'Ben', 'nobody']) {
      await assert.rejects(
        sign_in.signIn(password(name, 'guessed it'), `192.0.2.${answers.length}`),
        (error: Error) => {
          answers.push(error.message);
          return true;
        },
      );
    }
    assert.equal(new Set(answers).size, 1);
    const { user } = await sign_in.signIn(password('ANNA', PASSWORD), HERE);
    assert.equal(user.name, 'Anna');
  });

  it('is refused after five tries in a minute, then for longer and longer', async () => {
    const { clock, open } = scene();
    const { users, sessions, sign_in } = await open();
    const anna = await users.create('Anna', 'cashier');
    const tryAs = (token: string, address = HERE) => errorOf(() => sign_in.signIn({ way: 'link', token }, address));
    const guess = () => tryAs('a guess');
    const know = async (address?: string) => await tryAs((await sessions.makeLink(anna)).token, address);
    for (let count = 0; count < 5; count++) assert.equal(await guess(), 'SIGN_IN_FAILED');
    assert.equal(await know(), 'SIGN_IN_TOO_OFTEN');
    // Others are not kept out.
    assert.equal(await know('192.0.2.8'), undefined);
    clock.advance(61_000);
    for (let count = 0; count < 5; count++) assert.equal(await guess(), 'SIGN_IN_FAILED');
    clock.advance(61_000);
    assert.equal(await guess(), 'SIGN_IN_TOO_OFTEN');
    clock.advance(60_000);
    assert.equal(await know(), undefined);
    for (let count = 0; count < 4; count++) assert.equal(await guess(), 'SIGN_IN_FAILED');
  });

  it('counts tries that run at the same time', async () => {
    const { open } = scene();
    const { sign_in } = await open();
    const tries = Array.from({ length: 12 }, () =>
      errorOf(() => sign_in.signIn({ way: 'link', token: 'a guess' }, HERE)),
    );
    const errors = await Promise.all(tries);
    assert.equal(errors.filter((error) => error === 'SIGN_IN_FAILED').length, 5);
    assert.equal(errors.filter((error) => error === 'SIGN_IN_TOO_OFTEN').length, 7);
  });

  it('takes a whole network of IPv6 as one', async () => {
    const { open } = scene();
    const { sign_in } = await open();
    const guess = (address: string) => errorOf(() => sign_in.signIn({ way: 'link', token: 'a guess' }, address));
    for (let count = 0; count < 5; count++) await guess(`2001:db8:0:1::${count}`);
    assert.equal(await guess('2001:db8:0:1:ffff:ffff:ffff:ffff'), 'SIGN_IN_TOO_OFTEN');
    assert.equal(await guess('2001:db8:0:2::1'), 'SIGN_IN_FAILED');
  });

  it('wants the old password for a new one, and ends the other sessions', async () => {
    const { open } = scene();
    const { users, sessions, sign_in } = await open();
    await users.create('Anna', 'cashier', await sign_in.hash(PASSWORD));
    const [one, other] = [
      await sign_in.signIn(password('Anna', PASSWORD), HERE),
      await sign_in.signIn(password('Anna', PASSWORD), HERE),
    ];
    const change = (old: string) =>
      sign_in.changePassword(sessions.resolve(one.token), { old, password: 'another long one' }, HERE);
    assert.equal(await errorOf(() => change('wrong')), 'SIGN_IN_FAILED');
    await change(PASSWORD);
    assert.equal(await errorOf(() => sessions.resolve(other.token)), 'SESSION_OVER');
    assert.equal(sessions.resolve(one.token).user.name, 'Anna');
    assert.equal(await errorOf(() => sign_in.signIn(password('Anna', PASSWORD), HERE)), 'SIGN_IN_FAILED');
    await sign_in.signIn(password('Anna', 'another long one'), HERE);
    assert.equal(await errorOf(() => sign_in.hash('short')), 'INVALID_PARAMS');
  });
});

describe('roles', () => {
  const permits = async (rune: string, runes: Runes, method: string, params: Json = {}): Promise<boolean> => {
    const view = runeView(method, undefined, params, { command: table.find(method), by_meaning: true });
    return (await errorOf(() => runes.check(rune, view))) === undefined;
  };

  it('let a cashier take payments, an accountant look, and an owner do everything', async () => {
    const { open } = scene();
    const { runes, users } = await open();
    const [owner, cashier, accountant] = [
      await users.create('o', 'owner'),
      await users.create('c', 'cashier'),
      await users.create('a', 'accountant'),
    ];
    for (const { name, access } of commands) {
      assert.equal(await permits(owner.rune, runes, name), true, name);
      if (access === 'write') assert.equal(await permits(accountant.rune, runes, name), false, name);
    }
    for (const method of ['invoice', 'listinvoices', 'waitinvoice', 'findinvoices']) {
      assert.equal(await permits(cashier.rune, runes, method), true, method);
    }
    for (const method of ['pay', 'xpay', 'withdraw', 'createrune', 'createuser', 'createlogin', 'listfunds', 'stop']) {
      assert.equal(await permits(cashier.rune, runes, method), false, method);
    }
    const promoted = await users.setRole(cashier, 'owner');
    assert.equal(await permits(cashier.rune, runes, 'invoice'), false);
    assert.equal(await permits(promoted.rune, runes, 'pay'), true);
    assert.equal(await errorOf(() => users.create('O', 'owner')), 'USER_ALREADY_EXISTS');
    assert.equal(await errorOf(() => users.create('a\u202eb', 'owner')), 'INVALID_PARAMS');
  });
});

describe('the log of actions', () => {
  const action = { session_id: 1, user: 'Anna', role: 'owner', method: 'pay', params: '{}' } as const;

  it('has a row before the change is tried, and what came of it afterwards', async () => {
    const { clock, store } = scene();
    const actions = new Actions(store, clock);
    const outcomes: unknown[] = [];
    await actions.record(action, async () => void outcomes.push((await actions.list(undefined, 10))[0]?.outcome));
    await assert.rejects(
      actions.record(action, () => Promise.reject(new Error('no route'))),
      /no route/,
    );
    assert.deepEqual(outcomes, ['unknown']);
    const rows = await actions.list(undefined, 10);
    assert.deepEqual(
      rows.map(({ action_id, outcome, error }) => [action_id, outcome, error]),
      [
        [2, 'failed', 'no route'],
        [1, 'done', undefined],
      ],
    );
    assert.deepEqual(
      (await actions.list(2, 10)).map(({ action_id }) => action_id),
      [1],
    );
  });

  it('keeps the newest', async () => {
    const { clock, store } = scene();
    const actions = new Actions(store, clock);
    // Before a number is taken, as in a database that is opened.
    await store.commit([{ sql: "UPDATE counters SET value = 99999 WHERE name = 'actions'", params: [] }]);
    await actions.record(action, async () => {});
    await store.commit([{ sql: 'UPDATE actions SET action_id = 1', params: [] }]);
    await actions.record(action, async () => {});
    assert.deepEqual(
      (await actions.list(undefined, 10)).map(({ action_id }) => action_id),
      [100_001],
    );
  });
});
