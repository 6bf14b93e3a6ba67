/**
 * `npm run mutate-pair`: takes the guards of a pair away, one at a time, and looks whether a test notices. Each of
 * these faults would let two nodes speak with one voice; one that survives is a hole in the tests.
 *
 *   npm run mutate-pair                 all of them
 *   npm run mutate-pair -- fence        those whose name contains this
 */
import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';

/** A guard that is taken away. */
interface Fault {
  readonly name: string;
  readonly file: string;
  /** Text of the file, which must be there once, and what stands there instead. */
  readonly from: string;
  readonly to: string;
  /** The tests of which one must fail. */
  readonly tests: readonly string[];
}

const STORE = 'src/infra/store';
/** A fault may also make the tests hang, which is noticed as well. */
const LONGEST_MS = 90_000;

const FAULTS: readonly Fault[] = [
  {
    name: 'fence removed',
    file: `${STORE}/postgres/lease-row.ts`,
    from: 'WHERE number = 0 AND epoch = ? RETURNING commit_number`;',
    to: 'WHERE number = 0 AND (epoch = ? OR TRUE) RETURNING commit_number`;',
    tests: ['test/infra/store/postgres/lease.test.ts'],
  },
  {
    name: 'fence before BEGIN',
    file: `${STORE}/postgres/group.ts`,
    from: 'const [, fence, ...results] = await session.run([BEGIN, { sql: FENCE_SQL, params: [epoch] }, ...statements]);',
    to: `const [fence] = await session.run([{ sql: FENCE_SQL, params: [epoch] }]);
      const [, ...results] = await session.run([BEGIN, ...statements]);`,
    tests: ['test/infra/store/postgres/lease.test.ts'],
  },
  {
    name: 'WARNING ignored',
    file: `${STORE}/postgres/failure.ts`,
    from: "return code === '01000' || code?.startsWith('57P') === true;",
    to: 'return code === undefined;',
    tests: ['test/infra/store/postgres/faults.test.ts'],
  },
  {
    name: 'epoch not raised at reconnect',
    file: `${STORE}/postgres/lease-row.ts`,
    from: 'const RETAKE = `UPDATE lease SET epoch = epoch + 1,',
    to: 'const RETAKE = `UPDATE lease SET epoch = epoch,',
    tests: ['test/infra/store/postgres/lease.test.ts'],
  },
  {
    name: 'commit number not compared',
    file: `${STORE}/postgres/outcome.ts`,
    from: "if (found === acknowledged + 1n) return 'committed';",
    to: "if (found >= 0n) return 'committed';",
    tests: ['test/infra/store/postgres/faults.test.ts'],
  },
  {
    name: 'backend not ended',
    file: `${STORE}/postgres/lease-row.ts`,
    from: 'await session.query(END_BACKEND, [seen.backend_pid, seen.backend_start]);',
    to: '',
    tests: ['test/infra/store/postgres/lease.test.ts'],
  },
  {
    name: 'result told before COMMIT',
    file: `${STORE}/postgres/writer.ts`,
    from: 'await this.#patience.with(this.#session, commitUnits(this.#session));',
    to: 'void this.#patience.with(this.#session, commitUnits(this.#session)).catch(() => {});',
    tests: ['test/infra/store/postgres/faults.test.ts'],
  },
  {
    name: 'a database that lacks commits is taken as it is',
    file: `${STORE}/postgres/lease-row.ts`,
    from: 'is_behind = CASE WHEN commit_number < CAST(? AS BIGINT) THEN 1 ELSE is_behind END,',
    to: 'is_behind = CASE WHEN commit_number < CAST(? AS BIGINT) THEN 0 ELSE is_behind END,',
    tests: ['test/infra/store/postgres/lease.test.ts'],
  },
  {
    name: 'output without fence',
    file: 'src/node/channels/book.ts',
    from: 'else if (outputs.length > 0) await this.#store.fence();',
    to: '',
    tests: ['test/node/channels/fence.test.ts'],
  },
  {
    name: 'bytes to a peer without fence',
    file: 'src/node/peers/outlet.ts',
    from: 'const asked = this.#fence();\n      if',
    to: 'const asked = undefined as Promise<void> | undefined;\n      if',
    tests: ['test/node/peers/outlet.test.ts'],
  },
  {
    name: 'a holder whose connection is gone has less time than it may speak for',
    file: `${STORE}/lease/stillness.ts`,
    from: 'const SHARE_WITHOUT_CONNECTION = 2 / 3;',
    to: 'const SHARE_WITHOUT_CONNECTION = 1 / 3;',
    tests: ['test/infra/store/lease/stillness.test.ts'],
  },
  {
    name: 'a holder whose connection was never seen counts as one without',
    file: `${STORE}/lease/stillness.ts`,
    from: 'const isCut = this.#was_connected &&',
    to: 'const isCut = true &&',
    tests: ['test/infra/store/lease/stillness.test.ts'],
  },
  {
    name: 'a Till that is too old takes the lease before it ends',
    file: `${STORE}/postgres/postgres-store.ts`,
    from: 'await refuseNewerSchema((sql) => writer.query(sql), migrations);',
    to: '',
    tests: ['test/infra/store/postgres/lease.test.ts'],
  },
  {
    name: 'the fence is not asked again after a pause',
    file: `${STORE}/lease/proof.ts`,
    from: 'while (!this.#isGood());',
    to: 'while (false);',
    tests: ['test/infra/store/lease/proof.test.ts'],
  },
];
const words = process.argv.slice(2);
let survivors = 0;
const chosen = FAULTS.filter(({ name }) => words.every((word) => name.includes(word)));
for (const fault of chosen) {
  const began_ms = performance.now();
  const noticed = isNoticed(fault);
  if (noticed === undefined) survivors++;
  const seconds = `${Math.round((performance.now() - began_ms) / 1000)} s`;
  console.log(
    noticed === undefined ? `SURVIVED  ${fault.name} (${seconds})` : `caught    ${fault.name} (${seconds}): ${noticed}`,
  );
}
console.log(`${chosen.length - survivors} of ${chosen.length} caught`);
process.exit(survivors === 0 ? 0 : 1);

/** The name of the first test that fails with the fault; undefined when none does. */
function isNoticed({ name, file, from, to, tests }: Fault): string | undefined {
  const source = readFileSync(file, 'utf8');
  const start = source.indexOf(from);
  if (start < 0 || source.indexOf(from, start + 1) >= 0)
    throw new Error(`${name}: ${file} does not have "${from}" once`);
  const { status, stdout } = spawnSync(
    process.execPath,
    // In one process: when it is ended, it ends the server that it has started.
    ['--test', '--test-isolation=none', '--test-reporter=tap', '--test-timeout=60000', ...tests],
    {
      encoding: 'utf8',
      timeout: LONGEST_MS,
      env: {
        ...process.env,
        NODE_OPTIONS: `--import=${resolve('tools/mutation/hook.ts')}`,
        MUTANT_FILE: resolve(file),
        MUTANT_START: String(start),
        MUTANT_END: String(start + from.length),
        MUTANT_REPLACEMENT: to,
      },
    },
  );
  if (status === 0) return undefined;
  // The innermost test that fails comes first.
  return /^\s*not ok \d+ - (.*)$/m.exec(stdout)?.[1] ?? 'the run did not end well';
}
