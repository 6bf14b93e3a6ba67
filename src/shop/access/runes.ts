/**
 * The runes of this node: made, judged, revoked. The secret that they are made from mixes a random value in that only the
 * database has: a database that is made anew from the words, or restored from an older copy, knows no earlier rune, so
 * that a revoked one never comes back.
 */
import { hkdfSha256 } from '../../base/crypto/hash.ts';
import type { RandomBytes } from '../../base/crypto/random.ts';
import { RpcError } from '../../base/errors.ts';
import type { Clock } from '../../base/types/clock.ts';
import { Secret } from '../../base/types/secret.ts';
import { readAll } from '../../infra/store/read-all.ts';
import type { Store, Write } from '../../infra/store/store.ts';
import { addRange, type IdRange, isInRange, removeRange } from './blacklist.ts';
import { isTimed, judgeRune } from './judge.ts';
import { encodeRune, isDerived, MalformedRune, makeRune, parseRune, type Restriction, type Rune } from './rune.ts';
import type { RuneRequest } from './rune-request.ts';

/** Runes whose code has been checked, kept by their text. */
const MOST_CACHED = 4096;
/** How long the use of a rune without `per` and `rate` may go unwritten. */
const WRITE_EVERY_MS = 60_000;
/** Beyond this no id is revoked, and none is given out. */
export const ID_LIMIT = 100_000_000;

/** For a database that is older than the node, or may be: every rune that it knows dies. */
export const FORGET_RUNES: readonly Write[] = [{ sql: 'DELETE FROM rune_secret', params: [] }];

export interface RunesOptions {
  readonly store: Store;
  readonly clock: Clock;
  readonly randomBytes: RandomBytes;
  /** From the seed: 32 bytes. */
  readonly key: Secret<Uint8Array>;
  readonly onBackgroundError: (error: unknown) => void;
}

/** What is known of a rune's id. */
interface Issued {
  readonly rune: string;
  /** Unix time. */
  last_used_at: number | undefined;
  /** Of the same use, where this process saw it: the finer of the two. */
  last_used_monotonic_ms: number | undefined;
}

interface CheckedRune {
  readonly rune: Rune;
  readonly is_timed: boolean;
}

/** A request without what the runes themselves know. */
export type RequestToJudge = Omit<RuneRequest, 'now_seconds' | 'since_last_use_ns'>;

/** A rune as `showrunes` tells of it. */
export interface ShownRune {
  readonly text: string;
  readonly rune: Rune;
  /** Whether this very rune was made here, and not derived from one. */
  readonly is_stored: boolean;
  readonly is_ours: boolean;
  readonly is_blacklisted: boolean;
  /** Unix time. */
  readonly last_used_at: number | undefined;
}

export class Runes {
  readonly #options: RunesOptions;
  readonly #secret: Secret<Uint8Array>;
  readonly #issued: Map<number, Issued>;
  #blacklist: readonly IdRange[];
  #next_id: number;
  readonly #checked = new Map<string, CheckedRune>();
  /** Ids whose last use is not written down yet. */
  readonly #used = new Set<number>();
  #stopWriting: (() => void) | undefined;

  /** `secret`: what every rune's code begins with. The rest is what the store has; `open` reads it. */
  constructor(
    options: RunesOptions,
    secret: Secret<Uint8Array>,
    issued = new Map<number, Issued>(),
    blacklist: readonly IdRange[] = [],
  ) {
    this.#options = options;
    this.#secret = secret;
    this.#issued = issued;
    this.#blacklist = blacklist;
    this.#next_id = Math.max(-1, ...issued.keys()) + 1;
  }

  /** Reads what the store has; makes the random value at the first start. */
  static async open(options: RunesOptions): Promise<Runes> {
    const { store, key, randomBytes } = options;
    let [row] = await store.read('SELECT salt FROM rune_secret');
    if (row === undefined) {
      row = { salt: randomBytes(32) };
      // Runes of an earlier secret are worth nothing: their ids begin again.
      await store.commit([
        { sql: 'DELETE FROM runes', params: [] },
        { sql: 'DELETE FROM rune_blacklist', params: [] },
        { sql: 'INSERT INTO rune_secret (number, salt) VALUES (0, ?)', params: [row.salt as Uint8Array] },
      ]);
    }
    const issued = new Map<number, Issued>();
    for (const { unique_id, rune, last_used_at } of await readAll(
      store,
      'SELECT unique_id, rune, last_used_at FROM runes ORDER BY unique_id',
    )) {
      issued.set(Number(unique_id), {
        rune: rune as string,
        last_used_at: last_used_at === null ? undefined : Number(last_used_at),
        last_used_monotonic_ms: undefined,
      });
    }
    const ranges = await readAll(store, 'SELECT start_id, end_id FROM rune_blacklist ORDER BY start_id');
    const blacklist = ranges.map(({ start_id, end_id }) => ({ start: Number(start_id), end: Number(end_id) }));
    const secret = hkdfSha256(key.reveal(), row.salt as Uint8Array, Buffer.from('runes'), 32);
    return new Runes(options, new Secret(secret), issued, blacklist);
  }

  /** Makes a rune. It is durable when this resolves. */
  async create(restrictions: readonly Restriction[]): Promise<{ readonly rune: string; readonly unique_id: string }> {
    const id = this.#next_id;
    if (id >= ID_LIMIT) throw new RpcError('LIGHTNINGD', `no more than ${ID_LIMIT} runes can be made`);
    this.#next_id++;
    const rune = encodeRune(makeRune(this.#secret.reveal(), String(id), restrictions));
    await this.#options.store.commit([
      { sql: 'INSERT INTO runes (unique_id, rune, last_used_at) VALUES (?, ?, NULL)', params: [id, rune] },
    ]);
    this.#issued.set(id, { rune, last_used_at: undefined, last_used_monotonic_ms: undefined });
    return { rune, unique_id: String(id) };
  }

  /**
   * Judges a request that carries the rune. Throws or rejects with RpcError. Where the rune has `per` or `rate`, its use
   * is durable when this resolves; otherwise nothing is waited for. `continues`: it is part of what was permitted before,
   * so it is no further use, and no `per` or `rate` stops it.
   */
  check(text: string, request: RequestToJudge, continues = false): void | Promise<void> {
    const { rune, is_timed } = this.#checked.get(text) ?? this.#authenticate(text);
    const id = Number(rune.id);
    if (isInRange(this.#blacklist, id)) throw new RpcError('RUNE_BLACKLISTED', 'Not authorized: Blacklisted rune');
    const { clock } = this.#options;
    const issued = this.#issued.get(id);
    const view: RuneRequest = {
      ...request,
      now_seconds: clock.nowSeconds(),
      since_last_use_ns: is_timed && !continues && issued !== undefined ? this.#sinceLastUse(issued) : undefined,
    };
    const reason = judgeRune(rune, view);
    if (reason !== undefined) throw new RpcError('RUNE_NOT_PERMITTED', `Not permitted: ${reason}`);
    if (issued === undefined || continues) return;
    issued.last_used_at = view.now_seconds;
    issued.last_used_monotonic_ms = clock.monotonicMs();
    this.#used.add(id);
    if (is_timed) return this.#writeUses([id]);
    this.#writeLater();
  }

  #sinceLastUse({ last_used_at, last_used_monotonic_ms }: Issued): bigint | undefined {
    const { clock } = this.#options;
    if (last_used_monotonic_ms !== undefined) {
      return BigInt(Math.floor((clock.monotonicMs() - last_used_monotonic_ms) * 1e6));
    }
    return last_used_at === undefined ? undefined : BigInt(clock.nowSeconds() - last_used_at) * 1_000_000_000n;
  }

  /** Checks form and code; keeps what was found good. Throws RpcError. */
  #authenticate(text: string): CheckedRune {
    const rune = readRune(text);
    if (rune.id?.includes('-')) throw new RpcError('RUNE_NOT_AUTHORIZED', 'Not authorized: Version mismatch');
    if (rune.id === undefined || !/^\d{1,9}$/.test(rune.id) || !isDerived(rune, this.#secret.reveal())) {
      throw new RpcError('RUNE_NOT_AUTHORIZED', 'Not authorized: Not derived from master');
    }
    if (this.#checked.size >= MOST_CACHED) {
      const [oldest] = this.#checked.keys();
      this.#checked.delete(oldest as string);
    }
    const checked = { rune, is_timed: isTimed(rune) };
    this.#checked.set(text, checked);
    return checked;
  }

  /** The rune named, of whatever node, or all that were made here. Throws RpcError. */
  show(text: string | undefined): readonly ShownRune[] {
    const texts = text === undefined ? [...this.#issued.values()].map(({ rune }) => rune) : [text];
    return texts.map((each) => {
      const rune = readRune(each);
      const issued = this.#issued.get(Number(rune.id));
      return {
        text: each,
        rune,
        is_stored: issued?.rune === each,
        is_ours: isDerived(rune, this.#secret.reveal()),
        is_blacklisted: isInRange(this.#blacklist, Number(rune.id)),
        last_used_at: issued?.last_used_at,
      };
    });
  }

  get blacklist(): readonly IdRange[] {
    return this.#blacklist;
  }

  /** Revokes the runes with these ids, or takes that back. It is durable when this resolves, and holds at once. */
  async changeBlacklist(range: IdRange, relist: boolean): Promise<readonly IdRange[]> {
    const before = this.#blacklist;
    const after = relist ? removeRange(before, range) : addRange(before, range);
    // Who is revoked is refused from now on; who comes back waits until that is on disk.
    if (!relist) this.#blacklist = after;
    await this.#options.store.commit([
      { sql: 'DELETE FROM rune_blacklist', params: [] },
      ...after.map(({ start, end }) => ({
        sql: 'INSERT INTO rune_blacklist (start_id, end_id) VALUES (?, ?)',
        params: [start, end],
      })),
    ]);
    if (relist) this.#blacklist = after;
    return after;
  }

  /** Writes down the last uses that were not yet. */
  async stop(): Promise<void> {
    this.#stopWriting?.();
    this.#stopWriting = undefined;
    await this.#writeUses([...this.#used]);
  }

  #writeLater(): void {
    this.#stopWriting ??= this.#options.clock.after(WRITE_EVERY_MS, () => {
      this.#stopWriting = undefined;
      this.#writeUses([...this.#used]).catch(this.#options.onBackgroundError);
    });
  }

  async #writeUses(ids: readonly number[]): Promise<void> {
    if (ids.length === 0) return;
    for (const id of ids) this.#used.delete(id);
    await this.#options.store.commit(
      ids.map((id) => ({
        sql: 'UPDATE runes SET last_used_at = ? WHERE unique_id = ?',
        params: [this.#issued.get(id)?.last_used_at ?? null, id],
      })),
    );
  }
}

/** Reads a rune of any node. Throws RpcError in Core Lightning's words. */
export function readRune(text: string): Rune {
  try {
    return parseRune(text);
  } catch (error) {
    if (!(error instanceof MalformedRune)) throw error;
    throw new RpcError('INVALID_PARAMS', 'rune: should be base64 string: invalid token (see logs for details)');
  }
}
