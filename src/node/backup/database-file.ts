/**
 * Whether the database is still in the file in which it was written. A copy may be older than the channels that it tells
 * of, and an old state that goes to the chain costs all that is in the channel: a node that starts from a copy either
 * hears from its operator that nothing newer exists, or gives its channels up in safety (docs/decisions/0011).
 */
import { statSync } from 'node:fs';
import type { ChannelId } from '../../base/types/brand.ts';
import { readAll } from '../../infra/store/read-all.ts';
import type { Store, Write } from '../../infra/store/store.ts';
import { decodeState, encodeState } from '../../protocol/channel/codec.ts';
import { loseState } from '../../protocol/channel/lost.ts';
import { isOlderThan } from './run-mark.ts';

/** What the operator says of a copy. */
export type CopyIs = 'latest' | 'old';

/** The database is a copy, and nobody said whether it is the latest. */
export class CopiedDatabaseError extends Error {
  override readonly name = 'CopiedDatabaseError';
}

/**
 * What tells a file from every copy of it: its number in the file system, and when it was made. Where the file system
 * does not keep the latter it shows the time of the last change instead, which proves nothing.
 */
export function fileIdentity(path: string): string {
  const { ino, birthtimeNs, ctimeNs } = statSync(path, { bigint: true });
  return birthtimeNs === ctimeNs || birthtimeNs === 0n ? `${ino}` : `${ino}:${birthtimeNs}`;
}

function isSameFile(known: string, now: string): boolean {
  const [known_number, known_birth] = known.split(':');
  const [number, birth] = now.split(':');
  return known_number === number && (known_birth === undefined || birth === undefined || known_birth === birth);
}

/** What a database says of where it is, and of the runs that wrote it: its row of `database_file`. */
export interface PlaceRow {
  readonly identity: string;
  readonly run: string | null;
  readonly previous_run: string | null;
}

/** Whether it is where it was written last, and no run came after it. */
export function isAtHome({ identity, run, previous_run }: PlaceRow, place: Place): boolean {
  if (!isSameFile(identity, place.identity)) return false;
  // Two nodes share a database on a server, each with marks of its own: there the number of commits tells more.
  return place.outside !== undefined || !isOlderThan(place.marks, run, previous_run);
}

/** Where a database lies. */
export interface Place {
  /** Of its file: see `fileIdentity`. */
  readonly identity: string;
  /** Of the runs beside it: see run-mark.ts. */
  readonly marks: readonly string[];
  /** Of a database on a server: what is known of it outside. */
  readonly outside?: Outside | undefined;
}

/** What is known of a database on a server, outside of it. */
export interface Outside {
  /** It lacks commits that this node was told of: it is old, whatever anybody says. */
  readonly is_behind: boolean;
  /** The server's history has changed, and nothing proves that all commits are in it. */
  readonly may_be_behind: boolean;
  /** Written with the judgement. */
  readonly judged: readonly Write[];
}

/**
 * Judges the database before anything acts on it. `word` is what the operator says of it. `if_old` is written with the
 * judgement when the database is older than the node, or may be. Answers the channels that are lost from now on; that is
 * durable. Rejects with CopiedDatabaseError.
 */
export async function judgeDatabase(
  store: Store,
  { identity, marks, outside }: Place,
  word: CopyIs | undefined,
  if_old: readonly Write[] = [],
): Promise<readonly ChannelId[]> {
  const [row] = await store.read('SELECT identity, is_copy, run, previous_run FROM database_file WHERE number = 0');
  const channels = await readAll(
    store,
    'SELECT channel_id, state FROM channels WHERE is_closed = 0 ORDER BY channel_id',
  );
  const isMarked = row?.is_copy === 1n;
  const isBehind = outside?.is_behind === true;
  const isMoved =
    row !== undefined &&
    (outside?.may_be_behind === true || !isAtHome(row as unknown as PlaceRow, { identity, marks, outside }));
  if (isMarked && word === 'latest') throw new CopiedDatabaseError(BACKUP_IS_OLD);
  if (isBehind && word === 'latest') throw new CopiedDatabaseError(LACKS_COMMITS);
  const isKnownOld = isMarked || isBehind;
  if (isMoved && !isKnownOld && word === undefined && channels.length > 0) throw copied(channels.length);
  const lost =
    word === 'old' || isKnownOld
      ? channels.flatMap(({ channel_id, state }) => {
          const known = decodeState(state as string);
          const without = loseState(known);
          return known === without ? [] : [{ channel_id: channel_id as ChannelId, state: encodeState(without) }];
        })
      : [];
  const losses: readonly Write[] = lost.map(({ channel_id, state }) => ({
    sql: `UPDATE channels SET state = ?, closer = COALESCE(closer, 'local'), close_cause = 'local' WHERE channel_id = ?`,
    params: [state, channel_id],
  }));
  const mayBeOld = isKnownOld || word === 'old' || (isMoved && word === undefined);
  await store.commit([
    ...losses,
    ...(mayBeOld ? if_old : []),
    {
      sql: `INSERT INTO database_file (number, identity, is_copy) VALUES (0, ?, 0)
        ON CONFLICT (number) DO UPDATE SET identity = excluded.identity, is_copy = excluded.is_copy`,
      params: [identity],
    },
    ...(outside?.judged ?? []),
  ]);
  return lost.map(({ channel_id }) => channel_id);
}

const BACKUP_IS_OLD =
  'this database is a backup that was made while the node ran, or lacks commits that this node was told of, so it cannot be ' +
  'taken for the latest: start without --copied-database, and the peers are asked to close its channels, which is safe';

const LACKS_COMMITS =
  'this database lacks commits that this node was told of, so it cannot be the latest: it was restored, or a replica took ' +
  'the place of the server before it had everything. Start without --copied-database, and the peers are asked to close ' +
  'its channels, which is safe';

function copied(count: number): CopiedDatabaseError {
  return new CopiedDatabaseError(
    `the database is a copy of the one that this node wrote, and knows ${count} open channel(s). Was the node stopped ` +
      'before it was copied or moved, and never started since? Then start once with --copied-database=latest. ' +
      'If it may have run since, or you are not sure: start once with --copied-database=old, and the peers are asked to ' +
      'close those channels, which is safe',
  );
}
