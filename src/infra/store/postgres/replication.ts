/** What the server says of its replicas and of its own history. */
import type { Row, SqlValue } from '../store.ts';

/** How commits are kept. */
export interface Replication {
  /** Whether a commit waits for a replica. */
  readonly is_synchronous: boolean;
  /** Replicas that are connected. */
  readonly replicas: number;
  /** Rises when a replica is promoted, and when a server is restored to an earlier moment. */
  readonly timeline: bigint;
}

const FACTS = `SELECT current_setting('synchronous_standby_names') AS names,
  (SELECT count(*) FROM pg_stat_replication) AS replicas,
  CAST(CAST('x' || substr(pg_walfile_name(pg_current_wal_lsn()), 1, 8) AS BIT(32)) AS BIGINT) AS timeline`;

/** Asks the server that takes writes. Rejects as `read` does. */
export async function readReplication(
  read: (sql: string, params?: readonly SqlValue[]) => Promise<readonly Row[]>,
): Promise<Replication> {
  const [row] = await read(FACTS);
  return {
    is_synchronous: ((row?.names ?? '') as string).trim() !== '',
    replicas: Number(row?.replicas ?? 0),
    timeline: (row?.timeline ?? 0n) as bigint,
  };
}
