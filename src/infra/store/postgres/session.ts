/**
 * A connection with the settings that Till's promises rest on: set when it opens, read back, and refused when they cannot
 * be had. Nothing of what the server's owner has set otherwise for this role is left to chance.
 */

import { numberPlaces } from '../dialect.ts';
import { StoreFailure } from '../failure.ts';
import type { Row, SqlValue } from '../store.ts';
import { connectTo, firstThatWill, type OpenClient, typedError } from './connect.ts';
import { ConnectionLost, isFalseSuccess } from './failure.ts';
import { KnownStatements, Packet, type Statement, type StatementResult } from './packet.ts';
import type { PostgresTarget } from './target.ts';

/** What the connection is for: the writer's lock rows, those of readers write nothing. */
export type SessionRole = 'writer' | 'reader';

/** What a connection is called at the server. */
export const nameOf = (role: SessionRole): string => `till-${role}`;

export interface SessionOptions {
  /** Whether a server that may lose commits in a crash is refused. Only tests say false. Default: true. */
  readonly must_be_durable?: boolean;
}

/** Which database this is: a copy has another one of these. */
export interface DatabaseIdentity {
  readonly system_identifier: string;
  readonly database_oid: string;
  readonly timeline: bigint;
  /** The schema that the tables are in. */
  readonly schema: string;
}

const LEAST_VERSION = 140_000;

/** Of every connection. The last two let the warnings through that turn a success into a failure. */
const COMMON: readonly (readonly [string, string])[] = [
  ['client_encoding', 'UTF8'],
  ['standard_conforming_strings', 'on'],
  ['default_transaction_isolation', 'read committed'],
  ['bytea_output', 'hex'],
  ['statement_timeout', '0'],
  ['jit', 'off'],
  ['tcp_keepalives_idle', '5'],
  ['tcp_keepalives_interval', '1'],
  ['tcp_keepalives_count', '3'],
  ['client_min_messages', 'warning'],
];

/** A group that its node does not end frees its rows after this, as long as the server waits for the node. */
const OF_ROLE: Readonly<Record<SessionRole, readonly (readonly [string, string])[]>> = {
  writer: [
    ['default_transaction_read_only', 'off'],
    ['idle_in_transaction_session_timeout', '1500ms'],
    ['lock_timeout', '2s'],
  ],
  reader: [
    ['default_transaction_read_only', 'on'],
    ['idle_in_transaction_session_timeout', '0'],
  ],
};

const FACTS = `SELECT pg_backend_pid() AS backend_pid, current_setting('server_version_num') AS version,
  current_setting('server_encoding') AS server_encoding, current_setting('client_encoding') AS client_encoding,
  current_setting('synchronous_commit') AS synchronous_commit, current_setting('fsync') AS fsync,
  current_setting('full_page_writes') AS full_page_writes, pg_is_in_recovery() AS is_in_recovery,
  current_setting('transaction_read_only') AS transaction_read_only,
  current_setting('client_min_messages') AS client_min_messages,
  (SELECT backend_start::text FROM pg_stat_activity WHERE pid = pg_backend_pid()) AS backend_start,
  (SELECT system_identifier::text FROM pg_control_system()) AS system_identifier,
  (SELECT timeline_id FROM pg_control_checkpoint()) AS timeline, current_schema()::text AS schema,
  (SELECT oid::text FROM pg_database WHERE datname = current_database()) AS database_oid`;

export class Session {
  readonly #client: OpenClient;
  readonly #known = new KnownStatements();
  #lost: Error | undefined;
  /** Ends with the packet that was given last: the driver takes one at a time. Undefined when none is under way. */
  #turn: Promise<void> | undefined;
  #is_ending = false;
  /** Whether the packet that is under way was told that its success is none. */
  #false_success: string | undefined;
  readonly backend_pid: bigint;
  /** When the backend began, as the server writes it: a process id alone is used again. */
  readonly backend_start: string;
  readonly identity: DatabaseIdentity;

  /**
   * Opens a connection to the first address that takes writes, and sets it up. Rejects with ConnectionLost, ServerError,
   * or StoreFailure for a server that cannot be trusted with money.
   */
  static open(target: PostgresTarget, role: SessionRole, options: SessionOptions = {}): Promise<Session> {
    return firstThatWill(target, async (address) => {
      const onLost: { tell: (error: Error) => void } = { tell: () => {} };
      const client = await connectTo(target, address, (error) => onLost.tell(error));
      try {
        const facts = await setUp(client, target, role, options);
        const session = new Session(client, facts);
        onLost.tell = (error) => {
          session.#lost ??= error;
        };
        return session;
      } catch (error) {
        client.connection.stream.destroy();
        throw error;
      }
    });
  }

  private constructor(client: OpenClient, facts: Row) {
    this.#client = client;
    this.backend_pid = facts.backend_pid as bigint;
    this.backend_start = facts.backend_start as string;
    this.identity = {
      system_identifier: facts.system_identifier as string,
      database_oid: facts.database_oid as string,
      timeline: facts.timeline as bigint,
      schema: (facts.schema as string | null) ?? '',
    };
    client.on('notice', (notice) => {
      if (isFalseSuccess(notice)) this.#false_success = notice.message ?? 'a warning without words';
    });
  }

  /** Whether it has ended. */
  get is_lost(): boolean {
    return this.#lost !== undefined || this.#is_ending;
  }

  /**
   * Sends statements in one piece, at once unless something is under way, and answers what each did. Only the writer's
   * sessions may be asked whether they were warned. Rejects with ConnectionLost or ServerError; what then took effect is for
   * the caller to find out.
   */
  run(statements: readonly Statement[]): Promise<readonly StatementResult[]> {
    const answered = this.#turn === undefined ? this.#send(statements) : this.#turn.then(() => this.#send(statements));
    const end = (): void => {
      if (this.#turn === turn) this.#turn = undefined;
    };
    const turn = answered.then(end, end);
    this.#turn = turn;
    return answered;
  }

  #send(statements: readonly Statement[]): Promise<readonly StatementResult[]> {
    if (this.#lost !== undefined) return Promise.reject(new ConnectionLost(this.#lost.message));
    return new Promise((resolve, reject) => {
      this.#client.query(
        new Packet(statements, this.#known, resolve, (error, statement) => {
          const typed = typedError(error, statement);
          if (typed instanceof ConnectionLost) this.#lost ??= typed;
          reject(typed);
        }),
      );
    });
  }

  /** Runs one statement of Till's own words (`?` for values) and answers its rows. Rejects as `run` does. */
  async query(sql: string, params: readonly SqlValue[] = []): Promise<readonly Row[]> {
    const [result] = await this.run([{ sql: numberPlaces(sql), params }]);
    return result?.rows ?? [];
  }

  /** Gives it another name, for those who look at the connections of the server. */
  async rename(name: string): Promise<void> {
    await this.query("SELECT set_config('application_name', ?, false) AS name", [name]);
  }

  /** What the server warned of since this was asked last, if it makes a success doubtful. */
  takeFalseSuccess(): string | undefined {
    const warning = this.#false_success;
    this.#false_success = undefined;
    return warning;
  }

  /** Ends it in good order. */
  async end(): Promise<void> {
    this.#is_ending = true;
    await this.#client.end().catch(() => {});
  }

  /** Ends it at once: what is under way rejects with ConnectionLost. */
  destroy(): void {
    this.#is_ending = true;
    this.#lost ??= new ConnectionLost('the connection was given up');
    this.#client.connection.stream.destroy();
  }
}

/** Sets the connection up, and answers the facts about it. */
async function setUp(
  client: OpenClient,
  target: PostgresTarget,
  role: SessionRole,
  { must_be_durable = true }: SessionOptions,
): Promise<Row> {
  const none = new KnownStatements();
  const run = (...statements: readonly Omit<Statement, 'is_single'>[]): Promise<readonly StatementResult[]> =>
    new Promise((resolve, reject) => {
      const once = statements.map((statement) => ({ ...statement, is_single: true }));
      client.query(new Packet(once, none, resolve, (error, at) => reject(typedError(error, at))));
    });
  const settings = [...COMMON, ...OF_ROLE[role], ['application_name', nameOf(role)] as const];
  const [shown] = await run({ sql: 'SHOW synchronous_commit', params: [] });
  // What is stronger may stay; what is weaker is not asked for by whoever keeps money.
  if (shown?.rows[0]?.synchronous_commit !== 'remote_apply') settings.push(['synchronous_commit', 'on']);
  await run(...settings.map(([name, value]) => ({ sql: `SELECT set_config('${name}', $1, false)`, params: [value] })));
  const [found] = await run({ sql: FACTS, params: [] });
  const facts = found?.rows[0];
  if (facts === undefined) throw new ConnectionLost('the server does not say what it is');
  const fault = faultOf(facts, client, must_be_durable);
  if (fault !== undefined) throw new StoreFailure(`database ${target.name}: ${fault}`);
  // While a cluster switches, its servers say this for a moment: it is asked again.
  if (facts.is_in_recovery === 1n) throw new ConnectionLost('this server is a replica: name the primary');
  if (role === 'writer' && facts.transaction_read_only === 'on') {
    throw new ConnectionLost('this server may only be read: name the primary');
  }
  return facts;
}

/** Why the server cannot be trusted; undefined when it can. */
function faultOf(facts: Row, client: OpenClient, must_be_durable: boolean): string | undefined {
  const version = Number(facts.version);
  if (version < LEAST_VERSION) return `it is PostgreSQL ${Math.floor(version / 10_000)}, and Till needs 14 or newer`;
  if (facts.server_encoding !== 'UTF8') {
    return `its encoding is ${facts.server_encoding}: create it with createdb --encoding=UTF8 --template=template0`;
  }
  if (String(facts.backend_pid) !== String(client.processID) || facts.client_min_messages !== 'warning') {
    return 'there is a pooler in front of it (such as PgBouncer), which hides what a commit is answered: connect to the server itself';
  }
  if (facts.synchronous_commit !== 'on' && facts.synchronous_commit !== 'remote_apply') {
    return `synchronous_commit is ${facts.synchronous_commit} and cannot be set to on: a crash would lose what was told`;
  }
  if (must_be_durable && (facts.fsync !== 'on' || facts.full_page_writes !== 'on')) {
    return `fsync is ${facts.fsync} and full_page_writes is ${facts.full_page_writes}: both must be on, or a power cut loses payments`;
  }
  return undefined;
}
