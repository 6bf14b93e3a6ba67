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

/** The layers of src/, the lowest first; those in one row do not know each other. */
const LAYERS: readonly (readonly string[])[] = [
  ['base'],
  ['codec'],
  ['protocol', 'infra'],
  ['shop', 'node'],
  ['api'],
  ['app'],
];

/** The modules of one layer do not know each other, but for these: each may import from those behind it. */
const WITHIN_A_LAYER: Readonly<Record<string, readonly string[]>> = {
  'app/cli': ['app/sandbox', 'app/daemon', 'app/config'],
  'app/sandbox': ['app/daemon', 'app/config'],
  'app/daemon': ['app/config'],
  'api/server': ['api/commands', 'api/rpc'],
  'api/web': ['api/rpc'],
  'api/client': ['api/commands', 'api/rpc'],
  'api/commands': ['api/rpc'],
  // Payloads are TLV streams: they share the primitives of wire/.
  'codec/onion': ['codec/wire'],
  // It writes addresses as bytes.
  'base/socks5': ['base/types'],
};

/** Files that belong to no module: what the package opens with. */
const ENTRY_FILES = ['src/index.ts'];

/** `src/node/channels/book.ts` is of `node/channels`, and `src/base/log.ts` of `base/log`. */
function moduleOf(path: string): string {
  const [, layer, module] = path.split('/') as [string, string, string];
  return `${layer}/${module.replace(/\.ts$/, '')}`;
}

function layerOf(path: string): number {
  return LAYERS.findIndex((row) => row.includes(path.split('/')[1] as string));
}

/** What a file imports from this repository, by path. Imports of types count. */
function importsOf(path: string): string[] {
  return [...read(path).matchAll(/(?:from|import) ?\(?'(\.[^']+)'/g)].map((match) =>
    relative(ROOT, join(ROOT, dirname(path), match[1] as string)),
  );
}

test('every source lies in a module of a layer', () => {
  const modules = SOURCES.filter((path) => !ENTRY_FILES.includes(path));
  assert.deepEqual(
    modules.filter((path) => layerOf(path) === -1 || (path.split('/').length < 4 && !path.startsWith('src/base/'))),
    [],
  );
  // A module has the same name in src/ and in test/, and no two layers have one of the same name.
  const names = [...new Set(modules.map(moduleOf))].map((module) => module.split('/')[1] as string);
  assert.deepEqual(
    names.filter((name, index) => names.indexOf(name) !== index),
    [],
  );
});

test('tests of a module lie where the module lies', () => {
  const modules = new Set(SOURCES.filter((path) => !ENTRY_FILES.includes(path)).map(moduleOf));
  assert.deepEqual(
    files('test/**/*.test.ts').filter(
      (path) => layerOf(path) !== -1 && !modules.has(moduleOf(path.replace(/\.test\.ts$/, '.ts'))),
    ),
    [],
  );
});

function mayImport(path: string, target: string): boolean {
  if (ENTRY_FILES.includes(path) || moduleOf(path) === moduleOf(target)) return true;
  if (ENTRY_FILES.includes(target)) return false;
  if (layerOf(target) < layerOf(path)) return true;
  return WITHIN_A_LAYER[moduleOf(path)]?.includes(moduleOf(target)) ?? false;
}

test('imports point only downward', () => {
  const upward = SOURCES.flatMap((path) =>
    importsOf(path)
      .filter((target) => target.startsWith('src/') && !mayImport(path, target))
      .map((target) => `${path} -> ${target}`),
  );
  assert.deepEqual(upward, []);
});

/** The circles of imports: each as the files that reach each other (Tarjan's strongly connected components). */
function circles(): string[][] {
  const imports = new Map(SOURCES.map((path) => [path, importsOf(path)]));
  const order = new Map<string, number>();
  const lowest = new Map<string, number>();
  const stack: string[] = [];
  const found: string[][] = [];
  const visit = (path: string): number => {
    const own = order.size;
    order.set(path, own);
    lowest.set(path, own);
    stack.push(path);
    for (const target of imports.get(path) ?? []) {
      if (!imports.has(target)) continue;
      const reached = !order.has(target) ? visit(target) : stack.includes(target) ? (order.get(target) as number) : own;
      lowest.set(path, Math.min(lowest.get(path) as number, reached));
    }
    if (lowest.get(path) === own) {
      const circle = stack.splice(stack.indexOf(path));
      if (circle.length > 1) found.push(circle.sort());
    }
    return lowest.get(path) as number;
  };
  for (const path of SOURCES) if (!order.has(path)) visit(path);
  return found.sort();
}

test('no files import each other in a circle', () => {
  assert.deepEqual(circles(), []);
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
  const importers = SOURCES.filter((path) => /from '(secp256k1|@noble\/curves[^']*)'/.test(read(path)));
  assert.deepEqual(
    importers.filter((path) => !/^src\/(base\/crypto\/|codec\/bolt11\/browser\.ts)/.test(path)),
    [],
  );
});

test('node:http is reached through base/node-http.ts alone: an import of it loads a client for WebSockets', () => {
  const importers = SOURCES.filter((path) =>
    /^(import (?!type\b)[^;]*|export (?!type\b)[^;]*) from 'node:http';/m.test(read(path)),
  );
  assert.deepEqual(importers, []);
});

/** Files that are longer than they should be, and why. */
const LONG: Readonly<Record<string, string>> = {
  'src/api/client/commands.ts': 'generated: every parameter and result of every command',
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
  return path.startsWith('src/api/commands/') && /^ {2}description:/m.test(read(path));
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
    [...read(path).matchAll(/^(?:\$ )?(?:\.\/)?till (?:--?\S+ )*([a-z][\w-]*)/gm)].map(
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
