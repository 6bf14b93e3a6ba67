/**
 * What tests get for `node:test` while faults are tried: it keeps them, so that each can be run again and again in one
 * process, alone. A unit is the least that can be run so: a test, or a suite (or a file) whose tests share what a `before`
 * has made.
 */

type Body = (context: TestContext) => unknown;
type Options = Readonly<{ skip?: unknown; todo?: unknown }>;
type Arguments = [name: string, options: Options | Body | undefined, body?: Body];

/** As much of Node's as tests use. */
export interface TestContext {
  readonly name: string;
  after(act: () => unknown): void;
  diagnostic(text: string): void;
}

export interface Unit {
  readonly name: string;
  /** Throws when a test fails. */
  run(): Promise<void>;
}

interface Test {
  readonly name: string;
  readonly body: Body;
}

class Suite {
  readonly children: (Test | Suite)[] = [];
  readonly hooks = { before: [] as Body[], after: [] as Body[], beforeEach: [] as Body[], afterEach: [] as Body[] };
  readonly name: string;

  constructor(name: string) {
    this.name = name;
  }

  /** Whether its tests share something. */
  isOne(): boolean {
    return this.hooks.before.length + this.hooks.after.length > 0;
  }
}

let current = new Suite('');

/** The tests that a file has left here since the last call. `file` is put before their names. */
export function takeUnits(file: string): readonly Unit[] {
  const root = current;
  current = new Suite('');
  return unitsOf(root, file, []);
}

function unitsOf(suite: Suite, name: string, outer: readonly Suite[]): readonly Unit[] {
  if (suite.isOne()) return [{ name, run: () => runSuite(suite, outer) }];
  const chain = [...outer, suite];
  return suite.children.flatMap((child) => {
    const full = `${name}: ${child.name}`;
    return child instanceof Suite ? unitsOf(child, full, chain) : [{ name: full, run: () => runTest(child, chain) }];
  });
}

async function runSuite(suite: Suite, outer: readonly Suite[]): Promise<void> {
  const chain = [...outer, suite];
  await withContext(suite.name, async (context) => {
    for (const hook of suite.hooks.before) await hook(context);
    try {
      for (const child of suite.children) {
        await (child instanceof Suite ? runSuite(child, chain) : runTest(child, chain));
      }
    } finally {
      for (const hook of suite.hooks.after) await hook(context);
    }
  });
}

async function runTest({ name, body }: Test, chain: readonly Suite[]): Promise<void> {
  await withContext(name, async (context) => {
    for (const { hooks } of chain) for (const hook of hooks.beforeEach) await hook(context);
    try {
      await body(context);
    } finally {
      for (const { hooks } of chain.toReversed()) for (const hook of hooks.afterEach) await hook(context);
    }
  });
}

async function withContext(name: string, act: (context: TestContext) => Promise<void>): Promise<void> {
  const ends: (() => unknown)[] = [];
  try {
    await act({ name, after: (end) => ends.push(end), diagnostic: () => undefined });
  } finally {
    for (const end of ends) await end();
  }
}

/** Of the arguments of a test or suite: its body, unless it is to be skipped. */
function bodyOf([, second, third]: Arguments): Body | undefined {
  if (typeof second === 'function') return second;
  return second?.skip || second?.todo ? undefined : third;
}

export function test(...args: Arguments): void {
  const body = bodyOf(args);
  if (body !== undefined) current.children.push({ name: args[0], body });
}

export function describe(...args: Arguments): void {
  const body = bodyOf(args);
  if (body === undefined) return;
  const outer = current;
  current = new Suite(args[0]);
  outer.children.push(current);
  body({ name: args[0], after: () => undefined, diagnostic: () => undefined });
  current = outer;
}

const hook =
  (kind: keyof Suite['hooks']) =>
  (body: Body): void => {
    current.hooks[kind].push(body);
  };
export const before = hook('before');
export const after = hook('after');
export const beforeEach = hook('beforeEach');
export const afterEach = hook('afterEach');
export { describe as suite, test as default, test as it };
