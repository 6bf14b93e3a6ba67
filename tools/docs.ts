/** `npm run docs`: writes what is generated from the definitions of the commands. With --check it only compares. */
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { commands } from '../src/api/commands/index.ts';
import { clientTypes } from '../src/api/rpc/faces/client-types.ts';
import { schemaFile } from '../src/api/rpc/faces/json-schema.ts';
import { manFile, manPage } from '../src/api/rpc/faces/man.ts';
import { markdownContents, markdownFile, markdownPage } from '../src/api/rpc/faces/markdown.ts';
import { OWN_PAGES } from '../src/app/cli/pages.ts';
import { coreLightningGuide } from './from-core-lightning.ts';

const root = dirname(import.meta.dirname);
const GENERATED_DIRECTORIES = ['docs/reference', 'docs/reference/schema', 'man'];

/** The text as the repository's formatter writes it. */
function formatted(path: string, text: string): string {
  const biome = join(root, 'node_modules/.bin/biome');
  const { stdout, status } = spawnSync(biome, ['format', `--stdin-file-path=${path}`], {
    cwd: root,
    input: text,
    encoding: 'utf8',
  });
  if (status !== 0) throw new Error(`the generated ${path} cannot be formatted`);
  return stdout;
}

/** Every generated file by its path. */
export function generatedFiles(): Map<string, string> {
  const files = new Map<string, string>();
  for (const command of commands) {
    files.set(`docs/reference/${command.name}.md`, markdownPage(command));
    files.set(`docs/reference/schema/${command.name}.json`, schemaFile(command));
    files.set(`man/till-${command.name}.7`, manPage(command));
  }
  for (const { name, title, sections } of OWN_PAGES) {
    const man = name === 'till' ? name : `till-${name}`;
    files.set(`docs/reference/${name}.md`, markdownFile(name, title, sections));
    files.set(`man/${man}.1`, manFile({ name: man, number: 1, title }, sections));
  }
  files.set('package.json', packageFile([...files.keys()].filter((path) => path.startsWith('man/')).sort()));
  files.set('docs/reference/README.md', markdownContents(commands, OWN_PAGES));
  files.set('docs/guide/from-core-lightning.md', coreLightningGuide(commands));
  files.set('src/api/client/commands.ts', formatted('src/api/client/commands.ts', clientTypes(commands)));
  return files;
}

/** The package as it is, with its manual pages: npm installs those that are named. */
function packageFile(man: readonly string[]): string {
  const facts = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as object;
  return formatted('package.json', JSON.stringify({ ...facts, man: man.map((path) => `./${path}`) }, undefined, 2));
}

/** Files that stand where generated ones do and are generated no more. */
export function strayFiles(files: ReadonlyMap<string, string>): string[] {
  return GENERATED_DIRECTORIES.filter((directory) => existsSync(join(root, directory)))
    .flatMap((directory) =>
      readdirSync(join(root, directory), { withFileTypes: true })
        .filter((entry) => entry.isFile())
        .map((entry) => `${directory}/${entry.name}`),
    )
    .filter((path) => !files.has(path));
}

/** Paths of generated files that are missing or differ. */
export function staleFiles(files: ReadonlyMap<string, string>): string[] {
  return [...files]
    .filter(([path, text]) => !existsSync(join(root, path)) || readFileSync(join(root, path), 'utf8') !== text)
    .map(([path]) => path);
}

if (import.meta.main) {
  const files = generatedFiles();
  const changed = [...staleFiles(files), ...strayFiles(files)];
  if (process.argv.includes('--check')) {
    if (changed.length > 0) console.error(`Not current (npm run docs): ${changed.join(', ')}`);
    process.exitCode = changed.length > 0 ? 1 : 0;
  } else {
    for (const path of strayFiles(files)) rmSync(join(root, path));
    for (const path of staleFiles(files)) {
      mkdirSync(dirname(join(root, path)), { recursive: true });
      writeFileSync(join(root, path), files.get(path) as string);
    }
    console.log(`${files.size} files, ${changed.length} changed`);
  }
}
