/**
 * The repository read as data: who imports whom, how long files are, what names are made of, where links lead. What is
 * asked here is explained in CONTRIBUTING.md and ARCHITECTURE.md.
 */
import assert from 'node:assert/strict';
import { existsSync, globSync, readFileSync, statSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { test } from 'node:test';

const ROOT = dirname(import.meta.dirname);

function files(...patterns: string[]): string[] {
  return globSync(patterns, { cwd: ROOT, exclude: (path) => /(^|\/)(node_modules|dist|\.git)$/.test(path) })
    .filter((path) => statSync(join(ROOT, path)).isFile())
    .sort();
}

function read(path: string): string {
  return readFileSync(join(ROOT, path), 'utf8');
}

const SOURCES = files('src/**/*.ts');
const ALL_CODE = files('{bin,src,test,bench,tools,examples}/**/*.ts');
const PAGES = files('*.md', 'docs/**/*.md', 'examples/**/*.md');
const TEXTS = [
  ...ALL_CODE,
  ...PAGES,
  ...files('*.json', 'bin/*.js', 'tools/*.js', 'man/*', 'docs/**/*.{json,svg}', '.ci/*'),
];

/** Each place of the file where the pattern is, as `path:line`. */
function places(path: string, pattern: RegExp): string[] {
  return read(path)
    .split('\n')
    .flatMap((line, index) => (pattern.test(line) ? [`${path}:${index + 1}: ${line.trim()}`] : []));
}

/** The rooms of src/ by floor, the lowest first. A file may import from its own room and from lower floors. */
const FLOORS: readonly (readonly string[])[] = [
  ['types', 'errors', 'crypto', 'version', 'log'],
  ['bolt11', 'wire', 'transport', 'onion', 'tx'],
  ['store', 'chain', 'channel', 'onchain', 'gossip', 'routing'],
  ['invoices', 'payments', 'wallet', 'peers', 'channels', 'endings', 'deposits', 'keys', 'backup'],
  ['rpc'],
  ['commands'],
  ['server', 'client'],
  ['config'],
  ['daemon'],
  ['sandbox'],
  ['cli'],
  ['index'],
];

/** What may be imported although it is not lower, and why. */
const EXCEPTIONS: Readonly<Record<string, string>> = {
  'onion -> wire': 'payloads are TLV streams: they share the primitives of wire/',
  'sandbox -> cli': 'the exit codes are declared once',
};

function roomOf(path: string): string {
  return (path.split('/')[1] as string).replace(/\.ts$/, '');
}

function floorOf(room: string): number {
  return FLOORS.findIndex((rooms) => rooms.includes(room));
}

/** What a file imports from this repository, by path. */
function importsOf(path: string): string[] {
  return [...read(path).matchAll(/(?:from|import) ?\(?'(\.[^']+)'/g)].map((match) =>
    relative(ROOT, join(ROOT, dirname(path), match[1] as string)),
  );
}

test('every room has its floor', () => {
  assert.deepEqual(
    [...new Set(SOURCES.map(roomOf))].filter((room) => floorOf(room) === -1),
    [],
  );
});

test('imports point only downward', () => {
  const upward = SOURCES.flatMap((path) =>
    importsOf(path)
      .filter((target) => target.startsWith('src/') && roomOf(target) !== roomOf(path))
      .filter((target) => floorOf(roomOf(target)) >= floorOf(roomOf(path)))
      .filter((target) => !(`${roomOf(path)} -> ${roomOf(target)}` in EXCEPTIONS))
      .map((target) => `${path} -> ${target}`),
  );
  assert.deepEqual(upward, []);
});

test('every exception to the floors is still needed', () => {
  const used = new Set(SOURCES.flatMap((path) => importsOf(path).map((to) => `${roomOf(path)} -> ${roomOf(to)}`)));
  assert.deepEqual(
    Object.keys(EXCEPTIONS).filter((exception) => !used.has(exception)),
    [],
  );
});

test('src/ imports nothing from outside but packages, and only those that the package asks for', () => {
  const { dependencies } = JSON.parse(read('package.json')) as { dependencies: Record<string, string> };
  const foreign = SOURCES.flatMap((path) => [
    ...importsOf(path)
      .filter((target) => !target.startsWith('src/'))
      .map((target) => `${path} -> ${target}`),
    ...[...read(path).matchAll(/^(?:import|\} from|export .* from)\b.*'([^.'][^']*)';$/gm)]
      .map((match) => match[1] as string)
      .filter((name) => !name.startsWith('node:'))
      .filter((name) => !((name.match(/^(@[^/]+\/)?[^/]+/)?.[0] ?? '') in dependencies))
      .map((name) => `${path} -> ${name}`),
  ]);
  assert.deepEqual(foreign, []);
});

test('secp256k1 and its fallback are reached through crypto/ alone, or through the codec that browsers take', () => {
  const doors = SOURCES.filter((path) => /from '(secp256k1|@noble\/curves[^']*)'/.test(read(path)));
  assert.deepEqual(
    doors.filter((path) => !/^src\/(crypto\/|bolt11\/browser\.ts)/.test(path)),
    [],
  );
});

/** Files that are longer than they should be, and why. */
const LONG: Readonly<Record<string, string>> = {
  'src/client/commands.ts': 'generated: every parameter and result of every command',
};

/** A test is a list of cases, which may be longer than an idea. */
function longest(path: string): number {
  return path.startsWith('test/') ? 600 : 400;
}

test('no file is longer than 400 lines, no test than 600, without a reason', () => {
  const long = ALL_CODE.filter((path) => read(path).split('\n').length - 1 > longest(path));
  assert.deepEqual(long, Object.keys(LONG).filter(existsInRoot));
});

function existsInRoot(path: string): boolean {
  return existsSync(join(ROOT, path));
}

const EMPTY_WORDS = ['utils', 'helpers', 'manager', 'service', 'core', 'misc', 'memo', 'settled'];

/** The words that a name is made of, in lower case. */
function wordsOf(name: string): string[] {
  return name
    .replaceAll(/([a-z0-9])([A-Z])/g, '$1 $2')
    .toLowerCase()
    .split(/[^a-z0-9]+/);
}

/** The code without comments, texts and regular expressions. */
function bareCode(path: string): string {
  return read(path).replaceAll(
    /\/\*[\s\S]*?\*\/|\/\/.*|'(?:\\.|[^'\\\n])*'|"(?:\\.|[^"\\\n])*"|`(?:\\.|[^`\\])*`|(?<=[(,=:!&|?;\n] *)\/(?:\\.|\[(?:\\.|[^\]\\\n])*\]|[^/\\\n[])+\//g,
    ' ',
  );
}

test('no name in src/ has a word that says nothing', () => {
  const found = SOURCES.flatMap((path) =>
    // What follows a dot may be another library's name.
    [path, ...bareCode(path).matchAll(/(?<![.\w$])[A-Za-z_$][\w$]*/g)]
      .map(String)
      .filter((name) => wordsOf(name).some((word) => EMPTY_WORDS.includes(word)))
      .map((name) => `${path}: ${name}`),
  );
  assert.deepEqual(found, []);
});

test('files are kebab-case', () => {
  assert.deepEqual(
    ALL_CODE.filter((path) => !/^([a-z0-9-]+\/)+[a-z0-9-]+(\.test)?\.ts$/.test(path)),
    [],
  );
});

test('no check is switched off, nothing is left for later, no test runs alone', () => {
  const pattern = new RegExp(
    ['@ts-(ignore|nocheck|expect-error(?!: ))', 'biome-ignore', 'eslint-', 'TO' + 'DO', 'FIX' + 'ME', '\\bXXX\\b']
      .concat(['\\b(test|it|describe)\\.only\\(', '\\bonly: true', 'debugger;'])
      .join('|'),
  );
  const itself = relative(ROOT, import.meta.filename);
  assert.deepEqual(
    ALL_CODE.filter((path) => path !== itself).flatMap((path) => places(path, pattern)),
    [],
  );
});

test('no code lies about as a comment', () => {
  assert.deepEqual(
    ALL_CODE.flatMap((path) => places(path, /^\s*\/\/ .*([;{]|\);?)$/)).filter((place) =>
      /[=({]/.test(place.slice(0, -1)),
    ),
    [],
  );
});

/** A command's definition holds its own title and description; the manual is made from them. */
function isCommand(path: string): boolean {
  return path.startsWith('src/commands/') && /^ {2}description:/m.test(read(path));
}

test('every module says at its top what it is for', () => {
  assert.deepEqual(
    SOURCES.filter((path) => !isCommand(path) && !read(path).startsWith('/**')),
    [],
  );
});

/** The top of a module speaks for the export that has the module's name, for its only one, and for its only class. */
function isSpokenFor(path: string, name: string, exports: readonly string[]): boolean {
  const classes = [...read(path).matchAll(/^export (?:abstract )?class (\w+)/gm)].map((match) => match[1]);
  if (classes.length === 1 && classes[0] === name) return true;
  const module = path.replace(/(\/index)?\.ts$/, '').replace(/.*\//, '');
  // What a class is made from has the class's name and says the rest field by field.
  if (/.Options$/.test(name)) return true;
  return exports.length === 1 || wordsOf(name).join('') === wordsOf(module).join('');
}

test('every exported function, class and interface says what it is for', () => {
  const silent = SOURCES.filter((path) => !isCommand(path)).flatMap((path) => {
    const lines = read(path).split('\n');
    const exports = lines.flatMap(
      (line) => line.match(/^export .*?(?:function\*?|class|interface|const|type) (\w+)/)?.[1] ?? [],
    );
    return lines.flatMap((line, index) => {
      const name = line.match(/^export (?:abstract |async )*(?:function\*?|class|interface) (\w+)/)?.[1];
      const before = lines[index - 1] ?? '';
      // Overloads share the comment of the first.
      if (name === undefined || before.endsWith('*/') || before.includes(`function ${name}`)) return [];
      return isSpokenFor(path, name, exports) ? [] : [`${path}:${index + 1}: ${name}`];
    });
  });
  assert.deepEqual(silent, []);
});

/** The anchor that a heading gets. */
function anchorOf(heading: string): string {
  return heading
    .toLowerCase()
    .replaceAll(/[^\p{L}\p{N} _-]/gu, '')
    .replaceAll(' ', '-');
}

/** A page without its listings and code, where brackets are no links. */
function prose(path: string): string {
  return read(path)
    .replaceAll(/^```[\s\S]*?^```$/gm, '')
    .replaceAll(/`[^`\n]*`/g, '');
}

test('every link within the repository leads somewhere', () => {
  const dead = PAGES.flatMap((path) =>
    [...prose(path).matchAll(/\]\(([^)\s]+)\)/g)]
      .map((match) => match[1] as string)
      .filter((link) => !/^[a-z]+:/.test(link))
      .filter((link) => {
        const [file, anchor] = link.split('#') as [string, string?];
        const target = file === '' ? path : relative(ROOT, join(ROOT, dirname(path), file));
        if (target.startsWith('..') || !existsInRoot(target)) return true;
        if (anchor === undefined) return false;
        return ![...read(target).matchAll(/^#+ (.*)$/gm)].some((heading) => anchorOf(heading[1] as string) === anchor);
      })
      .map((link) => `${path} -> ${link}`),
  );
  assert.deepEqual(dead, []);
});

test('every file of this repository that a page or a comment names is there', () => {
  const named = [...PAGES.filter((path) => path !== 'CHANGELOG.md'), ...ALL_CODE].flatMap((path) =>
    [
      ...read(path).matchAll(
        /(?<![\w/.*-])(?:src|test|bench|tools|examples|docs)\/[\w/-]+\.(?:test\.)?(?:ts|js|md|svg|json)\b/g,
      ),
    ]
      .map(String)
      .filter((target) => !target.includes('/NAME.') && !existsInRoot(target))
      .map((target) => `${path} names ${target}`),
  );
  assert.deepEqual(named, []);
});

test('every source that ARCHITECTURE.md leads through is there', () => {
  const named = [...read('ARCHITECTURE.md').matchAll(/`((?:[a-z0-9-]+\/)+(?:[a-z0-9-]+\.ts)?)`/g)].map(
    (match) => match[1] as string,
  );
  assert.deepEqual(
    named.filter((path) => !existsInRoot(path) && !existsInRoot(`src/${path}`)),
    [],
  );
});

test('nothing names a directory of one machine', () => {
  const pattern = new RegExp(`(?<![\\w.}:])/(${['work', 'root', 'home'].join('|')})/|(?<![\\w.])/tmp/\\w`);
  assert.deepEqual(
    TEXTS.flatMap((path) => places(path, pattern)),
    [],
  );
});

interface LockedPackage {
  readonly version?: string;
  readonly resolved?: string;
  readonly integrity?: string;
}

test('the lockfile pins every package by its content and names no host', () => {
  const lock = JSON.parse(read('package-lock.json')) as {
    readonly lockfileVersion: number;
    readonly packages: Readonly<Record<string, LockedPackage>>;
  };
  assert.equal(lock.lockfileVersion, 3);
  const { '': own, ...packages } = lock.packages;
  const loose = Object.entries(packages).filter(
    ([, { version, integrity, resolved }]) =>
      !version || !integrity?.startsWith('sha512-') || (resolved !== undefined && /^\w+:\/\//.test(resolved)),
  );
  assert.deepEqual(loose, []);
  const { version, dependencies, devDependencies } = JSON.parse(read('package.json')) as Record<string, unknown>;
  assert.deepEqual({ ...own, version, dependencies, devDependencies }, own);
});

test('the README tells only of commands and scripts that exist', () => {
  const { scripts } = JSON.parse(read('package.json')) as { scripts: Record<string, string> };
  const listings = [...PAGES.filter((path) => !path.startsWith('docs/decisions'))].flatMap((path) =>
    [...read(path).matchAll(/npm run ([\w:-]+)/g)].map((match) => [path, match[1] as string] as const),
  );
  assert.deepEqual(
    listings.filter(([, script]) => !(script in scripts)),
    [],
  );
  const own = new Set(['start', 'sandbox', 'seed', 'completion', 'METHOD', 'help']);
  const methods = PAGES.filter((path) => !path.startsWith('docs/reference')).flatMap((path) =>
    [...read(path).matchAll(/^(?:\$ )?(?:npx )?till (?:--?\S+ )*([a-z][\w-]*)/gm)].map(
      (match) => [path, match[1] as string] as const,
    ),
  );
  assert.deepEqual(
    methods.filter(([, method]) => !own.has(method) && !existsInRoot(`docs/reference/${method}.md`)),
    [],
  );
});

test('the changelog begins with what is not released, or with this version', () => {
  const { version } = JSON.parse(read('package.json')) as { version: string };
  const first = read('CHANGELOG.md').match(/^## \[?([^\]\s]+)/m)?.[1];
  assert.ok(first === 'Unreleased' || first === version, `it begins with ${first}`);
});
