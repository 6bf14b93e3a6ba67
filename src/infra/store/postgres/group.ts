/**
 * Runs units as one transaction: BEGIN, the fence and all units in one packet; when the client has seen that no unit stops,
 * COMMIT in a second one. All rows are here before the commit is sent, so a lost answer loses no result.
 */
import { numberPlaces } from '../dialect.ts';
import { StoreFailure } from '../failure.ts';
import { refusal } from '../storable.ts';
import type { Row, Write } from '../store.ts';
import type { UnitOutcome } from '../writer.ts';
import { kindOf, ServerError } from './failure.ts';
import { FENCE, LeaseLostError } from './lease-row.ts';
import type { Statement, StatementResult } from './packet.ts';

/** A connection, as far as a group needs it. */
export interface GroupSession {
  run(statements: readonly Statement[]): Promise<readonly StatementResult[]>;
  /** What the server warned of since this was asked last. */
  takeFalseSuccess(): string | undefined;
}

/** Units of one transaction, and under which number it is to be committed. */
export interface Group {
  readonly units: readonly (readonly Write[])[];
  readonly epoch: bigint;
  readonly commit_number: bigint;
}

const BEGIN: Statement = { sql: 'BEGIN', params: [] };
const COMMIT: Statement = { sql: 'COMMIT', params: [] };
const ROLLBACK: Statement = { sql: 'ROLLBACK', params: [] };
const SAVEPOINT: Statement = { sql: 'SAVEPOINT unit', params: [] };
const RELEASE: Statement = { sql: 'RELEASE unit', params: [] };
const ROLLBACK_UNIT: Statement = { sql: 'ROLLBACK TO unit', params: [] };
const FENCE_SQL = numberPlaces(FENCE);

/** Each stop runs the group again without the unit; after so many each unit gets a savepoint, and a way to the server. */
const MOST_STOPS = 4;

function statementsOf(unit: readonly Write[]): Statement[] {
  return unit.map(({ sql, params }) => ({ sql: numberPlaces(sql), params }));
}

/** Begins the transaction with these statements behind the fence. Answers what they did. */
async function begin(
  session: GroupSession,
  { epoch, commit_number }: Group,
  statements: readonly Statement[],
): Promise<readonly StatementResult[]> {
  session.takeFalseSuccess();
  const [, fence, ...results] = await session.run([BEGIN, { sql: FENCE_SQL, params: [epoch] }, ...statements]);
  const found = fence?.rows[0]?.commit_number;
  if (found === undefined) throw new LeaseLostError();
  if (found !== commit_number) {
    throw new StoreFailure(
      `somebody else has written the database: this would be commit ${found}, not ${commit_number}`,
    );
  }
  return results;
}

/**
 * Runs the units up to the point where only the commit is missing. Answers their outcomes. The transaction is open when it
 * resolves; when it rejects, it is over or its connection is.
 */
export async function runUnits(session: GroupSession, group: Group): Promise<readonly UnitOutcome[]> {
  const stopped = new Map<number, number>();
  while (stopped.size <= MOST_STOPS) {
    const units = group.units.map((unit, index) => (stopped.has(index) ? [] : unit));
    const ran = await undone(session, () => runTogether(session, group, units));
    if (ran === undefined) break;
    // A statement that found no row, and was alone, has nothing to be undone.
    const first = ran.find(({ stopped_at }, index) => stopped_at !== undefined && units[index]?.length !== 1);
    if (first === undefined) return ran.map((unit, index) => outcomeOf(unit, stopped.get(index)));
    // What ran of the first unit that stops must be undone, and what came behind it may have seen it: all of it runs again.
    await session.run([ROLLBACK]);
    stopped.set(ran.indexOf(first), first.stopped_at as number);
  }
  return await undone(session, () => runEachAlone(session, group));
}

/** A unit that ran. */
interface Ran {
  readonly results: readonly StatementResult[];
  readonly stopped_at: number | undefined;
}

function outcomeOf({ results, stopped_at }: Ran, stopped_before?: number): UnitOutcome {
  const stop = stopped_before ?? stopped_at;
  if (stop !== undefined) return { committed: false, stopped_at: stop };
  return { committed: true, rows: results.map(({ rows }): readonly Row[] => rows) };
}

function ranOf(unit: readonly Write[], results: readonly StatementResult[]): Ran {
  const stop = unit.findIndex((write, index) => write.stop_if_no_row === true && results[index]?.touched === 0);
  return { results, stopped_at: stop < 0 ? undefined : stop };
}

/** Undefined when a value was refused: then the transaction is over. */
async function runTogether(
  session: GroupSession,
  group: Group,
  units: readonly (readonly Write[])[],
): Promise<readonly Ran[] | undefined> {
  let results: readonly StatementResult[];
  try {
    results = await begin(session, group, units.flatMap(statementsOf));
  } catch (error) {
    if (kindOf(error) !== 'value') throw error;
    await session.run([ROLLBACK]);
    return undefined;
  }
  let from = 0;
  return units.map((unit) => {
    const own = results.slice(from, from + unit.length);
    from += unit.length;
    return ranOf(unit, own);
  });
}

/** Each unit behind a savepoint: what stops or is refused is undone alone. */
async function runEachAlone(session: GroupSession, group: Group): Promise<readonly UnitOutcome[]> {
  await begin(session, group, []);
  const outcomes: UnitOutcome[] = [];
  let before: readonly Statement[] = [];
  for (const unit of group.units) {
    const ahead = [...before, SAVEPOINT];
    try {
      const results = await session.run([...ahead, ...statementsOf(unit)]);
      const ran = ranOf(unit, results.slice(ahead.length));
      outcomes.push(outcomeOf(ran));
      before = ran.stopped_at === undefined ? [RELEASE] : [ROLLBACK_UNIT, RELEASE];
    } catch (error) {
      if (!(error instanceof ServerError) || kindOf(error) !== 'value') throw error;
      const { sql } = unit[error.statement - ahead.length] ?? { sql: '' };
      outcomes.push({ refused: refusal(sql, `${error.message} (SQLSTATE ${error.code})`).message });
      before = [ROLLBACK_UNIT, RELEASE];
    }
  }
  await session.run(before);
  return outcomes;
}

/** Ends the transaction when the work fails and the connection is still there. */
async function undone<T>(session: GroupSession, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (kindOf(error) !== 'lost') await session.run([ROLLBACK]);
    throw error;
  }
}

/**
 * Makes the transaction durable. Rejects when the server's answer does not prove that: ServerError and ConnectionLost leave
 * it open whether it is, StoreFailure says that nothing may be said any more.
 */
export async function commitUnits(session: GroupSession): Promise<void> {
  const [result] = await session.run([COMMIT]);
  const warning = session.takeFalseSuccess();
  if (warning !== undefined) {
    throw new StoreFailure(`the server says that it has committed, and that a replica does not have it: ${warning}`);
  }
  if (result?.tag !== 'COMMIT') {
    throw new StoreFailure(`the server answered ${result?.tag} to a commit: nothing of it is durable`);
  }
}
