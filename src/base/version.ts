/** The version of this package, and where its files are. */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** Beside the sources in a checkout, one level further up from the built ones in the package. */
const PLACES = ['../..', '../../..'];

interface PackageFacts {
  readonly name?: string;
  readonly version?: string;
}

interface FoundPackage {
  readonly root: string;
  readonly version: string;
}

/** It does not change while this runs, and `getinfo` has it in each answer. */
let found: FoundPackage | undefined;

function findPackage(): FoundPackage {
  found ??= lookForPackage();
  return found;
}

function lookForPackage(): FoundPackage {
  for (const place of PLACES) {
    const root = fileURLToPath(new URL(place, import.meta.url));
    try {
      const { name, version } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as PackageFacts;
      if (name === 'lightning-till' && version !== undefined) return { root, version };
    } catch (error) {
      if (!(error instanceof Error && 'code' in error && error.code === 'ENOENT')) throw error;
    }
  }
  throw new Error('package.json is not where it should be');
}

/** As package.json has it. */
export function version(): string {
  return findPackage().version;
}

/** The directory that holds package.json, man/ and docs/. */
export function packageRoot(): string {
  return findPackage().root;
}

/** Whether this runs from a checkout of the repository, and not from an installed package. */
export function isCheckout(): boolean {
  return existsSync(join(packageRoot(), 'bin', 'till.ts'));
}
