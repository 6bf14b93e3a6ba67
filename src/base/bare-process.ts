/**
 * A process of Till's own that holds no key and no file: it runs with Node's permission model where there is one, may use
 * the network and read its own code, and is told everything else by whoever started it.
 */
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** What Node is started with: the strictest that this version has. `entry` is the address of the file to run. */
export function bareArguments(entry: URL, most_heap_mb: number): readonly string[] {
  const main = fileURLToPath(entry);
  const isStrict = process.allowedNodeEnvironmentFlags.has('--allow-net');
  return [
    `--max-old-space-size=${most_heap_mb}`,
    // What it says last should be why it ended.
    '--disable-warning=ExperimentalWarning',
    ...(isStrict ? ['--permission', '--allow-net', ...readable(main).map((path) => `--allow-fs-read=${path}`)] : []),
    main,
  ];
}

/** Its own code and the libraries that it uses. The entry lies three folders below the package, or four when built. */
function readable(main: string): readonly string[] {
  const source = dirname(dirname(dirname(main)));
  const root = source.endsWith(join('dist', 'src')) ? dirname(dirname(source)) : dirname(source);
  return [join(source, '*'), join(root, 'package.json'), ...moduleFolders(root)];
}

/** Where Node looks for packages: beside the package, and in every folder above it. */
function moduleFolders(root: string): readonly string[] {
  const folders = [join(root, 'node_modules', '*')];
  const above = dirname(root);
  return above === root ? folders : [...folders, ...moduleFolders(above)];
}

/** Node's permission model, where it is in force. Dropping came later than the model. */
interface Permission {
  has(scope: string): boolean;
  drop?(scope: string): void;
}

/** Within such a process, once its code is loaded: gives up the right to read files, where Node can. */
export function dropFiles(): void {
  const { permission } = process as unknown as { permission?: Permission };
  if (permission?.has('fs.read') === true) permission.drop?.('fs.read');
}
