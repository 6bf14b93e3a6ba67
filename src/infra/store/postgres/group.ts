/**
 * Runs units as one transaction: BEGIN, the fence and all units in one packet; when the client has seen that no unit stops,
 * COMMIT in a second one. All rows are here before the commit is sent, so a lost answer loses no result.
 */
import { type Counters, countedSql, counterChanged, WRITE_COUNTER } from '../counters.ts';
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
  /** All that the units name are known to it. When the group has run, it has taken what the units took. */
  readonly counters: Counters;
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

/** Statements that are known to find no row, and take no number therefore: each as `unit/statement`. */
type Hollow = ReadonlySet<string>;

/** The statements of a unit, with the numbers that they take if all goes as it is hoped. */
function statementsOf(unit: readonly Write[], index: number, counters: Counters, hollow: Hollow): Statement[] {
  return unit.map(({ sql, params }, statement) => {
    const counted = countedSql(sql);
    if (counted === undefined) return { sql: numberPlaces(sql), params };
    const { mark } = counters;
    const values = counters.valuesOf(counted, params);
    if (hollow.has(`${index}/${statement}`)) counters.giveBack(mark);
    return { sql: numberPlaces(counted.sql), params: values };
  });
}

/** The first statement of a unit that found no row, took a number only if it did, and was not known to; undefined for none. */
function hollowIn(
  unit: readonly Write[],
  index: number,
  results: readonly StatementResult[],
  known: Hollow,
): string | undefined {
  const statement = unit.findIndex(
    ({ sql }, at) => countedSql(sql)?.is_if_row === true && results[at]?.touched === 0 && !known.has(`${index}/${at}`),
  );
  return statement < 0 ? undefined : `${index}/${statement}`;
}

function counterWrites(counters: Counters): Statement[] {
  const sql = numberPlaces(WRITE_COUNTER);
  return counters.changes().map(({ counter, before, after }) => ({ sql, params: [after, counter, before] }));
}

/** Throws StoreFailure for a counter that was not what we know it to be. */
function checkCounters(counters: Counters, results: readonly StatementResult[]): void {
  for (const [index, { counter }] of counters.changes().entries()) {
    if (results[index]?.touched !== 1) throw counterChanged(counter);
  }
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
  const hollow = new Set<string>();
  while (stopped.size + hollow.size <= MOST_STOPS) {
    const units = group.units.map((unit, index) => (stopped.has(index) ? [] : unit));
    const ran = await undone(session, () => runTogether(session, group, units, hollow));
    if (ran === undefined) break;
    const first = ran.findIndex(
      (unit, index) => unit.hollow_at !== undefined || mustBeUndone(unit, units[index] ?? []),
    );
    const { stopped_at, hollow_at } = ran[first] ?? {};
    if (first < 0) return ran.map((unit, index) => outcomeOf(unit, stopped.get(index)));
    // What ran of the first unit that stops must be undone, and what came behind it may have seen it: all of it runs again.
    await session.run([ROLLBACK]);
    if (stopped_at !== undefined) stopped.set(first, stopped_at);
    else hollow.add(hollow_at as string);
  }
  return await undone(session, () => runEachAlone(session, group, hollow));
}

/** A unit that ran. */
interface Ran {
  readonly results: readonly StatementResult[];
  readonly stopped_at: number | undefined;
  /** Its first statement that took a number for a row that it did not find; undefined where the unit stopped. */
  readonly hollow_at: string | undefined;
}

/** Whether a unit that stopped left anything behind: a statement that found no row, and was alone, did not. */
function mustBeUndone({ stopped_at }: Ran, unit: readonly Write[]): boolean {
  if (stopped_at === undefined) return false;
  return unit.length !== 1 || countedSql((unit[0] as Write).sql) !== undefined;
}

function outcomeOf({ results, stopped_at }: Ran, stopped_before?: number): UnitOutcome {
  const stop = stopped_before ?? stopped_at;
  if (stop !== undefined) return { committed: false, stopped_at: stop };
  return { committed: true, rows: results.map(({ rows }): readonly Row[] => rows) };
}

function ranOf(unit: readonly Write[], index: number, results: readonly StatementResult[], hollow: Hollow): Ran {
  const stop = unit.findIndex((write, at) => write.stop_if_no_row === true && results[at]?.touched === 0);
  const stopped_at = stop < 0 ? undefined : stop;
  return { results, stopped_at, hollow_at: stop < 0 ? hollowIn(unit, index, results, hollow) : undefined };
}

/** Undefined when a value was refused: then the transaction is over. */
async function runTogether(
  session: GroupSession,
  group: Group,
  units: readonly (readonly Write[])[],
  hollow: Hollow,
): Promise<readonly Ran[] | undefined> {
  const { counters } = group;
  let results: readonly StatementResult[];
  counters.begin();
  const statements = units.flatMap((unit, index) => statementsOf(unit, index, counters, hollow));
  try {
    results = await begin(session, group, [...statements, ...counterWrites(counters)]);
  } catch (error) {
    if (kindOf(error) !== 'value') throw error;
    await session.run([ROLLBACK]);
    return undefined;
  }
  checkCounters(counters, results.slice(statements.length));
  let from = 0;
  return units.map((unit, index) => {
    const own = results.slice(from, from + unit.length);
    from += unit.length;
    return ranOf(unit, index, own, hollow);
  });
}

/** Each unit behind a savepoint: what stops or is refused is undone alone, and gives its numbers back. */
async function runEachAlone(session: GroupSession, group: Group, hollow: Set<string>): Promise<readonly UnitOutcome[]> {
  const { counters } = group;
  counters.begin();
  await begin(session, group, []);
  const outcomes: UnitOutcome[] = [];
  let before: readonly Statement[] = [];
  for (const [index, unit] of group.units.entries()) {
    const { mark } = counters;
    let outcome: UnitOutcome | undefined;
    while (outcome === undefined) {
      const ahead = [...before, SAVEPOINT];
      try {
        const results = await session.run([...ahead, ...statementsOf(unit, index, counters, hollow)]);
        const ran = ranOf(unit, index, results.slice(ahead.length), hollow);
        if (ran.hollow_at === undefined) outcome = outcomeOf(ran);
        else hollow.add(ran.hollow_at);
      } catch (error) {
        if (!(error instanceof ServerError) || kindOf(error) !== 'value') throw error;
        const { sql } = unit[error.statement - ahead.length] ?? { sql: '' };
        outcome = { refused: refusal(sql, `${error.message} (SQLSTATE ${error.code})`).message };
      }
      const isDone = outcome !== undefined && 'committed' in outcome && outcome.committed;
      if (!isDone) counters.giveBack(mark);
      before = isDone ? [RELEASE] : [ROLLBACK_UNIT, RELEASE];
    }
    outcomes.push(outcome);
  }
  const results = await session.run([...before, ...counterWrites(counters)]);
  checkCounters(counters, results.slice(before.length));
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
