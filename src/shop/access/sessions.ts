/**
 * Sessions of people: what a cookie stands for. The database has the hash of the cookie, not the cookie; a session ends after
 * twelve hours without use, after thirty days in any case, and when it is revoked. Links that begin one are good once.
 */
import { createHash } from 'node:crypto';
import type { RandomBytes } from '../../base/crypto/random.ts';
import { RpcError } from '../../base/errors.ts';
import type { Clock } from '../../base/types/clock.ts';
import { nextNumber } from '../../infra/store/counters.ts';
import { readAll } from '../../infra/store/read-all.ts';
import type { Row, Store } from '../../infra/store/store.ts';
import type { User, Users } from './users.ts';

/** How somebody signed in. */
export type SignInWay = 'link' | 'password' | 'passkey';

/** A session. */
export interface Session {
  readonly session_id: number;
  readonly user_id: number;
  readonly way: SignInWay;
  /** Unix time. */
  readonly created_at: number;
  /** Unix time. */
  readonly last_seen_at: number;
}

export interface SessionsOptions {
  readonly store: Store;
  readonly clock: Clock;
  readonly randomBytes: RandomBytes;
  readonly users: Users;
  readonly onBackgroundError: (error: unknown) => void;
}

const TOKEN_BYTES = 32;
const IDLE_SECONDS = 12 * 3600;
const LONGEST_SECONDS = 30 * 86_400;
const LINK_SECONDS = 600;
/** How long a use may go unwritten. */
const WRITE_EVERY_MS = 60_000;
const MOST_SESSIONS = 1000;

/** A link that begins a session. */
export interface LoginLink {
  readonly token: string;
  /** Unix time. */
  readonly expires_at: number;
}

export class Sessions {
  readonly #options: SessionsOptions;
  /** By the hash of the token, hex. */
  readonly #by_hash: Map<string, Session>;
  readonly #used = new Set<string>();
  #stopWriting: (() => void) | undefined;

  private constructor(options: SessionsOptions, sessions: Map<string, Session>) {
    this.#options = options;
    this.#by_hash = sessions;
  }

  /** Reads the sessions of those who still are. */
  static async open(options: SessionsOptions): Promise<Sessions> {
    const rows = await readAll(options.store, 'SELECT * FROM sessions ORDER BY session_id');
    const known = rows.filter(({ user_id }) => options.users.byId(Number(user_id)) !== undefined);
    return new Sessions(
      options,
      new Map(known.map((row) => [Buffer.from(row.token_hash as Uint8Array).toString('hex'), sessionOfRow(row)])),
    );
  }

  /** Begins a session; durable when this resolves. Answers what the cookie holds. */
  async begin({ user_id }: User, way: SignInWay): Promise<string> {
    const { store, clock } = this.#options;
    const token = this.#newToken();
    const now = clock.nowSeconds();
    const result = await store.commit([
      {
        sql: 'DELETE FROM sessions WHERE last_seen_at < ? OR created_at < ?',
        params: [now - IDLE_SECONDS, now - LONGEST_SECONDS],
      },
      {
        sql: `INSERT INTO sessions (session_id, token_hash, user_id, way, created_at, last_seen_at)
          VALUES (${nextNumber('sessions')}, ?, ?, ?, ?, ?) RETURNING session_id`,
        params: [hashOf(token), user_id, way, now, now],
      },
    ]);
    for (const [hash, session] of this.#by_hash) if (this.#isOver(session)) this.#by_hash.delete(hash);
    const session_id = Number(result.committed ? result.rows[1]?.[0]?.session_id : 0);
    this.#by_hash.set(hashOf(token).toString('hex'), {
      session_id,
      user_id,
      way,
      created_at: now,
      last_seen_at: now,
    });
    const [oldest] = this.#by_hash.values();
    if (this.#by_hash.size > MOST_SESSIONS && oldest !== undefined) await this.end(oldest.session_id);
    return token;
  }

  /** Whose session it is; it counts as used now. Throws RpcError SESSION_OVER. */
  resolve(token: string): { readonly session: Session; readonly user: User } {
    const hash = hashOf(token).toString('hex');
    const session = this.#by_hash.get(hash);
    const user = session && this.#options.users.byId(session.user_id);
    if (session === undefined || user === undefined || this.#isOver(session)) {
      throw new RpcError('SESSION_OVER', 'The session is over: sign in again');
    }
    const now = this.#options.clock.nowSeconds();
    if (session.last_seen_at !== now) {
      this.#by_hash.set(hash, { ...session, last_seen_at: now });
      this.#used.add(hash);
      this.#stopWriting ??= this.#options.clock.after(WRITE_EVERY_MS, () => {
        this.#stopWriting = undefined;
        this.#writeUses().catch(this.#options.onBackgroundError);
      });
    }
    return { session, user };
  }

  /** The sessions that are not over, with their users. */
  list(): readonly { readonly session: Session; readonly user: User }[] {
    return [...this.#by_hash.values()].flatMap((session) => {
      const user = this.#options.users.byId(session.user_id);
      return user === undefined || this.#isOver(session) ? [] : [{ session, user }];
    });
  }

  /** Ends a session at once; durable when this resolves. False when there is none of that number. */
  async end(session_id: number): Promise<boolean> {
    const found = [...this.#by_hash].find(([, session]) => session.session_id === session_id);
    if (found === undefined) return false;
    this.#by_hash.delete(found[0]);
    await this.#options.store.commit([{ sql: 'DELETE FROM sessions WHERE session_id = ?', params: [session_id] }]);
    return true;
  }

  /** Ends all sessions of a person but one; durable when this resolves. */
  async endOf({ user_id }: User, but_session_id?: number): Promise<void> {
    for (const session of [...this.#by_hash.values()]) {
      if (session.user_id === user_id && session.session_id !== but_session_id) await this.end(session.session_id);
    }
  }

  /** Makes a link that begins one session within ten minutes; durable when this resolves. */
  async makeLink({ user_id }: User): Promise<LoginLink> {
    const { store, clock } = this.#options;
    const token = this.#newToken();
    const now = clock.nowSeconds();
    await store.commit([
      { sql: 'DELETE FROM login_links WHERE expires_at <= ?', params: [now] },
      {
        sql: 'INSERT INTO login_links (token_hash, user_id, expires_at) VALUES (?, ?, ?)',
        params: [hashOf(token), user_id, now + LINK_SECONDS],
      },
    ]);
    return { token, expires_at: now + LINK_SECONDS };
  }

  /** Uses a link up: of two who try, one gets it. Undefined for a link that is unknown, used or too old. */
  async useLink(token: string): Promise<User | undefined> {
    const { store, clock, users } = this.#options;
    const result = await store.commit([
      {
        sql: 'DELETE FROM login_links WHERE token_hash = ? AND expires_at > ? RETURNING user_id',
        params: [hashOf(token), clock.nowSeconds()],
        stop_if_no_row: true,
      },
    ]);
    return result.committed ? users.byId(Number(result.rows[0]?.[0]?.user_id)) : undefined;
  }

  /** Writes down the last uses that were not yet. */
  async stop(): Promise<void> {
    this.#stopWriting?.();
    this.#stopWriting = undefined;
    await this.#writeUses();
  }

  #newToken(): string {
    return Buffer.from(this.#options.randomBytes(TOKEN_BYTES)).toString('base64url');
  }

  #isOver({ created_at, last_seen_at }: Session): boolean {
    const now = this.#options.clock.nowSeconds();
    return now - last_seen_at > IDLE_SECONDS || now - created_at > LONGEST_SECONDS;
  }

  async #writeUses(): Promise<void> {
    const used = [...this.#used].flatMap((hash) => this.#by_hash.get(hash) ?? []);
    this.#used.clear();
    if (used.length === 0) return;
    await this.#options.store.commit(
      used.map(({ session_id, last_seen_at }) => ({
        sql: 'UPDATE sessions SET last_seen_at = ? WHERE session_id = ?',
        params: [last_seen_at, session_id],
      })),
    );
  }
}

function hashOf(token: string): Buffer {
  return createHash('sha256').update(token).digest();
}

function sessionOfRow(row: Row): Session {
  return {
    session_id: Number(row.session_id),
    user_id: Number(row.user_id),
    way: row.way as SignInWay,
    created_at: Number(row.created_at),
    last_seen_at: Number(row.last_seen_at),
  };
}
