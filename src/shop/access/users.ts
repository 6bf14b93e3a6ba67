/**
 * The people who use the dashboard and the counter. Each has a rune of its own, whose restrictions are the role: the person
 * never sees it, and what is asked in the person's name is judged by it. A database that is older than the node knows no
 * rune that is valid, and so no person either: one that was removed does not come back with a copy.
 */
import { isDeepStrictEqual } from 'node:util';
import { RpcError } from '../../base/errors.ts';
import type { Clock } from '../../base/types/clock.ts';
import { nextNumber } from '../../infra/store/counters.ts';
import { readAll } from '../../infra/store/read-all.ts';
import type { Row, Store, Write } from '../../infra/store/store.ts';
import { type Role, restrictionsOf } from './roles.ts';
import type { Runes } from './runes.ts';

/** A person. */
export interface User {
  readonly user_id: number;
  readonly name: string;
  readonly role: Role;
  /** What the person's requests are judged by. */
  readonly rune: string;
  /** Undefined for somebody who signs in otherwise. */
  readonly password_hash: string | undefined;
  /** Unix time. */
  readonly created_at: number;
}

export interface UsersOptions {
  readonly store: Store;
  readonly clock: Clock;
  readonly runes: Pick<Runes, 'create' | 'show' | 'changeBlacklist'>;
}

/** The most characters of a name. */
const LONGEST_NAME = 64;
const MOST_USERS = 1000;

export class Users {
  readonly #options: UsersOptions;
  readonly #by_id: Map<number, User>;

  private constructor(options: UsersOptions, users: readonly User[]) {
    this.#options = options;
    this.#by_id = new Map(users.map((user) => [user.user_id, user]));
  }

  /** Reads who there is, and removes those whose rune is not valid any more. */
  static async open(options: UsersOptions): Promise<Users> {
    const rows = await readAll(options.store, 'SELECT * FROM users ORDER BY user_id');
    const users = new Users(options, rows.map(userOfRow));
    const [first] = users.list();
    // All of them were made with the same secret.
    if (first !== undefined && options.runes.show(first.rune)[0]?.is_ours !== true) {
      await options.store.commit(users.list().flatMap(({ user_id }) => removal(user_id)));
      users.#by_id.clear();
    }
    for (const user of users.list()) {
      if (!users.#isJudgedByRole(user)) await users.setRole(user, user.role);
    }
    return users;
  }

  /** Everybody, in the order of creation. */
  list(): readonly User[] {
    return [...this.#by_id.values()];
  }

  /** The person of that name, in whatever case. */
  find(name: string): User | undefined {
    const key = keyOf(name);
    return this.list().find((user) => keyOf(user.name) === key);
  }

  /** The person of that number. */
  byId(user_id: number): User | undefined {
    return this.#by_id.get(user_id);
  }

  /** The person of that name. Throws RpcError USER_NOT_FOUND. */
  get(name: string): User {
    const user = this.find(name);
    if (user === undefined) throw new RpcError('USER_NOT_FOUND', `there is no user '${name.slice(0, LONGEST_NAME)}'`);
    return user;
  }

  /** Adds a person; durable when this resolves. Rejects with RpcError USER_ALREADY_EXISTS or INVALID_PARAMS. */
  async create(given: string, role: Role, password_hash?: string): Promise<User> {
    const { store, runes, clock } = this.#options;
    const name = readName(given);
    if (this.find(name) !== undefined) throw exists(name);
    if (this.#by_id.size >= MOST_USERS) throw new RpcError('LIGHTNINGD', `there are ${MOST_USERS} users already`);
    const { rune } = await runes.create(restrictionsOf(role, name));
    const created_at = clock.nowSeconds();
    const result = await store.commit([
      {
        sql: `INSERT INTO users (user_id, name, name_key, role, rune, password_hash, created_at)
          VALUES (${nextNumber('users')}, ?, ?, ?, ?, ?, ?)
          ON CONFLICT DO NOTHING RETURNING user_id`,
        params: [name, keyOf(name), role, rune, password_hash ?? null, created_at],
        stop_if_no_row: true,
      },
    ]);
    if (!result.committed) throw exists(name);
    const user_id = Number(result.rows[0]?.[0]?.user_id);
    const user: User = { user_id, name, role, rune, password_hash, created_at };
    this.#by_id.set(user_id, user);
    return user;
  }

  /** Gives a person another role: the rune of the old one is revoked. Durable when this resolves. */
  async setRole(user: User, role: Role): Promise<User> {
    const { store, runes } = this.#options;
    const { rune } = await runes.create(restrictionsOf(role, user.name));
    await this.#revoke(user);
    await store.commit([
      { sql: 'UPDATE users SET role = ?, rune = ? WHERE user_id = ?', params: [role, rune, user.user_id] },
    ]);
    return this.#replace({ ...user, role, rune });
  }

  /** Keeps another password, or none. Durable when this resolves. */
  async setPassword(user: User, password_hash: string | undefined): Promise<User> {
    await this.#options.store.commit([
      { sql: 'UPDATE users SET password_hash = ? WHERE user_id = ?', params: [password_hash ?? null, user.user_id] },
    ]);
    return this.#replace({ ...user, password_hash });
  }

  /** Removes a person with all sessions, passkeys and links. The rune is revoked first. Durable when this resolves. */
  async remove(user: User): Promise<void> {
    this.#by_id.delete(user.user_id);
    await this.#revoke(user);
    await this.#options.store.commit(removal(user.user_id));
  }

  /** Whether the rune says what the role is now: an earlier version may have given it other limits. */
  #isJudgedByRole({ rune, role, name }: User): boolean {
    const restrictions = this.#options.runes.show(rune)[0]?.rune.restrictions;
    return isDeepStrictEqual(restrictions, restrictionsOf(role, name));
  }

  #replace(user: User): User {
    if (this.#by_id.has(user.user_id)) this.#by_id.set(user.user_id, user);
    return user;
  }

  async #revoke({ rune }: User): Promise<void> {
    const { runes } = this.#options;
    const id = Number(runes.show(rune)[0]?.rune.id);
    await runes.changeBlacklist({ start: id, end: id }, false);
  }
}

function exists(name: string): RpcError {
  return new RpcError('USER_ALREADY_EXISTS', `there is a user '${name}' already`);
}

/** The name as it is kept. Throws RpcError INVALID_PARAMS. */
function readName(given: string): string {
  const name = given.normalize('NFC').trim();
  if (name === '' || [...name].length > LONGEST_NAME || /[\p{C}\p{Zl}\p{Zp}]/u.test(name)) {
    throw new RpcError('INVALID_PARAMS', `name: should be 1 to ${LONGEST_NAME} characters that can be seen`);
  }
  return name;
}

/** Names that differ in case only are the same. */
function keyOf(name: string): string {
  return name.normalize('NFC').trim().toLowerCase();
}

function removal(user_id: number): readonly Write[] {
  return ['sessions', 'passkeys', 'login_links', 'users'].map((table) => ({
    sql: `DELETE FROM ${table} WHERE user_id = ?`,
    params: [user_id],
  }));
}

function userOfRow(row: Row): User {
  return {
    user_id: Number(row.user_id),
    name: row.name as string,
    role: row.role as Role,
    rune: row.rune as string,
    password_hash: (row.password_hash as string | null) ?? undefined,
    created_at: Number(row.created_at),
  };
}
